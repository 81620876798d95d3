// SPDX-License-Identifier: Apache-2.0
//
// The rules of caspaxos, one member at a time.
#include "plugins/backend/caspaxos/caspaxos.h"

#include <gtest/gtest.h>

#include "plugins/backend/caspaxos/notes.h"
#include "plugins/object/kv/kv.h"

namespace parley::caspaxos {
namespace {

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

const kv::KeyValues initial;

Bytes method(std::string_view words) {
  return *initial.parse_method(words);
}

/// One machine, what its latest input made it do, and what all made it keep.
class Member {
 public:
  explicit Member(PrincipalId self, const Recovered& recovered = {},
                  const Options& options = {.call_timeout = 500ms})
      : machine_(initial, options) {
    step(Start{self, three_members_and_a_learner(), recovered});
  }

  void step(const Input& input) {
    effects_.clear();
    machine_.step(input, effects_);
    for (const Effect& effect : effects_) {
      const auto* persist = std::get_if<Persist>(&effect);
      if (persist != nullptr) keep(*persist);
    }
  }
  template <class Message>
  void hears(PrincipalId from, const Message& message) {
    step(Deliver{from, Message::type, caspaxos::encode(message)});
  }
  RequestId pull(std::string_view key, bool with_state = false) {
    return call(port_pull, encode_call(PullCall{with_state, to_bytes(key)}));
  }
  RequestId invoke(Branch branch, std::string_view words) {
    return call(port_invoke, encode_call(InvokeCall{branch, method(words)}));
  }
  RequestId push(Branch branch) { return call(port_push, encode_call(PushCall{branch})); }

  /// The answer that the latest step gave to that call.
  std::optional<Outcome> outcome(RequestId request) const {
    for (const Effect& effect : effects_) {
      const auto* answer = std::get_if<Reply>(&effect);
      if (answer != nullptr && answer->request == request) return decode_outcome(answer->value);
    }
    return std::nullopt;
  }
  bool is(RequestId request, OutcomeKind kind) const {
    const auto answered = outcome(request);
    return answered && answered->kind == kind;
  }
  template <class Message>
  std::optional<Message> published() const {
    for (const Effect& effect : effects_) {
      const auto* publish = std::get_if<Publish>(&effect);
      if (publish != nullptr && publish->type == Message::type) {
        return decode<Message>(publish->record);
      }
    }
    return std::nullopt;
  }
  template <class Message>
  std::vector<std::pair<PrincipalId, Message>> sent() const {
    std::vector<std::pair<PrincipalId, Message>> all;
    for (const Effect& effect : effects_) {
      const auto* send = std::get_if<Send>(&effect);
      if (send != nullptr && send->type == Message::type) {
        all.emplace_back(send->to, *decode<Message>(send->record));
      }
    }
    return all;
  }
  std::vector<std::uint64_t> decided() const {
    std::vector<std::uint64_t> positions;
    for (const Effect& effect : effects_) {
      if (const auto* decide = std::get_if<Decide>(&effect)) positions.push_back(decide->position);
    }
    return positions;
  }
  bool noted(const NoteDeclaration& declaration) const {
    return std::any_of(effects_.begin(), effects_.end(), [&](const Effect& effect) {
      const auto* note = std::get_if<Note>(&effect);
      return note != nullptr && note->declaration == &declaration;
    });
  }
  /// Pulls, invokes and pushes, with p1's answers; the step that commits is the latest.
  RequestId commit(std::string_view key, std::string_view words) {
    const RequestId pulled = pull(key);
    std::optional<Outcome> opened = outcome(pulled);
    if (const auto prepare = published<Prepare>()) {
      hears(p1, Promise{Partition{key}, prepare->ballot, {}});
      opened = outcome(pulled);
    }
    invoke(opened->branch, words);
    const RequestId pushed = push(opened->branch);
    hears(p1, Accepted{Partition{key}, published<Accept>()->ballot});
    return pushed;
  }

  const Effects& effects() const { return effects_; }
  const Recovered& kept() const { return kept_; }
  const CasPaxos& machine() const { return machine_; }

 private:
  RequestId call(PortId port, const Bytes& value) {
    const RequestId request{++requests_};
    step(Submit{request, port, value});
    return request;
  }
  void keep(const Persist& persist) {
    if (const auto* append = std::get_if<Append>(&persist.change)) {
      kept_.records.push_back({LogIndex{++last_}, to_bytes(append->record.view())});
    } else if (const auto* snapshot = std::get_if<Snapshot>(&persist.change)) {
      kept_.snapshot_index = snapshot->index;
      kept_.snapshot_chunks.clear();
      for (const SharedBytes& chunk : snapshot->chunks) {
        kept_.snapshot_chunks.push_back(to_bytes(chunk.view()));
      }
    } else if (const auto* trim = std::get_if<TrimPrefix>(&persist.change)) {
      std::erase_if(kept_.records, [&](const auto& kept) { return kept.index <= trim->index; });
    }
  }

  CasPaxos machine_;
  Effects effects_;
  Recovered kept_;
  std::uint64_t last_ = 0;
  std::uint64_t requests_ = 0;
};

SharedBytes value_of(std::uint64_t count, std::string_view words) {
  kv::KeyValues state;
  state.apply(method(words));
  Bytes snapshot;
  state.snapshot(snapshot);
  return encode(Value{count, SharedBytes{snapshot}, {SharedBytes{method(words)}}});
}

TEST(CasPaxosTest, KeepsItsOwnPromiseBeforeAnybodyHearsOfTheBallot) {
  Member member{p0};
  member.pull("k");
  ASSERT_TRUE(member.published<Prepare>());
  const Ballot used = member.published<Prepare>()->ballot;
  Member later{p0, member.kept()};
  later.pull("k");
  EXPECT_GT(later.published<Prepare>()->ballot, used);
}

TEST(CasPaxosTest, PartitionsHaveBallotsOfTheirOwnAndRunAtOnce) {
  Member member{p0};
  const RequestId first = member.pull("a");
  const Ballot of_a = member.published<Prepare>()->ballot;
  const RequestId second = member.pull("b");
  const Ballot of_b = member.published<Prepare>()->ballot;
  EXPECT_EQ(of_a, of_b);
  member.hears(p1, Promise{"b", of_b, {}});
  EXPECT_TRUE(member.is(second, OutcomeKind::Ok));
  const Branch branch_b = member.outcome(second)->branch;
  member.hears(p1, Promise{"a", of_a, {}});
  ASSERT_TRUE(member.is(first, OutcomeKind::Ok));
  EXPECT_NE(member.outcome(first)->branch, branch_b);
}

TEST(CasPaxosTest, AVotePromisesItsProposerTheNextBallot) {
  Member proposer{p0};
  const RequestId pushed = proposer.commit("k", "set k 1");
  ASSERT_TRUE(proposer.is(pushed, OutcomeKind::Ok));
  const RequestId again = proposer.pull("k");
  EXPECT_TRUE(proposer.is(again, OutcomeKind::Ok)) << "nobody was asked";
  EXPECT_TRUE(proposer.noted(notes::held));
  EXPECT_TRUE(proposer.noted(notes::elected));
  EXPECT_FALSE(proposer.published<Prepare>());

  Member acceptor{p1};
  acceptor.hears(p0, Accept{"k", 3, 6, 0, value_of(1, "set k 1")});
  EXPECT_EQ(acceptor.sent<Accepted>().size(), 1u);
  acceptor.hears(p2, Prepare{"k", 5});
  ASSERT_EQ(acceptor.sent<Refused>().size(), 1u);
  EXPECT_EQ(acceptor.sent<Refused>()[0].second.promised, 6u);
  Member restarted{p1, acceptor.kept()};
  restarted.hears(p2, Prepare{"k", 5});
  EXPECT_EQ(restarted.sent<Refused>().size(), 1u) << "the promise was kept";
}

TEST(CasPaxosTest, WithoutOneRoundTripEveryPullAsks) {
  Member member{p0, {}, {.call_timeout = 500ms, .one_round_trip = false}};
  ASSERT_TRUE(member.is(member.commit("k", "set k 1"), OutcomeKind::Ok));
  member.pull("k");
  EXPECT_TRUE(member.published<Prepare>());
}

TEST(CasPaxosTest, APromiseToAnotherEndsWhatWasPromisedWithVotes) {
  Member member{p0};
  member.commit("k", "set k 1");
  member.hears(p1, Prepare{"k", 10});
  EXPECT_EQ(member.sent<Promise>().size(), 1u);
  EXPECT_TRUE(member.sent<Promise>()[0].second.decided);
  member.pull("k");
  ASSERT_TRUE(member.published<Prepare>());
  EXPECT_GT(member.published<Prepare>()->ballot, 10u);
}

TEST(CasPaxosTest, ConfirmsAReadEachTimeAndUsesUpNoBallot) {
  Member member{p0};
  member.commit("k", "set k 1");
  std::optional<Confirm> before;
  for (int i = 0; i < 3; ++i) {
    const Branch branch = member.outcome(member.pull("k"))->branch;
    ASSERT_TRUE(member.is(member.invoke(branch, "get k"), OutcomeKind::Ok));
    const RequestId pushed = member.push(branch);
    const auto confirm = member.published<Confirm>();
    ASSERT_TRUE(confirm);
    if (before) {
      EXPECT_EQ(confirm->ballot, before->ballot);
      member.hears(p1, Confirmed{"k", before->ballot, before->round});
      EXPECT_FALSE(member.outcome(pushed)) << "that was said before the push began";
    }
    member.hears(p1, Confirmed{"k", confirm->ballot, confirm->round});
    ASSERT_TRUE(member.is(pushed, OutcomeKind::Ok));
    EXPECT_EQ(initial.describe(member.outcome(pushed)->value), "\"1\"");
    before = confirm;
  }
}

TEST(CasPaxosTest, AReadThatCannotBeConfirmedIsStaleAndAWriteUnknown) {
  Member member{p0};
  member.commit("k", "set k 1");
  Ballot refused = 0;
  for (const bool writes : {false, true}) {
    const RequestId pulled = member.pull("k");
    if (const auto prepare = member.published<Prepare>()) {
      member.hears(p1, Promise{"k", prepare->ballot, {}});
    }
    const Branch branch = member.outcome(pulled)->branch;
    member.invoke(branch, writes ? "set k 2" : "get k");
    const RequestId pushed = member.push(branch);
    const Ballot ballot =
        writes ? member.published<Accept>()->ballot : member.published<Confirm>()->ballot;
    member.hears(p1, Refused{"k", ballot, ballot + 100});
    EXPECT_FALSE(member.outcome(pushed)) << "the other may still answer";
    refused = ballot + 100;
    member.hears(p2, Refused{"k", ballot, ballot + 100});
    EXPECT_TRUE(member.is(pushed, writes ? OutcomeKind::Unknown : OutcomeKind::Stale));
  }
  member.pull("k");
  EXPECT_GT(member.published<Prepare>()->ballot, refused);
}

TEST(CasPaxosTest, AReadOfWhatMayNotBeCommittedWritesItBack) {
  Member member{p0};
  const RequestId pulled = member.pull("k", true);
  const Ballot ballot = member.published<Prepare>()->ballot;
  member.hears(p1, Promise{"k", ballot, Vote{2, value_of(1, "set k 1")}});
  const Branch branch = member.outcome(pulled)->branch;
  member.invoke(branch, "get k");
  EXPECT_TRUE(member.noted(notes::written_back));
  const RequestId pushed = member.push(branch);
  ASSERT_TRUE(member.published<Accept>());
  EXPECT_EQ(member.published<Accept>()->value, value_of(1, "set k 1"));
  member.hears(p2, Accepted{"k", ballot});
  ASSERT_TRUE(member.is(pushed, OutcomeKind::Ok));
  EXPECT_EQ(initial.describe(member.outcome(pushed)->value), "\"1\"");
  EXPECT_EQ(member.decided(), std::vector<std::uint64_t>{1});
}

TEST(CasPaxosTest, WhatAQuorumAcceptedIsKnownToBeCommitted) {
  Member member{p0};
  member.hears(p1, Accept{"k", 4, 0, 0, value_of(1, "set k 1")});
  const RequestId pulled = member.pull("k");
  const Ballot ballot = member.published<Prepare>()->ballot;
  member.hears(p1, Promise{"k", ballot, Vote{4, value_of(1, "set k 1")}});
  EXPECT_TRUE(member.is(pulled, OutcomeKind::Ok));
  EXPECT_EQ(member.decided(), std::vector<std::uint64_t>{1});
  ASSERT_EQ(member.sent<Committed>().size(), 1u) << "who did not know is told";
  EXPECT_EQ(member.sent<Committed>()[0].first, p1);
}

TEST(CasPaxosTest, MethodsOfAnUncommittedBaseAreDecidedWithIt) {
  Member member{p0};
  const RequestId pulled = member.pull("k");
  const Ballot ballot = member.published<Prepare>()->ballot;
  member.hears(p1, Promise{"k", ballot, Vote{2, value_of(5, "set k 1")}});
  const Branch branch = member.outcome(pulled)->branch;
  member.invoke(branch, "append k 2");
  member.push(branch);
  member.hears(p2, Accepted{"k", ballot});
  EXPECT_EQ(member.decided(), (std::vector<std::uint64_t>{5, 6}));
}

TEST(CasPaxosTest, TooManyMethodsThatDependOnEachOtherAreCommittedFirst) {
  Value long_tail = *decode<Value>(value_of(99, "set k 1"));
  long_tail.tail.resize(tail_count_max, long_tail.tail.front());
  Member member{p0};
  const RequestId pulled = member.pull("k");
  const Ballot ballot = member.published<Prepare>()->ballot;
  member.hears(p1, Promise{"k", ballot, Vote{2, encode(long_tail)}});
  const Branch branch = member.outcome(pulled)->branch;
  const RequestId invoked = member.invoke(branch, "set k 2");
  EXPECT_TRUE(member.is(invoked, OutcomeKind::Stale));
  ASSERT_TRUE(member.published<Accept>());
  EXPECT_EQ(member.published<Accept>()->value, encode(long_tail));
  EXPECT_TRUE(member.is(member.push(branch), OutcomeKind::Stale));
  member.hears(p2, Accepted{"k", ballot});
  EXPECT_EQ(member.decided().size(), tail_count_max);
  EXPECT_TRUE(member.is(member.commit("k", "set k 2"), OutcomeKind::Ok));
}

TEST(CasPaxosTest, PullsOfOnePartitionWaitForEachOther) {
  Member member{p0};
  const RequestId first = member.pull("k");
  const Ballot ballot = member.published<Prepare>()->ballot;
  const RequestId second = member.pull("k");
  EXPECT_TRUE(member.noted(notes::waiting));
  member.hears(p1, Promise{"k", ballot, {}});
  ASSERT_TRUE(member.is(first, OutcomeKind::Ok));
  EXPECT_FALSE(member.outcome(second));
  const Branch branch = member.outcome(first)->branch;
  member.invoke(branch, "set k 1");
  const RequestId pushed = member.push(branch);
  member.hears(p1, Accepted{"k", ballot});
  EXPECT_TRUE(member.is(pushed, OutcomeKind::Ok));
  EXPECT_TRUE(member.is(second, OutcomeKind::Ok)) << "in the same step";
  EXPECT_TRUE(member.sent<Committed>().empty()) << "the next Accept will say so";
}

TEST(CasPaxosTest, ManyWaitAndMoreAreRefused) {
  Member member{p0};
  member.pull("k");
  for (std::size_t i = 0; i < waiting_max; ++i) member.pull("k");
  EXPECT_TRUE(member.is(member.pull("k"), OutcomeKind::Preempted));
  const RequestId elsewhere = member.pull("other");
  member.hears(p1, Promise{"other", 3, {}});
  EXPECT_TRUE(member.is(elsewhere, OutcomeKind::Ok));
  member.hears(p1, Prepare{"k", 100});
  std::size_t preempted = 0;
  for (const Effect& effect : member.effects()) {
    const auto* answer = std::get_if<Reply>(&effect);
    if (answer == nullptr) continue;
    EXPECT_EQ(decode_outcome(answer->value)->kind, OutcomeKind::Preempted);
    ++preempted;
  }
  EXPECT_EQ(preempted, waiting_max + 1) << "nobody waits to outbid the other member";
}

TEST(CasPaxosTest, ABranchThatNobodyGoesOnWithIsClosed) {
  Member member{p0};
  member.commit("k", "set k 1");
  const Branch left = member.outcome(member.pull("k"))->branch;
  const RequestId waits = member.pull("k");
  EXPECT_FALSE(member.outcome(waits));
  member.step(TimerFired{TimerId{1}});
  EXPECT_TRUE(member.noted(notes::abandoned));
  EXPECT_TRUE(member.is(waits, OutcomeKind::Ok));
  EXPECT_TRUE(member.is(member.invoke(left, "set k 2"), OutcomeKind::Stale));
}

TEST(CasPaxosTest, WhoThinksAboutTheStateYieldsToTheNext) {
  Member member{p0};
  member.commit("k", "set k 1");
  const Branch thinker = member.outcome(member.pull("k", true))->branch;
  const RequestId next = member.pull("k");
  ASSERT_TRUE(member.is(next, OutcomeKind::Ok));
  EXPECT_NE(member.outcome(next)->branch, thinker);
  EXPECT_TRUE(member.is(member.invoke(thinker, "set k 2"), OutcomeKind::Stale));
}

TEST(CasPaxosTest, WithoutAQuorumPullsAndPushesEnd) {
  Member member{p0};
  const RequestId pulled = member.pull("k");
  const RequestId waits = member.pull("k");
  member.step(TimerFired{TimerId{1}});
  EXPECT_TRUE(member.is(pulled, OutcomeKind::NoQuorum));
  EXPECT_TRUE(member.is(waits, OutcomeKind::NoQuorum));
  EXPECT_EQ(member.machine().proposers_count(), 0u);
}

TEST(CasPaxosTest, WhatIsIdleTakesNoMemoryButItsRegister) {
  Member member{p0};
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_TRUE(member.is(member.commit(key, "set " + key + " 1"), OutcomeKind::Ok));
  }
  EXPECT_EQ(member.machine().proposers_count(), 0u);
  EXPECT_EQ(member.machine().registers_count(), 50u);
}

TEST(CasPaxosTest, ALearnerDecidesWhatItIsToldAndServesNothing) {
  Member watcher{learner};
  EXPECT_TRUE(watcher.is(watcher.pull("k"), OutcomeKind::NoQuorum));
  watcher.hears(p0, Learn{"k", Vote{3, value_of(1, "set k 1")}});
  EXPECT_EQ(watcher.decided(), std::vector<std::uint64_t>{1});
  watcher.hears(p0, Learn{"k", Vote{3, value_of(1, "set k 1")}});
  EXPECT_TRUE(watcher.decided().empty()) << "once";
  watcher.hears(p0, Learn{"k", Vote{9, value_of(4, "set k 4")}});
  EXPECT_EQ(watcher.decided(), std::vector<std::uint64_t>{4});
  EXPECT_TRUE(watcher.noted(notes::missed));
  watcher.hears(p0, Prepare{"k", 12});
  EXPECT_TRUE(watcher.noted(notes::malformed));
}

TEST(CasPaxosTest, ASnapshotStandsForAllRegisters) {
  const Options small{.call_timeout = 500ms, .snapshot_after = 1'024};
  Member member{p0, {}, small};
  for (int i = 0; i < 300; ++i) {
    const std::string key = "k" + std::to_string(i % 40);
    ASSERT_TRUE(member.is(member.commit(key, "append " + key + " x"), OutcomeKind::Ok));
  }
  EXPECT_FALSE(member.kept().snapshot_chunks.empty());
  EXPECT_LT(member.kept().records.size(), 300u);
  Member later{p0, member.kept(), small};
  EXPECT_EQ(later.machine().registers_count(), 40u);
  const RequestId pulled = later.pull("k7");
  const Ballot ballot = later.published<Prepare>()->ballot;
  later.hears(p1, Promise{"k7", ballot, {}});
  const Branch branch = later.outcome(pulled)->branch;
  const RequestId read = later.invoke(branch, "strlen k7");
  EXPECT_EQ(initial.describe(later.outcome(read)->value), "(integer) 8");
}

TEST(CasPaxosTest, StatementsThatNoMemberMakesAreDropped) {
  Member member{p0};
  member.hears(p1, Prepare{"k", 5});
  EXPECT_TRUE(member.noted(notes::malformed)) << "5 is p2's";
  member.hears(p1, Accept{"k", 4, 8, 0, value_of(1, "set k 1")});
  EXPECT_TRUE(member.noted(notes::malformed)) << "8 is p2's";
  member.hears(p1, Accept{"k", 4, 7, 0, value_of(1, "set k 1")});
  member.hears(p1, Accept{"k", 4, 7, 0, value_of(1, "set k 2")});
  EXPECT_TRUE(member.noted(notes::malformed)) << "one value a ballot";
  member.hears(learner, Prepare{"k", 10});
  EXPECT_TRUE(member.noted(notes::not_a_member));
}

}  // namespace
}  // namespace parley::caspaxos
