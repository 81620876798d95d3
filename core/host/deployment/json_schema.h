// SPDX-License-Identifier: Apache-2.0
//
// The format of deployment files as JSON Schema (draft 4, which TOML editors
// understand), from the same tables that the reader uses.
#pragma once

#include <string>

#include "core/host/deployment/plugin_schemas.h"

namespace parley {

std::string deployment_json_schema(const PluginSchemas& plugins);

}  // namespace parley
