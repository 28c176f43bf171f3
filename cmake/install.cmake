# The command, and the libraries as a CMake package:
#   find_package(unfold)  then link  unfold::models  (or unfold::ops, unfold::graph)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(unfold_options PROPERTIES EXPORT_NAME options)
foreach(part graph ops models)
  set_target_properties(unfold_${part} PROPERTIES EXPORT_NAME ${part})
  add_library(unfold::${part} ALIAS unfold_${part})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${part} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/unfold
    FILES_MATCHING PATTERN "*.h")
endforeach()

install(TARGETS unfold_options unfold_graph unfold_ops unfold_models EXPORT unfold)
install(TARGETS unfold)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/unfold)
install(EXPORT unfold NAMESPACE unfold:: FILE unfold-targets.cmake DESTINATION ${package_dir})
write_basic_package_version_file(unfold-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/unfold-config.cmake
  ${PROJECT_BINARY_DIR}/unfold-config-version.cmake DESTINATION ${package_dir})
