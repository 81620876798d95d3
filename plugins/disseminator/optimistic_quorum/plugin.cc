// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/disseminator/optimistic_quorum/optimistic_quorum.h"

namespace parley::optimistic_quorum {
namespace {

class Factory final : public DisseminatorFactory {
 public:
  std::unique_ptr<Disseminator> create(PrincipalId self, const Config& config) const override {
    return std::make_unique<OptimisticQuorum>(self,
                                              static_cast<std::uint32_t>(config.integer("size")));
  }
};

constexpr parley_field fields[] = {
    {"size", PARLEY_FIELD_INT, 0, "0", 0, 65'536,
     "Destinations of the first attempt; 0: a majority of verifiers and sender, without the "
     "sender."},
};

constexpr PluginDescription description =
    with_fields({.kind = PARLEY_KIND_DISSEMINATOR,
                 .name = "optimistic_quorum",
                 .version = "0.1.0",
                 .maturity = PARLEY_MATURITY_BETA,
                 .fault_model = PARLEY_FAULT_MODEL_ANY,
                 .summary = "Sends to just enough verifiers, those that answer first."},
                fields);

}  // namespace
}  // namespace parley::optimistic_quorum

PARLEY_EXPORT_PLUGIN(parley::optimistic_quorum::description, parley::DisseminatorFactory,
                     parley::optimistic_quorum::Factory);
