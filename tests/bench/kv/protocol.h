// SPDX-License-Identifier: Apache-2.0
//
// What the load generator knows of a protocol: one object per connection, which
// turns operations into bytes and bytes into outcomes. It meets no socket, so the
// same loop drives every system in the same way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace parley::bench {

enum class Operation : std::uint8_t { Put, Get };

/// What became of the requests since the last call.
struct Outcomes {
  std::uint64_t done = 0;    ///< Answered, whatever the answer.
  std::uint64_t failed = 0;  ///< Of these, those answered with an error, or a get without a value.
};

class Protocol {
 public:
  virtual ~Protocol() = default;

  /// Effect: appends to `out` what a new connection says first.
  virtual void open(std::string& out) = 0;
  /// Effect: appends one request. The value is ignored by a get.
  virtual void request(Operation operation, std::string_view key, std::string_view value,
                       std::string& out) = 0;
  /// Takes what was received; appends what the protocol itself has to say back.
  /// False when the peer does not speak the protocol.
  virtual bool receive(std::string_view bytes, std::string& out, Outcomes& outcomes) = 0;
  /// The last error that the peer answered; empty if none.
  const std::string& error() const { return error_; }

 protected:
  std::string error_;
};

/// Redis' protocol, version 2.
std::unique_ptr<Protocol> make_resp();
/// etcd's gRPC over HTTP/2: Put, and Range of one key, which is linearizable.
std::unique_ptr<Protocol> make_etcd();

}  // namespace parley::bench
