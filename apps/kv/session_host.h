// SPDX-License-Identifier: Apache-2.0
//
// What a session needs to know that is not on its own connection, and what the
// port counts: the border between the pure part and the sockets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/kv/data_commands.h"
#include "apps/kv/request_parser.h"
#include "core/api/call.h"
#include "core/api/object.h"
#include "core/kernel/objects/session_object.h"

namespace parley::resp {

/// Equal for all sessions of a port, for as long as it lives.
struct PortFacts {
  std::string node;
  std::string deployment;
  std::string object_name;
  std::string object_type;
  std::string backend;
  std::string version;   ///< Of Parley.
  const Object& object;  ///< That takes commands.
  /// What backends replicate: the same object, or one around it that remembers
  /// what was called, and then takes its methods wrapped.
  const Object& replicated;
  bool wrapped = false;
  DataCommands commands;
  Duration request_timeout{};
  RequestLimits limits{};
  std::size_t clients_max = 0;
  Duration idle_timeout{};  ///< 0: none.
  std::string password{};   ///< Empty: nobody has to say one.
  std::string address{};    ///< Where the port listens.
};

/// The method as invoke takes it.
inline Bytes replicated_method(const PortFacts& facts, const Command& command) {
  Bytes method = encode_command(command);
  return facts.wrapped ? plain_method(method) : method;
}

/// How a failure is counted.
enum class ErrorKind : std::uint8_t {
  Protocol,
  Authentication,
  Command,  ///< The port refused a command.
  Object,   ///< The object answered with an error.
  NotApplied,
  Unknown,
  NotSupported,
  ClientsMax,
};
inline constexpr const char* error_kind_words[] = {"protocol",      "authentication", "command",
                                                   "object",        "not_applied",    "unknown",
                                                   "not_supported", "clients_max"};

/// The moment's figures, for INFO and PARLEY.STATUS.
struct PortStatus {
  std::string unready_because;  ///< Empty: the node can serve.
  std::uint64_t uptime_seconds = 0;
  std::uint64_t clients = 0;
  std::uint64_t clients_total = 0;
  std::uint64_t commands_total = 0;
  std::uint64_t refused_clients_total = 0;
  std::uint64_t memory_bytes = 0;
};

class SessionHost {
 public:
  virtual ~SessionHost() = default;
  /// Milliseconds since 1970.
  virtual std::uint64_t wall_clock_ms() = 0;
  virtual PortStatus status() = 0;
  /// One line a client, as CLIENT LIST has them.
  virtual std::string clients_text() = 0;
  /// `own`: an index into own_commands; otherwise into DataCommands::names, or
  /// its size for a command nobody knows.
  virtual void count_command(bool own, std::size_t index) = 0;
  virtual void count_error(ErrorKind kind) = 0;
};

}  // namespace parley::resp
