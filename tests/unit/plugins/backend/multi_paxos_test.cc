// SPDX-License-Identifier: Apache-2.0
//
// The rules of multi_paxos, one member at a time.
#include "plugins/backend/multi_paxos/multi_paxos.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/prng.h"
#include "plugins/backend/multi_paxos/notes.h"
#include "tests/unit/plugins/backend/multi_paxos_cluster.h"

namespace parley::multi_paxos {
namespace {

constexpr PrincipalId p0{0};
constexpr PrincipalId p1{1};
constexpr PrincipalId p2{2};
constexpr PrincipalId learner{7};

constexpr Ballot ballot(std::uint64_t round, PrincipalId owner) {
  return round * owners_max + owner.value;
}

SharedMembership three_members_and_a_learner() {
  return std::make_shared<const Membership>(Cluster::of(1, {0, 1, 2}, {7}));
}

Entry method_entry(Ballot time, std::string_view words) {
  return {time, EntryKind::Method, SharedBytes{view_of(words)}};
}

/// What a store kept that wrote these records.
Recovered kept(const std::vector<SharedBytes>& records) {
  Recovered recovered;
  for (const SharedBytes& record : records) {
    recovered.records.push_back({LogIndex{recovered.records.size() + 1}, to_bytes(record.view())});
  }
  return recovered;
}

/// One machine and what its latest input made it do.
class Member {
 public:
  explicit Member(PrincipalId self = p0, const Recovered& recovered = {},
                  const Options& options = quick_options())
      : machine_(initial_, options) {
    step(Start{self, three_members_and_a_learner(), recovered});
  }

  void step(const Input& input) {
    effects_.clear();
    machine_.step(input, effects_);
  }
  template <class Message>
  void hears(PrincipalId from, const Message& message) {
    step(Deliver{from, Message::type, multi_paxos::encode(message)});
  }
  void fires(TimerId timer) { step(TimerFired{timer}); }
  Outcome call(PortId port, ByteView value) {
    step(Submit{RequestId{++requests_}, port, value});
    return outcome().value_or(Outcome{.kind = OutcomeKind::NoQuorum});
  }
  Branch pull() { return call(port_pull, encode_call(PullCall{})).branch; }
  Outcome invoke(Branch branch, std::string_view words, bool wants_result = true) {
    return call(port_invoke, encode_call(InvokeCall{branch, to_bytes(words), wants_result}));
  }
  Outcome push(Branch branch) { return call(port_push, encode_call(PushCall{branch})); }
  void write(std::string_view words) {
    const Branch branch = pull();
    invoke(branch, words, false);
    push(branch);
  }
  /// Effect: elected in its next ballot, with the vote of p1, that has acknowledged nothing.
  void is_elected() {
    fires(timer_election);
    const Ballot trial = sent<AskVote>(p1).front().ballot;
    hears(p1, Vote{trial, true});
    const Ballot own = sent<AskVote>(p1).front().ballot;
    hears(p1, Vote{own, false});
    own_ = own;
  }
  /// Effect: p1 has all that it was sent, and says so.
  void is_followed() {
    for (int i = 0; i < 20; ++i) hears(p1, Accepted{own_, 1, true, last_sent_});
  }

  template <class Message>
  std::vector<Message> sent(PrincipalId to) {
    std::vector<Message> messages;
    for (const Effect& effect : effects_) {
      const auto* send = std::get_if<Send>(&effect);
      if (send == nullptr || send->to != to || send->type != Message::type) continue;
      messages.push_back(*decode<Message>(send->record));
    }
    return messages;
  }
  bool noted(const NoteDeclaration& declaration) const {
    return std::any_of(effects_.begin(), effects_.end(), [&](const Effect& effect) {
      const auto* note = std::get_if<Note>(&effect);
      return note != nullptr && note->declaration == &declaration;
    });
  }
  template <class What>
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::count_if(effects_.begin(), effects_.end(),
                      [](const Effect& effect) { return std::holds_alternative<What>(effect); }));
  }
  std::optional<Outcome> outcome() const {
    for (const Effect& effect : effects_) {
      if (const auto* reply = std::get_if<Reply>(&effect)) return decode_outcome(reply->value);
    }
    return std::nullopt;
  }
  const Effects& effects() const { return effects_; }
  const MultiPaxos& machine() const { return machine_; }
  Ballot own() const { return own_; }

 private:
  Journal initial_;
  MultiPaxos machine_;
  Effects effects_;
  std::uint64_t requests_ = 0;
  Ballot own_ = 0;
  Index last_sent_ = 1;
};

TEST(MultiPaxosTest, AnElectionIsATrialThenAPromiseThenANoOp) {
  Member member;
  member.fires(timer_election);
  EXPECT_EQ(member.count<Persist>(), 0u);  // A trial binds nobody.
  ASSERT_EQ(member.sent<AskVote>(p1).size(), 1u);
  const AskVote trial = member.sent<AskVote>(p1).front();
  EXPECT_TRUE(trial.trial);
  member.hears(p1, Vote{trial.ballot, true});
  EXPECT_EQ(member.count<Persist>(), 1u);
  EXPECT_TRUE(member.noted(ado_notes::promise));
  const AskVote vote = member.sent<AskVote>(p2).front();
  EXPECT_FALSE(vote.trial);
  EXPECT_EQ(owner_of(vote.ballot), p0);
  member.hears(p2, Vote{vote.ballot, false});
  EXPECT_TRUE(member.noted(ado_notes::elected));
  EXPECT_TRUE(member.noted(ado_notes::append));
  const auto accepts = member.sent<AcceptEntries>(p1);
  ASSERT_EQ(accepts.size(), 1u);
  EXPECT_EQ(accepts[0].entries, std::vector{(Entry{vote.ballot, EntryKind::NoOp, {}})});
  EXPECT_EQ(member.sent<AcceptEntries>(learner).size(), 1u);
}

TEST(MultiPaxosTest, AVoteOfALearnerOrOfTheSameMemberTwiceElectsNobody) {
  Member member{p0, {}, quick_options()};
  member.fires(timer_election);
  const Ballot trial = member.sent<AskVote>(p1).front().ballot;
  member.hears(learner, Vote{trial, true});
  EXPECT_EQ(member.count<Persist>(), 0u);
  member.hears(p1, Vote{trial, true});
  const Ballot own = member.sent<AskVote>(p1).front().ballot;
  member.hears(learner, Vote{own, false});
  EXPECT_FALSE(member.noted(ado_notes::elected));
}

TEST(MultiPaxosTest, AVoteGoesToNoWorseLogAndToNoEarlierBallot) {
  const Ballot old = ballot(3, p2);
  Member member{p0, kept({multi_paxos::encode(PromiseRecord{old}),
                          multi_paxos::encode(EntriesRecord{1, 0, {method_entry(old, "a")}})})};
  member.fires(timer_wait);
  const Ballot later = ballot(4, p1);
  member.hears(p1, AskVote{later, false, Position{ballot(2, p1), 9}, {}});
  ASSERT_EQ(member.sent<Refused>(p1).size(), 1u);
  EXPECT_EQ(member.count<Persist>(), 0u);
  member.hears(p1, AskVote{ballot(2, p1), false, Position{}, {}});
  EXPECT_EQ(member.sent<Refused>(p1).front().promised, old);
  member.hears(p1, AskVote{later, false, Position{old, 1}, {}});
  EXPECT_EQ(member.sent<Vote>(p1).size(), 1u);
  EXPECT_EQ(member.count<Persist>(), 1u);
  // Asked again, it says the same and writes nothing.
  member.hears(p1, AskVote{later, false, Position{old, 1}, {}});
  EXPECT_EQ(member.sent<Vote>(p1).size(), 1u);
  EXPECT_EQ(member.count<Persist>(), 0u);
}

TEST(MultiPaxosTest, NobodyVotesWhileALeaseMayRunUnlessItsHolderResigned) {
  const Ballot leads = ballot(1, p2);
  const AskVote vote{ballot(2, p1), false, Position{leads, 1}, {}};
  AskVote after_resignation = vote;
  after_resignation.resigned = {leads};
  const AcceptEntries heartbeat{leads, 1, 0, 0, 0, {{leads, EntryKind::NoOp, {}}}};

  Member member;
  member.hears(p2, heartbeat);
  member.hears(p1, vote);
  EXPECT_EQ(member.sent<Refused>(p1).front().held, leads);
  member.fires(timer_wait);
  member.hears(p1, vote);
  EXPECT_EQ(member.sent<Vote>(p1).size(), 1u);

  Member other;
  other.hears(p2, heartbeat);
  other.hears(p1, after_resignation);
  EXPECT_EQ(other.sent<Vote>(p1).size(), 1u);
}

TEST(MultiPaxosTest, ARestartedMemberWaitsBeforeItVotes) {
  const Ballot old = ballot(1, p2);
  const Recovered recovered = kept({multi_paxos::encode(PromiseRecord{old})});
  Member member{p0, recovered};
  const AskVote vote{ballot(2, p1), false, Position{}, {}};
  member.hears(p1, vote);
  EXPECT_EQ(member.sent<Refused>(p1).front().held, old);
  member.fires(timer_wait);
  member.hears(p1, vote);
  EXPECT_EQ(member.sent<Vote>(p1).size(), 1u);
  // Its own ballots are leased to nobody: a crash ended that.
  Member owner{p2, recovered};
  owner.hears(p1, vote);
  EXPECT_EQ(owner.sent<Vote>(p1).size(), 1u);
}

TEST(MultiPaxosTest, WaitsAreLongerThanAnyClockStretchesAHold) {
  for (const std::uint32_t drift : {0u, 1u, 200u, 353'000u, 1'000'000u}) {
    for (const Duration hold : {Duration{1ms}, Duration{60ms}, Duration{3600s}}) {
      const std::int64_t stretched = hold.count() / 1'000'000 * (1'000'000 + drift);
      EXPECT_GT(wait_for(hold, drift).count(), stretched);
    }
  }
}

// Raft, figure 8: an inherited entry that a majority has is not committed by that.
TEST(MultiPaxosTest, InheritedEntriesCommitWithAnOwnOneOnly) {
  const Ballot old = ballot(2, p0);
  Member member{p0, kept({multi_paxos::encode(PromiseRecord{old}),
                          multi_paxos::encode(EntriesRecord{1, 0, {method_entry(old, "a")}})})};
  member.is_elected();
  member.hears(p1, Accepted{member.own(), 1, true, 1});
  EXPECT_EQ(member.count<Decide>(), 0u);
  EXPECT_FALSE(member.noted(ado_notes::commit_claim));
  member.hears(p1, Accepted{member.own(), 1, true, 2});
  EXPECT_EQ(member.count<Decide>(), 1u);
  EXPECT_TRUE(member.noted(ado_notes::commit_claim));
}

TEST(MultiPaxosTest, NothingBelowAPromiseIsAccepted) {
  Member member;
  member.hears(p2, AskVote{ballot(5, p2), false, Position{}, {}});
  member.hears(p1, AcceptEntries{ballot(4, p1), 1, 0, 0, 0, {method_entry(ballot(4, p1), "a")}});
  EXPECT_EQ(member.sent<Refused>(p1).front().promised, ballot(5, p2));
  EXPECT_EQ(member.count<Persist>(), 0u);
  EXPECT_EQ(member.sent<Accepted>(p1).size(), 0u);
}

TEST(MultiPaxosTest, AcceptedEntriesAreDurableInTheirStepAndNotedAsVotes) {
  Member member;
  const Ballot first = ballot(1, p1);
  const Ballot second = ballot(2, p2);
  member.hears(
      p1, AcceptEntries{first, 1, 0, 0, 0, {method_entry(first, "a"), method_entry(first, "b")}});
  EXPECT_EQ(member.count<Persist>(), 2u);  // The promise, and both entries as one record.
  EXPECT_TRUE(member.noted(ado_notes::accept));
  // Inherited entries alone are no vote for the ballot that carries them.
  member.hears(p2, AcceptEntries{second, 1, 1, first, 0, {method_entry(first, "b")}});
  EXPECT_TRUE(member.sent<Accepted>(p2).front().matched);
  EXPECT_FALSE(member.noted(ado_notes::accept));
  member.hears(p2, AcceptEntries{second, 1, 1, first, 1, {{second, EntryKind::NoOp, {}}}});
  EXPECT_TRUE(member.noted(notes::suffix_dropped));
  EXPECT_TRUE(member.noted(ado_notes::accept));
  EXPECT_EQ(member.sent<Accepted>(p2).front().index, 2u);
  EXPECT_EQ(member.count<Decide>(), 1u);
}

TEST(MultiPaxosTest, EntriesThatContradictCommittedOnesAreDropped) {
  Member member;
  const Ballot first = ballot(1, p1);
  const Ballot second = ballot(2, p2);
  member.hears(p1, AcceptEntries{first, 1, 0, 0, 0, {method_entry(first, "a")}});
  member.hears(p1, Committed{first, 1});
  EXPECT_EQ(member.count<Decide>(), 1u);
  member.hears(p2, AcceptEntries{second, 1, 0, 0, 1, {method_entry(second, "z")}});
  EXPECT_TRUE(member.noted(notes::conflict));
  EXPECT_EQ(member.sent<Accepted>(p2).size(), 0u);
}

TEST(MultiPaxosTest, ACommitIsBelievedOnlyUpToWhereTheLogsAgree) {
  Member member;
  const Ballot first = ballot(1, p1);
  const Ballot second = ballot(2, p2);
  member.hears(
      p1, AcceptEntries{first, 1, 0, 0, 0, {method_entry(first, "a"), method_entry(first, "b")}});
  member.hears(p2, AcceptEntries{second, 1, 1, first, 2, {}});
  EXPECT_EQ(member.count<Decide>(), 1u);  // "b" may be something else in p2's log.
  member.hears(p2, Committed{second, 2});
  EXPECT_EQ(member.count<Decide>(), 0u);
}

TEST(MultiPaxosTest, AFollowerIsSentAWindowOfMessagesAndThenABatch) {
  Member member;
  member.is_elected();
  member.hears(p1, Accepted{member.own(), 1, true, 1});
  std::size_t messages = 0;
  for (int i = 0; i < 20; ++i) {
    member.write("m" + std::to_string(i));
    messages += member.sent<AcceptEntries>(p1).size();
  }
  EXPECT_EQ(messages, window_messages);
  // While the logs are compared, one message at a time: p2 said nothing yet.
  EXPECT_EQ(member.sent<AcceptEntries>(p2).size(), 0u);
  member.hears(p1, Accepted{member.own(), 1, true, 2});
  const auto batch = member.sent<AcceptEntries>(p1);
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0].entries.size(), 16u);
}

TEST(MultiPaxosTest, WhatIsNotAnsweredIsSentAgainWithTheHeartbeat) {
  Member member;
  member.is_elected();
  member.fires(timer_heartbeat);  // Whoever answers within a heartbeat is not disturbed.
  const auto again = member.sent<AcceptEntries>(p1);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].entries.size(), 1u);
  EXPECT_TRUE(member.noted(notes::resent));
}

TEST(MultiPaxosTest, WhereLogsAgreeIsFoundRunByRun) {
  const Ballot old = ballot(2, p0);
  std::vector<Entry> entries;
  for (int i = 0; i < 50; ++i) entries.push_back(method_entry(old, "m" + std::to_string(i)));
  Member member{p0, kept({multi_paxos::encode(PromiseRecord{old}),
                          multi_paxos::encode(EntriesRecord{1, 0, entries})})};
  member.is_elected();
  const AcceptEntries probe = member.sent<AcceptEntries>(p2).front();
  EXPECT_EQ(probe.previous, 50u);

  Member follower{p2};
  follower.hears(p0, probe);
  const Accepted answer = follower.sent<Accepted>(p0).front();
  EXPECT_FALSE(answer.matched);
  EXPECT_EQ(answer.index, 0u);
  member.hears(p2, answer);
  const auto all = member.sent<AcceptEntries>(p2);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].entries.size(), 51u);
  follower.hears(p0, all[0]);
  EXPECT_TRUE(follower.sent<Accepted>(p0).front().matched);
}

TEST(MultiPaxosTest, AMessageOfEntriesIsBounded) {
  Member member;
  member.is_elected();
  member.hears(p1, Accepted{member.own(), 1, true, 1});
  const std::string large(400'000, 'x');
  for (int i = 0; i < 12; ++i) member.write(large + std::to_string(i));
  std::size_t entries = 0;
  for (Index done = 2; entries < 8; ++done) {
    member.hears(p1, Accepted{member.own(), 1, true, done});
    for (const AcceptEntries& message : member.sent<AcceptEntries>(p1)) {
      EXPECT_LE(message.entries.size(), 2u);
      entries += message.entries.size();
    }
    ASSERT_LT(done, 13u);
  }
}

TEST(MultiPaxosTest, APushIsStaleOnceTheLogMovedAndItsBranchIsUsedUp) {
  Member member;
  member.is_elected();
  const Branch first = member.pull();
  const Branch second = member.pull();
  EXPECT_NE(first, second);
  EXPECT_EQ(member.invoke(first, "a").kind, OutcomeKind::Ok);
  EXPECT_EQ(member.invoke(second, "b").kind, OutcomeKind::Ok);
  EXPECT_EQ(member.push(first).kind, OutcomeKind::NoQuorum);  // No answer yet.
  EXPECT_EQ(member.push(second).kind, OutcomeKind::Stale);
  EXPECT_EQ(member.push(second).kind, OutcomeKind::Stale);
  EXPECT_EQ(member.push(first).kind, OutcomeKind::Stale);
  member.hears(p1, Accepted{member.own(), 1, true, 2});
  ASSERT_TRUE(member.outcome());
  EXPECT_EQ(member.outcome()->kind, OutcomeKind::Ok);
  EXPECT_EQ(member.outcome()->position, (Position{member.own(), 2}));
}

TEST(MultiPaxosTest, AnInvokeSpeculatesOverEverythingInTheLog) {
  Member member;
  member.is_elected();
  member.write("a");  // Not committed.
  const Branch branch = member.pull();
  const Outcome b = member.invoke(branch, "b");
  const Outcome c = member.invoke(branch, "c");
  Journal journal;
  journal.apply(view_of("a"));
  EXPECT_EQ(b.value, journal.apply(view_of("b")));
  EXPECT_EQ(c.value, journal.apply(view_of("c")));
  EXPECT_TRUE(member.invoke(member.pull(), "d", false).value.empty());
}

TEST(MultiPaxosTest, TheOldestBranchMakesRoomAndIsStale) {
  Member member;
  member.is_elected();
  const Branch oldest = member.pull();
  for (std::size_t i = 1; i < branches_max; ++i) member.pull();
  EXPECT_EQ(member.invoke(oldest, "a", false).kind, OutcomeKind::Ok);
  member.pull();
  EXPECT_EQ(member.invoke(oldest, "a", false).kind, OutcomeKind::Stale);
}

TEST(MultiPaxosTest, AMethodOverTheLimitIsStaleAndLeavesTheBranch) {
  Member member;
  member.is_elected();
  const Branch branch = member.pull();
  EXPECT_EQ(member.invoke(branch, std::string(method_size_max + 1, 'x')).kind, OutcomeKind::Stale);
  EXPECT_EQ(member.invoke(branch, std::string(method_size_max, 'x')).kind, OutcomeKind::Ok);
}

TEST(MultiPaxosTest, ALeaseAnswersReadsAtOnceUntilItsHoldIsOver) {
  Member member;
  member.is_elected();
  const auto read = [&] {
    const Branch branch = member.pull();
    member.invoke(branch, "", false);
    member.push(branch);
    return member.outcome();
  };
  EXPECT_FALSE(read());  // No lease yet, nothing of this ballot committed.
  member.hears(p1, Accepted{member.own(), 1, true, 1});
  EXPECT_TRUE(member.noted(notes::lease_read));
  ASSERT_TRUE(member.outcome());
  EXPECT_EQ(read()->kind, OutcomeKind::Ok);
  EXPECT_TRUE(member.noted(notes::lease_read));
  EXPECT_EQ(member.count<Send>(), 0u);
  member.fires(timer_hold_odd);
  EXPECT_FALSE(read());
  EXPECT_EQ(member.sent<AcceptEntries>(p1).size(), 1u);
}

TEST(MultiPaxosTest, AReadWithoutALeaseWaitsForARoundThatBeganAfterIt) {
  Options options = quick_options();
  options.lease = options.lease_wait = Duration{0};
  Member member{p0, {}, options};
  member.is_elected();
  member.hears(p1, Accepted{member.own(), 1, true, 1});
  const Branch branch = member.pull();
  member.invoke(branch, "", false);
  member.push(branch);
  EXPECT_FALSE(member.outcome());
  ASSERT_EQ(member.sent<AcceptEntries>(p1).size(), 1u);
  EXPECT_EQ(member.sent<AcceptEntries>(p1).front().round, 2u);
  member.hears(p2, Accepted{member.own(), 1, true, 1});
  EXPECT_FALSE(member.outcome());
  member.hears(p2, Accepted{member.own(), 2, true, 1});
  ASSERT_TRUE(member.outcome());
  EXPECT_EQ(member.outcome()->kind, OutcomeKind::Ok);
}

TEST(MultiPaxosTest, CallsThatNobodyServesEndDefinitelyOrUnknown) {
  Member member;
  member.call(port_pull, encode_call(PullCall{}));
  EXPECT_FALSE(member.outcome());
  member.fires(timer_calls);
  EXPECT_FALSE(member.outcome());
  member.fires(timer_calls);
  EXPECT_EQ(member.outcome()->kind, OutcomeKind::NoQuorum);

  Member leader;
  leader.is_elected();
  leader.write("a");
  leader.fires(timer_calls);
  leader.fires(timer_calls);
  EXPECT_EQ(leader.outcome()->kind, OutcomeKind::Unknown);
}

TEST(MultiPaxosTest, ADeposedLeaderAnswersUnknownAndForgetsItsBranches) {
  Member member;
  member.is_elected();
  const Branch open = member.pull();
  member.write("a");
  member.hears(p2, AcceptEntries{ballot(9, p2), 1, 0, 0, 0, {}});
  EXPECT_EQ(member.outcome()->kind, OutcomeKind::Unknown);
  EXPECT_EQ(member.invoke(open, "b").kind, OutcomeKind::Stale);
}

TEST(MultiPaxosTest, ALeaderThatNoQuorumAnswersStepsDown) {
  Member member;
  member.is_elected();
  for (std::uint32_t i = 0; i < quick_options().silent_heartbeats_max; ++i) {
    member.fires(timer_heartbeat);
    EXPECT_FALSE(member.noted(notes::stepped_down));
  }
  member.fires(timer_heartbeat);
  EXPECT_TRUE(member.noted(notes::stepped_down));
}

TEST(MultiPaxosTest, ReconfigurationKeepsItsThreeRules) {
  Member member;
  member.is_elected();
  const auto ask = [&](std::uint64_t epoch, std::vector<std::uint32_t> members) {
    return member.call(port_reconfigure, encode_reconfiguration(Cluster::of(epoch, members)));
  };
  EXPECT_EQ(ask(2, {0, 1}).kind, OutcomeKind::Stale);  // R3: nothing of its own is committed.
  member.hears(p1, Accepted{member.own(), 1, true, 1});
  EXPECT_EQ(ask(1, {0, 1}).kind, OutcomeKind::Stale);  // No later epoch.
  EXPECT_EQ(ask(2, {0}).kind, OutcomeKind::Stale);     // R1+: two members fewer.
  EXPECT_EQ(ask(2, {0, 1}).kind, OutcomeKind::NoQuorum);
  EXPECT_EQ(member.count<ChangeMembership>(), 1u);  // In force at once.
  EXPECT_EQ(ask(3, {0}).kind, OutcomeKind::Stale);  // R2: the end of the log itself.
  member.hears(p2, Accepted{member.own(), 1, true, 1});
  EXPECT_FALSE(member.outcome());  // A member no more: its answers count for nothing.
  member.hears(p1, Accepted{member.own(), 1, true, 2});
  EXPECT_EQ(member.outcome()->kind, OutcomeKind::Ok);
  EXPECT_EQ(ask(3, {0}).kind, OutcomeKind::Ok);  // It alone is a majority of them.
}

TEST(MultiPaxosTest, MembersThatWereNeverCommittedAreTakenBackUnderALaterEpoch) {
  Member member;
  const Ballot first = ballot(1, p1);
  const Ballot second = ballot(2, p2);
  const SharedBytes fewer{encode_reconfiguration(Cluster::of(2, {0, 1}))};
  member.hears(
      p1,
      AcceptEntries{
          first, 1, 0, 0, 0, {method_entry(first, "a"), {first, EntryKind::Configuration, fewer}}});
  ASSERT_EQ(member.count<ChangeMembership>(), 1u);
  member.hears(p2, AcceptEntries{second, 1, 1, first, 0, {{second, EntryKind::NoOp, {}}}});
  ASSERT_EQ(member.count<ChangeMembership>(), 1u);
  for (const Effect& effect : member.effects()) {
    const auto* change = std::get_if<ChangeMembership>(&effect);
    if (change == nullptr) continue;
    EXPECT_EQ(change->membership->members.size(), 3u);
    EXPECT_EQ(change->membership->epoch, Epoch{3});
  }
}

// Whatever prefix of its records a crash leaves, a member goes on from there.
TEST(MultiPaxosTest, RecoversFromEveryPrefixOfItsRecords) {
  Member member;
  std::vector<SharedBytes> records;
  const auto collect = [&] {
    for (const Effect& effect : member.effects()) {
      const auto* persist = std::get_if<Persist>(&effect);
      if (persist == nullptr) continue;
      records.push_back(std::get<Append>(persist->change).record);
    }
  };
  const Ballot first = ballot(1, p1);
  const Ballot second = ballot(2, p2);
  member.hears(
      p1, AcceptEntries{first, 1, 0, 0, 0, {method_entry(first, "a"), method_entry(first, "b")}});
  collect();
  member.hears(p1, AcceptEntries{first, 1, 2, first, 1, {method_entry(first, "c")}});
  collect();
  member.hears(p2, AcceptEntries{second, 1, 1, first, 1, {method_entry(second, "d")}});
  collect();
  member.hears(p2, AcceptEntries{second, 1, 2, second, 2, {method_entry(second, "e")}});
  collect();
  ASSERT_EQ(records.size(), 6u);
  const Position tips[] = {{}, {}, {first, 2}, {first, 3}, {first, 3}, {second, 1}, {second, 2}};
  for (std::size_t length = 0; length <= records.size(); ++length) {
    Member again{p0, kept({records.begin(), records.begin() + static_cast<long>(length)})};
    again.fires(timer_wait);
    again.fires(timer_election);
    ASSERT_FALSE(again.sent<AskVote>(p1).empty()) << length;
    EXPECT_EQ(again.sent<AskVote>(p1).front().last, tips[length]) << length;
  }
  Member last{p0, kept(records)};
  EXPECT_EQ(last.count<Decide>(), 1u);  // What was known to be committed by the last record.
}

TEST(MultiPaxosTest, MessagesOfAnotherOwnersBallotAreMalformed) {
  Member member;
  member.hears(p1, AskVote{ballot(1, p2), false, Position{}, {}});
  EXPECT_TRUE(member.noted(notes::malformed));
  member.hears(p1, AcceptEntries{ballot(1, p2), 1, 0, 0, 0, {}});
  EXPECT_TRUE(member.noted(notes::malformed));
  member.hears(p1, AskResign{ballot(1, p1), true});
  EXPECT_TRUE(member.noted(notes::malformed));
  EXPECT_EQ(member.effects().size(), 1u);
}

TEST(MultiPaxosTest, NoiseIsDroppedByWhoeverHearsIt) {
  Prng random{5};
  Member leader;
  leader.is_elected();
  for (int i = 0; i < 20'000; ++i) {
    Bytes noise(static_cast<std::size_t>(random.below(24)));
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random.below(5));
    const StatementType type{static_cast<std::uint16_t>(random.below(12))};
    const auto machine = leader.machine().clone();
    Effects effects;
    machine->step(Deliver{p1, type, noise}, effects);
    machine->step(Deliver{p2, type, noise}, effects);
    EXPECT_FALSE(effects.empty() && type.value > 10);
  }
}

}  // namespace
}  // namespace parley::multi_paxos
