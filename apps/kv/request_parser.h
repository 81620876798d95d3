// SPDX-License-Identifier: Apache-2.0
//
// Requests of the Redis protocol out of a stream of bytes: arrays of bulk
// strings, and inline commands. Pure; bounded by the limits whatever arrives.
// The first malformed byte ends the stream: fault() then says what was wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"

namespace parley::resp {

using Words = std::vector<std::string>;

struct RequestLimits {
  std::size_t bulk_max = std::size_t{1} << 20;     ///< Bytes of one word.
  std::size_t request_max = std::size_t{2} << 20;  ///< Bytes of all words of a request.
  std::size_t words_max = 65'536;
};

class RequestParser {
 public:
  static constexpr std::size_t inline_max = std::size_t{64} << 10;  ///< Bytes of an inline line.

  explicit RequestParser(const RequestLimits& limits) : limits_(limits) {}

  /// Effect: other limits hold from the next word on.
  void set_limits(const RequestLimits& limits) { limits_ = limits; }
  void receive(ByteView bytes);
  /// The next whole request, of at least one word; nullopt: more bytes are
  /// needed, or there is a fault.
  std::optional<Words> next();

  /// What is malformed, "Protocol error: ..."; empty while all is well.
  const std::string& fault() const { return fault_; }
  /// Bytes received and not taken yet.
  std::size_t buffered() const { return buffer_.size() - at_; }

 private:
  bool read_count();
  bool read_word();
  bool read_inline();
  bool split_inline(std::string_view line);
  bool add_word(std::string word);
  std::optional<std::int64_t> read_number(const char* what);
  void fail(std::string what);
  void drop_taken();

  RequestLimits limits_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t scanned_ = 0;  ///< No line end before here, counted from at_.
  Words words_;
  std::size_t words_left_ = 0;
  std::size_t words_bytes_ = 0;
  std::optional<std::size_t> word_size_;  ///< Of the bulk string being read.
  std::string fault_;
};

}  // namespace parley::resp
