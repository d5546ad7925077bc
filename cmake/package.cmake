# What `make install` installs beside the program and the engine: the library, its headers (rooms.cmake) and the package
# that find_package(microtome) finds.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/microtome)
install(TARGETS microtome_library EXPORT microtome LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT microtome NAMESPACE microtome:: FILE microtomeTargets.cmake DESTINATION ${package})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/microtomeConfig.cmake.in
                              ${CMAKE_BINARY_DIR}/microtomeConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/microtomeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/microtomeConfig.cmake ${CMAKE_BINARY_DIR}/microtomeConfigVersion.cmake
        DESTINATION ${package})

# One link of all rooms with what the compiler knows of each type, so that a name of two meanings is found.
if(MICROTOME_ODR)
  get_property(rooms GLOBAL PROPERTY MICROTOME_COMPILED)
  list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")
  add_library(odr SHARED EXCLUDE_FROM_ALL ${rooms} $<TARGET_OBJECTS:microtome_engine>)
  set_target_properties(odr PROPERTIES LINKER_LANGUAGE CXX)
  target_link_options(odr PRIVATE -flto=auto -Wodr -Werror=odr)
endif()
