// SPDX-License-Identifier: Apache-2.0
//
// A session without sockets or backend: an object that is a small map, called at
// once, and a host that counts.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "apps/kv/session.h"

namespace parley::resp::test {

/// GET, SET, INCR, and what the port itself asks of an object. Versions count the
/// changes of a key.
class FakeObject final : public Object {
 public:
  using Array = CommandReply::Array;

  Bytes apply(ByteView method) override {
    const std::optional<Command> command = decode_command(method);
    return encode_command_reply(command ? run(command->words) : failure("ERR malformed"));
  }
  void snapshot(Bytes&) const override {}
  bool restore(ByteView) override { return false; }
  std::unique_ptr<Object> clone() const override { return std::make_unique<FakeObject>(*this); }
  bool reads_only(ByteView method) const override {
    const std::optional<Command> command = decode_command(method);
    if (!command) return true;
    if (command->words.front() != "PARLEY.BATCH" && command->words.front() != "PARLEY.EXEC") {
      return reads(command->words);
    }
    bool all = true;
    for_each_joined(command->words, [&](const Words& words) { all = all && reads(words); });
    return all;
  }
  std::optional<Bytes> parse_method(std::string_view) const override { return std::nullopt; }
  std::string describe(ByteView) const override { return "a map"; }

  struct Value {
    std::string text;
    std::int64_t version = 0;
  };
  std::map<std::string, Value> values;
  bool has_batch = true;
  std::size_t batch_room = 1'000;  ///< Replies of one batch.

 private:
  static bool reads(const Words& words) {
    return equal_words(words[0], "GET") || equal_words(words[0], "PARLEY.VERSION");
  }

  template <class Visit>
  static void for_each_joined(const Words& words, Visit&& visit) {
    std::size_t at = 1;
    if (words[0] == "PARLEY.EXEC") at += 1 + 2 * std::stoul(words[1]);
    while (at < words.size()) {
      const auto count = static_cast<std::ptrdiff_t>(std::stoul(words[at]));
      const auto first = words.begin() + static_cast<std::ptrdiff_t>(at) + 1;
      visit(Words{first, first + count});
      at += 1 + static_cast<std::size_t>(count);
    }
  }

  CommandReply table() const {
    Array all;
    const auto add = [&](const char* name, std::int64_t arity) {
      all.push_back({Array{{std::string{name}}, {arity}}});
    };
    add("command", -1);
    add("get", 2);
    add("set", 3);
    add("incr", 2);
    add("parley.exec", -2);
    add("parley.version", -2);
    if (has_batch) add("parley.batch", -1);
    return {std::move(all)};
  }

  CommandReply run(const Words& words) {
    const std::string name = lower_case(words[0]);
    if (name == "command") return table();
    if (name == "get") {
      const auto found = values.find(words[1]);
      return found == values.end() ? CommandReply{} : CommandReply{found->second.text};
    }
    if (name == "set") return set(words[1], words[2]), ok_reply();
    if (name == "incr") return increment(words[1]);
    if (name == "parley.version") {
      Array versions;
      for (std::size_t i = 1; i < words.size(); ++i) {
        versions.push_back({values[words[i]].version});
      }
      return {std::move(versions)};
    }
    if (name == "parley.exec" || name == "parley.batch") return join(words);
    return failure("ERR unknown command '" + words[0] + "'");
  }

  void set(const std::string& key, const std::string& text) {
    Value& value = values[key];
    value.text = text;
    ++value.version;
  }

  CommandReply increment(const std::string& key) {
    const std::string old = values.contains(key) ? values[key].text : "0";
    if (old.find_first_not_of("0123456789") != std::string::npos) {
      return failure("ERR value is not an integer or out of range");
    }
    set(key, std::to_string(std::stoll(old) + 1));
    return {std::int64_t{std::stoll(values[key].text)}};
  }

  CommandReply join(const Words& words) {
    if (words[0] == "PARLEY.EXEC") {
      for (std::size_t i = 0; i < std::stoul(words[1]); ++i) {
        if (std::to_string(values[words[2 + 2 * i]].version) != words[3 + 2 * i]) return {};
      }
    }
    Array replies;
    const std::size_t room = words[0] == "PARLEY.BATCH" ? batch_room : words.size();
    for_each_joined(words, [&](const Words& each) {
      if (replies.size() < room) replies.push_back(run(each));
    });
    return {std::move(replies)};
  }
};

class CountingHost final : public SessionHost {
 public:
  std::uint64_t wall_clock_ms() override { return 1'000; }
  PortStatus status() override {
    return {.unready_because = {}, .uptime_seconds = 7, .clients = 1};
  }
  std::string clients_text() override { return "id=1\n"; }
  void count_command(bool own, std::size_t index) override { ++commands[{own, index}]; }
  void count_error(ErrorKind kind) override { ++errors[kind]; }

  std::map<std::pair<bool, std::size_t>, int> commands;
  std::map<ErrorKind, int> errors;
};

/// One session on an object of its own, or on one that several share.
struct Client {
  explicit Client(FakeObject& store, std::string password = {}, RequestLimits limits = {})
      : object(store),
        facts{.node = "r1",
              .deployment = "demo",
              .object_name = "kv",
              .object_type = "fake",
              .backend = "none",
              .version = "0.1.0",
              .object = object,
              .replicated = object,
              .commands = DataCommands{object},
              .request_timeout = 5s,
              .limits = limits,
              .clients_max = 10,
              .password = std::move(password)},
        session(facts, host, 1, "127.0.0.1:5") {}

  /// Sends the bytes, serves every call, and returns what came back.
  std::string say(std::string_view bytes) {
    session.receive(view_of(bytes));
    while (const std::optional<Ask> ask = session.advance()) serve(*ask);
    return std::exchange(session.output(), {});
  }

  void serve(const Ask& ask) {
    ++calls;
    ASSERT_EQ(ask.port.value, port_call.value);
    const std::optional<Call> call = decode_call(ask.value);
    ASSERT_TRUE(call.has_value());
    last = *call;
    const CallResultKind kind = next.empty() ? CallResultKind::Ok : next.front();
    if (!next.empty()) next.erase(next.begin());
    const Bytes value = kind == CallResultKind::Ok ? object.apply(call->method) : Bytes{};
    session.answer(encode_result({kind, value}));
  }

  FakeObject& object;
  PortFacts facts;
  CountingHost host;
  Session session;
  int calls = 0;
  Call last;
  std::vector<CallResultKind> next;  ///< What becomes of the next calls; then Ok.
};

/// Words as a request: "*2\r\n$3\r\nGET\r\n...".
inline std::string request(const Words& words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return out;
}

}  // namespace parley::resp::test
