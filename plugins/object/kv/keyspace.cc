// SPDX-License-Identifier: Apache-2.0
//
// Commands on keys as such, whatever their values.
#include <algorithm>
#include <charconv>
#include <string>

#include "plugins/object/kv/commands.h"

namespace parley::kv {
namespace {

constexpr std::size_t scan_count_default = 10;

CommandReply no_such_key() {
  return error("no such key");
}

/// The options of SCAN.
struct Scan {
  std::uint64_t from = 0;
  std::optional<std::string_view> pattern{};
  std::optional<std::string_view> type{};
  std::size_t count = scan_count_default;

  bool wants(const Keys& keys, const Entry& entry) const {
    return keys.is_live(entry) && (!pattern || glob_matches(*pattern, entry.key())) &&
           (!type || is_word(*type, "string"));
  }
};

std::optional<std::uint64_t> parse_cursor(std::string_view word) {
  std::uint64_t cursor = 0;
  const char* const last = word.data() + word.size();
  const auto [end, failure] = std::from_chars(word.data(), last, cursor);
  if (failure != std::errc{} || end != last) return std::nullopt;
  return cursor;
}

/// The scan, or what is wrong with it.
std::variant<Scan, CommandReply> parse_scan(Words words) {
  Scan scan;
  const std::optional<std::uint64_t> cursor = parse_cursor(words[1]);
  if (!cursor) return error("invalid cursor");
  scan.from = *cursor;
  for (std::size_t i = 2; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return syntax_error();
    const std::string_view argument = words[i + 1];
    if (is_word(words[i], "match")) {
      scan.pattern = argument;
    } else if (is_word(words[i], "type")) {
      scan.type = argument;
    } else if (is_word(words[i], "count")) {
      const std::optional<std::int64_t> count = parse_integer(argument);
      if (!count) return not_an_integer();
      if (*count < 1) return syntax_error();
      scan.count = static_cast<std::size_t>(*count);
    } else {
      return syntax_error();
    }
  }
  return scan;
}

/// Effect: the first key's value and deadline are the second's too.
void copy_entry(Call& call, const Entry& entry) {
  call.keys.put(call.words[2], entry.value(), entry.deadline_ms());
}

/// Renames, unless that would replace a key that may not be.
CommandReply rename(Call& call, bool replaces, CommandReply done) {
  const Entry* const entry = call.keys.find(call.words[1]);
  if (entry == nullptr) return no_such_key();
  if (!replaces && call.keys.find(call.words[2]) != nullptr) return number_reply(0);
  if (call.words[1] == call.words[2]) return done;
  copy_entry(call, *entry);
  call.keys.erase(call.words[1]);
  return done;
}

}  // namespace

CommandReply run_del(Call& call) {
  std::size_t count = 0;
  for (const std::string_view key : call.words.subspan(1)) count += call.keys.erase(key) ? 1 : 0;
  return number_reply(count);
}

CommandReply run_exists(Call& call) {
  const Words keys = call.words.subspan(1);
  return {
      static_cast<std::int64_t>(std::count_if(keys.begin(), keys.end(), [&](std::string_view key) {
        return call.keys.find(key) != nullptr;
      }))};
}

CommandReply run_type(Call& call) {
  const bool is_there = call.keys.find(call.words[1]) != nullptr;
  return {CommandReply::Status{is_there ? "string" : "none"}};
}

CommandReply run_rename(Call& call) {
  return rename(call, true, ok_reply());
}

CommandReply run_renamenx(Call& call) {
  return rename(call, false, number_reply(1));
}

CommandReply run_copy(Call& call) {
  bool replaces = false;
  for (std::size_t i = 3; i < call.words.size(); ++i) {
    if (is_word(call.words[i], "replace")) {
      replaces = true;
    } else if (is_word(call.words[i], "db") && i + 1 < call.words.size()) {
      const std::optional<std::int64_t> database = parse_integer(call.words[++i]);
      if (!database) return not_an_integer();
      if (*database != 0) return error("DB index is out of range");
    } else {
      return syntax_error();
    }
  }
  if (call.words[1] == call.words[2]) {
    return error("source and destination objects are the same");
  }
  const Entry* const entry = call.keys.find(call.words[1]);
  if (entry == nullptr) return number_reply(0);
  if (!replaces && call.keys.find(call.words[2]) != nullptr) return number_reply(0);
  copy_entry(call, *entry);
  return number_reply(1);
}

// The cursor is the least hash not looked at yet. All keys of one hash are told
// together, so that no key that stays is ever passed over.
CommandReply run_scan(Call& call) {
  const auto parsed = parse_scan(call.words);
  if (const auto* wrong = std::get_if<CommandReply>(&parsed)) return *wrong;
  const Scan& scan = std::get<Scan>(parsed);
  CommandReply::Array found;
  std::uint64_t cursor = 0;
  if (scan.from <= hash_max) {
    Walk walk{call.keys.tree(), scan.from};
    std::size_t seen = 0;
    std::uint64_t last_hash = 0;
    while (const Entry* const entry = walk.next()) {
      const std::uint64_t hash = hash_of(entry->key());
      if (seen >= scan.count && hash != last_hash) {
        cursor = hash;
        break;
      }
      ++seen;
      last_hash = hash;
      if (!scan.wants(call.keys, *entry)) continue;
      if (!call.take_room(entry->key().size())) return reply_too_large();
      found.push_back(text_reply(entry->key()));
    }
  }
  return {CommandReply::Array{text_reply(std::to_string(cursor)), {std::move(found)}}};
}

CommandReply run_keys(Call& call) {
  CommandReply::Array found;
  Walk walk{call.keys.tree()};
  while (const Entry* const entry = walk.next()) {
    if (!call.keys.is_live(*entry) || !glob_matches(call.words[1], entry->key())) continue;
    if (!call.take_room(entry->key().size())) return reply_too_large();
    found.push_back(text_reply(entry->key()));
  }
  return {std::move(found)};
}

// The first key from some place on, which depends on the state and the moment.
CommandReply run_randomkey(Call& call) {
  const std::string chance = std::to_string(call.keys.chance());
  const std::uint64_t from = hash_of(chance);
  for (const std::uint64_t start : {from, std::uint64_t{0}}) {
    Walk walk{call.keys.tree(), start};
    while (const Entry* const entry = walk.next()) {
      if (!call.keys.is_live(*entry)) continue;
      if (!call.take_room(entry->key().size())) return reply_too_large();
      return text_reply(entry->key());
    }
  }
  return {};
}

CommandReply run_dbsize(Call& call) {
  return number_reply(call.keys.count());
}

CommandReply run_flush(Call& call) {
  const bool understood = call.words.size() == 1 ||
                          (call.words.size() == 2 &&
                           (is_word(call.words[1], "async") || is_word(call.words[1], "sync")));
  if (!understood) return syntax_error();
  call.keys.clear();
  return ok_reply();
}

}  // namespace parley::kv
