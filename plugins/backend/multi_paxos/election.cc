// SPDX-License-Identifier: Apache-2.0
//
// Elections: a trial that changes nothing, then a vote that is a promise. Nobody
// votes while a leader may hold a lease on its word, unless that leader resigned.
#include <algorithm>

#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {

void MultiPaxos::set_election_timer(Effects& effects) const {
  if (!is_member()) return;
  effects.push_back(
      SetTimer{timer_election, options_.election_timeout, 2 * options_.election_timeout});
}

void MultiPaxos::on_election_timer(Effects& effects) {
  if (!is_member() || std::holds_alternative<Leader>(role_)) return;
  effects.push_back(Note{&notes::leader_silent, {promised_}});
  leader_.reset();
  if (options_.lease == Duration{0}) held_.reset();
  campaign(effects);
}

void MultiPaxos::on_wait_over(Effects& effects) {
  if (!held_) return;
  effects.push_back(Note{&notes::wait_over, {*held_}});
  held_.reset();
}

/// Effect: a new campaign begins; callers that wait go on waiting.
void MultiPaxos::campaign(Effects& effects) {
  Candidate candidate{.ballot = next_ballot(std::max(promised_, seen_), self_)};
  if (candidate.ballot > ballot_max) {
    effects.push_back(Note{&notes::exhausted, {candidate.ballot}});
    refuse_pulls(std::nullopt, effects);
    return follow(effects);
  }
  effects.push_back(Note{&notes::campaign, {candidate.ballot}});
  role_ = std::move(candidate);
  set_election_timer(effects);
  ask_votes(effects);
}

/// Effect: asks all members whose answer is missing, or first the leader that is
/// owed this member's own silence.
void MultiPaxos::ask_votes(Effects& effects) {
  Candidate& role = std::get<Candidate>(role_);
  const bool owes = held_ && !role.resigned.contains(*held_);
  if (owes && !mutated(Mutation::VotesDuringLease)) return ask_resign(*held_, effects);
  role.voters.insert(self_);
  const AskVote message{
      role.ballot, role.trial, log_.tip(), {role.resigned.begin(), role.resigned.end()}};
  PrincipalSet others = membership().members - role.voters;
  others.for_each([&](PrincipalId to) { effects.push_back(message_to(to, message)); });
  count_votes(effects);
}

void MultiPaxos::ask_resign(Ballot ballot, Effects& effects) {
  if (owner_of(ballot) == self_) return note_resigned(ballot, effects);
  std::get<Candidate>(role_).asked.insert(ballot);
  effects.push_back(message_to(owner_of(ballot), AskResign{ballot, !pulls_.empty()}));
}

/// Effect: the campaign goes on without regard to that ballot's lease.
void MultiPaxos::note_resigned(Ballot ballot, Effects& effects) {
  Candidate& role = std::get<Candidate>(role_);
  const bool is_new = role.resigned.size() < resigned_max && role.resigned.insert(ballot).second;
  if (!is_new) return;
  if (held_ == ballot) {
    held_.reset();
    leader_.reset();
    effects.push_back(CancelTimer{timer_wait});
  }
  role.refusers.clear();
  ask_votes(effects);
}

void MultiPaxos::count_votes(Effects& effects) {
  const Candidate& role = std::get<Candidate>(role_);
  if (!is_member()) return lose_campaign(0, effects);  // The log has removed it meanwhile.
  const PrincipalSet voters = role.voters & membership().members;
  if (voters.size() < election_quorum(membership().members.size())) return;
  if (role.trial) return begin_election(effects);
  lead(effects);
}

void MultiPaxos::begin_election(Effects& effects) {
  Candidate& role = std::get<Candidate>(role_);
  const Ballot ballot = next_ballot(std::max(promised_, seen_), self_);
  if (ballot > ballot_max) return lose_campaign(ballot, effects);
  // Its own promise is durable before anybody hears of the ballot, so that no
  // later life of this member uses the ballot again.
  promise(ballot, effects);
  persist_promise(effects);
  role.ballot = ballot;
  role.trial = false;
  role.voters.clear();
  role.refusers.clear();
  ask_votes(effects);
}

/// Effect: promises the ballot to its owner. The caller persists.
void MultiPaxos::promise(Ballot ballot, Effects& effects) {
  promised_ = ballot;
  leader_.reset();
  const Position last = log_.tip();
  effects.push_back(
      Note{&ado_notes::promise, {ballot, owner_of(ballot).value, last.time, last.version, 0}});
}

/// The ballot whose leader may hold a lease that a vote would break; 0: none.
Ballot MultiPaxos::held_against(const AskVote& message) const {
  if (mutated(Mutation::VotesDuringLease)) return 0;
  if (const Leader* role = std::get_if<Leader>(&role_)) {
    const bool serves = role->lease || options_.lease == Duration{0};
    return serves ? role->ballot : 0;
  }
  const auto& resigned = message.resigned;
  if (!held_ || std::binary_search(resigned.begin(), resigned.end(), *held_)) return 0;
  return *held_;
}

/// Effect: this member, whose log is better than a candidate's, asks for votes
/// itself: it can win where the other cannot.
void MultiPaxos::campaign_instead(Effects& effects) {
  if (!is_member() || std::holds_alternative<Leader>(role_)) return;
  if (std::holds_alternative<Candidate>(role_)) return ask_votes(effects);
  if (!held_ && !leader_) campaign(effects);
}

void MultiPaxos::on_ask_vote(PrincipalId issuer, AskVote message, Effects& effects) {
  if (owner_of(message.ballot) != issuer) return malformed(issuer, AskVote::type, effects);
  const bool again = !message.trial && message.ballot == promised_;
  if (!again) {
    const bool old = message.trial ? message.ballot <= promised_ : message.ballot < promised_;
    const bool later_promise = old && !mutated(Mutation::VotesForOlderBallot);
    const Ballot held = later_promise ? 0 : held_against(message);
    const bool better_log = message.last < log_.tip() && !mutated(Mutation::VotesForShorterLog);
    if (later_promise || held != 0 || better_log) {
      effects.push_back(Note{&notes::vote_refused, {message.ballot, promised_, held}});
      effects.push_back(
          message_to(issuer, Refused{message.ballot, message.trial, promised_, held}));
      if (!later_promise && held == 0) campaign_instead(effects);
      return;
    }
    if (!message.trial) {
      if (std::holds_alternative<Leader>(role_)) step_down(effects);
      if (std::holds_alternative<Candidate>(role_)) lose_campaign(message.ballot, effects);
      if (held_) effects.push_back(CancelTimer{timer_wait});
      held_.reset();
      promise(message.ballot, effects);
      if (!mutated(Mutation::ForgetsPromise)) persist_promise(effects);
      set_election_timer(effects);
    }
  }
  effects.push_back(message_to(issuer, Vote{message.ballot, message.trial}));
}

void MultiPaxos::on_vote(PrincipalId issuer, Vote message, Effects& effects) {
  Candidate* role = std::get_if<Candidate>(&role_);
  const bool mine =
      role != nullptr && role->ballot == message.ballot && role->trial == message.trial;
  if (!mine || role->voters.empty()) return late(issuer, Vote::type, effects);
  role->voters.insert(issuer);
  role->refusers.erase(issuer);
  count_votes(effects);
}

void MultiPaxos::on_refused(PrincipalId issuer, Refused message, Effects& effects) {
  if (const Leader* leader = std::get_if<Leader>(&role_)) {
    const bool mine = !message.trial && leader->ballot == message.ballot;
    if (!mine || message.promised <= leader->ballot) return late(issuer, Refused::type, effects);
    seen_ = std::max(seen_, message.promised);
    return step_down(effects);
  }
  Candidate* role = std::get_if<Candidate>(&role_);
  const bool mine =
      role != nullptr && role->ballot == message.ballot && role->trial == message.trial;
  if (!mine || role->voters.contains(issuer)) return late(issuer, Refused::type, effects);
  seen_ = std::max(seen_, message.promised);
  const bool trial_too_low = role->trial && message.promised >= role->ballot;
  if (trial_too_low) return campaign(effects);  // With what was seen. A trial binds nobody.
  if (message.promised > role->ballot) return lose_campaign(message.promised, effects);
  if (message.held != 0) {
    if (role->resigned.contains(message.held)) return late(issuer, Refused::type, effects);
    return ask_resign(message.held, effects);
  }
  role->refusers.insert(issuer);
  const PrincipalSet left = membership().members - role->refusers;
  if (left.size() < election_quorum(membership().members.size())) lose_campaign(0, effects);
}

void MultiPaxos::lose_campaign(Ballot later, Effects& effects) {
  effects.push_back(Note{&notes::campaign_lost, {std::get<Candidate>(role_).ballot, later}});
  refuse_pulls(std::nullopt, effects);
  follow(effects);
}

void MultiPaxos::follow(Effects& effects) {
  role_ = Follower{};
  set_election_timer(effects);
}

/// Effect: a leader makes way for a member that has everything, if nothing is left
/// undone; otherwise it finds out what its followers lack, for the next time.
bool MultiPaxos::resign(PrincipalId to, Effects& effects) {
  Leader& role = std::get<Leader>(role_);
  const auto peer = role.peers.find(to);
  const bool able = peer != role.peers.end() && peer->second.match == log_.last() &&
                    membership().members.contains(to);
  if (!able || commit_ != log_.last() || !role.pushes.empty() || !role.reads.empty()) {
    for (auto& [id, other] : role.peers) {
      // One whose entries are compacted away needs an image first, not a question.
      if (!other.transfer && other.next > log_.base()) probe(id, other, effects);
    }
    return false;
  }
  effects.push_back(Note{&notes::resigned, {role.ballot, to.value}});
  step_down(effects);
  return true;
}

void MultiPaxos::on_ask_resign(PrincipalId issuer, AskResign message, Effects& effects) {
  if (owner_of(message.ballot) != self_) return malformed(issuer, AskResign::type, effects);
  const Candidate* candidate = std::get_if<Candidate>(&role_);
  const Leader* leader = std::get_if<Leader>(&role_);
  const bool may_win =
      candidate != nullptr && !candidate->trial && candidate->ballot == message.ballot;
  bool leads = leader != nullptr && leader->ballot == message.ballot;
  if (leads && message.wanted && options_.pull_moves_leader) leads = !resign(issuer, effects);
  // Any other ballot of this member is behind it: it uses none twice.
  effects.push_back(message_to(issuer, ResignAnswer{message.ballot, !leads && !may_win}));
}

void MultiPaxos::on_resign_answer(PrincipalId issuer, ResignAnswer message, Effects& effects) {
  if (owner_of(message.ballot) != issuer) return malformed(issuer, ResignAnswer::type, effects);
  const Candidate* role = std::get_if<Candidate>(&role_);
  if (role == nullptr || !role->asked.contains(message.ballot)) {
    return late(issuer, ResignAnswer::type, effects);
  }
  if (message.resigned) return note_resigned(message.ballot, effects);
  effects.push_back(Note{&notes::campaign_lost, {role->ballot, message.ballot}});
  refuse_pulls(issuer, effects);
  follow(effects);
}

}  // namespace parley::multi_paxos
