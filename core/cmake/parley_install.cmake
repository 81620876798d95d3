# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` puts where. Component `runtime`: the command and the
# plugins. Component `development`: what somebody else's plugin needs, which is
# the headers, the static base library, and find_package(Parley).
include(CMakePackageConfigHelpers)

set(plugin_destination lib/parley/plugins)
set(package_destination lib/cmake/Parley)

install(TARGETS parley RUNTIME DESTINATION bin COMPONENT runtime)
get_property(plugins GLOBAL PROPERTY PARLEY_PLUGINS)
foreach(plugin ${plugins})
  string(REGEX MATCH "^[a-z]+" kind ${plugin})
  install(TARGETS ${plugin} LIBRARY DESTINATION ${plugin_destination}/${kind} COMPONENT runtime)
endforeach()

install(DIRECTORY core/base core/api DESTINATION include/parley/core COMPONENT development
        FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_BINARY_DIR}/generated/parley_api_digest.h DESTINATION include/parley
        COMPONENT development)
install(TARGETS parley_base ARCHIVE DESTINATION lib COMPONENT development)

# C++ crosses the boundary only between equal toolchains (core/api/toolchain.h):
# the package hands on what decides that.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}" MATCHES "-DNDEBUG")
  set(PARLEY_INTERFACE_OPTIONS -DNDEBUG)
else()
  set(PARLEY_INTERFACE_OPTIONS -UNDEBUG)
endif()
if(PARLEY_SANITIZE)
  list(APPEND PARLEY_INTERFACE_OPTIONS -fsanitize=${PARLEY_SANITIZE})
endif()
string(REGEX MATCH "^[0-9]+" PARLEY_COMPILER_MAJOR ${CMAKE_CXX_COMPILER_VERSION})

configure_package_config_file(core/cmake/ParleyConfig.cmake.in
  ${CMAKE_BINARY_DIR}/generated/ParleyConfig.cmake INSTALL_DESTINATION ${package_destination})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/ParleyConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/ParleyConfig.cmake
        ${CMAKE_BINARY_DIR}/generated/ParleyConfigVersion.cmake
        core/cmake/parley_add_plugin.cmake core/cmake/plugin.map
        DESTINATION ${package_destination} COMPONENT development)
