// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/disseminator/unicast/unicast.h"

namespace parley::unicast {
namespace {

class Factory final : public DisseminatorFactory {
 public:
  std::unique_ptr<Disseminator> create(PrincipalId self, const Config&) const override {
    return std::make_unique<Unicast>(self);
  }
};

constexpr PluginDescription description{
    .kind = PARLEY_KIND_DISSEMINATOR,
    .name = "unicast",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .summary = "Sends to every verifier at once.",
};

}  // namespace
}  // namespace parley::unicast

PARLEY_EXPORT_PLUGIN(parley::unicast::description, parley::DisseminatorFactory,
                     parley::unicast::Factory);
