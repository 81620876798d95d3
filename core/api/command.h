// SPDX-License-Identifier: Apache-2.0
//
// Methods of objects that are reached over the Redis protocol: a command is its
// words, as the client sent them, and the time at which a host took it in; a
// reply is a value of RESP3. The port forwards words and values it need not
// understand, so a new data command is a matter of the object alone.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/overloaded.h"

namespace parley {

inline constexpr std::size_t command_words_max = 1'048'576;
inline constexpr std::size_t command_depth_max = 8;

struct Command {
  std::uint64_t stamp_ms = 0;  ///< Wall clock of the host, milliseconds since 1970.
  std::vector<std::string> words{};
  friend bool operator==(const Command&, const Command&) = default;
};

/// One RESP3 value.
struct CommandReply {
  struct Nil {
    friend bool operator==(const Nil&, const Nil&) = default;
  };
  struct Status {
    std::string text;  ///< Without the plus sign: OK.
    friend bool operator==(const Status&, const Status&) = default;
  };
  struct Failure {
    std::string text;  ///< Without the minus sign, code first: ERR syntax error.
    friend bool operator==(const Failure&, const Failure&) = default;
  };
  using Array = std::vector<CommandReply>;
  using Map = std::vector<std::pair<CommandReply, CommandReply>>;
  std::variant<Nil, std::int64_t, std::string, Status, Failure, Array, Map, bool, double> value{};

  friend bool operator==(const CommandReply&, const CommandReply&) = default;
};

inline Bytes encode_command(const Command& command) {
  Bytes out;
  Writer writer{out};
  writer.varint(command.stamp_ms);
  writer.varint(command.words.size());
  for (const std::string& word : command.words) writer.text(word);
  return out;
}

/// A command whose words are borrowed from its encoding.
struct CommandView {
  std::uint64_t stamp_ms = 0;
  std::vector<std::string_view> words{};
};

/// Total. A command has at least one word.
inline std::optional<CommandView> decode_command_view(ByteView bytes) {
  Reader reader{bytes};
  CommandView command;
  command.stamp_ms = reader.varint();
  const std::uint64_t count = reader.varint();
  if (count == 0 || count > command_words_max || count > reader.remaining()) return std::nullopt;
  command.words.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) command.words.push_back(reader.text());
  if (!reader.finished()) return std::nullopt;
  return command;
}

/// Total, like the view's.
inline std::optional<Command> decode_command(ByteView bytes) {
  const std::optional<CommandView> view = decode_command_view(bytes);
  if (!view) return std::nullopt;
  return Command{view->stamp_ms, {view->words.begin(), view->words.end()}};
}

void write_command_reply(Writer& out, const CommandReply& reply);
std::optional<CommandReply> read_command_reply(Reader& in, std::size_t depth_left);

inline Bytes encode_command_reply(const CommandReply& reply) {
  Bytes out;
  Writer writer{out};
  write_command_reply(writer, reply);
  return out;
}

/// Total; refuses nesting deeper than command_depth_max.
inline std::optional<CommandReply> decode_command_reply(ByteView bytes) {
  Reader reader{bytes};
  std::optional<CommandReply> reply = read_command_reply(reader, command_depth_max);
  if (!reply || !reader.finished()) return std::nullopt;
  return reply;
}

inline void write_command_reply(Writer& out, const CommandReply& reply) {
  out.u8(static_cast<std::uint8_t>(reply.value.index()));
  std::visit(overloaded{
                 [](const CommandReply::Nil&) {},
                 [&](std::int64_t number) { out.u64(static_cast<std::uint64_t>(number)); },
                 [&](const std::string& text) { out.text(text); },
                 [&](const CommandReply::Status& status) { out.text(status.text); },
                 [&](const CommandReply::Failure& failure) { out.text(failure.text); },
                 [&](const CommandReply::Array& items) {
                   out.varint(items.size());
                   for (const CommandReply& item : items) write_command_reply(out, item);
                 },
                 [&](const CommandReply::Map& entries) {
                   out.varint(entries.size());
                   for (const auto& [key, item] : entries) {
                     write_command_reply(out, key);
                     write_command_reply(out, item);
                   }
                 },
                 [&](bool truth) { out.u8(truth ? 1 : 0); },
                 [&](double number) { out.u64(std::bit_cast<std::uint64_t>(number)); },
             },
             reply.value);
}

inline std::optional<CommandReply> read_command_reply(Reader& in, std::size_t depth_left) {
  if (depth_left == 0) return std::nullopt;
  const auto read_item = [&] { return read_command_reply(in, depth_left - 1); };
  switch (in.u8()) {
    case 0:
      return CommandReply{};
    case 1:
      return CommandReply{static_cast<std::int64_t>(in.u64())};
    case 2:
      return CommandReply{std::string{in.text()}};
    case 3:
      return CommandReply{CommandReply::Status{std::string{in.text()}}};
    case 4:
      return CommandReply{CommandReply::Failure{std::string{in.text()}}};
    case 5: {
      CommandReply::Array items;
      for (std::uint64_t left = in.varint(); left > 0; --left) {
        std::optional<CommandReply> item = read_item();
        if (!item || !in.ok()) return std::nullopt;
        items.push_back(*std::move(item));
      }
      return CommandReply{std::move(items)};
    }
    case 6: {
      CommandReply::Map entries;
      for (std::uint64_t left = in.varint(); left > 0; --left) {
        std::optional<CommandReply> key = read_item();
        std::optional<CommandReply> item = key && in.ok() ? read_item() : std::nullopt;
        if (!item || !in.ok()) return std::nullopt;
        entries.emplace_back(*std::move(key), *std::move(item));
      }
      return CommandReply{std::move(entries)};
    }
    case 7: {
      const std::uint8_t truth = in.u8();
      if (truth > 1) return std::nullopt;
      return CommandReply{truth == 1};
    }
    case 8:
      return CommandReply{std::bit_cast<double>(in.u64())};
    default:
      return std::nullopt;
  }
}

}  // namespace parley
