// SPDX-License-Identifier: Apache-2.0
//
// "host:port" as deployments write it. Names are not looked up here.
#pragma once

#include <string>
#include <string_view>

namespace parley {

/// What is wrong with it, in a few words; empty when nothing is.
std::string address_fault(std::string_view address);

}  // namespace parley
