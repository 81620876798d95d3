// SPDX-License-Identifier: Apache-2.0
//
// vertical_paxos step by step, with a master whose answers the test writes.
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "apps/lab/world/disk.h"
#include "core/api/call.h"
#include "tests/unit/plugins/backend/multi_paxos_cluster.h"

namespace parley::vertical_paxos {
namespace {

using Journal = multi_paxos::Journal;

constexpr PrincipalId n0{0}, n1{1}, n2{2};

Membership epoch_of(std::uint64_t epoch, const std::vector<PrincipalId>& order) {
  Membership membership{.epoch = Epoch{epoch}, .order = order};
  for (const PrincipalId member : order) membership.members.insert(member);
  return membership;
}

/// Three nodes whose messages wait until the test has them delivered.
class Trio {
 public:
  explicit Trio(WriteQuorum quorum) {
    options_.write_quorum = quorum;
    options_.call_timeout = 200ms;
    options_.heartbeat = 20ms;
    options_.suspect_after = 100ms;
    options_.snapshot_after = 1 << 20;
    options_.silent_heartbeats_max = 3;
    for (const PrincipalId id : {n0, n1, n2}) start(id);
  }

  void start(PrincipalId id) {
    machines_[id] = std::make_unique<VerticalPaxos>(initial_, options_);
    const auto kept = disks_[id].recover();
    const auto found = kept.find(InstanceId{1});
    const Recovered nothing;
    step(id, Start{id, std::make_shared<const Membership>(epoch_of(1, {n0, n1, n2})),
                   found == kept.end() ? nothing : found->second});
  }
  void step(PrincipalId id, const Input& input) {
    Effects effects;
    machines_.at(id)->step(input, effects);
    std::vector<StoreChange> changes;
    for (const Effect& effect : effects) {
      if (const auto* persist = std::get_if<Persist>(&effect)) {
        changes.push_back({InstanceId{1}, *persist});
      }
      if (const auto* send = std::get_if<Send>(&effect)) messages_.push_back({id, *send});
      if (const auto* local = std::get_if<Local>(&effect)) ask(id, *local);
      if (const auto* note = std::get_if<Note>(&effect)) ++notes_[note->declaration->name];
      if (const auto* replied = std::get_if<Reply>(&effect)) {
        replies_[replied->request] = decode_outcome(replied->value);
      }
    }
    if (changes.empty()) return;
    disks_[id].append(std::move(changes));
    disks_[id].sync(disks_[id].appended());
  }
  void fire(PrincipalId id, TimerId timer, int times = 1) {
    for (int i = 0; i < times; ++i) step(id, TimerFired{timer});
  }
  /// Effect: messages arrive until none is on its way; those to or from `lost`, or of
  /// that type, do not.
  void deliver(const PrincipalSet& lost = {}, StatementType lost_type = {}) {
    for (int left = 10'000; left > 0 && !messages_.empty(); --left) {
      const auto [from, send] = messages_.front();
      messages_.pop_front();
      if (lost.contains(from) || lost.contains(send.to) || send.type == lost_type) continue;
      step(send.to, Deliver{from, send.type, send.record});
    }
  }
  /// Effect: the node hears from the master.
  void answer(PrincipalId id, const ConfigurationAnswer& answer) {
    const Bytes value = encode_result(CallResult{CallResultKind::Ok, encode_configuration(answer)});
    step(id, Answered{RequestId{1}, value});
  }
  std::optional<Outcome> call(PrincipalId id, PortId port, const Bytes& value) {
    const RequestId request{++requests_};
    step(id, Submit{request, port, value});
    return outcome(request);
  }
  std::optional<Outcome> outcome(RequestId request) {
    const auto found = replies_.find(request);
    return found == replies_.end() ? std::nullopt : found->second;
  }
  /// The push's request; the push itself may wait.
  RequestId begin(PrincipalId id, std::string_view method) {
    const auto pulled = call(id, port_pull, encode_call(PullCall{}));
    EXPECT_TRUE(pulled && pulled->kind == OutcomeKind::Ok);
    const Branch branch = pulled ? pulled->branch : 0;
    call(id, port_invoke, encode_call(InvokeCall{branch, to_bytes(method)}));
    call(id, port_push, encode_call(PushCall{branch}));
    return RequestId{requests_};
  }
  bool done(RequestId request) {
    const auto found = outcome(request);
    return found && found->kind == OutcomeKind::Ok;
  }
  bool leads(PrincipalId id) {
    const auto pulled = call(id, port_pull, encode_call(PullCall{}));
    return pulled && pulled->kind == OutcomeKind::Ok;
  }
  /// What was asked of the master last, by anybody.
  const std::optional<ConfigurationCall>& asked() const { return asked_; }
  std::uint64_t notes(const std::string& name) { return notes_["vertical_paxos_" + name]; }
  void lose_messages() { messages_.clear(); }

 private:
  void ask(PrincipalId, const Local& local) {
    EXPECT_EQ(local.port, port_configuration);
    const auto call = decode_call(local.value);
    ASSERT_TRUE(call);
    asked_ = decode_configuration_call(call->method);
  }

  Journal initial_;
  Options options_;
  std::map<PrincipalId, std::unique_ptr<VerticalPaxos>> machines_;
  std::map<PrincipalId, Disk> disks_;
  std::deque<std::pair<PrincipalId, Send>> messages_;
  std::map<RequestId, std::optional<Outcome>> replies_;
  std::uint64_t requests_ = 0;
  std::optional<ConfigurationCall> asked_;
  std::map<std::string, std::uint64_t> notes_;
};

TEST(VerticalPaxosTest, AsManyCommitAsTheKeySays) {
  for (const auto& [quorum, needed] :
       {std::pair{WriteQuorum::All, 3}, {WriteQuorum::Majority, 2}, {WriteQuorum::One, 1}}) {
    Trio trio{quorum};
    trio.deliver();
    const RequestId push = trio.begin(n0, "a");
    EXPECT_EQ(trio.done(push), needed == 1);
    trio.deliver({n1, n2});
    EXPECT_EQ(trio.done(push), needed == 1);
    trio.fire(n0, timer_beat, 2);
    trio.deliver({n2});
    EXPECT_EQ(trio.done(push), needed <= 2);
    trio.fire(n0, timer_beat, 2);
    trio.deliver();
    EXPECT_TRUE(trio.done(push));
  }
}

TEST(VerticalPaxosTest, AMemberWhoseLeaderIsSilentProposesItself) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  trio.fire(n1, timer_watch);
  EXPECT_FALSE(trio.asked()) << "the leader was heard of";
  trio.fire(n1, timer_watch);
  ASSERT_TRUE(trio.asked());
  EXPECT_EQ(trio.asked()->kind, ConfigurationCallKind::Propose);
  EXPECT_EQ(trio.asked()->epoch, Epoch{1});
  EXPECT_EQ(trio.asked()->order, (std::vector{n1, n2}));
}

TEST(VerticalPaxosTest, NobodyProposesWhatCouldNotBegin) {
  Trio trio{WriteQuorum::One};
  trio.deliver();
  trio.fire(n1, timer_watch, 2);
  ASSERT_TRUE(trio.asked());
  EXPECT_EQ(trio.asked()->kind, ConfigurationCallKind::Get) << "n0 may have committed alone";
  EXPECT_EQ(trio.notes("no_read_quorum"), 1u);
}

TEST(VerticalPaxosTest, ANewLeaderServesOnlyAfterAReadQuorumOfEveryEpochSinceTheCompletedOne) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  // Epoch 2 of n1 alone came to nothing; epoch 1 may have gone on without n2.
  const ConfigurationAnswer decided{Epoch{1}, {epoch_of(2, {n1}), epoch_of(3, {n2})}};
  trio.answer(n2, decided);
  trio.deliver({n0, n1});
  EXPECT_FALSE(trio.leads(n2));
  trio.fire(n2, timer_beat);
  trio.deliver({n1});
  EXPECT_FALSE(trio.leads(n2)) << "two of epoch 1, none of epoch 2";
  trio.fire(n2, timer_beat);
  trio.deliver();
  EXPECT_TRUE(trio.leads(n2));
}

TEST(VerticalPaxosTest, OneMemberIsEnoughWhereAllHadToCommit) {
  Trio trio{WriteQuorum::All};
  trio.deliver();
  trio.answer(n1, {Epoch{1}, {epoch_of(2, {n1, n2})}});
  EXPECT_TRUE(trio.leads(n1)) << "its own promise is a read quorum";
}

TEST(VerticalPaxosTest, ANewLeaderFetchesTheGreatestLog) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  const RequestId push = trio.begin(n0, "a");
  trio.deliver({n2});
  ASSERT_TRUE(trio.done(push));
  trio.answer(n2, {Epoch{1}, {epoch_of(2, {n2, n1})}});
  trio.deliver({n0});
  EXPECT_EQ(trio.notes("fetching"), 1u);
  ASSERT_TRUE(trio.leads(n2));
  const RequestId read = trio.begin(n2, "");
  trio.deliver({n0});
  ASSERT_TRUE(trio.done(read));
  const Outcome answer = trio.outcome(read).value();
  Reader in{answer.value};
  EXPECT_EQ(in.u64(), 1u) << "what was committed before";
}

TEST(VerticalPaxosTest, WhatNobodyElseHasIsTakenOverAndItsCallerNotTold) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  const RequestId push = trio.begin(n0, "a");
  trio.lose_messages();
  trio.answer(n2, {Epoch{1}, {epoch_of(2, {n2, n1})}});
  trio.deliver({n1});
  EXPECT_EQ(trio.notes("fetching"), 1u);
  EXPECT_TRUE(trio.leads(n2));
  ASSERT_TRUE(trio.outcome(push));
  EXPECT_EQ(trio.outcome(push)->kind, OutcomeKind::Unknown);
}

TEST(VerticalPaxosTest, AVoterWithTheGreatestLogThatFallsSilentIsForgotten) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  trio.begin(n0, "a");
  trio.lose_messages();
  trio.answer(n2, {Epoch{1}, {epoch_of(2, {n2, n1})}});
  trio.deliver({n1}, Fetch::type);
  EXPECT_EQ(trio.notes("fetching"), 1u);
  for (int beats = 0; beats < 3; ++beats) {
    trio.fire(n2, timer_beat);
    trio.deliver({n0});
  }
  EXPECT_FALSE(trio.leads(n2)) << "n0 may be back";
  for (int beats = 0; beats < 3; ++beats) {
    trio.fire(n2, timer_beat);
    trio.deliver({n0});
  }
  EXPECT_EQ(trio.notes("fetch_given_up"), 1u);
  EXPECT_TRUE(trio.leads(n2)) << "n1 and itself are enough";
}

TEST(VerticalPaxosTest, TheMasterHearsOfAnEpochOnlyAfterAWriteQuorumHasTheState) {
  Trio trio{WriteQuorum::All};
  trio.deliver();
  trio.answer(n1, {Epoch{1}, {epoch_of(2, {n1, n2})}});
  trio.fire(n1, timer_beat);
  EXPECT_FALSE(trio.asked());
  trio.deliver();
  trio.fire(n1, timer_beat);
  ASSERT_TRUE(trio.asked());
  EXPECT_EQ(trio.asked()->kind, ConfigurationCallKind::Complete);
  EXPECT_EQ(trio.asked()->epoch, Epoch{2});
}

TEST(VerticalPaxosTest, WhoPromisedAnEpochObeysNoneBeforeEvenAfterACrash) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  trio.answer(n1, {Epoch{1}, {epoch_of(2, {n1, n2})}});
  trio.answer(n2, {Epoch{1}, {epoch_of(2, {n1, n2})}});
  trio.lose_messages();
  trio.start(n2);
  const RequestId push = trio.begin(n0, "late");
  trio.deliver({n1});
  EXPECT_FALSE(trio.done(push));
  EXPECT_GE(trio.notes("fenced"), 1u);
  EXPECT_EQ(trio.outcome(push)->kind, OutcomeKind::Unknown) << "n0 was told of the epoch";
}

TEST(VerticalPaxosTest, ALeaderThatWasReplacedAnswersNoRead) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  trio.answer(n1, {Epoch{1}, {epoch_of(2, {n1, n2})}});
  trio.deliver({n0});
  const RequestId write = trio.begin(n1, "new");
  trio.deliver({n0});
  ASSERT_TRUE(trio.done(write));
  const RequestId read = trio.begin(n0, "");
  EXPECT_FALSE(trio.outcome(read)) << "it asks first";
  trio.deliver();
  ASSERT_TRUE(trio.outcome(read));
  EXPECT_EQ(trio.outcome(read)->kind, OutcomeKind::Stale);
}

TEST(VerticalPaxosTest, ARestartedLeaderGoesOnInItsEpoch) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  const RequestId before = trio.begin(n0, "a");
  trio.deliver();
  ASSERT_TRUE(trio.done(before));
  trio.start(n0);
  EXPECT_EQ(trio.notes("resumed"), 1u);
  const RequestId after = trio.begin(n0, "b");
  trio.deliver();
  EXPECT_TRUE(trio.done(after));
}

TEST(VerticalPaxosTest, WhatOnlyAHostileMasterSaysHasNoEffect) {
  Trio trio{WriteQuorum::Majority};
  trio.deliver();
  trio.answer(n0, {Epoch{1}, {}});
  trio.answer(n0, {Epoch{1}, {epoch_of(3, {n1})}});
  trio.answer(n0, {Epoch{1}, {epoch_of(2, {})}});
  trio.step(n0, Answered{RequestId{1}, view_of("noise")});
  EXPECT_EQ(trio.notes("master_unavailable"), 3u);
  EXPECT_EQ(trio.notes("epoch_adopted"), 0u);
  EXPECT_TRUE(trio.leads(n0));
}

}  // namespace
}  // namespace parley::vertical_paxos
