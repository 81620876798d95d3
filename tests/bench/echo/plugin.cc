// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "tests/bench/echo/echo.h"

namespace parley::echo {

constexpr PluginDescription description{
    .kind = PARLEY_KIND_BACKEND,
    .name = "echo",
    .version = "0.1.0",
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .summary = "Sends statements and gets them back; for benchmarks.",
};

}  // namespace parley::echo
PARLEY_EXPORT_PLUGIN(parley::echo::description, parley::BackendFactory, parley::echo::Factory);
