# Includes point downwards (tools -> models -> ops -> graph), and large or special libraries stay where
# they belong.
cmake_policy(VERSION 3.25)

# No source file in the folders, except those matching `allowed`, may include what matches `pattern`.
function(forbid pattern allowed)
  foreach(folder ${ARGN})
    file(GLOB_RECURSE sources RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/${folder}/*.h
      ${SOURCE_DIR}/${folder}/*.cpp)
    foreach(source ${sources})
      if(NOT source MATCHES "${allowed}")
        file(STRINGS ${SOURCE_DIR}/${source} found REGEX "^#include ${pattern}")
        foreach(line ${found})
          message(SEND_ERROR "${source} must not say: ${line}")
        endforeach()
      endif()
    endforeach()
  endforeach()
endfunction()

forbid("\"(ops|models|tools|tests)/" "^$" graph)
forbid("\"(models|tools|tests)/" "^$" ops)
forbid("\"(tools|tests)/" "^$" models)
forbid("\"tests/" "^$" tools)
forbid("<(xtensor|xtensor-blas|xsimd)/" "^ops/(.*\\.cpp|tile\\.h)$" graph ops models tools)
forbid("<(tbb|oneapi/tbb)/" "^graph/scheduler\\.cpp$" graph ops models tools)
