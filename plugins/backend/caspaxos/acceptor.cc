// SPDX-License-Identifier: Apache-2.0
//
// Promises, votes, and what is learned to be committed.
#include <algorithm>

#include "core/base/assert.h"
#include "plugins/backend/caspaxos/caspaxos.h"
#include "plugins/backend/caspaxos/notes.h"

namespace parley::caspaxos {
namespace {

template <class Message>
Send answer(PrincipalId to, const Message& message) {
  return {to, Message::type, encode(message)};
}

template <class Message>
Note impossible(PrincipalId issuer, const Message&) {
  return {&notes::malformed, {issuer.value, Message::type.value}};
}

}  // namespace

/// The partition's register; there is one from the first ballot on.
CasPaxos::Entry& CasPaxos::entry(Partition partition) {
  const std::size_t size = partition.size();
  const auto [at, is_new] = registers_.try_emplace(std::move(partition));
  if (is_new) registers_bytes_ += size;
  return *at;
}

void CasPaxos::on_prepare(PrincipalId issuer, const Prepare& prepare, Effects& effects) {
  if (!owns(issuer, prepare.ballot)) return effects.push_back(impossible(issuer, prepare));
  Entry& at = entry(prepare.partition);
  const Register& reg = at.second;
  if (prepare.ballot < reg.promised) return refuse(issuer, at, prepare.ballot, effects);
  if (prepare.ballot > reg.promised) {
    yield_to(at, prepare.ballot, effects);
    promise(at, prepare.ballot, issuer, effects);
    if (!mutated(Mutation::ForgetsPromise)) {
      persist(PromiseRecord{at.first, prepare.ballot}, effects);
    }
  } else if (reg.accepted && reg.accepted->ballot == prepare.ballot) {
    // A duplicate that its own Accept overtook.
    effects.push_back(Note{&notes::late, {issuer.value, Prepare::type.value}});
    return;
  }
  const bool decided = reg.accepted && reg.accepted->ballot == reg.committed;
  effects.push_back(answer(issuer, Promise{at.first, prepare.ballot, reg.accepted, decided}));
}

void CasPaxos::on_accept(PrincipalId issuer, const Accept& accept, Effects& effects) {
  const bool next_is_theirs = accept.next == 0 || owns(issuer, accept.next);
  if (!owns(issuer, accept.ballot) || !next_is_theirs) {
    return effects.push_back(impossible(issuer, accept));
  }
  Entry& at = entry(accept.partition);
  const Register& reg = at.second;
  // Before the vote, which replaces what is said to be committed.
  if (reg.accepted && reg.accepted->ballot == accept.committed) {
    if (learn(at, *reg.accepted, effects)) {
      effects.push_back(Note{&notes::learned, {issuer.value, accept.committed, tree_of(at.first)}});
    }
  }
  const bool voted = reg.accepted && reg.accepted->ballot == accept.ballot;
  if (voted && accept.value != reg.accepted->value) {
    return effects.push_back(impossible(issuer, accept));
  }
  if (!voted) {
    const bool refused = accept.ballot < reg.promised && !mutated(Mutation::AcceptsBelowPromise);
    if (refused) return refuse(issuer, at, accept.ballot, effects);
    const bool later = accept.ballot > reg.promised;
    if (later) yield_to(at, accept.ballot, effects);
    vote(at, {accept.ballot, accept.value}, accept.next, issuer, effects);
    if (!mutated(Mutation::ForgetsVote)) persist_vote(at, effects);
  }
  // Also for a vote that a later promise followed: it was cast all the same.
  effects.push_back(answer(issuer, Accepted{at.first, accept.ballot}));
}

void CasPaxos::on_confirm(PrincipalId issuer, const Confirm& confirm, Effects& effects) {
  if (!owns(issuer, confirm.ballot)) return effects.push_back(impossible(issuer, confirm));
  Entry& at = entry(confirm.partition);
  if (confirm.ballot < at.second.promised) return refuse(issuer, at, confirm.ballot, effects);
  if (confirm.ballot > at.second.promised) {
    yield_to(at, confirm.ballot, effects);
    promise(at, confirm.ballot, issuer, effects);
    persist(PromiseRecord{at.first, confirm.ballot}, effects);
  }
  effects.push_back(answer(issuer, Confirmed{at.first, confirm.ballot, confirm.round}));
}

void CasPaxos::on_committed(PrincipalId issuer, const Committed& committed, Effects& effects) {
  const auto at = registers_.find(committed.partition);
  const bool has_it = at != registers_.end() && at->second.accepted &&
                      at->second.accepted->ballot == committed.ballot;
  // Without the value there is nothing to decide; the next one is voted for here.
  if (!has_it || !learn(*at, *at->second.accepted, effects)) {
    effects.push_back(Note{&notes::late, {issuer.value, Committed::type.value}});
    return;
  }
  effects.push_back(Note{&notes::learned, {issuer.value, committed.ballot, tree_of(at->first)}});
}

void CasPaxos::on_learn(PrincipalId issuer, const Learn& told, Effects& effects) {
  Entry& at = entry(told.partition);
  if (!learn(at, told.vote, effects)) {
    effects.push_back(Note{&notes::late, {issuer.value, Learn::type.value}});
    return;
  }
  effects.push_back(Note{&notes::learned, {issuer.value, told.vote.ballot, tree_of(at.first)}});
}

/// Effect: promises the ballot. The caller persists.
void CasPaxos::promise(Entry& at, Ballot ballot, PrincipalId candidate, Effects& effects) {
  Register& reg = at.second;
  PARLEY_ASSERT(ballot > reg.promised || mutated(Mutation::AcceptsBelowPromise));
  reg.promised = std::max(reg.promised, ballot);
  reg.holders.clear();
  reg.announced = false;
  const Position last = position_of(reg.accepted);
  effects.push_back(
      Note{&notes::promise, {ballot, candidate.value, last.time, last.version, tree_of(at.first)}});
}

/// Effect: accepts the value, and promises `next` unless it is 0. The caller persists.
void CasPaxos::vote(Entry& at, const Vote& vote, Ballot next, PrincipalId candidate,
                    Effects& effects) {
  Register& reg = at.second;
  PARLEY_ASSERT(vote.ballot >= reg.promised || mutated(Mutation::AcceptsBelowPromise));
  registers_bytes_ -= reg.accepted ? reg.accepted->value.size() : 0;
  registers_bytes_ += vote.value.size();
  reg.promised = std::max(reg.promised, vote.ballot);
  reg.accepted = vote;
  reg.holders.clear();
  effects.push_back(Note{&notes::accept, {vote.ballot, 1, tree_of(at.first)}});
  if (next > reg.promised) promise(at, next, candidate, effects);
}

void CasPaxos::refuse(PrincipalId issuer, const Entry& at, Ballot ballot, Effects& effects) {
  const Ballot promised = at.second.promised;
  effects.push_back(Note{&notes::refused_ballot, {ballot, promised, tree_of(at.first)}});
  effects.push_back(answer(issuer, Refused{at.first, ballot, promised}));
}

/// Effect: decides the methods that led to the value, as far as it tells and this
/// life did not. Returns whether it is later than what was known to be committed.
///
/// Whoever proposed the value knew everything before its tail to be committed,
/// and decided it: this node may skip methods, but only such as another decided.
bool CasPaxos::learn(Entry& at, const Vote& vote, Effects& effects) {
  auto& [partition, reg] = at;
  if (vote.ballot <= reg.committed) return false;
  reg.committed = vote.ballot;
  const std::optional<Value> value = decode<Value>(vote.value);
  PARLEY_ASSERT(value.has_value() && "every value was decoded when it came");
  const std::uint64_t first = value->count - value->tail.size() + 1;
  if (reg.decided > 0 && first > reg.decided + 1) {
    effects.push_back(
        Note{&notes::missed, {reg.decided + 1, first - reg.decided - 1, tree_of(partition)}});
  }
  const SharedBytes shared_partition{view_of(partition)};
  for (std::uint64_t i = 0; i < value->tail.size(); ++i) {
    if (first + i <= reg.decided) continue;
    reg.decided = first + i;
    effects.push_back(Decide{reg.decided, value->tail[i], shared_partition});
  }
  return true;
}

}  // namespace parley::caspaxos
