// SPDX-License-Identifier: Apache-2.0
#include "core/api/object.h"
#include "core/api/plugin_export.h"
#include "plugins/object/kv/kv.h"

namespace parley::kv {
namespace {

class Factory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override {
    return std::make_unique<KeyValues>();
  }
};

constexpr PluginDescription description{
    .kind = PARLEY_KIND_OBJECT,
    .name = "kv",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .guarantees = PARLEY_GUARANTEE_NEEDS_LOG,
    .summary = "Keys and values with deadlines, changed by the data commands of Redis.",
};

}  // namespace
}  // namespace parley::kv

PARLEY_EXPORT_PLUGIN(parley::kv::description, parley::ObjectFactory, parley::kv::Factory);
