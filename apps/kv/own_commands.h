// SPDX-License-Identifier: Apache-2.0
//
// The commands that concern the connection or the node and not the data: the port
// answers them itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "apps/kv/data_commands.h"

namespace parley::resp {

enum class OwnCommandId : std::uint8_t {
  Auth,
  Client,
  Command,
  Config,
  Discard,
  Echo,
  Exec,
  Hello,
  Info,
  Multi,
  Invoke,
  Pull,
  Push,
  Status,
  Ping,
  Quit,
  Reset,
  Select,
  Unwatch,
  Watch,
};

struct OwnCommand {
  OwnCommandId id;
  std::string_view name;  ///< In lower case.
  std::int64_t arity;     ///< With the name; negative: at least so many.
  bool before_auth;       ///< Answered to a client that has not said the password.
  bool in_transaction;    ///< Otherwise refused between MULTI and EXEC.
  const char* summary;
};

/// Sorted by name.
std::span<const OwnCommand> own_commands();
const OwnCommand* find_own_command(std::string_view name);

/// COMMAND and its subcommands: the object's commands and the port's.
/// Precondition: words.front() is COMMAND.
CommandReply answer_command(const DataCommands& data, const Words& words);
/// CONFIG GET: what tools ask a server before they begin.
CommandReply answer_config(const Words& words, std::size_t clients_max, std::size_t bulk_max,
                           std::uint64_t idle_seconds);
/// Whether the text matches a pattern of '*', '?' and other characters.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace parley::resp
