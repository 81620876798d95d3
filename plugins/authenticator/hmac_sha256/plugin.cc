// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/authenticator/hmac_sha256/hmac_sha256.h"

namespace {

constexpr parley::PluginDescription description{
    .kind = PARLEY_KIND_AUTHENTICATOR,
    .name = "hmac_sha256",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_BYZANTINE,
    .guarantees = PARLEY_GUARANTEE_AUTHENTICATES,
    .summary = "HMAC-SHA-256 with a secret for each pair; convinces the verifier alone",
};

}  // namespace

PARLEY_EXPORT_PLUGIN(description, parley::AuthenticatorFactory, parley::hmac_sha256::Factory);
