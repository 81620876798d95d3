// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/authenticator/ed25519/ed25519.h"

namespace {

constexpr parley::PluginDescription description{
    .kind = PARLEY_KIND_AUTHENTICATOR,
    .name = "ed25519",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_BYZANTINE,
    .guarantees = PARLEY_GUARANTEE_AUTHENTICATES | PARLEY_GUARANTEE_CONVINCES_AUDITORS,
    .summary = "Ed25519 signatures; convince verifiers and auditors",
};

}  // namespace

PARLEY_EXPORT_PLUGIN(description, parley::AuthenticatorFactory, parley::ed25519::Factory);
