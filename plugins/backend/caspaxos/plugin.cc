// SPDX-License-Identifier: Apache-2.0
#include "core/api/backend.h"
#include "core/api/plugin_export.h"
#include "plugins/backend/caspaxos/caspaxos.h"
#include "plugins/backend/caspaxos/notes.h"

namespace parley::caspaxos {
namespace {

class Factory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 1; }
  std::unique_ptr<Machine> create(const BackendSpec& spec) const override {
    const Config& config = spec.config;
    return std::make_unique<CasPaxos>(
        spec.initial,
        Options{.call_timeout = config.duration("call_timeout"),
                .one_round_trip = config.boolean("one_round_trip"),
                .snapshot_after = static_cast<std::uint64_t>(config.integer("snapshot_after"))});
  }
};

constexpr parley_field fields[] = {
    {"call_timeout", PARLEY_FIELD_DURATION, 0, "500ms", 1'000'000, 3'600'000'000'000,
     "Least time after which a pull or push without a quorum fails; the most is half again as "
     "long."},
    {"one_round_trip", PARLEY_FIELD_BOOL, 0, "true", 0, 0,
     "Whether a vote promises its proposer the next ballot too, so that a member's next pull of "
     "the partition asks nobody."},
    {"snapshot_after", PARLEY_FIELD_SIZE, 0, "4MiB", 1 << 10, std::int64_t{1} << 40,
     "The log is replaced by a snapshot of all registers after so many bytes, or after as many "
     "as the registers take, if they are more."},
};

constexpr PluginDescription description = with_notes(
    with_fields({.kind = PARLEY_KIND_BACKEND,
                 .name = "caspaxos",
                 .version = "0.1.0",
                 .maturity = PARLEY_MATURITY_BETA,
                 .fault_model = PARLEY_FAULT_MODEL_CRASH,
                 .guarantees = PARLEY_GUARANTEE_LINEARIZABLE | PARLEY_GUARANTEE_LOG |
                               PARLEY_GUARANTEE_PARTITIONS,
                 .summary = "CASPaxos: a register per partition, each agreed on by itself, "
                            "without a log."},
                fields),
    notes::all);

}  // namespace
}  // namespace parley::caspaxos

PARLEY_EXPORT_PLUGIN(parley::caspaxos::description, parley::BackendFactory,
                     parley::caspaxos::Factory);
