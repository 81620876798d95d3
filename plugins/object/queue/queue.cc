// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/queue/queue.h"

namespace parley::queue {
namespace {

enum Method : std::uint8_t { method_push = 1, method_pop = 2, method_peek = 3, method_len = 4 };
enum Result : std::uint8_t {
  result_empty = 0,
  result_value = 1,
  result_count = 2,
  result_full = 3,
  result_not_understood = 4,
};

Bytes value_result(ByteView value) {
  Bytes bytes{result_value};
  Writer{bytes}.raw(value);
  return bytes;
}

Bytes count_result(std::size_t count) {
  Bytes bytes{result_count};
  Writer{bytes}.varint(count);
  return bytes;
}

/// 0: not understood.
std::uint8_t kind_of(ByteView method) {
  if (method.empty()) return 0;
  if (method[0] == method_push) return method.size() - 1 <= value_size_max ? method_push : 0;
  return method.size() == 1 && method[0] <= method_len ? method[0] : 0;
}

}  // namespace

Bytes Queue::push(ByteView value) {
  if (values_.size() == values_count_max) return {result_full};
  values_.emplace_back(value);
  return count_result(values_.size());
}

Bytes Queue::apply(ByteView method) {
  const std::uint8_t kind = kind_of(method);
  if (kind == 0) return {result_not_understood};
  if (kind == method_push) return push(method.subspan(1));
  if (kind == method_len) return count_result(values_.size());
  if (values_.empty()) return {result_empty};
  Bytes result = value_result(values_.front());
  if (kind == method_pop) values_.pop_front();
  return result;
}

bool Queue::reads_only(ByteView method) const {
  const std::uint8_t kind = kind_of(method);
  return kind != method_push && kind != method_pop;
}

void Queue::snapshot(Bytes& out) const {
  Writer writer{out};
  writer.varint(values_.size());
  for (const SharedBytes& value : values_) writer.bytes(value);
}

bool Queue::restore(ByteView snapshot) {
  Reader reader{snapshot};
  const std::uint64_t count = reader.varint();
  if (count > values_count_max) return false;
  std::deque<SharedBytes> values;
  for (std::uint64_t left = count; left > 0 && reader.ok(); --left) {
    const ByteView value = reader.bytes();
    if (value.size() > value_size_max) return false;
    values.emplace_back(value);
  }
  if (!reader.finished()) return false;
  values_ = std::move(values);
  return true;
}

std::optional<Bytes> Queue::parse_method(std::string_view words) const {
  constexpr std::string_view push_words = "push ";
  if (words == "pop") return Bytes{method_pop};
  if (words == "peek") return Bytes{method_peek};
  if (words == "len") return Bytes{method_len};
  if (!words.starts_with(push_words)) return std::nullopt;
  const std::string_view value = words.substr(push_words.size());
  if (value.size() > value_size_max) return std::nullopt;
  Bytes method{method_push};
  Writer{method}.raw(view_of(value));
  return method;
}

std::string Queue::describe(ByteView result) const {
  Reader reader{result};
  const std::uint8_t kind = reader.u8();
  if (reader.ok() && kind == result_value) return std::string{text_of(reader.rest())};
  if (kind == result_count) {
    const std::uint64_t count = reader.varint();
    if (reader.finished()) return std::to_string(count);
  }
  if (reader.finished() && kind == result_empty) return "(empty)";
  if (reader.finished() && kind == result_full) return "(full)";
  return "(not understood)";
}

}  // namespace parley::queue
