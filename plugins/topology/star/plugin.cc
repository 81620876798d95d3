// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/topology/star/star.h"

namespace parley::star {
namespace {

class Factory final : public TopologyFactory {
 public:
  bool folds_repeatedly() const override { return false; }
  std::unique_ptr<Aggregation> create(const Config&) const override {
    return std::make_unique<Star>();
  }
};

constexpr PluginDescription description{
    .kind = PARLEY_KIND_TOPOLOGY,
    .name = "star",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_CRASH,
    .guarantees = PARLEY_GUARANTEE_FOLDS_ONCE,
    .summary = "The leader collects every member's value and tells all of them the fold.",
};

}  // namespace
}  // namespace parley::star

PARLEY_EXPORT_PLUGIN(parley::star::description, parley::TopologyFactory, parley::star::Factory);
