# SPDX-License-Identifier: Apache-2.0
#
# Run with -D ROOT=… -D OUTPUT=…: SHA-256 over the headers of core/base and
# core/api, sorted by path, each as its path, a newline, and its bytes' digest.
file(GLOB headers RELATIVE ${ROOT} ${ROOT}/core/base/*.h ${ROOT}/core/api/*.h)
list(SORT headers)
set(sum "")
foreach(header ${headers})
  file(SHA256 ${ROOT}/${header} digest)
  string(APPEND sum "${header}\n${digest}\n")
endforeach()
string(SHA256 digest "${sum}")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
  "// Generated from the headers of core/base and core/api.\n#pragma once\n#define PARLEY_API_DIGEST \"${digest}\"\n")
