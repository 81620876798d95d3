// SPDX-License-Identifier: Apache-2.0
//
// What happens to every command around its own work, several commands as one, and
// what COMMAND tells.
#include <algorithm>
#include <string>

#include "plugins/object/kv/commands.h"
#include "plugins/object/kv/limits.h"

namespace parley::kv {
namespace {

constexpr std::size_t reply_overhead = 16;    ///< Of one string.
constexpr std::size_t table_line_size = 256;  ///< Of what COMMAND tells of one, about.
constexpr std::size_t echoed_size_max = 128;  ///< Of a client's words in an error.

/// Without what would end the line of an error.
std::string printable(std::string_view word) {
  std::string text{word};
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == 0; }, ' ');
  return text;
}

CommandReply unknown_command(Words words) {
  std::string arguments;
  for (const std::string_view word : words.subspan(1)) {
    if (arguments.size() >= echoed_size_max) break;
    const std::string part = printable(word.substr(0, echoed_size_max - arguments.size()));
    arguments += '\'' + part + "' ";
  }
  return error("unknown command '" + printable(words[0].substr(0, echoed_size_max)) +
               "', with args beginning with: " + arguments);
}

CommandReply nested_call(std::string_view name) {
  std::string upper{name};
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return error(upper + " calls can not be nested");
}

CommandReply wrong_arity(std::string_view name) {
  return error("wrong number of arguments for '" + std::string{name} + "' command");
}

/// Visits the words that are keys. Precondition: their number is right.
template <class Visit>
void for_each_key(const CommandSpec& spec, Words words, Visit&& visit) {
  if (spec.first_key == 0) return;
  const std::size_t last =
      spec.last_key < 0 ? words.size() - 1 : static_cast<std::size_t>(spec.last_key);
  for (auto i = static_cast<std::size_t>(spec.first_key); i <= last;
       i += static_cast<std::size_t>(spec.key_step)) {
    visit(words[i]);
  }
}

/// What of a writing command is larger than may be kept; nullopt if nothing is.
std::optional<CommandReply> too_large(const CommandSpec& spec, Words words) {
  bool large_key = false;
  for_each_key(spec, words,
               [&](std::string_view key) { large_key = large_key || key.size() > key_size_max; });
  if (large_key) {
    return error("key exceeds maximum allowed size (" + std::to_string(key_size_max) + " bytes)");
  }
  const bool large_value = std::any_of(words.begin(), words.end(), [](std::string_view word) {
    return word.size() > value_size_max;
  });
  if (large_value) return string_too_large();
  return std::nullopt;
}

/// The specification, if the words keep to it.
const CommandSpec* usable(Words words) {
  const CommandSpec* const spec = find_command(words[0]);
  return spec != nullptr && has_arity(*spec, words.size()) ? spec : nullptr;
}

/// What keys a command is about: a conjunction over all its parts.
struct KeysSeen {
  std::optional<std::string_view> key{};
  bool several = false;

  void see(std::string_view seen) {
    several = several || (key && *key != seen);
    key = seen;
  }
  void see_command(Words words) {
    const CommandSpec* const spec = usable(words);
    if (spec == nullptr) return;  // An error, whatever the state.
    const bool of_all = spec->first_key == 0 && spec->run != run_command_command;
    several = several || of_all;
    for_each_key(*spec, words, [this](std::string_view one) { see(one); });
  }
};

CommandReply flags_reply(const CommandSpec& spec) {
  CommandReply::Array flags;
  const auto add = [&](CommandFlag flag, const char* name) {
    if ((spec.flags & flag) != 0) flags.push_back({CommandReply::Status{name}});
  };
  add(writes, "write");
  add(reads, "readonly");
  add(grows, "denyoom");
  add(fast, "fast");
  add(nests, "movablekeys");
  return {std::move(flags)};
}

CommandReply categories_reply(const CommandSpec& spec) {
  CommandReply::Array categories;
  const auto add = [&](std::string name) {
    categories.push_back({CommandReply::Status{"@" + std::move(name)}});
  };
  add((spec.flags & writes) != 0 ? "write" : "read");
  add(spec.group == "generic" ? "keyspace" : std::string{spec.group});
  add((spec.flags & fast) != 0 ? "fast" : "slow");
  return {std::move(categories)};
}

/// The ten parts that Redis 7 tells of a command; tips, key specifications and
/// subcommands are empty.
CommandReply info_reply(const CommandSpec& spec) {
  const CommandReply nothing{CommandReply::Array{}};
  return {CommandReply::Array{text_reply(spec.name),
                              {std::int64_t{spec.arity}},
                              flags_reply(spec),
                              {std::int64_t{spec.first_key}},
                              {std::int64_t{spec.last_key}},
                              {std::int64_t{spec.key_step}},
                              categories_reply(spec),
                              nothing,
                              nothing,
                              nothing}};
}

CommandReply docs_reply(const CommandSpec& spec) {
  return {CommandReply::Map{{text_reply("summary"), text_reply(spec.summary)},
                            {text_reply("group"), text_reply(spec.group)}}};
}

/// Visits the commands with these names, or all if there are none; null for a name
/// that is no command's.
template <class Visit>
void for_each_named(Words names, Visit&& visit) {
  for (const std::string_view name : names) visit(find_command(name));
  if (!names.empty()) return;
  for (const CommandSpec& spec : command_table()) visit(&spec);
}

}  // namespace

bool Call::take_room(std::size_t bytes) {
  if (bytes + reply_overhead > room_left) return false;
  room_left -= bytes + reply_overhead;
  return true;
}

bool only_reads(Words words) {
  const CommandSpec* const spec = usable(words);
  if (spec == nullptr || (spec->flags & reads) != 0) return true;
  if ((spec->flags & nests) == 0) return false;
  const std::optional<Transaction> transaction = parse_transaction(words);
  if (!transaction) return true;
  return std::all_of(transaction->commands.begin(), transaction->commands.end(), [](Words nested) {
    const CommandSpec* const inner = usable(nested);
    return inner == nullptr || (inner->flags & (reads | nests)) != 0;
  });
}

std::optional<std::string_view> only_key(Words words) {
  KeysSeen seen;
  const CommandSpec* const spec = usable(words);
  if (spec == nullptr || (spec->flags & nests) == 0) {
    seen.see_command(words);
  } else if (const auto transaction = parse_transaction(words)) {
    for (const auto& [key, version] : transaction->watched) seen.see(key);
    for (const Words nested : transaction->commands) seen.see_command(nested);
  }
  return seen.several ? std::nullopt : seen.key;
}

CommandReply run_command(State& state, std::int64_t now_ms, Words words, std::size_t& room_left,
                         bool nested) {
  const CommandSpec* const spec = find_command(words[0]);
  if (spec == nullptr) return unknown_command(words);
  if (!has_arity(*spec, words.size())) return wrong_arity(spec->name);
  const bool itself_writes = (spec->flags & (writes | nests)) == writes;
  if (nested && (spec->flags & nests) != 0) return nested_call(spec->name);
  Call call{state, Keys{state, now_ms}, words, spec->name, room_left};
  if (itself_writes) {
    call.keys.begin_write();
    if (auto wrong = too_large(*spec, words)) return *std::move(wrong);
  }
  return spec->run(call);
}

// PARLEY.EXEC pairs_count (key version)* (words_count word+)*
// PARLEY.BATCH (words_count word+)*
std::optional<Transaction> parse_transaction(Words words) {
  Transaction transaction;
  const auto take_count = [&words]() -> std::optional<std::size_t> {
    const std::optional<std::int64_t> count = parse_integer(words.front());
    words = words.subspan(1);
    if (!count || *count < 0 || static_cast<std::size_t>(*count) > words.size()) return {};
    return static_cast<std::size_t>(*count);
  };
  const bool watches = !is_word(words[0], "parley.batch");
  words = words.subspan(1);
  const std::optional<std::size_t> pairs = watches ? take_count() : 0;
  if (!pairs || *pairs > words.size() / 2) return std::nullopt;
  for (std::size_t left = *pairs; left > 0; --left) {
    const std::optional<std::int64_t> version = parse_integer(words[1]);
    if (!version) return std::nullopt;
    transaction.watched.emplace_back(words[0], *version);
    words = words.subspan(2);
  }
  while (!words.empty()) {
    const std::optional<std::size_t> count = take_count();
    if (!count || *count == 0) return std::nullopt;
    if (transaction.commands.size() == transaction_commands_max) return std::nullopt;
    transaction.commands.push_back(words.first(*count));
    words = words.subspan(*count);
  }
  return transaction;
}

CommandReply run_parley_exec(Call& call) {
  const std::optional<Transaction> transaction = parse_transaction(call.words);
  if (!transaction) {
    return error(
        "syntax error: expected PARLEY.EXEC pairs (key version)* (words word+)* with at most " +
        std::to_string(transaction_commands_max) + " commands");
  }
  for (const auto& [key, version] : transaction->watched) {
    if (call.keys.version_of(key) != static_cast<std::uint64_t>(version)) return {};
  }
  CommandReply::Array replies;
  for (const Words words : transaction->commands) {
    replies.push_back(run_command(call.state, call.keys.now_ms(), words, call.room_left, true));
  }
  return {std::move(replies)};
}

/// A command that finds no room has changed nothing and may have it alone, so it
/// and what follows is left to the caller.
CommandReply run_parley_batch(Call& call) {
  const std::optional<Transaction> batch = parse_transaction(call.words);
  if (!batch) {
    return error("syntax error: expected PARLEY.BATCH (words word+)* with at most " +
                 std::to_string(transaction_commands_max) + " commands");
  }
  CommandReply::Array replies;
  for (const Words words : batch->commands) {
    CommandReply reply = run_command(call.state, call.keys.now_ms(), words, call.room_left, true);
    if (!replies.empty() && reply == reply_too_large()) break;
    replies.push_back(std::move(reply));
  }
  return {std::move(replies)};
}

CommandReply run_parley_version(Call& call) {
  CommandReply::Array versions;
  for (const std::string_view key : call.words.subspan(1)) {
    if (!call.take_room(0)) return reply_too_large();
    versions.push_back({static_cast<std::int64_t>(call.keys.version_of(key))});
  }
  return {std::move(versions)};
}

CommandReply run_command_command(Call& call) {
  const std::string_view what = call.words.size() == 1 ? "info" : call.words[1];
  const Words names = call.words.subspan(std::min<std::size_t>(call.words.size(), 2));
  // As much as the whole table, whatever is told of it: EXEC may ask again and again.
  const std::size_t told = std::max(names.size(), command_table().size());
  if (!call.take_room(told * table_line_size)) return reply_too_large();
  if (is_word(what, "info")) {
    CommandReply::Array infos;
    for_each_named(names, [&](const CommandSpec* spec) {
      infos.push_back(spec == nullptr ? CommandReply{} : info_reply(*spec));
    });
    return {std::move(infos)};
  }
  if (is_word(what, "docs")) {
    CommandReply::Map docs;
    for_each_named(names, [&](const CommandSpec* spec) {
      if (spec != nullptr) docs.emplace_back(text_reply(spec->name), docs_reply(*spec));
    });
    return {std::move(docs)};
  }
  const bool counts = is_word(what, "count");
  if (!counts && !is_word(what, "list")) {
    return error("unknown subcommand '" + printable(what.substr(0, echoed_size_max)) +
                 "'. Try COMMAND COUNT, COMMAND DOCS, COMMAND INFO or COMMAND LIST.");
  }
  if (!names.empty()) return wrong_arity(counts ? "command|count" : "command|list");
  if (counts) return number_reply(command_table().size());
  CommandReply::Array all;
  for_each_named({}, [&](const CommandSpec* spec) { all.push_back(text_reply(spec->name)); });
  return {std::move(all)};
}

}  // namespace parley::kv
