// SPDX-License-Identifier: Apache-2.0
//
// Commands on the values of keys.
#include <algorithm>
#include <string>

#include "plugins/object/kv/commands.h"
#include "plugins/object/kv/limits.h"

namespace parley::kv {
namespace {

/// What may follow the value of SET, and the key of GETEX.
struct Options {
  bool nx = false;
  bool xx = false;
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  std::string_view expiry{};  ///< The option's word; empty: none.
  std::string_view time{};    ///< The word behind it.

  /// Whether another option says already when the key is to expire.
  bool has_expiry_but(std::string_view option) const {
    return keep_ttl || persist || (!expiry.empty() && expiry != option);
  }
};

/// Effect: sets the option that stands first. Returns the words it takes; 0 if
/// there is no such option, or not beside those before it.
std::size_t take_option(Words words, bool of_set, Options& options) {
  const std::string_view word = words.front();
  if (of_set && is_word(word, "nx") && !options.xx) return options.nx = true, 1;
  if (of_set && is_word(word, "xx") && !options.nx) return options.xx = true, 1;
  if (of_set && is_word(word, "get")) return options.get = true, 1;
  const bool free = !options.has_expiry_but("");
  if (of_set && is_word(word, "keepttl") && (free || options.keep_ttl)) {
    return options.keep_ttl = true, 1;
  }
  if (!of_set && is_word(word, "persist") && (free || options.persist)) {
    return options.persist = true, 1;
  }
  for (const std::string_view option : {"ex", "px", "exat", "pxat"}) {
    if (!is_word(word, option) || words.size() < 2 || options.has_expiry_but(option)) continue;
    options.expiry = option;
    options.time = words[1];
    return 2;
  }
  return 0;
}

std::optional<Options> parse_options(Words words, bool of_set) {
  Options options;
  while (!words.empty()) {
    const std::size_t taken = take_option(words, of_set, options);
    if (taken == 0) return std::nullopt;
    words = words.subspan(taken);
  }
  return options;
}

/// What the option says, or what is wrong with it. Precondition: it is there.
std::variant<std::int64_t, CommandReply> deadline_of_option(const Call& call,
                                                            const Options& options) {
  const std::optional<std::int64_t> time = parse_integer(options.time);
  if (!time) return not_an_integer();
  const std::int64_t unit_ms = options.expiry.starts_with('p') ? 1 : 1000;
  const std::int64_t base_ms = options.expiry.ends_with("at") ? 0 : call.keys.now_ms();
  if (const auto deadline = deadline_of(*time, unit_ms, base_ms)) return *deadline;
  return invalid_expire_time(call.name);
}

/// The value as a reply, if there is room for it.
CommandReply value_reply(Call& call, const Entry* entry) {
  if (entry == nullptr) return {};
  if (!call.take_room(entry->value().size())) return reply_too_large();
  return text_reply(entry->value());
}

bool is_failure(const CommandReply& reply) {
  return std::holds_alternative<CommandReply::Failure>(reply.value);
}

std::int64_t deadline_of_entry(const Entry* entry) {
  return entry == nullptr ? no_deadline : entry->deadline_ms();
}

CommandReply set_expiring(Call& call, std::int64_t unit_ms) {
  const std::optional<std::int64_t> time = parse_integer(call.words[2]);
  if (!time) return not_an_integer();
  const auto deadline = deadline_of(*time, unit_ms, call.keys.now_ms());
  if (!deadline) return invalid_expire_time(call.name);
  call.keys.put(call.words[1], call.words[3], *deadline);
  return ok_reply();
}

CommandReply add(Call& call, std::int64_t change) {
  const Entry* const entry = call.keys.find(call.words[1]);
  std::int64_t number = 0;
  if (entry != nullptr) {
    const std::optional<std::int64_t> old = parse_integer(entry->value());
    if (!old) return not_an_integer();
    number = *old;
  }
  if (__builtin_add_overflow(number, change, &number)) {
    return error("increment or decrement would overflow");
  }
  call.keys.put(call.words[1], std::to_string(number), deadline_of_entry(entry));
  return {number};
}

/// Whether the words behind the name are pairs.
bool has_pairs(const Call& call) {
  return call.words.size() % 2 == 1;
}

CommandReply no_pairs(const Call& call) {
  return error("wrong number of arguments for '" + std::string{call.name} + "' command");
}

void put_pairs(Call& call) {
  for (std::size_t i = 1; i < call.words.size(); i += 2) {
    call.keys.put(call.words[i], call.words[i + 1]);
  }
}

}  // namespace

std::optional<std::int64_t> deadline_of(std::int64_t time, std::int64_t unit_ms,
                                        std::int64_t base_ms) {
  if (time <= 0 || time > no_deadline / unit_ms) return std::nullopt;
  if (time * unit_ms > no_deadline - base_ms) return std::nullopt;
  return std::min(time * unit_ms + base_ms, no_deadline - 1);
}

CommandReply run_get(Call& call) {
  return value_reply(call, call.keys.find(call.words[1]));
}

CommandReply run_set(Call& call) {
  const std::optional<Options> options = parse_options(call.words.subspan(3), true);
  if (!options) return syntax_error();
  std::int64_t deadline = no_deadline;
  if (!options->expiry.empty()) {
    auto said = deadline_of_option(call, *options);
    if (auto* wrong = std::get_if<CommandReply>(&said)) return std::move(*wrong);
    deadline = std::get<std::int64_t>(said);
  }
  const Entry* const entry = call.keys.find(call.words[1]);
  CommandReply old;
  if (options->get) old = value_reply(call, entry);
  const bool refused = (options->nx && entry != nullptr) || (options->xx && entry == nullptr);
  if (refused || is_failure(old)) return old;
  if (options->keep_ttl) deadline = deadline_of_entry(entry);
  call.keys.put(call.words[1], call.words[2], deadline);
  return options->get ? old : ok_reply();
}

CommandReply run_setnx(Call& call) {
  const bool sets = call.keys.find(call.words[1]) == nullptr;
  if (sets) call.keys.put(call.words[1], call.words[2]);
  return number_reply(sets ? 1 : 0);
}

CommandReply run_setex(Call& call) {
  return set_expiring(call, 1000);
}

CommandReply run_psetex(Call& call) {
  return set_expiring(call, 1);
}

CommandReply run_getset(Call& call) {
  CommandReply old = run_get(call);
  if (!is_failure(old)) call.keys.put(call.words[1], call.words[2]);
  return old;
}

CommandReply run_getdel(Call& call) {
  CommandReply old = run_get(call);
  if (!is_failure(old)) call.keys.erase(call.words[1]);
  return old;
}

CommandReply run_getex(Call& call) {
  const std::optional<Options> options = parse_options(call.words.subspan(2), false);
  if (!options) return syntax_error();
  const Entry* const entry = call.keys.find(call.words[1]);
  if (entry == nullptr) return {};
  std::int64_t deadline = options->persist ? no_deadline : entry->deadline_ms();
  if (!options->expiry.empty()) {
    auto said = deadline_of_option(call, *options);
    if (auto* wrong = std::get_if<CommandReply>(&said)) return std::move(*wrong);
    deadline = std::get<std::int64_t>(said);
  }
  CommandReply value = value_reply(call, entry);
  if (!is_failure(value) && deadline != entry->deadline_ms()) {
    call.keys.put(call.words[1], entry->value(), deadline);
  }
  return value;
}

CommandReply run_mget(Call& call) {
  CommandReply::Array values;
  for (const std::string_view key : call.words.subspan(1)) {
    values.push_back(value_reply(call, call.keys.find(key)));
    if (is_failure(values.back())) return std::move(values.back());
  }
  return {std::move(values)};
}

CommandReply run_mset(Call& call) {
  if (!has_pairs(call)) return no_pairs(call);
  put_pairs(call);
  return ok_reply();
}

CommandReply run_msetnx(Call& call) {
  if (!has_pairs(call)) return no_pairs(call);
  for (std::size_t i = 1; i < call.words.size(); i += 2) {
    if (call.keys.find(call.words[i]) != nullptr) return number_reply(0);
  }
  put_pairs(call);
  return number_reply(1);
}

CommandReply run_incr(Call& call) {
  return add(call, 1);
}

CommandReply run_decr(Call& call) {
  return add(call, -1);
}

CommandReply run_incrby(Call& call) {
  const std::optional<std::int64_t> change = parse_integer(call.words[2]);
  return change ? add(call, *change) : not_an_integer();
}

CommandReply run_decrby(Call& call) {
  const std::optional<std::int64_t> change = parse_integer(call.words[2]);
  if (!change) return not_an_integer();
  if (*change == INT64_MIN) return error("decrement would overflow");
  return add(call, -*change);
}

CommandReply run_append(Call& call) {
  const Entry* const entry = call.keys.find(call.words[1]);
  std::string value{entry == nullptr ? std::string_view{} : entry->value()};
  if (value.size() + call.words[2].size() > value_size_max) return string_too_large();
  value += call.words[2];
  call.keys.put(call.words[1], value, deadline_of_entry(entry));
  return number_reply(value.size());
}

CommandReply run_strlen(Call& call) {
  const Entry* const entry = call.keys.find(call.words[1]);
  return number_reply(entry == nullptr ? 0 : entry->value().size());
}

CommandReply run_getrange(Call& call) {
  const std::optional<std::int64_t> start = parse_integer(call.words[2]);
  const std::optional<std::int64_t> end = parse_integer(call.words[3]);
  if (!start || !end) return not_an_integer();
  const Entry* const entry = call.keys.find(call.words[1]);
  const std::string_view value = entry == nullptr ? std::string_view{} : entry->value();
  const auto size = static_cast<std::int64_t>(value.size());
  // Negative: from the end.
  const auto place = [size](std::int64_t at) {
    return std::max(at < 0 ? at + size : at, std::int64_t{0});
  };
  const std::int64_t first = place(*start);
  const std::int64_t last = std::min(place(*end), size - 1);
  const bool crossed = *start < 0 && *end < 0 && *start > *end;
  if (crossed || first > last) return text_reply("");
  const std::string_view part =
      value.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
  if (!call.take_room(part.size())) return reply_too_large();
  return text_reply(part);
}

CommandReply run_setrange(Call& call) {
  const std::optional<std::int64_t> offset = parse_integer(call.words[2]);
  if (!offset) return not_an_integer();
  if (*offset < 0) return error("offset is out of range");
  const Entry* const entry = call.keys.find(call.words[1]);
  const std::string_view part = call.words[3];
  std::string value{entry == nullptr ? std::string_view{} : entry->value()};
  if (part.empty()) return number_reply(value.size());
  const auto start = static_cast<std::size_t>(*offset);
  if (start > value_size_max || start + part.size() > value_size_max) return string_too_large();
  value.resize(std::max(value.size(), start + part.size()));
  value.replace(start, part.size(), part);
  call.keys.put(call.words[1], value, deadline_of_entry(entry));
  return number_reply(value.size());
}

CommandReply run_cas(Call& call) {
  const Entry* const entry = call.keys.find(call.words[1]);
  if (entry == nullptr || entry->value() != call.words[2]) return number_reply(0);
  call.keys.put(call.words[1], call.words[3], entry->deadline_ms());
  return number_reply(1);
}

}  // namespace parley::kv
