// SPDX-License-Identifier: Apache-2.0
#include "core/api/object.h"
#include "core/api/plugin_export.h"
#include "plugins/object/configuration/configuration.h"

namespace parley::configuration {
namespace {

class Factory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override {
    return std::make_unique<ConfigurationMaster>();
  }
};

constexpr PluginDescription description{
    .kind = PARLEY_KIND_OBJECT,
    .name = "configuration",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .guarantees = PARLEY_GUARANTEE_NEEDS_LOG,
    .summary = "Decides the members of other instances, epoch after epoch.",
};

}  // namespace
}  // namespace parley::configuration

PARLEY_EXPORT_PLUGIN(parley::configuration::description, parley::ObjectFactory,
                     parley::configuration::Factory);
