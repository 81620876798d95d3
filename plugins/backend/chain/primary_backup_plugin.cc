// SPDX-License-Identifier: Apache-2.0
//
// primary_backup: the machine of chain with the head at the centre of a star.
#include "core/api/plugin_export.h"
#include "plugins/backend/chain/chain.h"

namespace parley::chain {
namespace {

class Factory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 0; }
  std::unique_ptr<Machine> create(const BackendSpec& spec) const override {
    return std::make_unique<Chain>(spec.initial, options_of(spec, Shape::Star));
  }
};

constexpr PluginDescription description =
    with_notes(with_fields({.kind = PARLEY_KIND_BACKEND,
                            .name = "primary_backup",
                            .version = "0.1.0",
                            .maturity = PARLEY_MATURITY_EXPERIMENTAL,
                            .fault_model = PARLEY_FAULT_MODEL_CRASH,
                            .guarantees = PARLEY_GUARANTEE_LINEARIZABLE | PARLEY_GUARANTEE_LOG |
                                          PARLEY_GUARANTEE_NEEDS_CONFIGURATION,
                            .summary = "A primary and its backups: committed when all have it."},
                           fields),
               all_notes<primary_backup_notes>);

}  // namespace
}  // namespace parley::chain

PARLEY_EXPORT_PLUGIN(parley::chain::description, parley::BackendFactory, parley::chain::Factory);
