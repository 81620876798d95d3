// SPDX-License-Identifier: Apache-2.0
//
// One client's connection without its socket: bytes in, calls of the object out,
// answers in, bytes out. Commands take effect in the order in which the client
// sent them: at most one call is being made, and what follows it waits. Pure; all
// that it keeps is bounded by the port's limits.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apps/kv/data_queue.h"
#include "apps/kv/own_commands.h"
#include "apps/kv/reply_encoder.h"
#include "apps/kv/request_parser.h"
#include "apps/kv/session_host.h"
#include "apps/kv/transaction.h"

namespace parley::resp {

/// A call to submit to the instance of the port's object.
struct Ask {
  PortId port;
  Bytes value;
};

class Session {
 public:
  /// Replies that wait for the client; while there are more, nothing is begun.
  static constexpr std::size_t output_max = std::size_t{1} << 20;
  /// Bytes of a pipeline that wait; while there are more, nothing need be read.
  static constexpr std::size_t input_max = std::size_t{256} << 10;

  /// Both outlive the session. `peer`: the client's address.
  Session(const PortFacts& facts, SessionHost& host, std::uint64_t id, std::string peer);

  void receive(ByteView bytes);
  /// Effect: answers what can be answered. Returns the call that has to be made
  /// next; nullopt: one is being made, or there is nothing to do until more is
  /// received or the output is taken.
  std::optional<Ask> advance();
  /// Effect: the call has been answered, by an encoded CallResult or Outcome; or
  /// not at all in time.
  void answer(std::optional<ByteView> value);
  /// Effect: the call was never made.
  void refuse(std::string_view why);

  /// Bytes for the client, in order; whoever sends them takes them away.
  std::string& output() { return output_; }
  bool wants_input() const;
  /// The client is to be left when the output has been sent.
  bool closing() const { return closing_; }
  std::uint64_t id() const { return id_; }
  /// A call is being made.
  bool waiting() const { return !std::holds_alternative<Idle>(asked_); }
  /// The client as CLIENT LIST has it, without a line end.
  std::string text() const;

 private:
  enum class Replies : std::uint8_t { On, Off, SkipNext, Skip };

  // What is being asked.
  struct Idle {};
  struct Data {};
  struct Versions {
    Words keys;
  };
  struct Executing {
    Transaction transaction;
  };
  struct Pulling {
    bool with_state;
  };
  struct Invoking {};
  struct Pushing {};

  /// A command, and what becomes of it.
  struct Judged {
    Words words;
    const OwnCommand* own;                  ///< Null: the object's.
    std::optional<CommandReply> refusal{};  ///< Of the object.
  };

  // Flow, in session.cc.
  Judged judge(Words words);
  bool defers(const Judged& command) const;
  std::optional<Ask> ask_data();
  void run(Judged command);
  void run_own(const OwnCommand& command, Words words);
  bool may_run(const OwnCommand& command, Words& words);
  void begin_transaction();
  void discard();
  void queue(Words words, bool own);
  void reply(const CommandReply& reply);
  void refuse_command(ErrorKind kind, std::string text);
  bool replies_now() const { return replies_ == Replies::On; }
  void forget_skip();

  // Commands that are answered at once, in session_commands.cc. They are pure
  // questions, and may stand in a transaction.
  CommandReply answer_own(const OwnCommand& command, const Words& words);
  CommandReply ping(const Words& words) const;
  CommandReply client(const Words& words);
  CommandReply set_information(const Words& words);
  CommandReply info(const Words& words) const;
  CommandReply status() const;
  CommandReply select(const Words& words) const;
  // Commands with more to do.
  void authenticate(const Words& words);
  bool check_password(std::string_view user, std::string_view password);
  void hello(const Words& words);
  void client_replies(const Words& words);
  void reset();
  void use_limits();

  // Commands that call the object in their own way, in session_calls.cc.
  void watch(Words words);
  void exec();
  void pull(const Words& words);
  void invoke(Words words);
  void push();
  void on_answer(Data&, const std::optional<ByteView>& value);
  void on_answer(Versions& asked, const std::optional<ByteView>& value);
  void on_answer(Executing& asked, const std::optional<ByteView>& value);
  void on_answer(Pulling& asked, const std::optional<ByteView>& value);
  void on_answer(Invoking&, const std::optional<ByteView>& value);
  void on_answer(Pushing&, const std::optional<ByteView>& value);
  void on_answer(Idle&, const std::optional<ByteView>&) {}
  void reply_executed(Transaction& transaction, CommandReply::Array replies);

  const PortFacts& facts_;
  SessionHost& host_;
  std::uint64_t id_;
  std::string peer_;
  RequestParser parser_;
  std::optional<Judged> held_;  ///< Parsed, and waits for what was sent before it.
  DataQueue data_;
  Transaction transaction_;
  std::variant<Idle, Data, Versions, Executing, Pulling, Invoking, Pushing> asked_;
  std::optional<Ask> ask_;  ///< To be made next.
  std::string output_;
  bool closing_ = false;

  bool authenticated_;
  Protocol protocol_ = Protocol::Resp2;
  Replies replies_ = Replies::On;
  Branch branch_ = 0;
  std::string name_;
  std::string library_name_;
  std::string library_version_;
};

}  // namespace parley::resp
