// SPDX-License-Identifier: Apache-2.0
//
// Which keys a deployment needs, and in which files they are.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/principal_set.h"
#include "core/host/keys/key_file.h"
#include "core/kernel/deployment.h"

namespace parley {

/// The mechanisms that rules name, each once, in the order of the file.
std::vector<std::string> mechanism_names(const Deployment& deployment);

/// Those with whom a principal has a rule of that mechanism, either way.
PrincipalSet key_peers(const Deployment& deployment, std::string_view mechanism, PrincipalId self);

KeyFolder key_folder(const Deployment& deployment, std::string_view mechanism, PrincipalId node);

/// In the folder of either end: the secret shared with the other.
std::string pair_secret_file(const Deployment& deployment, PrincipalId peer);
/// In the folder of its owner.
inline constexpr const char* private_key_file = "private.secret";
/// In the folder of everybody who verifies.
std::string public_key_file(const Deployment& deployment, PrincipalId owner);

/// "parley keys gen FILE --node r1"; the file is the one the deployment was read from.
std::string keys_command(const Deployment& deployment, PrincipalId node);

}  // namespace parley
