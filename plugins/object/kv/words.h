// SPDX-License-Identifier: Apache-2.0
//
// Commands and replies as people read and write them: the line redis-cli takes and
// the lines it prints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/command.h"

namespace parley::kv {

/// Splits at white space. "..." may hold it, and knows \n \r \t \b \a \" \\ \xHH;
/// '...' may hold it, and knows \'. nullopt: a quote is not closed, or something
/// follows it at once.
std::optional<std::vector<std::string>> split_words(std::string_view line);

std::string print_reply(const CommandReply& reply);

}  // namespace parley::kv
