# SPDX-License-Identifier: Apache-2.0
#
# parley_add_plugin(KIND NAME SOURCES… [LIBRARIES …])
#
# Makes the module NAME.so out of plugin.cc and the other sources, with the
# flags that the loader relies on: one exported symbol, no GNU unique symbols
# (they would pin the library), every symbol resolved at link time. The sources
# other than plugin.cc are also an object library, <kind>_<name>_objects, so
# that unit tests and fuzzers can link the machine without the descriptor.
get_filename_component(PARLEY_CMAKE_DIRECTORY ${CMAKE_CURRENT_LIST_FILE} DIRECTORY)

function(parley_add_plugin kind name)
  cmake_parse_arguments(PARSE_ARGV 2 plugin "" "" "LIBRARIES")
  set(sources ${plugin_UNPARSED_ARGUMENTS})
  set(descriptor ${sources})
  list(FILTER descriptor INCLUDE REGEX "plugin\\.cc$")
  list(FILTER sources EXCLUDE REGEX "plugin\\.cc$")

  set(module ${kind}_${name})
  add_library(${module} MODULE ${descriptor})
  if(sources)
    add_library(${module}_objects OBJECT ${sources})
    set_target_properties(${module}_objects PROPERTIES
      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${module}_objects PUBLIC parley::api ${plugin_LIBRARIES})
    target_compile_options(${module}_objects PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
    target_link_libraries(${module} PRIVATE ${module}_objects)
  endif()
  target_link_libraries(${module} PRIVATE parley::api ${plugin_LIBRARIES})
  set_target_properties(${module} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS ${PARLEY_CMAKE_DIRECTORY}/plugin.map)
  if(NOT CMAKE_LIBRARY_OUTPUT_DIRECTORY)
    set_target_properties(${module} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins/${kind})
    # Test fixtures set a directory of their own and are not listed.
    set_property(GLOBAL APPEND PROPERTY PARLEY_PLUGINS ${module})
  endif()
  target_compile_options(${module} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${module} PRIVATE
    -Wl,--version-script=${PARLEY_CMAKE_DIRECTORY}/plugin.map -Wl,-z,now -Wl,-z,relro
    -Wl,--gc-sections)
  # A sanitizer's runtime is resolved from the executable, not at link time.
  if(NOT PARLEY_SANITIZE)
    target_link_options(${module} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
