// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/lock/lock.h"

namespace parley::lock {
namespace {

enum Method : std::uint8_t { method_acquire = 1, method_release = 2, method_holder = 3 };
enum Result : std::uint8_t { result_not_understood = 0, result_state = 1 };

bool is_owner(std::size_t size) {
  return size > 0 && size <= owner_size_max;
}

/// 0: not understood.
std::uint8_t kind_of(ByteView method) {
  if (method.empty()) return 0;
  if (method[0] == method_holder) return method.size() == 1 ? method_holder : 0;
  const bool names = method[0] == method_acquire || method[0] == method_release;
  return names && is_owner(method.size() - 1) ? method[0] : 0;
}

}  // namespace

Bytes Lock::apply(ByteView method) {
  const std::uint8_t kind = kind_of(method);
  if (kind == 0) return {result_not_understood};
  const ByteView owner = method.subspan(1);
  if (kind == method_acquire && owner_.empty() && token_ < token_max) {
    ++token_;
    owner_ = to_bytes(owner);
  } else if (kind == method_release && equal(owner_, owner)) {
    owner_.clear();
  }
  Bytes result{result_state};
  snapshot(result);
  return result;
}

bool Lock::reads_only(ByteView method) const {
  const std::uint8_t kind = kind_of(method);
  return kind != method_acquire && kind != method_release;
}

void Lock::snapshot(Bytes& out) const {
  Writer writer{out};
  writer.varint(token_);
  writer.raw(owner_);
}

bool Lock::restore(ByteView snapshot) {
  Reader reader{snapshot};
  const std::uint64_t token = reader.varint();
  const ByteView owner = reader.rest();
  if (!reader.finished() || token > token_max) return false;
  if (!owner.empty() && (token == 0 || !is_owner(owner.size()))) return false;
  token_ = token;
  owner_ = to_bytes(owner);
  return true;
}

std::optional<Bytes> Lock::parse_method(std::string_view words) const {
  if (words == "holder") return Bytes{method_holder};
  const std::size_t space = words.find(' ');
  const std::string_view verb = words.substr(0, space);
  if (verb != "acquire" && verb != "release") return std::nullopt;
  const std::string_view owner =
      space == std::string_view::npos ? std::string_view{} : words.substr(space + 1);
  if (!is_owner(owner.size())) return std::nullopt;
  Bytes method{verb == "acquire" ? method_acquire : method_release};
  Writer{method}.raw(view_of(owner));
  return method;
}

std::string Lock::describe(ByteView result) const {
  Lock state;
  if (result.empty() || result[0] != result_state || !state.restore(result.subspan(1))) {
    return "(not understood)";
  }
  if (state.owner_.empty()) return "(free)";
  return "held by " + std::string{text_of(state.owner_)} + " with token " +
         std::to_string(state.token_);
}

}  // namespace parley::lock
