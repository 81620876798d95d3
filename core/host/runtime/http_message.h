// SPDX-License-Identifier: Apache-2.0
//
// As much of HTTP/1.1 as a metrics endpoint and a few small requests need. Pure
// and total: bytes in, requests or a status out. No chunked bodies, no pipelining
// beyond what lies in the buffer, bounded everywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley {

inline constexpr std::size_t http_head_size_max = std::size_t{8} << 10;
inline constexpr std::size_t http_body_size_max = std::size_t{1} << 20;

struct HttpRequest {
  std::string method;
  std::string path;   ///< Without the query.
  std::string query;  ///< What follows the '?', as it came.
  std::string body;
  bool keep_alive = true;
  std::string host{};   ///< The Host header; what the caller believes to talk to.
  bool origin = false;  ///< Sent by a page in a browser: there is an Origin header.
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow{};  ///< Methods, with 405.
};

/// Cuts received bytes into requests.
class HttpParser {
 public:
  /// Effect: takes the bytes in.
  void received(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole request, if there is one. After bad() there is none.
  std::optional<HttpRequest> next();
  /// The status with which to refuse the connection; 0: all is well.
  int bad() const { return bad_; }
  /// Whether a request has begun and is not complete.
  bool partial() const { return !buffer_.empty(); }

 private:
  std::nullopt_t refuse(int status) {
    bad_ = status;
    return std::nullopt;
  }

  std::string buffer_;
  int bad_ = 0;
};

/// Whether a Host header names this machine: 127.0.0.0/8, [::1] or localhost.
bool names_loopback(std::string_view host);

std::string encode_response(const HttpResponse& response, bool keep_alive);

/// The text as a JSON string with its quotes. Bytes that are no UTF-8 become
/// U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace parley
