# The library: the rooms without torch as one shared object, which the program, the engine and the tests use.
add_library(microtome_library SHARED)
set_target_properties(microtome_library PROPERTIES
  OUTPUT_NAME microtome
  EXPORT_NAME microtome
  LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_include_directories(microtome_library INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(microtome_library INTERFACE cxx_std_20)
target_link_libraries(microtome_library PUBLIC fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)

# Everything that the fast tests run.
add_custom_target(tests)

# microtome_room(NAME
#   SOURCES a.cpp b.cpp ...      the room's own files
#   TESTS a_test.cpp ...         one executable, one ctest: NAME/unit
#   USES base image ...          other rooms
#   LIBRARIES PNG::PNG ...       Debian libraries
#   HEADERS a.h ...              which are installed, if not all of the folder
#   COMPILE -ffp-contract=off    compiler options of the room and its tests
#   TORCH                        may include torch
#   JSON)                        most of its files look into JSON
# Target microtome_NAME is what others link to. A room with torch is a static library, microtome_NAME. One without is
# part of microtome_library: microtome_NAME_objects compiles it, microtome_NAME_usage is what its includers compile with.
function(microtome_room NAME)
  cmake_parse_arguments(ROOM "TORCH;JSON" "" "SOURCES;TESTS;USES;LIBRARIES;HEADERS;COMPILE" ${ARGN})
  set(target microtome_${NAME})
  set(pch plain)
  if(ROOM_TORCH)
    set(pch torch)
    set(compiled ${target})
    list(TRANSFORM ROOM_USES PREPEND microtome_)
    add_library(${target} STATIC ${ROOM_SOURCES})
    target_link_libraries(${target} PUBLIC ${ROOM_USES} ${ROOM_LIBRARIES} microtome_flags microtome_torch Threads::Threads)
  else()
    if(ROOM_JSON)
      set(pch json)
    endif()
    set(compiled ${target}_objects)
    list(TRANSFORM ROOM_USES REPLACE "(.+)" "microtome_\\1_usage")
    add_library(${target}_usage INTERFACE)
    target_link_libraries(${target}_usage INTERFACE ${ROOM_USES} ${ROOM_LIBRARIES} microtome_flags Threads::Threads)
    add_library(${compiled} OBJECT ${ROOM_SOURCES})
    target_link_libraries(${compiled} PRIVATE ${target}_usage)
    # Calls within the library need not go through its symbol table.
    target_compile_options(${compiled} PRIVATE -fno-semantic-interposition)
    target_sources(microtome_library PRIVATE $<TARGET_OBJECTS:${compiled}>)
    target_link_libraries(microtome_library PRIVATE ${target}_usage)
    add_library(${target} INTERFACE)
    if(MICROTOME_SANITIZE MATCHES fuzzer)  # a target of the fuzzer is built of those rooms alone that it needs
      list(TRANSFORM ROOM_USES REPLACE "_usage$" "")
      target_link_libraries(${target} INTERFACE ${target}_usage $<TARGET_OBJECTS:${compiled}> ${ROOM_USES})
    else()
      target_link_libraries(${target} INTERFACE ${target}_usage microtome_library)
    endif()
    microtome_install_headers(${ROOM_HEADERS})
  endif()
  target_compile_options(${compiled} PRIVATE ${ROOM_COMPILE})
  set_property(GLOBAL APPEND PROPERTY MICROTOME_COMPILED ${compiled})
  microtome_reuse_pch(${compiled} ${pch})
  microtome_unity(${compiled} 10)
  if(ROOM_TESTS)
    add_executable(${NAME}_test ${ROOM_TESTS})
    target_compile_options(${NAME}_test PRIVATE ${ROOM_COMPILE})
    target_link_libraries(${NAME}_test PRIVATE ${target} microtome_test_flags
                          GTest::gtest GTest::gmock GTest::gtest_main ${RAPIDCHECK_LIBRARY})
    microtome_reuse_pch(${NAME}_test ${pch}_test)
    if(ROOM_TORCH)
      microtome_unity(${NAME}_test 4)
    endif()
    microtome_test(${NAME}/unit COMMAND ${NAME}_test)
  endif()
endfunction()

# Installs the headers of this folder that a user of the library can include: none of tests, none that needs another
# library than the public ones.
function(microtome_install_headers)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  set(headers ${ARGN})
  if(NOT headers)
    file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.h formats/*.h)
  endif()
  foreach(header IN LISTS headers)
    file(STRINGS ${header} foreign REGEX
         "#include (<(cairo|SQLiteCpp|sqlite3|png|webp|jpeglib|zlib|openssl|CLI|g(test|mock)|rapidcheck)|\"microtome/(.*_testing|atlas/(statements|record)|concepts/diorama/(painter|scenery)).h)")
    if(NOT foreign AND NOT header MATCHES "_testing.h$")
      get_filename_component(place ${header} DIRECTORY)
      install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder}/${place} COMPONENT headers)
    endif()
  endforeach()
endfunction()

# Several files are compiled as one: what each would parse and instantiate anew takes longer than its own code. Names in
# anonymous namespaces are therefore unique within a room, and within the tests of a room with torch.
function(microtome_unity TARGET FILES)
  if(MICROTOME_UNITY)
    set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${FILES})
    target_compile_options(${TARGET} PRIVATE -Wno-subobject-linkage)  # asks which file is the main one
  endif()
endfunction()

# microtome_reuse_pch(TARGET KIND), KIND: plain, json, torch, and each with _test: see dependencies.cmake.
function(microtome_reuse_pch TARGET KIND)
  if(MICROTOME_PCH)
    target_precompile_headers(${TARGET} REUSE_FROM microtome_${KIND}_pch)
  endif()
endfunction()

# microtome_test(NAME COMMAND ... [LABELS slow|stress]): a ctest with the environment that libtorch needs to be quick.
function(microtome_test NAME)
  cmake_parse_arguments(TEST "" "" "COMMAND;LABELS" ${ARGN})
  add_test(NAME ${NAME} COMMAND ${TEST_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set(environment OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1)
  if(MICROTOME_SANITIZE)
    # libtorch defines some of its globals in several objects, and keeps what it allocates once.
    list(APPEND environment
      ASAN_OPTIONS=detect_odr_violation=0:halt_on_error=1:detect_stack_use_after_return=1:detect_leaks=1
      UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
      LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/leaks.txt:print_suppressions=0
      TSAN_OPTIONS=halt_on_error=1)
  endif()
  set(timeout 600)
  if(TEST_LABELS MATCHES stress)  # a busy machine is slow, not wrong
    set(timeout 2400)
  endif()
  set_tests_properties(${NAME} PROPERTIES ENVIRONMENT "${environment}" TIMEOUT ${timeout})
  list(GET TEST_COMMAND 0 program)
  if(TEST_LABELS)
    set_tests_properties(${NAME} PROPERTIES LABELS "${TEST_LABELS}")
  elseif(TARGET ${program})
    add_dependencies(tests ${program})
  endif()
endfunction()
