# microtome_room(NAME
#   SOURCES a.cpp b.cpp ...      the room's own files
#   TESTS a_test.cpp ...         one executable, one ctest: NAME/unit
#   USES base image ...          other rooms
#   LIBRARIES PNG::PNG ...       Debian libraries
#   TORCH                        may include torch
#   JSON                         most of its files look into JSON
#   UNITY)                       several files are compiled as one
function(microtome_room NAME)
  cmake_parse_arguments(ROOM "TORCH;JSON;UNITY" "" "SOURCES;TESTS;USES;LIBRARIES" ${ARGN})
  set(target microtome_${NAME})
  set(pch plain)
  if(ROOM_TORCH)
    set(pch torch)
  elseif(ROOM_JSON)
    set(pch json)
  endif()
  list(TRANSFORM ROOM_USES PREPEND microtome_)
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_link_libraries(${target} PUBLIC ${ROOM_USES} ${ROOM_LIBRARIES} microtome_flags Threads::Threads)
  if(ROOM_TORCH)
    target_link_libraries(${target} PUBLIC microtome_torch)
  endif()
  microtome_reuse_pch(${target} ${pch})
  if(ROOM_UNITY AND MICROTOME_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # asks which file is the main one
  endif()
  if(ROOM_TESTS)
    add_executable(${NAME}_test ${ROOM_TESTS})
    target_link_libraries(${NAME}_test PRIVATE ${target} GTest::gtest GTest::gmock GTest::gtest_main ${RAPIDCHECK_LIBRARY})
    microtome_reuse_pch(${NAME}_test ${pch}_test)
    microtome_test(${NAME}/unit COMMAND ${NAME}_test)
  endif()
endfunction()

# microtome_reuse_pch(TARGET KIND), KIND: plain, json, torch, and each with _test: see dependencies.cmake.
function(microtome_reuse_pch TARGET KIND)
  if(MICROTOME_PCH)
    target_precompile_headers(${TARGET} REUSE_FROM microtome_${KIND}_pch)
  endif()
endfunction()

# microtome_test(NAME COMMAND ... [LABELS slow]): a ctest with the environment that libtorch needs to be quick.
function(microtome_test NAME)
  cmake_parse_arguments(TEST "" "" "COMMAND;LABELS" ${ARGN})
  add_test(NAME ${NAME} COMMAND ${TEST_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${NAME} PROPERTIES
    ENVIRONMENT "OMP_WAIT_POLICY=passive;OPENBLAS_NUM_THREADS=1;OMP_NUM_THREADS=1"
    TIMEOUT 600)
  if(TEST_LABELS)
    set_tests_properties(${NAME} PROPERTIES LABELS "${TEST_LABELS}")
  endif()
endfunction()
