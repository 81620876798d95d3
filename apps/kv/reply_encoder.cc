// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/reply_encoder.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace parley::resp {
namespace {

constexpr std::string_view line_end = "\r\n";

void append_header(std::string& out, char type, std::int64_t number) {
  std::array<char, 24> digits;
  const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out += type;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += line_end;
}

void append_count(std::string& out, char type, std::size_t count) {
  append_header(out, type, static_cast<std::int64_t>(count));
}

void append_bulk(std::string& out, std::string_view text) {
  append_count(out, '$', text.size());
  out += text;
  out += line_end;
}

void append_line(std::string& out, char type, std::string_view text) {
  out += type;
  for (const char c : text) out += c == '\r' || c == '\n' ? ' ' : c;
  out += line_end;
}

std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::array<char, 32> digits;
  const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return {digits.data(), end};
}

struct Encoder {
  std::string& out;
  bool three;

  void operator()(const CommandReply::Nil&) const { out += three ? "_\r\n" : "$-1\r\n"; }
  void operator()(std::int64_t number) const { append_header(out, ':', number); }
  void operator()(const std::string& text) const { append_bulk(out, text); }
  void operator()(const CommandReply::Status& status) const { append_line(out, '+', status.text); }
  void operator()(const CommandReply::Failure& why) const { append_line(out, '-', why.text); }
  void operator()(const CommandReply::Array& items) const {
    append_count(out, '*', items.size());
    for (const CommandReply& item : items) std::visit(*this, item.value);
  }
  void operator()(const CommandReply::Map& entries) const {
    append_count(out, three ? '%' : '*', entries.size() * (three ? 1 : 2));
    for (const auto& [key, item] : entries) {
      std::visit(*this, key.value);
      std::visit(*this, item.value);
    }
  }
  void operator()(bool truth) const {
    out += three ? (truth ? "#t\r\n" : "#f\r\n") : (truth ? ":1\r\n" : ":0\r\n");
  }
  void operator()(double number) const {
    if (!three) return append_bulk(out, number_text(number));
    append_line(out, ',', number_text(number));
  }
};

}  // namespace

void append_reply(std::string& out, const CommandReply& reply, Protocol protocol) {
  std::visit(Encoder{out, protocol == Protocol::Resp3}, reply.value);
}

void append_null_array(std::string& out, Protocol protocol) {
  out += protocol == Protocol::Resp3 ? "_\r\n" : "*-1\r\n";
}

}  // namespace parley::resp
