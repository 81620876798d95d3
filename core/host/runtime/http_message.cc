// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/http_message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>

namespace parley {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

struct Head {
  HttpRequest request;
  std::size_t body_size = 0;
};

/// The request line; 0 or the status that refuses it.
int parse_request_line(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.rfind(' ');
  if (first == std::string_view::npos || second == first) return 400;
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!version.starts_with("HTTP/1.") || version.size() != 8) {
    return version.starts_with("HTTP/") ? 505 : 400;
  }
  head.request.keep_alive = version.back() != '0';
  head.request.method = line.substr(0, first);
  const std::size_t mark = target.find('?');
  head.request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.request.query = target.substr(mark + 1);
  if (!is_token(head.request.method) || !target.starts_with('/') ||
      target.find(' ') != std::string_view::npos) {
    return 400;
  }
  return 0;
}

/// One header line; 0 or the status that refuses it.
int parse_header(std::string_view line, Head& head, bool& sized) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
  const std::string name = lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "transfer-encoding") return 501;
  if (name == "origin") head.request.origin = true;
  if (name == "host") head.request.host = value;
  if (name == "connection") {
    const std::string wish = lower(value);
    if (wish == "close") head.request.keep_alive = false;
    if (wish == "keep-alive") head.request.keep_alive = true;
  }
  if (name != "content-length") return 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), head.body_size);
  if (error == std::errc::result_out_of_range) return 413;
  // Two lengths are how requests are smuggled.
  if (error != std::errc{} || end != value.data() + value.size() || sized) return 400;
  sized = true;
  return head.body_size > http_body_size_max ? 413 : 0;
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

/// How many bytes at the start of `text` are one UTF-8 character; 0: none are.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool beyond = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || beyond ? 0 : length;
}

}  // namespace

std::optional<HttpRequest> HttpParser::next() {
  if (bad_ != 0) return std::nullopt;
  const std::size_t head_size = buffer_.find("\r\n\r\n");
  if (head_size == std::string::npos) {
    return buffer_.size() > http_head_size_max ? refuse(431) : std::nullopt;
  }
  if (head_size > http_head_size_max) return refuse(431);
  Head head;
  bool sized = false;
  std::string_view rest{buffer_.data(), head_size};
  for (bool first = true; first || !rest.empty(); first = false) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    const int status = first ? parse_request_line(line, head) : parse_header(line, head, sized);
    if (status != 0) return refuse(status);
  }
  const std::size_t total = head_size + 4 + head.body_size;
  if (buffer_.size() < total) return std::nullopt;
  head.request.body = buffer_.substr(head_size + 4, head.body_size);
  buffer_.erase(0, total);
  return std::move(head.request);
}

bool names_loopback(std::string_view host) {
  if (const std::size_t colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.find_first_not_of("0123456789") != std::string_view::npos) return false;
    host = host.substr(0, colon);
  }
  if (host == "[::1]" || lower(host) == "localhost") return true;
  in_addr v4{};
  return ::inet_pton(AF_INET, std::string{host}.c_str(), &v4) == 1 &&
         (ntohl(v4.s_addr) >> 24) == 127;
}

std::string encode_response(const HttpResponse& response, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " + reason(response.status) +
                    "\r\nContent-Type: " + response.content_type +
                    "\r\nContent-Length: " + std::to_string(response.body.size());
  if (!response.allow.empty()) out += "\r\nAllow: " + response.allow;
  if (!keep_alive) out += "\r\nConnection: close";
  return out + "\r\nX-Content-Type-Options: nosniff\r\n\r\n" + response.body;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned char>(c));
      out += escaped;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

}  // namespace parley
