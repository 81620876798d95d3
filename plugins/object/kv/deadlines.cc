// SPDX-License-Identifier: Apache-2.0
//
// Commands on the deadlines of keys.
#include <algorithm>
#include <string>

#include "plugins/object/kv/commands.h"

namespace parley::kv {
namespace {

constexpr std::int64_t key_is_absent = -2;
constexpr std::int64_t key_stays = -1;

struct Condition {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  /// A key that stays is one that expires after every other.
  bool allows(std::int64_t old_deadline, std::int64_t deadline) const {
    const bool expires = old_deadline != no_deadline;
    return !(nx && expires) && !(xx && !expires) && !(gt && deadline <= old_deadline) &&
           !(lt && deadline >= old_deadline);
  }
};

/// The condition, or what is wrong with it.
std::variant<Condition, CommandReply> parse_condition(Words words) {
  Condition condition;
  for (const std::string_view word : words) {
    bool* const set = is_word(word, "nx")   ? &condition.nx
                      : is_word(word, "xx") ? &condition.xx
                      : is_word(word, "gt") ? &condition.gt
                      : is_word(word, "lt") ? &condition.lt
                                            : nullptr;
    if (set == nullptr) return error("Unsupported option " + std::string{word});
    *set = true;
  }
  if (condition.nx && (condition.xx || condition.gt || condition.lt)) {
    return error("NX and XX, GT or LT options at the same time are not compatible");
  }
  if (condition.gt && condition.lt) {
    return error("GT and LT options at the same time are not compatible");
  }
  return condition;
}

CommandReply expire(Call& call, std::int64_t unit_ms, std::int64_t base_ms) {
  const auto parsed = parse_condition(call.words.subspan(3));
  if (const auto* wrong = std::get_if<CommandReply>(&parsed)) return *wrong;
  const std::optional<std::int64_t> time = parse_integer(call.words[2]);
  if (!time) return not_an_integer();
  std::int64_t deadline = 0;
  if (__builtin_mul_overflow(*time, unit_ms, &deadline) ||
      __builtin_add_overflow(deadline, base_ms, &deadline)) {
    return invalid_expire_time(call.name);
  }
  deadline = std::min(deadline, no_deadline - 1);
  const Entry* const entry = call.keys.find(call.words[1]);
  if (entry == nullptr) return number_reply(0);
  if (!std::get<Condition>(parsed).allows(entry->deadline_ms(), deadline)) return number_reply(0);
  call.keys.put(call.words[1], entry->value(), deadline);
  return number_reply(1);
}

/// What `of` makes of the deadline.
template <class Of>
CommandReply deadline_reply(Call& call, Of&& of) {
  const Entry* const entry = call.keys.find(call.words[1]);
  if (entry == nullptr) return {key_is_absent};
  if (!entry->expires()) return {key_stays};
  return {of(entry->deadline_ms())};
}

std::int64_t rounded_seconds(std::int64_t span_ms) {
  return span_ms / 1000 + (span_ms % 1000 >= 500 ? 1 : 0);
}

}  // namespace

CommandReply run_expire(Call& call) {
  return expire(call, 1000, call.keys.now_ms());
}

CommandReply run_pexpire(Call& call) {
  return expire(call, 1, call.keys.now_ms());
}

CommandReply run_expireat(Call& call) {
  return expire(call, 1000, 0);
}

CommandReply run_pexpireat(Call& call) {
  return expire(call, 1, 0);
}

CommandReply run_ttl(Call& call) {
  return deadline_reply(
      call, [&](std::int64_t deadline) { return rounded_seconds(deadline - call.keys.now_ms()); });
}

CommandReply run_pttl(Call& call) {
  return deadline_reply(call, [&](std::int64_t deadline) { return deadline - call.keys.now_ms(); });
}

CommandReply run_expiretime(Call& call) {
  return deadline_reply(call, rounded_seconds);
}

CommandReply run_pexpiretime(Call& call) {
  return deadline_reply(call, [](std::int64_t deadline) { return deadline; });
}

CommandReply run_persist(Call& call) {
  const Entry* const entry = call.keys.find(call.words[1]);
  if (entry == nullptr || !entry->expires()) return number_reply(0);
  call.keys.put(call.words[1], entry->value());
  return number_reply(1);
}

}  // namespace parley::kv
