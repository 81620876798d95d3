// SPDX-License-Identifier: Apache-2.0
#include "core/api/backend.h"
#include "core/api/plugin_export.h"
#include "plugins/backend/single_paxos/notes.h"
#include "plugins/backend/single_paxos/single_paxos.h"

namespace parley::single_paxos {
namespace {

class Factory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 1; }
  std::unique_ptr<Machine> create(const BackendSpec& spec) const override {
    return std::make_unique<SinglePaxos>(spec.initial, spec.config.duration("call_timeout"));
  }
};

constexpr parley_field fields[] = {
    {"call_timeout", PARLEY_FIELD_DURATION, 0, "500ms", 1'000'000, 3'600'000'000'000,
     "Least time after which a pull or push without a quorum fails; the most is half again as "
     "long."},
};

constexpr PluginDescription description =
    with_notes(with_fields({.kind = PARLEY_KIND_BACKEND,
                            .name = "single_paxos",
                            .version = "0.1.0",
                            .maturity = PARLEY_MATURITY_BETA,
                            .fault_model = PARLEY_FAULT_MODEL_CRASH,
                            .guarantees = PARLEY_GUARANTEE_LINEARIZABLE,
                            .summary = "Single-decree Paxos: one method is decided, for ever."},
                           fields),
               notes::all);

}  // namespace
}  // namespace parley::single_paxos

PARLEY_EXPORT_PLUGIN(parley::single_paxos::description, parley::BackendFactory,
                     parley::single_paxos::Factory);
