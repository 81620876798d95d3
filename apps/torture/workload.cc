// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/workload.h"

#include <charconv>
#include <map>

namespace parley::torture {
namespace {

using history::Event;
using history::EventType;
using history::Scalar;
using history::Value;

constexpr std::chrono::milliseconds connect_patience{500};
/// More than the port's request_timeout, so that silence is the exception.
constexpr std::chrono::milliseconds reply_patience{3'000};
constexpr std::chrono::seconds keys_live{4};
constexpr std::uint64_t think_time_max_us = 8'000;

/// Kinds of keys: s is set and compared, n counts, l is appended to.
constexpr char key_kinds[] = {'s', 's', 's', 's', 'n', 'n', 'l', 'l'};

bool writes(const Operation& operation) {
  return operation.f != "get";
}

/// An append reads what came of it, in one transaction: the judge would otherwise
/// have to try every order of appends between two reads.
std::vector<RespClient::Words> commands_of(const Operation& operation) {
  const std::string& key = operation.key;
  if (operation.f == "get") return {{"GET", key}};
  if (operation.f == "set") return {{"SET", key, operation.argument}};
  if (operation.f == "cas") return {{"CAS", key, operation.expected, operation.argument}};
  if (operation.f == "append") {
    return {{"MULTI"}, {"APPEND", key, operation.argument}, {"GET", key}, {"EXEC"}};
  }
  if (operation.f == "del") return {{"DEL", key}};
  return {{"INCR", key}};
}

Value text(const std::string& text) {
  return Value{Scalar{text}};
}

/// A counter is read as digits and written down as the number it is.
Value value_read(const Operation& operation, const RespReply& reply) {
  if (reply.kind != RespReply::Kind::Text) return Value{Scalar{history::Null{}}};
  if (operation.key.front() != 'n') return text(reply.text);
  std::int64_t number = 0;
  std::from_chars(reply.text.data(), reply.text.data() + reply.text.size(), number);
  return Value{Scalar{number}};
}

void set_argument(const Operation& operation, Event& event) {
  if (operation.f == "set" || operation.f == "append") event.value = text(operation.argument);
  if (operation.f == "cas") {
    event.value = Value{std::vector<Value>{text(operation.expected), text(operation.argument)}};
  }
}

void set_answer(const Operation& operation, const RespReply& reply, Event& event) {
  if (operation.f == "get" || operation.f == "append") {
    event.value = value_read(operation, reply);
  }
  if (operation.f == "incr") event.value = Value{Scalar{reply.integer}};
  if (operation.f == "cas" || operation.f == "del") event.value = Value{Scalar{reply.integer == 1}};
}

Outcome outcome_of(const RespReply& reply, Ledger& ledger) {
  if (reply.kind == RespReply::Kind::Broken) return Outcome::Info;
  if (reply.kind != RespReply::Kind::Failure) return Outcome::Ok;
  if (reply.text.starts_with("CLUSTERDOWN")) return Outcome::Fail;
  if (!reply.text.starts_with("UNKNOWN")) ledger.note_error(reply.text);
  return Outcome::Info;
}

Operation random_operation(Prng& prng, std::int64_t process, std::uint64_t number,
                           std::int64_t epoch, std::map<std::string, std::string>& seen) {
  const std::uint64_t slot = prng.below(std::size(key_kinds));
  const char kind = key_kinds[slot];
  Operation operation;
  operation.key = std::string{kind} + std::to_string(slot) + "." + std::to_string(epoch);
  operation.argument = std::to_string(process) + "." + std::to_string(number);
  const std::uint64_t choice = prng.below(100);
  if (kind == 'n') {
    operation.f = choice < 70 ? "incr" : "get";
  } else if (kind == 'l') {
    operation.f = choice < 85 ? "append" : "get";
    operation.argument += ",";
  } else if (choice < 40) {
    operation.f = "get";
  } else if (choice < 45) {
    operation.f = "del";
  } else if (const auto last = seen.find(operation.key); choice < 70 && last != seen.end()) {
    operation.f = "cas";
    operation.expected = last->second;
  } else {
    operation.f = "set";
  }
  return operation;
}

}  // namespace

Outcome perform(const Operation& operation, std::int64_t process, RespClient& client,
                HistoryFile& file, Ledger& ledger, RespReply& reply) {
  Event event;
  event.process = process;
  event.f = operation.f;
  event.key = text(operation.key);
  set_argument(operation, event);
  file.write(event);
  const Clock::time_point asked = Clock::now();
  reply = client.commands(commands_of(operation), reply_patience);
  const Outcome outcome = outcome_of(reply, ledger);
  event.value.reset();
  event.type = outcome == Outcome::Ok     ? EventType::Ok
               : outcome == Outcome::Fail ? EventType::Fail
                                          : EventType::Info;
  if (outcome == Outcome::Ok) {
    set_answer(operation, reply, event);
    if (operation.f == "append") {
      ledger.acknowledge_append(operation.key,
                                operation.argument.substr(0, operation.argument.size() - 1));
    }
    if (writes(operation)) ledger.wrote(asked);
  }
  file.write(std::move(event));
  return outcome;
}

Workload::Workload(std::size_t clients, Prng prng, std::vector<std::string> addresses,
                   HistoryFile& file, Ledger& ledger)
    : addresses_(std::move(addresses)), file_(file), ledger_(ledger) {
  for (std::size_t i = 0; i < clients; ++i) {
    threads_.emplace_back(
        [this, i, own = prng.fork()] { run(static_cast<std::int64_t>(i + 1), own); });
  }
}

void Workload::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workload::run(std::int64_t process, Prng prng) {
  RespClient client;
  std::map<std::string, std::string> seen;  // Values last read, for a cas to expect.
  for (std::uint64_t number = 1; !stopping_; ++number) {
    std::this_thread::sleep_for(std::chrono::microseconds{prng.below(think_time_max_us)});
    const std::uint64_t node = prng.below(addresses_.size());
    if (!client.connected() && !client.connect(addresses_[node], connect_patience)) continue;
    const std::int64_t epoch = (Clock::now() - begin_) / keys_live;
    const Operation operation = random_operation(prng, process, number, epoch, seen);
    ledger_.use_key(operation.key);
    RespReply reply;
    const Outcome outcome = perform(operation, process, client, file_, ledger_, reply);
    // Half of the time somebody else is asked next.
    if (outcome != Outcome::Ok && prng.below(2) == 0) client.close();
    if (outcome == Outcome::Ok && operation.f == "get" && reply.kind == RespReply::Kind::Text) {
      seen[operation.key] = reply.text;
    }
    if (seen.size() > 64) seen.clear();
  }
}

}  // namespace parley::torture
