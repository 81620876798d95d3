// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {
namespace {

class Factory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 0; }
  std::unique_ptr<Machine> create(const BackendSpec& spec) const override {
    return std::make_unique<MultiPaxos>(spec.initial, options_of(spec));
  }
};

constexpr std::int64_t hour = 3'600'000'000'000;

constexpr parley_field fields[] = {
    {"call_timeout", PARLEY_FIELD_DURATION, 0, "500ms", 1'000'000, hour,
     "Least time after which a call that cannot be served fails; the most is two and a half times "
     "as long."},
    {"heartbeat", PARLEY_FIELD_DURATION, 0, "50ms", 1'000'000, hour,
     "How often a leader tells its followers that it is there, and sends again what was lost."},
    {"election_timeout", PARLEY_FIELD_DURATION, 0, "300ms", 1'000'000, hour,
     "Least silence of a leader after which another member asks for votes; the most is twice as "
     "long."},
    {"lease", PARLEY_FIELD_DURATION, 0, "200ms", 0, hour,
     "For how long a leader answers reads alone after a quorum heard of it; nobody votes "
     "meanwhile. "
     "0s: never."},
    {"snapshot_after", PARLEY_FIELD_SIZE, 0, "4MiB", 1, std::int64_t{1} << 40,
     "Bytes of log after which a snapshot replaces it, or as many as the last snapshot has."},
    {"pull_moves_leader", PARLEY_FIELD_BOOL, 0, "true", 0, 0,
     "Whether a pull at a follower asks an idle leader to make way, instead of naming it."},
};

constexpr PluginDescription description = with_notes(
    with_fields(
        {.kind = PARLEY_KIND_BACKEND,
         .name = "multi_paxos",
         .version = "0.1.0",
         .maturity = PARLEY_MATURITY_BETA,
         .fault_model = PARLEY_FAULT_MODEL_CRASH,
         .guarantees = PARLEY_GUARANTEE_LINEARIZABLE | PARLEY_GUARANTEE_LOG,
         .summary = "Multi-Paxos with a stable leader: pipelined log, lease reads, snapshots."},
        fields),
    notes::all);

}  // namespace
}  // namespace parley::multi_paxos

PARLEY_EXPORT_PLUGIN(parley::multi_paxos::description, parley::BackendFactory,
                     parley::multi_paxos::Factory);
