// SPDX-License-Identifier: Apache-2.0
#include "core/api/object.h"
#include "core/api/plugin_export.h"
#include "plugins/object/register/register.h"

namespace parley::write_once_register {
namespace {

class Factory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override {
    return std::make_unique<Register>();
  }
};

constexpr PluginDescription description{
    .kind = PARLEY_KIND_OBJECT,
    .name = "register",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .summary = "A write-once register: the first value put stays.",
};

}  // namespace
}  // namespace parley::write_once_register

PARLEY_EXPORT_PLUGIN(parley::write_once_register::description, parley::ObjectFactory,
                     parley::write_once_register::Factory);
