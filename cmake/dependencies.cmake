# Everything here is a Debian package named in scripts/install; docs/architecture.md says why each is used.
find_program(MICROTOME_CCACHE ccache)
if(MICROTOME_CCACHE)
  # The sloppiness is what lets ccache reuse objects built with the precompiled header; the last two spare a second
  # preprocessing of each file and hashing the precompiled header (300 MB) for each.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_INODECACHE=1
      ${MICROTOME_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(Torch REQUIRED)
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpmux)
pkg_check_modules(WEBPDEMUX REQUIRED IMPORTED_TARGET libwebpdemux)  # tests play animations back
pkg_check_modules(CAIRO REQUIRED IMPORTED_TARGET cairo)
find_library(SQLITECPP_LIBRARY SQLiteCpp REQUIRED)
find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)

add_library(microtome_flags INTERFACE)
target_compile_options(microtome_flags INTERFACE -Wall -Wextra -Wshadow=local -Winvalid-pch)
if(MICROTOME_WERROR AND NOT MICROTOME_SANITIZE AND NOT MICROTOME_ODR)
  target_compile_options(microtome_flags INTERFACE -Werror)
endif()
target_include_directories(microtome_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(microtome_flags INTERFACE MICROTOME_VERSION="${PROJECT_VERSION}")

# One flag set for libraries, the engine's shared object and the tests, so that one precompiled header serves all.
add_compile_options(-fPIC)

if(MICROTOME_SANITIZE)
  add_compile_options(-O1 -g1 -fsanitize=${MICROTOME_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
                      -D_GLIBCXX_ASSERTIONS)
  add_link_options(-fsanitize=${MICROTOME_SANITIZE})
endif()
if(MICROTOME_ODR)
  # Types are compared when the link begins; the pass that is left out crashes in GCC 12.
  add_compile_options(-O0 -flto)
  add_link_options(-O0 -fno-ipa-cp)
endif()

# Tests are compiled more often than they are run.
add_library(microtome_test_flags INTERFACE)
target_compile_options(microtome_test_flags INTERFACE $<$<CONFIG:Release>:-O1>)

add_library(microtome_torch INTERFACE)
target_include_directories(microtome_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(microtome_torch INTERFACE torch)

if(MICROTOME_PCH)
  # What most files of a sort would parse anew. Not torch/types.h: of torch's headers it is ATen.h that costs a file
  # least, because templates that a header leaves pending are instantiated in every file, precompiled or not.
  set(plain <algorithm> <functional> <map> <memory> <optional> <set> <string> <vector> <fmt/format.h>)
  set(json ${plain} <nlohmann/json.hpp>)
  set(torch ${plain} <ATen/ATen.h>)
  foreach(kind plain json torch)
    set(${kind}_test ${${kind}} <gmock/gmock.h> <gtest/gtest.h> <rapidcheck.h>)
  endforeach()
  foreach(kind plain json torch plain_test json_test torch_test)
    set(carrier ${CMAKE_BINARY_DIR}/${kind}_pch.cpp)
    file(WRITE ${carrier} "// Carries precompiled headers.\n")
    add_library(microtome_${kind}_pch OBJECT EXCLUDE_FROM_ALL ${carrier})
    target_link_libraries(microtome_${kind}_pch PRIVATE microtome_flags fmt::fmt nlohmann_json::nlohmann_json)
    if(kind MATCHES torch)
      target_link_libraries(microtome_${kind}_pch PRIVATE microtome_torch)
    endif()
    if(kind MATCHES test)
      target_link_libraries(microtome_${kind}_pch PRIVATE GTest::gmock microtome_test_flags)
    endif()
    target_precompile_headers(microtome_${kind}_pch PRIVATE ${${kind}})
  endforeach()
endif()
