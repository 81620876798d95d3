// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/store/faulty/faulty.h"

namespace {

constexpr std::int64_t hour = 3'600'000'000'000;
constexpr std::int64_t many = std::int64_t{1} << 50;

constexpr parley_field config_fields[] = {
    {"disk_size", PARLEY_FIELD_SIZE, 0, "0B", 0, many,
     "Bytes of log for which there is room; 0B: any number."},
    {"short_write_at", PARLEY_FIELD_INT, 0, "0", 0, many,
     "The append, counted from 1, of which only half is written; 0: none."},
    {"sync_fails_at", PARLEY_FIELD_INT, 0, "0", 0, many,
     "The sync, counted from 1, that fails; 0: none."},
    {"sync_delay", PARLEY_FIELD_DURATION, 0, "0s", 0, hour, "How long a sync takes at least."},
    {"torn_tail", PARLEY_FIELD_BOOL, 0, "false", 0, 0,
     "Whether half of what was not synced is gone when the store opens."},
    {"rewrite_after", PARLEY_FIELD_SIZE, 0, "16MiB", 4 << 10, many,
     "Bytes of log after which it is written anew, once it is four times what it stands for."},
};

constexpr parley::PluginDescription description = parley::with_fields(
    {
        .kind = PARLEY_KIND_STORE,
        .name = "faulty",
        .version = "0.1.0",
        .maturity = PARLEY_MATURITY_EXPERIMENTAL,
        .fault_model = PARLEY_FAULT_MODEL_CRASH,
        .guarantees = PARLEY_GUARANTEE_DURABLE,
        .summary = "For tests: a log file with faults of a disk, when they are asked for",
    },
    config_fields);

}  // namespace

PARLEY_EXPORT_PLUGIN(description, parley::StoreFactory, parley::faulty::Factory);
