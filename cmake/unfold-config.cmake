include(CMakeFindDependencyMacro)
find_dependency(fmt)
find_dependency(TBB)
include(${CMAKE_CURRENT_LIST_DIR}/unfold-targets.cmake)
