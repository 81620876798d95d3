// SPDX-License-Identifier: Apache-2.0
//
// One connection to a Redis port, that blocks, over hiredis.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisContext;

namespace parley::demo {

/// A node by its name and Redis port on this machine, as `NODE=PORT`.
struct Target {
  std::string node;
  int port = 0;
};
std::optional<Target> parse_target(std::string_view text);

struct Answer {
  enum class Kind { Value, Absent, Failed, Broken };
  Kind kind = Kind::Broken;  ///< Broken: no connection, or none any more.
  std::string text{};        ///< The value, or what the node or the connection complained of.
};

using Words = std::vector<std::string>;

class RedisClient {
 public:
  /// Effect: hangs up, then tries to connect. Whether it did is seen at the next call.
  void connect(const Target& target);
  /// One answer a command, in order; from a connection that breaks on, all are Broken.
  std::vector<Answer> call(const std::vector<Words>& commands);
  Answer call(const Words& command) { return call(std::vector<Words>{command}).front(); }

 private:
  struct Close {
    void operator()(redisContext* context) const;
  };
  std::unique_ptr<redisContext, Close> context_;
};

}  // namespace parley::demo
