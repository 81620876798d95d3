// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/kv/kv.h"

#include <algorithm>
#include <utility>

#include "core/api/command.h"
#include "plugins/object/kv/commands.h"
#include "plugins/object/kv/limits.h"
#include "plugins/object/kv/words.h"

namespace parley::kv {
namespace {

/// What is wrong with a method before its words are looked at.
enum class Unusable { Malformed, TooLarge, BadStamp };

std::variant<CommandView, Unusable> read_method(ByteView method) {
  if (method.size() > method_size_max) return Unusable::TooLarge;
  std::optional<CommandView> command = decode_command_view(method);
  if (!command) return Unusable::Malformed;
  if (command->stamp_ms > std::uint64_t{stamp_ms_max}) return Unusable::BadStamp;
  return *std::move(command);
}

CommandReply refusal(Unusable reason) {
  switch (reason) {
    case Unusable::TooLarge:
      return error("command exceeds maximum allowed size (" + std::to_string(method_size_max) +
                   " bytes)");
    case Unusable::BadStamp:
      return error("time of the command is out of range: the clock of the host that took it in");
    case Unusable::Malformed:
      break;
  }
  return error("method is not an encoded command");
}

}  // namespace

Bytes KeyValues::apply(ByteView method) {
  const auto read = read_method(method);
  if (const auto* reason = std::get_if<Unusable>(&read)) {
    return encode_command_reply(refusal(*reason));
  }
  const auto& command = std::get<CommandView>(read);
  const std::int64_t now = std::max(state_.now_ms, static_cast<std::int64_t>(command.stamp_ms));
  std::size_t room_left = reply_size_max;
  return encode_command_reply(run_command(state_, now, command.words, room_left));
}

bool KeyValues::reads_only(ByteView method) const {
  const auto read = read_method(method);
  const auto* command = std::get_if<CommandView>(&read);
  return command == nullptr || only_reads(command->words);
}

std::optional<Bytes> KeyValues::partition(ByteView method) const {
  const auto read = read_method(method);
  const auto* command = std::get_if<CommandView>(&read);
  if (command == nullptr) return std::nullopt;
  const std::optional<std::string_view> key = only_key(command->words);
  // The empty name stands for the whole object.
  if (!key || key->empty()) return std::nullopt;
  return to_bytes(*key);
}

std::optional<Bytes> KeyValues::parse_method(std::string_view words) const {
  std::optional<std::vector<std::string>> split = split_words(words);
  if (!split || split->empty() || split->size() > command_words_max) return std::nullopt;
  const CommandSpec* const spec = find_command(split->front());
  if (spec == nullptr || !has_arity(*spec, split->size())) return std::nullopt;
  return encode_command({.stamp_ms = 0, .words = *std::move(split)});
}

std::string KeyValues::describe(ByteView result) const {
  const std::optional<CommandReply> reply = decode_command_reply(result);
  return reply ? print_reply(*reply) : "(not understood)";
}

}  // namespace parley::kv
