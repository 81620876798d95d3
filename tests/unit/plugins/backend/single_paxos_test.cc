// SPDX-License-Identifier: Apache-2.0
//
// The rules of single_paxos, one member at a time.
#include "plugins/backend/single_paxos/single_paxos.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "plugins/backend/single_paxos/notes.h"
#include "plugins/object/register/register.h"

namespace parley::single_paxos {
namespace {

using write_once_register::Register;

constexpr PrincipalId p0{0};
constexpr PrincipalId p1{1};
constexpr PrincipalId p2{2};
constexpr PrincipalId learner{7};

SharedMembership three_members_and_a_learner() {
  auto membership = std::make_shared<Membership>();
  membership->epoch = Epoch{1};
  membership->members = {p0, p1, p2};
  membership->learners = {learner};
  membership->order = {p0, p1, p2};
  return membership;
}

SharedBytes method(std::string_view words) {
  return SharedBytes{*Register{}.parse_method(words)};
}

/// One machine and what its latest input made it do.
class Member {
 public:
  explicit Member(PrincipalId self, const Recovered& recovered = {}) {
    step(Start{self, three_members_and_a_learner(), recovered});
  }

  void step(const Input& input) {
    effects_.clear();
    machine_.step(input, effects_);
    const auto answered = outcome();
    if (answered && answered->branch != 0) branch_ = answered->branch;
  }
  template <class Message>
  void hears(PrincipalId from, const Message& message) {
    step(Deliver{from, Message::type, single_paxos::encode(message)});
  }
  // Each call goes to the branch that was opened last, unless another is named.
  void pull() { step(Submit{++request_, port_pull, encode_call(PullCall{.with_state = true})}); }
  void invoke(std::string_view words) { invoke_on(branch_, words); }
  void push() { push_on(branch_); }
  void invoke_on(Branch branch, std::string_view words) {
    const Bytes call = encode_call(InvokeCall{branch, to_bytes(method(words).view())});
    step(Submit{++request_, port_invoke, call});
  }
  void push_on(Branch branch) {
    step(Submit{++request_, port_push, encode_call(PushCall{branch})});
  }
  Branch branch() const { return branch_; }

  const Effects& effects() const { return effects_; }
  template <class Kind>
  const Kind* find() const {
    for (const Effect& effect : effects_) {
      if (const Kind* found = std::get_if<Kind>(&effect)) return found;
    }
    return nullptr;
  }
  template <class Kind>
  std::size_t place() const {
    std::size_t at = 0;
    while (at < effects_.size() && !std::holds_alternative<Kind>(effects_[at])) ++at;
    return at;
  }
  bool noted(const NoteDeclaration& declaration) const {
    for (const Effect& effect : effects_) {
      const Note* note = std::get_if<Note>(&effect);
      if (note != nullptr && note->declaration == &declaration) return true;
    }
    return false;
  }
  std::optional<Outcome> outcome() const {
    const Reply* reply = find<Reply>();
    return reply == nullptr ? std::nullopt : decode_outcome(reply->value);
  }
  std::optional<OutcomeKind> outcome_kind() const {
    const auto decoded = outcome();
    return decoded ? std::optional{decoded->kind} : std::nullopt;
  }
  /// The only message sent, decoded; nullopt when there is none of that type.
  template <class Message>
  std::optional<Message> answered() const {
    const Send* send = find<Send>();
    if (send == nullptr || send->type != Message::type) return std::nullopt;
    return decode<Message>(send->record);
  }
  template <class Message>
  std::optional<Message> published() const {
    const Publish* publish = find<Publish>();
    if (publish == nullptr || publish->type != Message::type) return std::nullopt;
    return decode<Message>(publish->record);
  }
  Bytes encoded() const {
    Bytes out;
    StateWriter writer{out};
    machine_.encode(writer);
    return out;
  }
  SinglePaxos& machine() { return machine_; }

 private:
  struct Requests {
    RequestId next{};
    RequestId operator++() { return RequestId{++next.value}; }
  };

  Register initial_;
  SinglePaxos machine_{initial_, 500ms};
  Effects effects_;
  Requests request_;
  Branch branch_ = 0;
};

std::string text(const std::optional<Outcome>& outcome) {
  return outcome ? Register{}.describe(outcome->value) : "no answer";
}

Recovered one_record(const Memory& memory) {
  Recovered recovered;
  recovered.records.push_back({LogIndex{1}, to_bytes(single_paxos::encode(memory).view())});
  return recovered;
}

TEST(BallotTest, NextIsOwnAndAboveTheFloor) {
  for (Ballot floor = 0; floor < 50; ++floor) {
    for (std::uint64_t rank = 0; rank < 5; ++rank) {
      const Ballot next = next_ballot(floor, rank, 5);
      EXPECT_GT(next, floor);
      EXPECT_GE(next, 5u);
      EXPECT_EQ(next % 5, rank);
      EXPECT_LE(next - std::max<Ballot>(floor, 4), 5u);  // And no further than need be.
    }
  }
}

TEST(BallotTest, AnyTwoQuorumsIntersect) {
  for (std::size_t members = 1; members < 20; ++members) {
    EXPECT_GT(2 * quorum(members), members);
    EXPECT_LE(quorum(members), members);
  }
}

TEST(SinglePaxosTest, PersistsBeforeItAnswers) {
  Member member{p0};
  member.hears(p1, Prepare{4});
  EXPECT_LT(member.place<Persist>(), member.place<Send>());
  EXPECT_TRUE(member.answered<Promise>());
  member.hears(p1, Accept{4, method("put a")});
  EXPECT_LT(member.place<Persist>(), member.place<Send>());
  EXPECT_TRUE(member.answered<Accepted>());
}

// A ballot that its proposer forgot could be used twice, for two values.
TEST(SinglePaxosTest, PersistsItsBallotBeforeItPublishesIt) {
  Member member{p1};
  member.pull();
  ASSERT_TRUE(member.published<Prepare>());
  EXPECT_LT(member.place<Persist>(), member.place<Publish>());
  const auto& append = std::get<Append>(member.find<Persist>()->change);
  EXPECT_EQ(decode<Memory>(append.record)->promised, member.published<Prepare>()->ballot);
}

TEST(SinglePaxosTest, NeverPromisesLower) {
  Member member{p0};
  member.hears(p2, Prepare{5});
  member.hears(p1, Prepare{4});
  ASSERT_TRUE(member.answered<Refused>());
  EXPECT_EQ(member.answered<Refused>()->promised, 5u);
  EXPECT_EQ(member.find<Persist>(), nullptr);
}

TEST(SinglePaxosTest, NeverAcceptsBelowItsPromise) {
  Member member{p0};
  member.hears(p2, Prepare{5});
  member.hears(p1, Accept{4, method("put a")});
  EXPECT_TRUE(member.answered<Refused>());
  member.hears(p2, Prepare{8});
  EXPECT_FALSE(member.answered<Promise>()->accepted);
}

TEST(SinglePaxosTest, AnswersARepeatedPrepareWithoutWriting) {
  Member member{p0};
  member.hears(p1, Prepare{4});
  member.hears(p1, Prepare{4});
  EXPECT_TRUE(member.answered<Promise>());
  EXPECT_EQ(member.find<Persist>(), nullptr);
}

TEST(SinglePaxosTest, StandsByAVoteAfterALaterPromise) {
  Member member{p0};
  member.hears(p1, Accept{4, method("put a")});
  member.hears(p2, Prepare{5});
  ASSERT_TRUE(member.answered<Promise>());
  EXPECT_EQ(member.answered<Promise>()->accepted, (Vote{4, method("put a")}));
  member.hears(p1, Accept{4, method("put a")});
  EXPECT_TRUE(member.answered<Accepted>());
}

TEST(SinglePaxosTest, TakesOneMethodPerBallot) {
  Member member{p0};
  member.hears(p1, Accept{4, method("put a")});
  member.hears(p1, Accept{4, method("put b")});
  EXPECT_TRUE(member.noted(notes::malformed));
  EXPECT_EQ(member.find<Send>(), nullptr);
}

TEST(SinglePaxosTest, BelievesABallotOnlyFromItsOwner) {
  Member member{p0};
  member.hears(p2, Prepare{4});
  EXPECT_TRUE(member.noted(notes::malformed));
  member.hears(p2, Accept{4, method("put a")});
  EXPECT_TRUE(member.noted(notes::malformed));
}

TEST(SinglePaxosTest, IgnoresWhoIsNoMember) {
  Member member{p0};
  const Bytes before = member.encoded();
  for (const PrincipalId stranger : {PrincipalId{5}, learner, p0}) {
    member.hears(stranger, Prepare{4});
    EXPECT_TRUE(member.noted(notes::not_a_member));
    EXPECT_EQ(member.effects().size(), 1u);
  }
  EXPECT_EQ(member.encoded(), before);
}

TEST(SinglePaxosTest, PullsWithAMajorityItsOwnVoteIncluded) {
  Member member{p0};
  member.pull();
  EXPECT_FALSE(member.outcome());
  EXPECT_EQ(member.find<Publish>()->verifiers, (PrincipalSet{p1, p2}));
  member.hears(p2, Promise{3, {}});
  EXPECT_EQ(member.outcome(), (Outcome{.branch = 3, .value = Bytes{0}}));
  EXPECT_NE(member.find<Progress>(), nullptr);
  EXPECT_NE(member.find<CancelTimer>(), nullptr);
}

TEST(SinglePaxosTest, CountsARepeatedPromiseOnce) {
  auto membership = std::make_shared<Membership>();
  for (std::uint32_t i = 0; i < 5; ++i) {
    membership->members.insert(PrincipalId{i});
    membership->order.push_back(PrincipalId{i});
  }
  const Register initial;
  SinglePaxos machine{initial, 1s};
  Effects effects;
  machine.step(Start{p0, membership, {}}, effects);
  machine.step(Submit{RequestId{1}, port_pull, encode_call(PullCall{})}, effects);
  const auto replies = [&](PrincipalId voter) {
    effects.clear();
    const SharedBytes promise = single_paxos::encode(Promise{5, {}});
    machine.step(Deliver{voter, Promise::type, promise}, effects);
    return std::count_if(effects.begin(), effects.end(), [](const Effect& effect) {
      return std::holds_alternative<Reply>(effect);
    });
  };
  EXPECT_EQ(replies(p1), 0);
  EXPECT_EQ(replies(p1), 0);
  EXPECT_EQ(replies(p2), 1);
}

TEST(SinglePaxosTest, AdoptsHighestAccepted) {
  Member member{p0, one_record({.promised = 3, .accepted = Vote{3, method("put mine")}})};
  member.pull();
  ASSERT_EQ(member.published<Prepare>()->ballot, 6u);
  member.hears(p1, Promise{6, Vote{4, method("put theirs")}});
  ASSERT_TRUE(member.outcome());
  EXPECT_EQ(member.outcome()->position, (Position{4, 1}));
  EXPECT_EQ(text(member.outcome()), "theirs");
}

TEST(SinglePaxosTest, KeepsItsOwnVoteWhenItIsTheHighest) {
  Member member{p0, one_record({.promised = 5, .accepted = Vote{5, method("put mine")}})};
  member.pull();
  member.hears(p1, Promise{6, Vote{4, method("put theirs")}});
  EXPECT_EQ(text(member.outcome()), "mine");
}

// The inherited method gets the new ballot as its time: an update that kept the
// old one would be refused by those who accepted it already.
TEST(SinglePaxosTest, ProposesTheInheritedMethodAgainUnderItsOwnBallot) {
  Member member{p0};
  member.pull();
  member.hears(p1, Promise{3, Vote{1, method("put theirs")}});
  member.invoke("put mine");
  EXPECT_EQ(member.outcome()->position, (Position{3, 1}));
  EXPECT_EQ(text(member.outcome()), "theirs");
  member.push();
  EXPECT_EQ(member.published<Accept>()->ballot, 3u);
  EXPECT_EQ(member.published<Accept>()->method, method("put theirs"));
}

TEST(SinglePaxosTest, CommitsWithAMajorityAndTellsEverybody) {
  Member member{p0};
  member.pull();
  member.hears(p1, Promise{3, {}});
  member.invoke("put a");
  member.push();
  EXPECT_FALSE(member.outcome());
  member.hears(p2, Accepted{3});
  ASSERT_TRUE(member.outcome());
  EXPECT_EQ(member.outcome()->kind, OutcomeKind::Ok);
  EXPECT_EQ(member.outcome()->position, (Position{3, 1}));
  EXPECT_EQ(text(member.outcome()), "a");
  ASSERT_NE(member.find<Decide>(), nullptr);
  EXPECT_EQ(member.find<Decide>()->position, 1u);
  EXPECT_EQ(member.find<Decide>()->value, method("put a"));
  const Publish* publish = member.find<Publish>();
  EXPECT_EQ(publish->verifiers, (PrincipalSet{p1, p2, learner}));
  EXPECT_TRUE(publish->durable);
  EXPECT_FALSE(publish->until_progress);
  EXPECT_LT(member.place<Persist>(), member.place<Publish>());
}

TEST(SinglePaxosTest, SecondPutReturnsFirst) {
  Member member{p0};
  member.pull();
  member.hears(p1, Promise{3, {}});
  member.invoke("put first");
  member.push();
  member.hears(p1, Accepted{3});
  member.pull();
  member.hears(p1, Promise{6, Vote{3, method("put first")}});
  member.invoke("put second");
  member.push();
  member.hears(p1, Accepted{6});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Ok);
  EXPECT_EQ(text(member.outcome()), "first");
  EXPECT_EQ(member.find<Decide>(), nullptr) << "decided once already";
}

// Otherwise a read of the empty register would leave it empty for ever.
TEST(SinglePaxosTest, ReadDoesNotUseUpTheSlot) {
  Member member{p0};
  member.pull();
  member.hears(p1, Promise{3, {}});
  member.invoke("get");
  EXPECT_EQ(member.outcome()->position, Position{});
  member.push();
  EXPECT_FALSE(member.published<Accept>()->method);
  EXPECT_FALSE(member.outcome()) << "a quorum must confirm that nothing was written meanwhile";
  member.hears(p1, Accepted{3});
  EXPECT_EQ(member.outcome(), (Outcome{.value = Bytes{0}}));
  EXPECT_TRUE(member.noted(notes::confirmed));
  EXPECT_EQ(member.find<Decide>(), nullptr);
}

TEST(SinglePaxosTest, ConfirmsNothingAfterALaterPromise) {
  Member member{p0};
  member.hears(p2, Prepare{5});
  member.hears(p1, Accept{4, {}});
  EXPECT_TRUE(member.answered<Refused>());
  member.hears(p1, Accept{7, {}});
  EXPECT_TRUE(member.answered<Accepted>());
  EXPECT_NE(member.find<Persist>(), nullptr) << "confirming a later ballot is a promise";
  member.hears(p2, Prepare{5});
  EXPECT_TRUE(member.answered<Refused>());
}

TEST(SinglePaxosTest, PullIsPreemptedByARefusalAndTriesHigherNext) {
  Member member{p0};
  member.pull();
  member.hears(p1, Refused{3, 40});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Preempted);
  member.pull();
  EXPECT_EQ(member.published<Prepare>()->ballot, 42u);
}

TEST(SinglePaxosTest, LaterPromiseOfItsOwnEndsItsPull) {
  Member pending{p0};
  pending.pull();
  pending.hears(p1, Prepare{4});
  EXPECT_EQ(pending.outcome_kind(), OutcomeKind::Preempted);
  EXPECT_TRUE(pending.answered<Promise>());

  Member pulled{p0};
  pulled.pull();
  pulled.hears(p2, Promise{3, {}});
  pulled.hears(p1, Prepare{4});
  pulled.invoke("put a");
  EXPECT_EQ(pulled.outcome_kind(), OutcomeKind::Stale);

  Member invoked{p0};
  invoked.pull();
  invoked.hears(p2, Promise{3, {}});
  invoked.invoke("put a");
  invoked.hears(p1, Prepare{4});
  invoked.push();
  EXPECT_EQ(invoked.outcome_kind(), OutcomeKind::Stale);
}

TEST(SinglePaxosTest, PushOutlivesOneRefusalButNotTwo) {
  const auto pushed = [] {
    auto member = std::make_unique<Member>(p0);
    member->pull();
    member->hears(p1, Promise{3, {}});
    member->invoke("put a");
    member->push();
    member->hears(p1, Refused{3, 4});
    EXPECT_FALSE(member->outcome());
    return member;
  };
  const auto lucky = pushed();
  lucky->hears(p2, Accepted{3});
  EXPECT_EQ(lucky->outcome_kind(), OutcomeKind::Ok);
  const auto unlucky = pushed();
  unlucky->hears(p2, Refused{3, 4});
  EXPECT_EQ(unlucky->outcome_kind(), OutcomeKind::Unknown);
}

TEST(SinglePaxosTest, TimeoutSaysWhetherTheMethodMayHaveHappened) {
  Member member{p0};
  member.pull();
  ASSERT_NE(member.find<SetTimer>(), nullptr);
  EXPECT_EQ(member.find<SetTimer>()->min, 500ms);
  EXPECT_EQ(member.find<SetTimer>()->max, 750ms);
  member.step(TimerFired{timer_call});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::NoQuorum);
  EXPECT_NE(member.find<Progress>(), nullptr) << "nobody waits for the answers any more";
  member.pull();
  member.hears(p1, Promise{6, {}});
  member.invoke("put a");
  member.push();
  member.step(TimerFired{timer_call});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Unknown);
}

TEST(SinglePaxosTest, CallsOutOfOrderAreStale) {
  Member member{p0};
  member.invoke("put a");
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale);
  member.push();
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale);
  member.pull();
  member.hears(p1, Promise{3, {}});
  member.push();
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale) << "nothing was invoked";
  member.invoke("put a");
  member.invoke("put b");
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale) << "one method per pull";
}

TEST(SinglePaxosTest, APullIsPreemptedWhileACallIsPending) {
  Member member{p0};
  member.pull();
  member.pull();
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Preempted);
  EXPECT_EQ(member.find<Publish>(), nullptr);
  member.hears(p1, Promise{3, {}});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Ok) << "the first pull goes on";
  member.invoke("put a");
  member.push();
  member.pull();
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Preempted);
  member.hears(p1, Accepted{3});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Ok);
}

TEST(SinglePaxosTest, AnUnknownBranchIsStaleAndHarmsNone) {
  Member member{p0};
  member.pull();
  member.hears(p1, Promise{3, {}});
  EXPECT_EQ(member.branch(), 3u);
  for (const Branch other : {0u, 2u, 4u}) {
    const Bytes before = member.encoded();
    member.invoke_on(other, "put b");
    EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale);
    EXPECT_TRUE(member.noted(notes::stale_call));
    EXPECT_EQ(member.encoded(), before);
  }
  member.invoke("put a");
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Ok);
  member.push_on(4);
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale);
  member.push();
  EXPECT_EQ(member.published<Accept>()->method, method("put a"));
}

// Otherwise the push of an earlier caller would commit the method of a later one.
TEST(SinglePaxosTest, ALaterPullSupersedesTheBranch) {
  Member prepared{p0};
  prepared.pull();
  prepared.hears(p1, Promise{3, {}});
  prepared.pull();
  prepared.hears(p1, Promise{6, {}});
  EXPECT_EQ(prepared.branch(), 6u);
  prepared.invoke_on(3, "put a");
  EXPECT_EQ(prepared.outcome_kind(), OutcomeKind::Stale);

  Member invoked{p0};
  invoked.pull();
  invoked.hears(p1, Promise{3, {}});
  invoked.invoke("put a");
  invoked.pull();
  invoked.hears(p1, Promise{6, {}});
  invoked.invoke("put b");
  invoked.push_on(3);
  EXPECT_EQ(invoked.outcome_kind(), OutcomeKind::Stale);
  invoked.push_on(6);
  EXPECT_EQ(invoked.published<Accept>()->method, method("put b"));
}

TEST(SinglePaxosTest, GivesTheStateOnlyToWhoAsksForIt) {
  Member member{p0};
  member.step(Submit{RequestId{1}, port_pull, encode_call(PullCall{})});
  member.hears(p1, Promise{3, Vote{1, method("put theirs")}});
  EXPECT_EQ(member.outcome(), (Outcome{.branch = 3, .position = {1, 1}}));
}

TEST(SinglePaxosTest, ACallThatDoesNotDecodeIsRefused) {
  Member member{p0};
  const Bytes before = member.encoded();
  const Bytes bad{2, 2, 2};
  member.step(Submit{RequestId{1}, port_pull, bad});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Preempted);
  member.step(Submit{RequestId{2}, port_invoke, bad});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale);
  member.step(Submit{RequestId{3}, port_push, bad});
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale);
  EXPECT_EQ(member.encoded(), before);
}

TEST(SinglePaxosTest, LateAnswersChangeNothing) {
  Member member{p0};
  member.pull();
  member.hears(p1, Promise{3, {}});
  const Bytes before = member.encoded();
  member.hears(p2, Promise{3, Vote{2, method("put late")}});
  EXPECT_TRUE(member.noted(notes::late));
  member.hears(p2, Accepted{3});
  member.hears(p2, Refused{3, 5});
  EXPECT_EQ(member.encoded(), before);
}

TEST(SinglePaxosTest, RecoversWhatItPromised) {
  Member member{p0, one_record({.promised = 8, .accepted = Vote{4, method("put a")}})};
  member.hears(p1, Prepare{7});
  EXPECT_TRUE(member.answered<Refused>());
  member.hears(p2, Prepare{11});
  EXPECT_EQ(member.answered<Promise>()->accepted, (Vote{4, method("put a")}));
}

TEST(SinglePaxosTest, NeverUsesABallotOfAnEarlierLife) {
  Member first{p1};
  first.pull();
  const Ballot used = first.published<Prepare>()->ballot;
  const auto& append = std::get<Append>(first.find<Persist>()->change);
  Recovered recovered;
  recovered.records.push_back({LogIndex{1}, to_bytes(append.record.view())});
  Member second{p1, recovered};
  second.pull();
  EXPECT_GT(second.published<Prepare>()->ballot, used);
}

TEST(SinglePaxosTest, RecordsAfterASnapshotWin) {
  Recovered recovered = one_record({.promised = 9});
  recovered.records[0].index = LogIndex{65};
  recovered.snapshot_index = LogIndex{64};
  recovered.snapshot_chunks.push_back(to_bytes(single_paxos::encode(Memory{.promised = 7}).view()));
  Member member{p0, recovered};
  member.hears(p2, Prepare{8});
  EXPECT_EQ(member.answered<Refused>()->promised, 9u);
}

TEST(SinglePaxosDeathTest, RefusesToLiveOnABrokenLog) {
  Recovered recovered;
  recovered.records.push_back({LogIndex{1}, Bytes{1, 2, 3, 4}});
  EXPECT_DEATH(Member(p0, recovered), "our own log does not decode");
}

TEST(SinglePaxosTest, LogIsReplacedByASnapshotNowAndThen) {
  Member member{p0};
  std::uint64_t appended = 0;
  bool snapshot = false;
  for (Ballot round = 1; !snapshot; ++round) {
    ASSERT_LE(appended, records_per_snapshot);
    member.hears(p1, Prepare{3 * round + 1});
    ++appended;
    for (const Effect& effect : member.effects()) {
      const Persist* persist = std::get_if<Persist>(&effect);
      if (persist == nullptr || !std::holds_alternative<Snapshot>(persist->change)) continue;
      snapshot = true;
      const auto& taken = std::get<Snapshot>(persist->change);
      EXPECT_EQ(taken.index, LogIndex{appended});
      ASSERT_EQ(taken.chunks.size(), 1u);
      EXPECT_EQ(decode<Memory>(taken.chunks[0])->promised, 3 * round + 1);
    }
  }
  EXPECT_EQ(appended, records_per_snapshot);
}

TEST(SinglePaxosTest, DecidesOncePerLifeAndAgainInTheNext) {
  Member member{p0};
  member.hears(p1, Decided{method("put a")});
  EXPECT_NE(member.find<Decide>(), nullptr);
  EXPECT_LT(member.place<Persist>(), member.place<Decide>());
  const Recovered recovered =
      one_record(*decode<Memory>(std::get<Append>(member.find<Persist>()->change).record));
  member.hears(p2, Decided{method("put a")});
  EXPECT_TRUE(member.effects().empty());
  Member again{p0, recovered};
  ASSERT_NE(again.find<Decide>(), nullptr);
  EXPECT_EQ(again.find<Decide>()->value, method("put a"));
}

TEST(SinglePaxosTest, KeepsTheFirstOfTwoDecisionsAndSaysSo) {
  Member member{p0};
  member.hears(p1, Decided{method("put a")});
  member.hears(p2, Decided{method("put b")});
  EXPECT_TRUE(member.noted(notes::conflict));
  EXPECT_EQ(member.find<Decide>(), nullptr);
}

TEST(SinglePaxosTest, LearnerFollowsAndNeverVotesOrProposes) {
  Member member{learner};
  member.hears(p1, Prepare{4});
  EXPECT_TRUE(member.noted(notes::malformed));
  member.pull();
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::NoQuorum);
  member.hears(p1, Decided{method("put a")});
  EXPECT_NE(member.find<Decide>(), nullptr);
}

TEST(SinglePaxosTest, MembersAreFixed) {
  Member member{p0};
  const Bytes before = member.encoded();
  member.step(MembershipChanged{three_members_and_a_learner()});
  EXPECT_TRUE(member.noted(notes::membership_fixed));
  EXPECT_EQ(member.encoded(), before);
}

TEST(SinglePaxosTest, AloneItIsItsOwnMajority) {
  Register initial;
  SinglePaxos machine{initial, 1s};
  auto membership = std::make_shared<Membership>();
  membership->members = {p0};
  membership->order = {p0};
  Effects effects;
  machine.step(Start{p0, membership, {}}, effects);
  std::optional<Outcome> last;
  const auto call = [&](PortId port, const Bytes& value) {
    effects.clear();
    machine.step(Submit{RequestId{1}, port, value}, effects);
    for (const Effect& effect : effects) {
      if (const Reply* reply = std::get_if<Reply>(&effect)) last = decode_outcome(reply->value);
    }
  };
  call(port_pull, encode_call(PullCall{}));
  ASSERT_TRUE(last);
  const Branch branch = last->branch;
  call(port_invoke, encode_call(InvokeCall{branch, to_bytes(method("put a").view())}));
  call(port_push, encode_call(PushCall{branch}));
  EXPECT_EQ(text(last), "a");
}

TEST(SinglePaxosTest, OversizedMethodIsNotInvoked) {
  Member member{p0};
  member.pull();
  member.hears(p1, Promise{3, {}});
  const Bytes huge(method_size_max + 1);
  member.step(Submit{RequestId{9}, port_invoke, encode_call(InvokeCall{3, huge})});
  EXPECT_TRUE(member.noted(notes::method_too_large));
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Stale);
  member.invoke("put a");
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Ok);
}

// A ballot near the end of the numbers must not wrap around to a low one.
TEST(SinglePaxosTest, RunsOutOfBallotsInsteadOfWrapping) {
  Member member{p0};
  const Ballot last = ballot_max - (ballot_max - 1) % 3;  // The last that p1 owns.
  member.hears(p1, Prepare{last});
  ASSERT_TRUE(member.answered<Promise>());
  member.pull();
  EXPECT_EQ(member.outcome_kind(), OutcomeKind::Preempted);
  EXPECT_TRUE(member.noted(notes::ballots_exhausted));
}

}  // namespace
}  // namespace parley::single_paxos
