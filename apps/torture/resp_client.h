// SPDX-License-Identifier: Apache-2.0
//
// One connection to a Redis port: commands, then their replies, within a time.
// RESP2 as far as the workload needs it: of an array, the last item.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::torture {

struct RespReply {
  enum class Kind : std::uint8_t { Nil, Integer, Text, Failure, Broken };
  Kind kind = Kind::Broken;
  std::int64_t integer = 0;
  std::string text;  ///< Of a status, a string, or a failure without its minus sign.
};

class RespClient {
 public:
  RespClient() = default;
  ~RespClient() { close(); }
  RespClient(const RespClient&) = delete;
  RespClient& operator=(const RespClient&) = delete;

  /// `address`: "HOST:PORT" with a numeric host. False: nobody answers there in time.
  bool connect(const std::string& address, std::chrono::milliseconds patience);
  bool connected() const { return descriptor_ >= 0; }
  void close();

  using Words = std::vector<std::string>;
  /// The reply to the last of the commands, which are sent together. Precondition:
  /// connected. Broken closes the connection, and says nothing of what became of them.
  RespReply commands(const std::vector<Words>& commands, std::chrono::milliseconds patience);

 private:
  bool send_all(std::string_view bytes);
  bool receive_line(std::string& line);
  bool receive(std::size_t size, std::string& out);
  bool fill();
  bool wait_for(short events) const;
  RespReply receive_reply();

  int descriptor_ = -1;
  std::string buffer_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace parley::torture
