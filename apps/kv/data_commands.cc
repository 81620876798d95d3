// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/data_commands.h"

#include <algorithm>

#include "apps/kv/reply_encoder.h"

namespace parley::resp {
namespace {

constexpr std::size_t name_max = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The name and arity of one entry of COMMAND's answer.
std::optional<std::pair<std::string, std::int64_t>> entry_of(const CommandReply& reply) {
  const auto* entry = std::get_if<CommandReply::Array>(&reply.value);
  if (entry == nullptr || entry->size() < 2) return std::nullopt;
  const auto* name = std::get_if<std::string>(&entry->front().value);
  const auto* arity = std::get_if<std::int64_t>(&(*entry)[1].value);
  if (name == nullptr || arity == nullptr) return std::nullopt;
  return std::pair{lower_case(*name), *arity};
}

/// As encode_command would, without putting the words together first.
Bytes encode_joined(std::uint64_t stamp_ms, const std::vector<std::string_view>& first,
                    const std::vector<const Words*>& commands) {
  std::size_t count = first.size() + commands.size();
  std::size_t size = 64;
  for (const std::string_view word : first) size += word.size() + 4;
  for (const Words* words : commands) {
    count += words->size();
    for (const std::string& word : *words) size += word.size() + 4;
  }
  Bytes out;
  out.reserve(size);
  Writer writer{out};
  writer.varint(stamp_ms);
  writer.varint(count);
  for (const std::string_view word : first) writer.text(word);
  for (const Words* words : commands) {
    writer.text(std::to_string(words->size()));
    for (const std::string& word : *words) writer.text(word);
  }
  return out;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool equal_words(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

Bytes encode_exec(std::uint64_t stamp_ms, const std::vector<KeyVersion>& watched,
                  const std::vector<const Words*>& commands) {
  const std::string count = std::to_string(watched.size());
  std::vector<std::string_view> first{"PARLEY.EXEC", count};
  for (const KeyVersion& each : watched) first.insert(first.end(), {each.key, each.version});
  return encode_joined(stamp_ms, first, commands);
}

Bytes encode_batch(std::uint64_t stamp_ms, const std::vector<const Words*>& commands) {
  return encode_joined(stamp_ms, {"PARLEY.BATCH"}, commands);
}

DataCommands::DataCommands(const Object& object) : object_(object) {
  const CommandReply table = ask_empty({"COMMAND"});
  const auto* entries = std::get_if<CommandReply::Array>(&table.value);
  if (entries != nullptr) {
    for (const CommandReply& each : *entries) {
      if (auto entry = entry_of(each)) known_.try_emplace(entry->first, Known{0, entry->second});
    }
  }
  for (auto& [name, known] : known_) {
    known.index = names_.size();
    names_.push_back(name);
  }
}

DataCommands::Judgement DataCommands::judge(const Words& words) const {
  const auto found = known_.find(lower_case(std::string_view{words.front()}.substr(0, name_max)));
  if (found == known_.end()) {
    Judgement judgement{.index = names_.size()};
    if (known_.empty()) return judgement;  // The object does not say what it knows.
    CommandReply reply = ask_empty(words);
    if (std::holds_alternative<CommandReply::Failure>(reply.value)) judgement.refusal = reply;
    return judgement;
  }
  const Known& known = found->second;
  const auto count = static_cast<std::int64_t>(words.size());
  if (known.arity >= 0 ? count == known.arity : count >= -known.arity) return {known.index};
  return {known.index,
          failure("ERR wrong number of arguments for '" + names_[known.index] + "' command")};
}

CommandReply DataCommands::ask_empty(const Words& words) const {
  const Bytes answer = object_.clone()->apply(encode_command({.stamp_ms = 0, .words = words}));
  std::optional<CommandReply> reply = decode_command_reply(answer);
  return reply ? *std::move(reply) : failure("ERR the object's answer is malformed");
}

}  // namespace parley::resp
