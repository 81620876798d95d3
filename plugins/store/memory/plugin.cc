// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/store/memory/memory.h"

namespace {

constexpr parley::PluginDescription description{
    .kind = PARLEY_KIND_STORE,
    .name = "memory",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .guarantees = 0,
    .summary = "Logs and snapshots in memory; nothing outlives the process",
};

}  // namespace

PARLEY_EXPORT_PLUGIN(description, parley::StoreFactory, parley::memory::Factory);
