// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/session.h"

#include <utility>

namespace parley::resp {
namespace {

/// Before a client has said the password, it may say little.
constexpr std::size_t stranger_bulk_max = std::size_t{16} << 10;
constexpr std::size_t stranger_words_max = 16;

}  // namespace

Session::Session(const PortFacts& facts, SessionHost& host, std::uint64_t id, std::string peer)
    : facts_(facts),
      host_(host),
      id_(id),
      peer_(std::move(peer)),
      parser_(facts.limits),
      data_(facts),
      transaction_(facts.limits.request_max),
      authenticated_(facts.password.empty()) {
  use_limits();
}

void Session::use_limits() {
  RequestLimits limits = facts_.limits;
  if (!authenticated_) {
    limits.bulk_max = std::min(limits.bulk_max, stranger_bulk_max);
    limits.words_max = std::min(limits.words_max, stranger_words_max);
  }
  parser_.set_limits(limits);
}

void Session::receive(ByteView bytes) {
  if (!closing_) parser_.receive(bytes);
}

bool Session::wants_input() const {
  if (closing_) return false;
  // While something can be done with it, what is not a whole request needs the rest.
  return parser_.buffered() < input_max || !(waiting() || held_ || output_.size() >= output_max);
}

std::optional<Ask> Session::advance() {
  while (!waiting() && !closing_ && output_.size() < output_max) {
    if (!held_) {
      if (std::optional<Words> words = parser_.next()) held_ = judge(*std::move(words));
    }
    if (held_ && defers(*held_) && data_.has_room()) {
      data_.push(std::move(held_->words), !replies_now());
      held_.reset();
      forget_skip();
      continue;
    }
    if (!data_.empty()) return ask_data();
    if (!held_) {
      if (parser_.fault().empty()) return std::nullopt;
      host_.count_error(ErrorKind::Protocol);
      append_reply(output_, failure("ERR " + parser_.fault()), protocol_);
      closing_ = true;
      return std::nullopt;
    }
    Judged command = *std::move(held_);
    held_.reset();
    run(std::move(command));
    if (ask_) return std::exchange(ask_, std::nullopt);
  }
  return std::nullopt;
}

Session::Judged Session::judge(Words words) {
  const OwnCommand* own = find_own_command(words.front());
  if (own != nullptr) {
    host_.count_command(true, static_cast<std::size_t>(own - own_commands().data()));
    return {std::move(words), own};
  }
  // A stranger is not told what there is.
  if (!authenticated_) return {std::move(words), nullptr};
  DataCommands::Judgement judgement = facts_.commands.judge(words);
  host_.count_command(false, judgement.index);
  return {std::move(words), nullptr, std::move(judgement.refusal)};
}

/// Whether the command goes to the object as it is, and may wait for others.
bool Session::defers(const Judged& command) const {
  return authenticated_ && command.own == nullptr && !command.refusal && !transaction_.is_open();
}

std::optional<Ask> Session::ask_data() {
  asked_ = Data{};
  return Ask{port_call, encode_call(data_.take(host_.wall_clock_ms()))};
}

/// A command that is the port's own, refused, or part of a transaction.
void Session::run(Judged command) {
  if (!authenticated_ && (command.own == nullptr || !command.own->before_auth)) {
    refuse_command(ErrorKind::Authentication, "NOAUTH Authentication required.");
  } else if (command.own != nullptr) {
    run_own(*command.own, std::move(command.words));
  } else if (command.refusal) {
    transaction_.spoil();
    host_.count_error(ErrorKind::Object);
    reply(*command.refusal);
  } else {
    // Otherwise it would have been deferred.
    queue(std::move(command.words), false);
  }
  // A call's reply comes later, and is then the one to be skipped.
  if (!ask_) forget_skip();
}

void Session::queue(Words words, bool own) {
  if (transaction_.queue(std::move(words), own)) {
    return reply({CommandReply::Status{"QUEUED"}});
  }
  transaction_.spoil();
  refuse_command(ErrorKind::Command, "ERR the transaction is too long: at most " +
                                         std::to_string(Transaction::items_max) + " commands and " +
                                         std::to_string(facts_.limits.request_max) +
                                         " bytes are accepted");
}

/// Effect: answers, or queues, a command that is not to be run here.
bool Session::may_run(const OwnCommand& command, Words& words) {
  const auto count = static_cast<std::int64_t>(words.size());
  if (command.arity >= 0 ? count != command.arity : count < -command.arity) {
    transaction_.spoil();
    refuse_command(ErrorKind::Command,
                   "ERR wrong number of arguments for '" + std::string{command.name} + "' command");
    return false;
  }
  using Id = OwnCommandId;
  const bool speaks_of_it = command.id == Id::Exec || command.id == Id::Discard ||
                            command.id == Id::Multi || command.id == Id::Quit ||
                            command.id == Id::Reset;
  if (!transaction_.is_open() || speaks_of_it) return true;
  if (command.in_transaction) {
    queue(std::move(words), true);
  } else {
    transaction_.spoil();
    refuse_command(ErrorKind::Command, "ERR Command not allowed inside a transaction");
  }
  return false;
}

void Session::run_own(const OwnCommand& command, Words words) {
  if (!may_run(command, words)) return;
  using Id = OwnCommandId;
  switch (command.id) {
    case Id::Auth:
      return authenticate(words);
    case Id::Hello:
      return hello(words);
    case Id::Multi:
      return begin_transaction();
    case Id::Discard:
      return discard();
    case Id::Exec:
      return exec();
    case Id::Watch:
      return watch(std::move(words));
    case Id::Pull:
      return pull(words);
    case Id::Invoke:
      return invoke(std::move(words));
    case Id::Push:
      return push();
    case Id::Quit:
      reply(ok_reply());
      closing_ = true;
      return;
    case Id::Reset:
      return reset();
    case Id::Client:
      if (equal_words(words[1], "REPLY")) return client_replies(words);
      break;
    default:
      break;
  }
  reply(answer_own(command, words));
}

void Session::begin_transaction() {
  if (transaction_.is_open()) {
    return refuse_command(ErrorKind::Command, "ERR MULTI calls can not be nested");
  }
  transaction_.begin();
  reply(ok_reply());
}

void Session::discard() {
  if (!transaction_.is_open()) {
    return refuse_command(ErrorKind::Command, "ERR DISCARD without MULTI");
  }
  transaction_.end();
  reply(ok_reply());
}

void Session::reply(const CommandReply& reply) {
  if (replies_now()) append_reply(output_, reply, protocol_);
}

void Session::refuse_command(ErrorKind kind, std::string text) {
  host_.count_error(kind);
  reply(failure(std::move(text)));
}

void Session::forget_skip() {
  if (replies_ == Replies::Skip) replies_ = Replies::On;
  if (replies_ == Replies::SkipNext) replies_ = Replies::Skip;
}

void Session::answer(std::optional<ByteView> value) {
  // Out of the way first: an answer may lead to the next question.
  auto asked = std::exchange(asked_, Idle{});
  const bool single = !std::holds_alternative<Data>(asked);
  std::visit([&](auto& each) { on_answer(each, value); }, asked);
  if (single) forget_skip();
}

void Session::refuse(std::string_view why) {
  const bool by_branch = std::holds_alternative<Pulling>(asked_) ||
                         std::holds_alternative<Invoking>(asked_) ||
                         std::holds_alternative<Pushing>(asked_);
  if (!by_branch) {
    return answer(encode_result({CallResultKind::NotApplied, to_bytes(why)}));
  }
  asked_ = Idle{};
  refuse_command(ErrorKind::NotApplied, "CLUSTERDOWN " + std::string{why} + ", not applied");
  forget_skip();
}

}  // namespace parley::resp
