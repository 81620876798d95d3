// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/authenticator/ideal/ideal.h"

namespace {

constexpr parley::PluginDescription description{
    .kind = PARLEY_KIND_AUTHENTICATOR,
    .name = "ideal",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_ANY,
    .guarantees = PARLEY_GUARANTEE_AUTHENTICATES | PARLEY_GUARANTEE_CONVINCES_AUDITORS |
                  PARLEY_GUARANTEE_EXPLORATION_ONLY,
    .summary = "Unforgeable by fiat, for simulation and exploration",
};

}  // namespace

PARLEY_EXPORT_PLUGIN(description, parley::AuthenticatorFactory, parley::ideal::Factory);
