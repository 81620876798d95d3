// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {
namespace {

class Factory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 0; }
  std::unique_ptr<Machine> create(const BackendSpec& spec) const override {
    return std::make_unique<VerticalPaxos>(spec.initial, options_of(spec));
  }
};

constexpr std::int64_t hour = 3'600'000'000'000;

constexpr parley_field fields[] = {
    {"write_quorum", PARLEY_FIELD_STRING, 0, "majority", 0, 0,
     "How many members of an epoch commit: all, majority or one. As many as that leaves are needed "
     "of each epoch to begin the next: one, a majority, all."},
    {"call_timeout", PARLEY_FIELD_DURATION, 0, "500ms", 1'000'000, hour,
     "Least time after which a call that cannot be served fails; the most is two and a half times "
     "as long."},
    {"heartbeat", PARLEY_FIELD_DURATION, 0, "50ms", 1'000'000, hour,
     "How often the leader tells the others that it is there, and lost messages are sent again."},
    {"suspect_after", PARLEY_FIELD_DURATION, 0, "300ms", 1'000'000, hour,
     "Least silence after which a member is suspected and the next epoch proposed without it."},
    {"snapshot_after", PARLEY_FIELD_SIZE, 0, "4MiB", 1, std::int64_t{1} << 40,
     "Bytes of log after which a snapshot replaces it, or as many as the last snapshot has."},
    {"members_min", PARLEY_FIELD_INT, 0, "1", 1, 65'536, "No epoch of fewer members is proposed."},
};

constexpr PluginDescription description = with_notes(
    with_fields({.kind = PARLEY_KIND_BACKEND,
                 .name = "vertical_paxos",
                 .version = "0.1.0",
                 .maturity = PARLEY_MATURITY_EXPERIMENTAL,
                 .fault_model = PARLEY_FAULT_MODEL_CRASH,
                 .guarantees = PARLEY_GUARANTEE_LINEARIZABLE | PARLEY_GUARANTEE_LOG |
                               PARLEY_GUARANTEE_NEEDS_CONFIGURATION,
                 .summary = "Vertical Paxos: epochs from a configuration master, with read and "
                            "write quorums to choose."},
                fields),
    notes::all);

}  // namespace
}  // namespace parley::vertical_paxos

PARLEY_EXPORT_PLUGIN(parley::vertical_paxos::description, parley::BackendFactory,
                     parley::vertical_paxos::Factory);
