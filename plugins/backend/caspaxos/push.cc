// SPDX-License-Identifier: Apache-2.0
//
// The proposer from the method to its commit.
#include <algorithm>

#include "core/base/assert.h"
#include "plugins/backend/caspaxos/caspaxos.h"
#include "plugins/backend/caspaxos/notes.h"

namespace parley::caspaxos {
namespace {

Bytes snapshot_of(const Object& object) {
  Bytes bytes;
  object.snapshot(bytes);
  return bytes;
}

/// The register's value with one method more. nullopt: too many methods depend on
/// each other, or too large ones.
std::optional<SharedBytes> extended(const std::optional<Value>& base, bool committed,
                                    ByteView method, ByteView state) {
  Value value{(base ? base->count : 0) + 1, SharedBytes{state}, {}};
  if (base && !committed) value.tail = base->tail;
  value.tail.push_back(SharedBytes{method});
  if (value.tail.size() > tail_count_max) return std::nullopt;
  SharedBytes bytes = encode(value);
  if (bytes.size() > value_size_max) return std::nullopt;
  return bytes;
}

}  // namespace

void CasPaxos::invoke(Entry& at, Proposer& proposer, RequestId request, ByteView method,
                      Effects& effects) {
  auto& [partition, reg] = at;
  const Open role = std::get<Open>(proposer.role);
  const auto refuse_it = [&](const Note& note) {
    effects.push_back(note);
    reply(request, {.kind = OutcomeKind::Stale}, effects);
  };
  if (method.size() > method_size_max) return refuse_it({&notes::too_large, {method.size()}});
  const std::optional<Value> base = role.base ? decode<Value>(role.base->value) : std::nullopt;
  const std::unique_ptr<Object> state = initial_.clone();
  if (base && !state->restore(base->state)) {
    return refuse_it({&notes::unreadable, {role.base->ballot, tree_of(partition)}});
  }
  const Bytes result = state->apply(method);
  const Bytes before = base ? to_bytes(base->state.view()) : snapshot_of(initial_);
  const Bytes after = initial_.reads_only(method) ? before : snapshot_of(*state);
  if (after.size() > state_size_max) return refuse_it({&notes::too_large, {after.size()}});

  // What is not known to be committed may not be answered from; it is proposed again
  // as it is. So it is where this member has not accepted it, to have it next time.
  const Ballot committed = role.committed && role.base ? role.base->ballot : 0;
  Invoked invoked{role.ballot, role.branch, role.with_state, {}, committed, SharedBytes{result}};
  bool extends = after != before;
  if (extends) invoked.proposal = extended(base, role.committed, method, after);
  const bool written_back =
      extends ? !invoked.proposal : !role.committed || role.base != reg.accepted;
  if (written_back && role.base) {
    invoked.proposal = role.base->value;
    effects.push_back(Note{&notes::written_back, {role.ballot, tree_of(partition)}});
  }
  if (invoked.proposal) {
    reg.holders.clear();
    effects.push_back(Note{&notes::append,
                           {role.ballot, 1, tree_of(partition)},
                           written_back ? SharedBytes{} : SharedBytes{method}});
  }
  if (extends && written_back) {
    reply(request, {.kind = OutcomeKind::Stale}, effects);
    branches_.erase(role.branch);
    return propose(at, proposer, invoked, std::nullopt, effects);
  }
  Outcome outcome{.value = result};
  if (invoked.proposal) outcome.position = {role.ballot, 1};
  proposer.role = std::move(invoked);
  reply(request, outcome, effects);
}

/// Effect: the second phase has begun.
void CasPaxos::propose(Entry& at, Proposer& proposer, const Invoked& invoked,
                       std::optional<RequestId> request, Effects& effects) {
  auto& [partition, reg] = at;
  // A later promise would have ended the role.
  PARLEY_ASSERT(reg.promised == invoked.ballot || mutated(Mutation::AcceptsBelowPromise));
  Accepting role{.ballot = invoked.ballot,
                 .branch = invoked.branch,
                 .request = request,
                 .proposal = invoked.proposal,
                 .next = 0,
                 .result = invoked.result,
                 .voters = {self_},
                 .refusers = {}};
  Publish publish{.id = publication_of(role.branch),
                  .verifiers = peers(),
                  .auditors = {},
                  .type = Confirm::type,
                  .record = {},
                  .until_progress = true};
  if (role.proposal) {
    const Ballot next = role.ballot + members();
    if (options_.one_round_trip && next <= ballot_max) role.next = next;
    vote(at, {role.ballot, *role.proposal}, role.next, self_, effects);
    persist_vote(at, effects);
    publish.type = Accept::type;
    publish.record = caspaxos::encode(
        Accept{partition, role.ballot, role.next, invoked.committed, *role.proposal});
  } else {
    publish.record = caspaxos::encode(Confirm{partition, role.ballot, role.branch});
    if (mutated(Mutation::ReadsUnconfirmed)) role.voters = membership_->members;
  }
  proposer.role = std::move(role);
  effects.push_back(std::move(publish));
  start_timer(proposer, effects);
  commit_if_quorum(at, proposer, effects);
}

void CasPaxos::on_accepted(PrincipalId issuer, const Accepted& accepted, Effects& effects) {
  Proposer* proposer = proposer_at(accepted.partition);
  auto* role = proposer != nullptr ? std::get_if<Accepting>(&proposer->role) : nullptr;
  if (role == nullptr || role->ballot != accepted.ballot || !role->proposal) {
    effects.push_back(Note{&notes::late, {issuer.value, Accepted::type.value}});
    return;
  }
  role->voters.insert(issuer);
  role->refusers.erase(issuer);  // It voted first and promised a later ballot after.
  commit_if_quorum(entry(accepted.partition), *proposer, effects);
}

void CasPaxos::on_confirmed(PrincipalId issuer, const Confirmed& confirmed, Effects& effects) {
  Proposer* proposer = proposer_at(confirmed.partition);
  auto* role = proposer != nullptr ? std::get_if<Accepting>(&proposer->role) : nullptr;
  // An answer to an earlier round would say nothing of what happened since.
  const bool mine = role != nullptr && role->ballot == confirmed.ballot && !role->proposal &&
                    role->branch == confirmed.round;
  if (!mine) {
    effects.push_back(Note{&notes::late, {issuer.value, Confirmed::type.value}});
    return;
  }
  role->voters.insert(issuer);
  commit_if_quorum(entry(confirmed.partition), *proposer, effects);
}

void CasPaxos::commit_if_quorum(Entry& at, Proposer& proposer, Effects& effects) {
  auto& [partition, reg] = at;
  auto& accepting = std::get<Accepting>(proposer.role);
  if (accepting.voters.size() < quorum(members())) return;
  const Accepting role = std::move(accepting);
  Outcome outcome{.value = to_bytes(role.result.view())};
  effects.push_back(Progress{publication_of(role.branch)});
  if (!role.proposal) {
    effects.push_back(Note{&notes::confirmed, {role.ballot, tree_of(partition)}});
  } else {
    outcome.position = {role.ballot, 1};
    effects.push_back(Note{&notes::commit_claim, {role.ballot, 1, tree_of(partition)}});
    const Vote committed{role.ballot, *role.proposal};
    learn(at, committed, effects);
    // The next Accept says so too; without one in sight it is said by itself.
    tell_committed(at, committed, proposer.waiting.empty(), effects);
    // Every voter promised it together with its vote, so what it elects is known.
    if (role.next != 0 && reg.promised == role.next) reg.holders = role.voters;
  }
  if (role.request) reply(*role.request, outcome, effects);
  branches_.erase(role.branch);
  end_role(at, proposer, effects);
}

/// Effect: the others decide what is committed, each on its own.
void CasPaxos::tell_committed(const Entry& at, const Vote& vote, bool peers_too,
                              Effects& effects) const {
  if (peers_too) {
    const SharedBytes record = caspaxos::encode(Committed{at.first, vote.ballot});
    peers().for_each([&](PrincipalId peer) {
      effects.push_back(Send{peer, Committed::type, record});
    });
  }
  if (membership_->learners.empty()) return;
  const SharedBytes record = caspaxos::encode(Learn{at.first, vote});
  membership_->learners.for_each([&](PrincipalId learner) {
    effects.push_back(Send{learner, Learn::type, record});
  });
}

void CasPaxos::on_refused(PrincipalId issuer, const Refused& refused, Effects& effects) {
  Proposer* proposer = proposer_at(refused.partition);
  if (proposer == nullptr) {
    effects.push_back(Note{&notes::late, {issuer.value, Refused::type.value}});
    return;
  }
  Entry& at = entry(refused.partition);
  Register& reg = at.second;
  if (const auto* role = std::get_if<Preparing>(&proposer->role);
      role != nullptr && role->ballot == refused.ballot) {
    reg.seen = std::max(reg.seen, refused.promised);
    return yield_to(at, refused.promised, effects);
  }
  auto* role = std::get_if<Accepting>(&proposer->role);
  if (role == nullptr || role->ballot != refused.ballot) {
    effects.push_back(Note{&notes::late, {issuer.value, Refused::type.value}});
    return;
  }
  reg.seen = std::max(reg.seen, refused.promised);
  reg.holders.clear();
  if (!role->voters.contains(issuer)) role->refusers.insert(issuer);
  // One refusal takes no quorum away: the others may still accept.
  if (members() - role->refusers.size() >= quorum(members())) return;
  effects.push_back(Note{&notes::push_refused, {role->ballot, tree_of(at.first)}});
  effects.push_back(Progress{publication_of(role->branch)});
  // A push that changes nothing proposed nothing: it is refused for good.
  const OutcomeKind kind = role->proposal ? OutcomeKind::Unknown : OutcomeKind::Stale;
  if (role->request) reply(*role->request, {.kind = kind}, effects);
  refuse_waiting(*proposer, OutcomeKind::Preempted, effects);
  end_role(at, *proposer, effects);
}

}  // namespace parley::caspaxos
