# SPDX-License-Identifier: Apache-2.0
#
# parley_flags: how every target of this project is compiled and linked.
add_library(parley_flags INTERFACE)
target_compile_options(parley_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  # Asio's operator new/delete pairs trip it under -O2 and sanitizers.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>
  # libstdc++ 12's own stable_sort, as clang 19 sees it.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  # Designated initialisers rely on member defaults.
  -Wno-missing-field-initializers)
if(PARLEY_WERROR)
  target_compile_options(parley_flags INTERFACE -Werror)
endif()
target_include_directories(parley_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(PARLEY_SANITIZE)
  add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${PARLEY_SANITIZE})
  if(PARLEY_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
