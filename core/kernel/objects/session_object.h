// SPDX-License-Identifier: Apache-2.0
//
// An object that remembers what it answered, so that a call that is tried again
// happens once: results are memoised in the replicated state by (session,
// sequence). Wraps the deployment's object; backends see only this one.
//
//   method = 0 inner                                     no memo
//          | 1                                           opens a session: its number
//          | 2 session sequence answered_below inner     at most once, ever
//
// A session is a number from a counter in the replicated state, never given out
// twice. It is remembered from its first method on and forgotten, the longest
// unused first, when there are too many; a method of a forgotten session is not
// applied. Where a backend keeps partitions apart, each remembers for itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "core/api/object.h"

namespace parley {

/// How a memoised method was answered; the first byte of its result, the inner
/// result follows.
enum class MemoKind : std::uint8_t {
  Applied = 0,   ///< Now or before; the inner result follows.
  Forgotten = 1  ///< The session, or this old sequence of it: not applied by this attempt.
};

using SessionId = std::uint64_t;

Bytes plain_method(ByteView inner);
Bytes open_session_method();
/// `answered_below`: no sequence below it will ever be sent again.
Bytes memoised_method(SessionId session, std::uint64_t sequence, std::uint64_t answered_below,
                      ByteView inner);

/// The session that was opened. Total.
std::optional<SessionId> decode_session(ByteView result);

struct MemoResult {
  MemoKind kind;
  ByteView value;  ///< Borrowed from the result.
};
std::optional<MemoResult> decode_memo_result(ByteView result);

class SessionObject final : public Object {
 public:
  static constexpr std::size_t sessions_max = 1'024;
  static constexpr std::size_t results_per_session_max = 8'192;

  explicit SessionObject(std::unique_ptr<Object> inner) : inner_(std::move(inner)) {}

  Bytes apply(ByteView method) override;
  void snapshot(Bytes& out) const override;
  bool restore(ByteView snapshot) override;
  std::unique_ptr<Object> clone() const override;
  bool reads_only(ByteView method) const override;
  std::optional<Bytes> partition(ByteView method) const override;
  std::optional<Bytes> parse_method(std::string_view words) const override;
  std::string describe(ByteView result) const override;

  const Object& inner() const { return *inner_; }

 private:
  struct Session {
    std::uint64_t last_use = 0;        ///< In memoised methods applied.
    std::uint64_t answered_below = 0;  ///< Results below are dropped.
    std::map<std::uint64_t, Bytes> results{};
  };
  struct Memory {
    SessionId next_session = 1;
    SessionId forgotten_up_to = 0;  ///< The greatest session ever forgotten.
    std::uint64_t uses = 0;
    std::map<SessionId, Session> sessions{};
  };

  SessionObject(const SessionObject& other);
  Bytes apply_memoised(ByteView method);
  Session* session(SessionId id);
  void forget_oldest();
  Memory& memory();

  std::unique_ptr<Object> inner_;
  /// Shared by clones until one of them changes it.
  std::shared_ptr<Memory> memory_ = std::make_shared<Memory>();
};

}  // namespace parley
