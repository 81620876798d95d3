// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace parley {

/// Effect: tells the service manager, if $NOTIFY_SOCKET names one ("READY=1").
/// A manager that cannot be reached is no reason to fail.
void sd_notify(std::string_view message);

}  // namespace parley
