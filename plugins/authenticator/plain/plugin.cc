// SPDX-License-Identifier: Apache-2.0
#include "core/api/plugin_export.h"
#include "plugins/authenticator/plain/plain.h"

namespace {

constexpr parley::PluginDescription description{
    .kind = PARLEY_KIND_AUTHENTICATOR,
    .name = "plain",
    .version = "0.1.0",
    .maturity = PARLEY_MATURITY_BETA,
    .fault_model = PARLEY_FAULT_MODEL_CRASH,
    .guarantees = PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK,
    .summary = "No evidence; the private link is the proof",
};

}  // namespace

PARLEY_EXPORT_PLUGIN(description, parley::AuthenticatorFactory, parley::plain::Factory);
