// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/register/register.h"

namespace parley::write_once_register {
namespace {

constexpr std::uint8_t method_put = 1;
constexpr std::uint8_t method_get = 2;

constexpr std::uint8_t result_unwritten = 0;
constexpr std::uint8_t result_written = 1;
constexpr std::uint8_t result_not_understood = 2;

Bytes tagged(std::uint8_t tag, ByteView value = {}) {
  Bytes bytes;
  bytes.reserve(value.size() + 1);
  Writer out{bytes};
  out.u8(tag);
  out.raw(value);
  return bytes;
}

bool is_value(ByteView value) {
  return value.size() <= value_size_max;
}

}  // namespace

Bytes Register::apply(ByteView method) {
  const bool puts = !method.empty() && method[0] == method_put && is_value(method.subspan(1));
  const bool gets = method.size() == 1 && method[0] == method_get;
  if (!puts && !gets) return tagged(result_not_understood);
  if (puts && !value_) value_ = to_bytes(method.subspan(1));
  Bytes result;
  snapshot(result);
  return result;
}

void Register::snapshot(Bytes& out) const {
  const Bytes state = value_ ? tagged(result_written, *value_) : tagged(result_unwritten);
  out.insert(out.end(), state.begin(), state.end());
}

bool Register::restore(ByteView snapshot) {
  if (snapshot.empty() || snapshot[0] > result_written) return false;
  const ByteView value = snapshot.subspan(1);
  if (snapshot[0] == result_unwritten) {
    if (!value.empty()) return false;
    value_.reset();
    return true;
  }
  if (!is_value(value)) return false;
  value_ = to_bytes(value);
  return true;
}

std::optional<Bytes> Register::parse_method(std::string_view words) const {
  constexpr std::string_view put = "put ";
  if (words == "get") return tagged(method_get);
  if (!words.starts_with(put)) return std::nullopt;
  const ByteView value = view_of(words.substr(put.size()));
  if (!is_value(value)) return std::nullopt;
  return tagged(method_put, value);
}

std::string Register::describe(ByteView result) const {
  if (result.size() == 1 && result[0] == result_unwritten) return "(unwritten)";
  if (!result.empty() && result[0] == result_written) {
    return std::string{text_of(result.subspan(1))};
  }
  return "(not understood)";
}

}  // namespace parley::write_once_register
