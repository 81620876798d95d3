// SPDX-License-Identifier: Apache-2.0
//
// Session: the commands that call the object in a way of their own. WATCH reads
// versions, EXEC is one method that checks them, and PARLEY.PULL, INVOKE and PUSH
// are the object's own three calls on the connection's branch.
#include <utility>

#include "apps/kv/session.h"

namespace parley::resp {
namespace {

std::optional<CallResult> result_of(const std::optional<ByteView>& value) {
  return value ? decode_result(*value) : std::nullopt;
}

std::optional<Outcome> outcome_of(const std::optional<ByteView>& value) {
  return value ? decode_outcome(*value) : std::nullopt;
}

/// A version as EXEC's method takes it.
std::optional<std::string> version_text(const CommandReply& reply) {
  if (const auto* number = std::get_if<std::int64_t>(&reply.value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&reply.value)) return *text;
  return std::nullopt;
}

constexpr const char* branch_is_over =
    "STALE the branch is over and what was invoked on it never happened: PARLEY.PULL again";

}  // namespace

void Session::watch(Words words) {
  Words keys{std::make_move_iterator(words.begin() + 1), std::make_move_iterator(words.end())};
  words = {"PARLEY.VERSION"};
  words.insert(words.end(), keys.begin(), keys.end());
  Call call{.mode = CallMode::AtLeastOnce, .timeout = facts_.request_timeout};
  call.method = encode_command({host_.wall_clock_ms(), words});
  asked_ = Versions{std::move(keys)};
  ask_ = Ask{port_call, encode_call(call)};
}

void Session::on_answer(Versions& asked, const std::optional<ByteView>& value) {
  CommandReply answer = reply_of(facts_, result_of(value), true, host_);
  if (std::holds_alternative<CommandReply::Failure>(answer.value)) return reply(answer);
  const auto* versions = std::get_if<CommandReply::Array>(&answer.value);
  if (versions == nullptr || versions->size() != asked.keys.size()) {
    return refuse_command(ErrorKind::Object, "ERR the object does not tell versions of keys");
  }
  for (std::size_t i = 0; i < asked.keys.size(); ++i) {
    std::optional<std::string> version = version_text((*versions)[i]);
    if (!version) {
      return refuse_command(ErrorKind::Object, "ERR the object does not tell versions of keys");
    }
    if (transaction_.watch(std::move(asked.keys[i]), *std::move(version))) continue;
    return refuse_command(ErrorKind::Command, "ERR too many keys are watched");
  }
  reply(ok_reply());
}

void Session::exec() {
  if (!transaction_.is_open()) {
    return refuse_command(ErrorKind::Command, "ERR EXEC without MULTI");
  }
  Transaction transaction = transaction_.end();
  if (transaction.spoiled()) {
    return refuse_command(ErrorKind::Command,
                          "EXECABORT Transaction discarded because of previous errors.");
  }
  std::vector<KeyVersion> watched;
  for (const Transaction::Watched& each : transaction.watched()) {
    watched.push_back({each.key, each.version});
  }
  std::vector<const Words*> commands;
  for (const Transaction::Item& item : transaction.items()) {
    if (!item.own) commands.push_back(&item.words);
  }
  if (watched.empty() && commands.empty()) return reply_executed(transaction, {});
  Call call{.timeout = facts_.request_timeout};
  call.method = encode_exec(host_.wall_clock_ms(), watched, commands);
  if (facts_.object.reads_only(call.method)) call.mode = CallMode::AtLeastOnce;
  asked_ = Executing{std::move(transaction)};
  ask_ = Ask{port_call, encode_call(call)};
}

void Session::on_answer(Executing& asked, const std::optional<ByteView>& value) {
  CommandReply answer = reply_of(facts_, result_of(value), false, host_);
  if (auto* replies = std::get_if<CommandReply::Array>(&answer.value)) {
    return reply_executed(asked.transaction, std::move(*replies));
  }
  // A watched key had changed.
  if (std::holds_alternative<CommandReply::Nil>(answer.value)) {
    if (replies_now()) append_null_array(output_, protocol_);
    return;
  }
  reply(answer);
}

/// The port's own commands of the transaction find their places among the object's.
void Session::reply_executed(Transaction& transaction, CommandReply::Array replies) {
  auto next = replies.begin();
  CommandReply::Array all;
  for (const Transaction::Item& item : transaction.items()) {
    if (item.own) {
      all.push_back(answer_own(*find_own_command(item.words.front()), item.words));
    } else if (next != replies.end()) {
      all.push_back(std::move(*next++));
    }
  }
  reply({std::move(all)});
}

void Session::on_answer(Data& /*asked*/, const std::optional<ByteView>& value) {
  for (const DataQueue::Answered& each : data_.answer(result_of(value), host_)) {
    if (!each.silent) append_reply(output_, each.reply, protocol_);
  }
}

/// PARLEY.PULL [STATE] [FOR command word ...]: a branch, and with STATE what the
/// object held there. FOR names the method to come, for a backend that keeps the
/// parts of an object apart.
void Session::pull(const Words& words) {
  std::size_t at = 1;
  PullCall call;
  if (at < words.size() && equal_words(words[at], "STATE")) {
    call.with_state = true;
    ++at;
  }
  if (at + 1 < words.size() && equal_words(words[at], "FOR")) {
    const Words method{words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end()};
    const Bytes wanted = replicated_method(facts_, {host_.wall_clock_ms(), method});
    call.partition = facts_.replicated.partition(wanted).value_or(Bytes{});
    at = words.size();
  }
  if (at != words.size()) {
    return refuse_command(ErrorKind::Command,
                          "ERR syntax error: expected PARLEY.PULL [STATE] [FOR command word ...]");
  }
  asked_ = Pulling{call.with_state};
  ask_ = Ask{port_pull, encode_call(call)};
}

void Session::on_answer(Pulling& asked, const std::optional<ByteView>& value) {
  const std::optional<Outcome> outcome = outcome_of(value);
  if (outcome && outcome->kind == OutcomeKind::Preempted) {
    return refuse_command(ErrorKind::NotApplied,
                          "PREEMPTED somebody else owns a later time; nothing was invoked");
  }
  if (!outcome || outcome->kind != OutcomeKind::Ok) {
    return refuse_command(ErrorKind::NotApplied, "CLUSTERDOWN no quorum, not applied");
  }
  branch_ = outcome->branch;
  CommandReply::Map map{{{std::string{"branch"}}, number_reply(branch_)},
                        {{std::string{"time"}}, number_reply(outcome->position.time)},
                        {{std::string{"version"}}, number_reply(outcome->position.version)}};
  if (asked.with_state) {
    map.push_back({{std::string{"state"}}, {facts_.replicated.describe(outcome->value)}});
  }
  reply({std::move(map)});
}

void Session::invoke(Words words) {
  if (branch_ == 0) {
    return refuse_command(ErrorKind::Command, "ERR no branch: PARLEY.PULL first");
  }
  words.erase(words.begin());
  const InvokeCall call{branch_,
                        replicated_method(facts_, {host_.wall_clock_ms(), std::move(words)}), true};
  asked_ = Invoking{};
  ask_ = Ask{port_invoke, encode_call(call)};
}

void Session::on_answer(Invoking& /*asked*/, const std::optional<ByteView>& value) {
  const std::optional<Outcome> outcome = outcome_of(value);
  if (!outcome || outcome->kind != OutcomeKind::Ok) {
    branch_ = 0;
    return refuse_command(ErrorKind::NotApplied, branch_is_over);
  }
  const std::optional<CommandReply> answer = decode_command_reply(outcome->value);
  if (answer) return reply(*answer);
  refuse_command(ErrorKind::Object, "ERR the object's answer is malformed");
}

void Session::push() {
  if (branch_ == 0) {
    return refuse_command(ErrorKind::Command, "ERR no branch: PARLEY.PULL first");
  }
  asked_ = Pushing{};
  ask_ = Ask{port_push, encode_call(PushCall{branch_})};
}

void Session::on_answer(Pushing& /*asked*/, const std::optional<ByteView>& value) {
  branch_ = 0;
  const std::optional<Outcome> outcome = outcome_of(value);
  if (outcome && outcome->kind == OutcomeKind::Stale) {
    return refuse_command(ErrorKind::NotApplied, branch_is_over);
  }
  if (!outcome || outcome->kind != OutcomeKind::Ok) {
    return refuse_command(ErrorKind::Unknown,
                          "UNKNOWN outcome unknown: the branch may have been committed, may be "
                          "later, or never");
  }
  reply({CommandReply::Map{
      {{std::string{"time"}}, number_reply(outcome->position.time)},
      {{std::string{"version"}}, number_reply(outcome->position.version)},
      {{std::string{"result"}}, decode_command_reply(outcome->value).value_or(CommandReply{})}}});
}

}  // namespace parley::resp
