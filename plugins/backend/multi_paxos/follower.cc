// SPDX-License-Identifier: Apache-2.0
//
// Following a leader: its entries, its heartbeats, what it says is committed.
#include <algorithm>

#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {

/// Effect: acknowledges the leader of the ballot. False: it is refused, and told so.
bool MultiPaxos::obey(PrincipalId issuer, Ballot ballot, std::uint64_t round, StatementType type,
                      Effects& effects) {
  if (owner_of(ballot) != issuer) {
    malformed(issuer, type, effects);
    return false;
  }
  if (ballot < promised_ && !mutated(Mutation::AcceptsBelowPromise)) {
    effects.push_back(Note{&notes::refused_ballot, {ballot, promised_}});
    effects.push_back(message_to(issuer, Refused{ballot, false, promised_, 0}));
    return false;
  }
  Candidate* candidate = std::get_if<Candidate>(&role_);
  // A campaign that waits for this very leader to resign goes on.
  const bool asked = candidate != nullptr && candidate->asked.contains(ballot);
  if (candidate != nullptr && !asked) {
    effects.push_back(Note{&notes::campaign_lost, {candidate->ballot, ballot}});
    refuse_pulls(issuer, effects);
    follow(effects);
  }
  if (std::holds_alternative<Leader>(role_)) step_down(effects);
  if (verified_ballot_ != ballot) {
    verified_ballot_ = ballot;
    verified_ = commit_;  // Every later leader has what is committed.
  }
  if (asked && std::get<Candidate>(role_).resigned.contains(ballot)) return true;
  leader_ = ballot;
  // Sent again, a round confirms no more than when it was sent first.
  if (held_ == ballot && round <= held_round_) return true;
  held_ = ballot;
  held_round_ = round;
  // A vote gathered before would depose a leader to whom this node now owes a lease.
  if (asked) candidate->voters.clear();
  set_election_timer(effects);
  if (options_.lease > Duration{0}) {
    effects.push_back(SetTimer{
        timer_wait, options_.lease_wait, options_.lease_wait, {LeaseTag::Side::Wait, ballot}});
  }
  return true;
}

void MultiPaxos::on_accept_entries(PrincipalId issuer, AcceptEntries message, Effects& effects) {
  if (!obey(issuer, message.ballot, message.round, AcceptEntries::type, effects)) return;
  const bool promises = message.ballot > promised_;
  if (promises) {
    promised_ = message.ballot;
    persist_promise(effects);
    if (message.entries.empty()) note_place(message.ballot, effects);
  }
  const Index end = message.previous + message.entries.size();
  const bool below = end <= log_.base();  // All of it is committed, and in the base.
  const bool fits =
      message.previous < log_.base() ||
      (log_.reaches(message.previous) && log_.time_at(message.previous) == message.previous_time);
  if (!below && !fits) {
    effects.push_back(Note{&notes::log_mismatch, {message.previous, log_.last()}});
    const Index hint = agreement_hint(message.previous);
    effects.push_back(message_to(issuer, Accepted{message.ballot, message.round, false, hint}));
    return;
  }
  if (!below && !take_entries(issuer, message, effects)) return;
  verified_ = std::max(verified_, std::min(end, log_.last()));
  effects.push_back(message_to(issuer, Accepted{message.ballot, message.round, true, end}));
  commit_to(std::min(message.commit, verified_), effects);
}

/// Effect: the log goes on with the entries that it does not have, which is
/// durable before the leader hears of it. False: they contradict what is
/// committed. Precondition: the logs agree at `previous`.
bool MultiPaxos::take_entries(PrincipalId issuer, const AcceptEntries& message, Effects& effects) {
  Index index = message.previous;
  Index first = 0;
  for (const Entry& entry : message.entries) {
    ++index;
    if (index <= log_.base()) continue;
    if (index <= log_.last()) {
      if (log_.time_at(index) == entry.ballot) continue;
      if (index <= commit_) {
        effects.push_back(Note{&notes::conflict, {issuer.value, index}});
        return false;
      }
      truncate(index, effects);
    }
    if (first == 0) first = index;
    append(entry);
  }
  if (first == 0) return true;
  if (!mutated(Mutation::ForgetsEntries)) persist_entries(first, effects);
  note_place(message.ballot, effects);
  announce_members(effects);
  return true;
}

/// The last index, at most, where the logs may agree if they do not at `previous`.
Index MultiPaxos::agreement_hint(Index previous) const {
  if (previous > log_.last()) return log_.last();
  // The whole run of entries of the disagreeing ballot is skipped.
  const std::uint32_t run = log_.position_at(previous).version;
  const Index before = previous > run ? previous - run : 0;
  return std::max(before, commit_);
}

/// A log that ends in an entry of the ballot votes for it; one that ends in an
/// older entry only carries it.
void MultiPaxos::note_place(Ballot ballot, Effects& effects) const {
  const Position tip = log_.tip();
  if (tip.time == ballot) {
    effects.push_back(Note{&ado_notes::accept, {tip.time, tip.version, 0}});
  } else {
    effects.push_back(Note{&ado_notes::install, {ballot, tip.time, tip.version, 0}});
  }
}

void MultiPaxos::on_committed(PrincipalId issuer, Committed message, Effects& effects) {
  if (owner_of(message.ballot) != issuer) return malformed(issuer, Committed::type, effects);
  if (message.ballot != verified_ballot_ || message.ballot < promised_) {
    return late(issuer, Committed::type, effects);
  }
  commit_to(std::min(message.index, verified_), effects);
}

}  // namespace parley::multi_paxos
