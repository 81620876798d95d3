// SPDX-License-Identifier: Apache-2.0
//
// A history: what processes asked of a system and what it answered, one event
// after the other, in the manner of Jepsen. A tool that records one makes an
// Event per call and per answer and writes `as_json_line` of it to a file, in
// the order in which they happened; `parley verify history` reads that file.
// docs/verification.md describes the format.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::history {

struct Null {
  friend auto operator<=>(const Null&, const Null&) = default;
};
/// Text is UTF-8; a tool with other bytes writes them in hexadecimal.
using Scalar = std::variant<Null, bool, std::int64_t, std::string>;

/// A scalar or a list of values.
struct Value {
  std::variant<Scalar, std::vector<Value>> content;

  Value() = default;
  Value(Scalar scalar) : content(std::move(scalar)) {}          // NOLINT: a scalar is a value.
  Value(std::vector<Value> list) : content(std::move(list)) {}  // NOLINT: so is a list.

  const Scalar* scalar() const { return std::get_if<Scalar>(&content); }
  const std::vector<Value>* list() const { return std::get_if<std::vector<Value>>(&content); }
  bool is_null() const { return scalar() != nullptr && std::holds_alternative<Null>(*scalar()); }
  friend bool operator==(const Value&, const Value&) = default;
};

enum class EventType : std::uint8_t {
  Invoke,  ///< The process asks.
  Ok,      ///< It is answered: the operation took effect once, since it was asked.
  Fail,    ///< It is answered: the operation took no effect and never will.
  Info,    ///< Nobody knows: it took effect, will, or never does.
};

/// Where in its line a field's value is; columns count code points from 1.
struct Field {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Event {
  std::int64_t process = 0;
  EventType type = EventType::Invoke;
  std::string f;                     ///< The operation's name: "set".
  std::optional<Value> key;          ///< None where a model needs none.
  std::optional<Value> value;        ///< Argument or answer.
  std::optional<std::int64_t> time;  ///< Nanoseconds since any one moment.

  // Of an event that was read from a file; a writer leaves them.
  std::uint32_t line = 0;
  Field f_at{};
  Field key_at{};
  Field value_at{};
};

std::string_view name_of(EventType type);

/// The event as one line of a history file, with its newline.
std::string as_json_line(const Event& event);

/// The value as JSON on one line.
std::string as_json(const Value& value);
std::string as_json(const Scalar& scalar);

}  // namespace parley::history
