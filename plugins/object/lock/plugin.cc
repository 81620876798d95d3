// SPDX-License-Identifier: Apache-2.0
#include "core/api/object.h"
#include "core/api/plugin_export.h"
#include "plugins/object/lock/lock.h"

namespace parley::lock {
namespace {

class Factory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override { return std::make_unique<Lock>(); }
};

constexpr PluginDescription description{
    .kind = PARLEY_KIND_OBJECT,
    .name = "lock",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .guarantees = PARLEY_GUARANTEE_NEEDS_LOG,
    .summary = "A lock with one owner at a time and fencing tokens.",
};

}  // namespace
}  // namespace parley::lock

PARLEY_EXPORT_PLUGIN(parley::lock::description, parley::ObjectFactory, parley::lock::Factory);
