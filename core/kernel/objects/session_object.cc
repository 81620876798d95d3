// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/session_object.h"

#include <algorithm>

namespace parley {
namespace {

enum class MethodKind : std::uint8_t { Plain = 0, OpenSession = 1, Memoised = 2 };

struct Memoised {
  SessionId session;
  std::uint64_t sequence;
  std::uint64_t answered_below;
  ByteView inner;
};

/// nullopt: no method has this kind.
std::optional<MethodKind> kind_of(ByteView method) {
  if (method.empty() || method[0] > 2) return std::nullopt;
  return static_cast<MethodKind>(method[0]);
}

std::optional<Memoised> decode_memoised(ByteView method) {
  Reader reader{method.subspan(1)};
  Memoised memoised{};
  memoised.session = reader.varint();
  memoised.sequence = reader.varint();
  memoised.answered_below = reader.varint();
  memoised.inner = reader.rest();
  const bool named = memoised.session > 0 && memoised.sequence >= memoised.answered_below;
  if (!reader.ok() || !named) return std::nullopt;
  return memoised;
}

Bytes memo_result(MemoKind kind, ByteView value) {
  Bytes result;
  result.reserve(value.size() + 1);
  result.push_back(static_cast<std::uint8_t>(kind));
  result.insert(result.end(), value.begin(), value.end());
  return result;
}

/// The method inside, for what the wrapped object alone can say of it.
std::optional<ByteView> inner_of(ByteView method) {
  const std::optional<MethodKind> kind = kind_of(method);
  if (kind == MethodKind::Plain) return method.subspan(1);
  if (kind != MethodKind::Memoised) return std::nullopt;
  const std::optional<Memoised> memoised = decode_memoised(method);
  if (!memoised) return std::nullopt;
  return memoised->inner;
}

}  // namespace

Bytes plain_method(ByteView inner) {
  Bytes method{static_cast<std::uint8_t>(MethodKind::Plain)};
  method.insert(method.end(), inner.begin(), inner.end());
  return method;
}

Bytes open_session_method() {
  return {static_cast<std::uint8_t>(MethodKind::OpenSession)};
}

Bytes memoised_method(SessionId session, std::uint64_t sequence, std::uint64_t answered_below,
                      ByteView inner) {
  Bytes method{static_cast<std::uint8_t>(MethodKind::Memoised)};
  Writer writer{method};
  writer.varint(session);
  writer.varint(sequence);
  writer.varint(answered_below);
  writer.raw(inner);
  return method;
}

std::optional<SessionId> decode_session(ByteView result) {
  Reader reader{result};
  const SessionId session = reader.varint();
  if (!reader.finished() || session == 0) return std::nullopt;
  return session;
}

std::optional<MemoResult> decode_memo_result(ByteView result) {
  if (result.empty() || result[0] > 1) return std::nullopt;
  return MemoResult{static_cast<MemoKind>(result[0]), result.subspan(1)};
}

SessionObject::SessionObject(const SessionObject& other)
    : Object(other), inner_(other.inner_->clone()), memory_(other.memory_) {}

std::unique_ptr<Object> SessionObject::clone() const {
  return std::unique_ptr<Object>(new SessionObject(*this));
}

SessionObject::Memory& SessionObject::memory() {
  if (memory_.use_count() > 1) memory_ = std::make_shared<Memory>(*memory_);
  return *memory_;
}

Bytes SessionObject::apply(ByteView method) {
  const std::optional<MethodKind> kind = kind_of(method);
  if (kind == MethodKind::Memoised) return apply_memoised(method);
  if (kind == MethodKind::OpenSession && method.size() == 1) {
    Bytes result;
    Writer{result}.varint(memory().next_session++);
    return result;
  }
  // What has no kind is the wrapped object's to refuse.
  return inner_->apply(kind == MethodKind::Plain ? method.subspan(1) : method);
}

Bytes SessionObject::apply_memoised(ByteView method) {
  const std::optional<Memoised> call = decode_memoised(method);
  if (!call) return memo_result(MemoKind::Forgotten, {});
  Session* known = session(call->session);
  if (known == nullptr || call->sequence < known->answered_below) {
    return memo_result(MemoKind::Forgotten, {});
  }
  if (const auto before = known->results.find(call->sequence); before != known->results.end()) {
    return memo_result(MemoKind::Applied, before->second);
  }
  known->answered_below = std::max(known->answered_below, call->answered_below);
  known->results.erase(known->results.begin(), known->results.lower_bound(known->answered_below));
  if (known->results.size() >= results_per_session_max) {
    return memo_result(MemoKind::Forgotten, {});
  }
  Bytes result = inner_->apply(call->inner);
  Bytes answer = memo_result(MemoKind::Applied, result);
  known->results.emplace(call->sequence, std::move(result));
  return answer;
}

/// Effect: it is the session used last. Null: it was forgotten.
SessionObject::Session* SessionObject::session(SessionId id) {
  Memory& kept = memory();
  auto found = kept.sessions.find(id);
  if (found == kept.sessions.end()) {
    // An unknown one is new unless it may have been forgotten.
    if (id <= kept.forgotten_up_to) return nullptr;
    if (kept.sessions.size() >= sessions_max) forget_oldest();
    found = kept.sessions.emplace(id, Session{}).first;
  }
  found->second.last_use = ++kept.uses;
  return &found->second;
}

void SessionObject::forget_oldest() {
  Memory& kept = memory();
  const auto oldest = std::min_element(
      kept.sessions.begin(), kept.sessions.end(),
      [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; });
  kept.forgotten_up_to = std::max(kept.forgotten_up_to, oldest->first);
  kept.sessions.erase(oldest);
}

void SessionObject::snapshot(Bytes& out) const {
  Writer writer{out};
  writer.varint(memory_->next_session);
  writer.varint(memory_->forgotten_up_to);
  writer.varint(memory_->uses);
  writer.varint(memory_->sessions.size());
  for (const auto& [id, session] : memory_->sessions) {
    writer.varint(id);
    writer.varint(session.last_use);
    writer.varint(session.answered_below);
    writer.varint(session.results.size());
    for (const auto& [sequence, result] : session.results) {
      writer.varint(sequence);
      writer.bytes(result);
    }
  }
  inner_->snapshot(out);
}

bool SessionObject::restore(ByteView snapshot) {
  Reader reader{snapshot};
  Memory restored;
  restored.next_session = reader.varint();
  restored.forgotten_up_to = reader.varint();
  restored.uses = reader.varint();
  const std::uint64_t sessions = reader.varint();
  if (restored.next_session == 0 || sessions > sessions_max) return false;
  for (std::uint64_t i = 0; i < sessions && reader.ok(); ++i) {
    const SessionId id = reader.varint();
    Session session;
    session.last_use = reader.varint();
    session.answered_below = reader.varint();
    const std::uint64_t results = reader.varint();
    if (id == 0 || results > results_per_session_max) return false;
    for (std::uint64_t j = 0; j < results && reader.ok(); ++j) {
      const std::uint64_t sequence = reader.varint();
      session.results.emplace(sequence, to_bytes(reader.bytes()));
    }
    restored.sessions.emplace(id, std::move(session));
  }
  if (!reader.ok() || !inner_->restore(reader.rest())) return false;
  memory_ = std::make_shared<Memory>(std::move(restored));
  return true;
}

bool SessionObject::reads_only(ByteView method) const {
  const bool plain = kind_of(method) == MethodKind::Plain;
  return plain && inner_->reads_only(method.subspan(1));
}

std::optional<Bytes> SessionObject::partition(ByteView method) const {
  // Sessions are opened in a partition of their own, which no method names.
  if (kind_of(method) == MethodKind::OpenSession) return Bytes{0};
  const std::optional<ByteView> inner = inner_of(method);
  std::optional<Bytes> part = inner ? inner_->partition(*inner) : std::nullopt;
  if (part) part->insert(part->begin(), 1);
  return part;
}

std::optional<Bytes> SessionObject::parse_method(std::string_view words) const {
  const std::optional<Bytes> inner = inner_->parse_method(words);
  if (!inner) return std::nullopt;
  return plain_method(*inner);
}

std::string SessionObject::describe(ByteView result) const {
  return inner_->describe(result);
}

}  // namespace parley
