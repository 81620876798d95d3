// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/store/rocksdb/rocksdb.h"

namespace {

constexpr parley_field config_fields[] = {
    {"segment_size", PARLEY_FIELD_SIZE, 0, "8MiB", 64 << 10, 1 << 30,
     "Bytes of log after which it is sorted into tables and a new file begins."},
};

constexpr parley::PluginDescription description = parley::with_fields(
    {
        .kind = PARLEY_KIND_STORE,
        .name = "rocksdb",
        .version = "0.1.0",
        .maturity = PARLEY_MATURITY_BETA,
        .fault_model = PARLEY_FAULT_MODEL_CRASH,
        .guarantees = PARLEY_GUARANTEE_DURABLE,
        .summary = "Logs and snapshots in RocksDB; one fdatasync per sync",
    },
    config_fields);

}  // namespace

PARLEY_EXPORT_PLUGIN(description, parley::StoreFactory, parley::rocksdb::Factory);
