// SPDX-License-Identifier: Apache-2.0
#include "core/api/object.h"
#include "core/api/plugin_export.h"
#include "plugins/object/queue/queue.h"

namespace parley::queue {
namespace {

class Factory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override { return std::make_unique<Queue>(); }
};

constexpr PluginDescription description{
    .kind = PARLEY_KIND_OBJECT,
    .name = "queue",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .guarantees = PARLEY_GUARANTEE_NEEDS_LOG,
    .summary = "A first-in, first-out queue of values.",
};

}  // namespace
}  // namespace parley::queue

PARLEY_EXPORT_PLUGIN(parley::queue::description, parley::ObjectFactory, parley::queue::Factory);
