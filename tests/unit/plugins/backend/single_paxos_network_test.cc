// SPDX-License-Identifier: Apache-2.0
//
// Members of single_paxos together: agreement on any network, and what a
// decision reaches.
#include <gtest/gtest.h>

#include "apps/lab/conformance/hand_caller.h"
#include "apps/lab/conformance/machine_network.h"
#include "apps/lab/object_client.h"
#include "core/base/prng.h"
#include "plugins/backend/single_paxos/single_paxos.h"
#include "plugins/object/register/register.h"

namespace parley::single_paxos {
namespace {

using write_once_register::Register;

class SinglePaxosNetworkTest : public testing::Test {
 protected:
  MachineNetwork network(std::uint32_t members) {
    return MachineNetwork{[this] { return std::make_unique<SinglePaxos>(initial_, 500ms); },
                          members};
  }
  Bytes method(std::string_view words) const { return *initial_.parse_method(words); }

  std::string run(MachineNetwork& net, std::uint32_t member, std::string_view words) {
    const auto pushed = HandCaller{net, PrincipalId{member}}.run(method(words));
    return is_ok(pushed) ? initial_.describe(pushed->value) : "failed";
  }
  /// Pulls and invokes at the member, and submits the push, which nobody answers yet.
  RequestId begin_push(MachineNetwork& net, std::uint32_t member, std::string_view words) {
    HandCaller caller{net, PrincipalId{member}};
    caller.pull();
    caller.invoke(method(words));
    const RequestId request = net.new_request();
    net.submit(PrincipalId{member}, request, port_push, encode_call(PushCall{caller.branch()}));
    return request;
  }

  Register initial_;
};

TEST_F(SinglePaxosNetworkTest, FirstPutWinsAndEverybodyLearnsIt) {
  MachineNetwork net = network(5);
  EXPECT_EQ(run(net, 3, "get"), "(unwritten)");
  EXPECT_EQ(run(net, 1, "put one"), "one");
  EXPECT_EQ(run(net, 4, "put four"), "one");
  EXPECT_EQ(run(net, 0, "get"), "one");
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(net.decided(PrincipalId{i}).size(), 1u);
  EXPECT_EQ(net.disagreement(), "");
}

TEST_F(SinglePaxosNetworkTest, WorksWithAMinorityDownAndNotWithAMajority) {
  MachineNetwork net = network(3);
  net.crash(PrincipalId{2});
  EXPECT_EQ(run(net, 0, "put a"), "a");
  net.crash(PrincipalId{1});
  EXPECT_FALSE((HandCaller{net, PrincipalId{0}}.pull()));
  ASSERT_TRUE(net.fire_timer(PrincipalId{0}));
  EXPECT_EQ(decode_outcome(net.replies().rbegin()->second)->kind, OutcomeKind::NoQuorum);
}

// The push was Unknown to its caller, and committed all the same by another.
TEST_F(SinglePaxosNetworkTest, UnknownPushMayBeCommittedBySomebodyElse) {
  MachineNetwork net = network(3);
  const RequestId request = begin_push(net, 0, "put a");
  net.deliver(0);  // Accepted by one other, whose answer is lost.
  while (net.in_flight() > 0) net.lose(0);
  ASSERT_TRUE(net.fire_timer(PrincipalId{0}));
  EXPECT_EQ(decode_outcome(net.replies().at(request))->kind, OutcomeKind::Unknown);
  EXPECT_EQ(run(net, 2, "put c"), "a");
}

TEST_F(SinglePaxosNetworkTest, DecisionOutlivesItsProposer) {
  MachineNetwork net = network(3);
  begin_push(net, 0, "put a");
  while (net.decided().empty()) net.deliver(0);
  while (net.in_flight() > 0) net.lose(0);  // Nobody heard of the decision.
  net.crash(PrincipalId{0});
  net.restart(PrincipalId{0});
  EXPECT_EQ(net.decided(PrincipalId{0}).size(), 1u);
  net.repeat_publications(PrincipalId{0});
  net.deliver_all();
  EXPECT_EQ(net.decided(PrincipalId{1}).size(), 1u);
  EXPECT_EQ(net.decided(PrincipalId{2}).size(), 1u);
}

// One member, two callers: whoever pulled last has the branch, and the other is
// told so instead of being answered for.
TEST_F(SinglePaxosNetworkTest, CallersOfOneMemberNeverPushEachOthersMethods) {
  MachineNetwork net = network(3);
  HandCaller first{net, PrincipalId{0}};
  HandCaller second{net, PrincipalId{0}};
  ASSERT_TRUE(is_ok(first.pull()));
  ASSERT_TRUE(is_ok(first.invoke(method("put first"))));
  ASSERT_TRUE(is_ok(second.pull()));
  ASSERT_TRUE(is_ok(second.invoke(method("put second"))));
  EXPECT_TRUE(is_stale(first.push()));
  EXPECT_TRUE(net.decided().empty());
  const auto pushed = second.push();
  ASSERT_TRUE(is_ok(pushed));
  EXPECT_EQ(initial_.describe(pushed->value), "second");
  EXPECT_EQ(net.decided().at(1), SharedBytes{method("put second")});
}

TEST_F(SinglePaxosNetworkTest, BranchOfAnEarlierLifeIsStale) {
  MachineNetwork net = network(3);
  HandCaller caller{net, PrincipalId{0}};
  caller.pull();
  caller.invoke(method("put a"));
  net.crash(PrincipalId{0});
  net.restart(PrincipalId{0});
  HandCaller later{net, PrincipalId{0}};
  ASSERT_TRUE(is_ok(later.pull()));
  EXPECT_NE(later.branch(), caller.branch());
  ASSERT_TRUE(is_ok(later.invoke(method("put b"))));
  EXPECT_TRUE(is_stale(caller.invoke(method("put a"))));
  EXPECT_TRUE(is_stale(caller.push()));
  EXPECT_TRUE(is_ok(later.push()));
}

/// Two callers at two of three members, on a network that does its worst.
class RandomSchedule {
 public:
  RandomSchedule(MachineNetwork net, std::uint64_t seed, std::vector<Bytes> methods)
      : net_(std::move(net)), random_(seed) {
    for (Bytes& method : methods) clients_.emplace_back(std::move(method), 1'000'000);
    requests_.resize(clients_.size());
  }

  void run(std::uint32_t steps) {
    for (std::uint32_t i = 0; i < steps && net_.disagreement().empty(); ++i) {
      one_step(random_.below(100));
      take_replies();
    }
  }

  const MachineNetwork& net() const { return net_; }
  /// What successful calls returned.
  const std::vector<Bytes>& results() const { return results_; }

 private:
  void one_step(std::uint64_t dice) {
    const PrincipalId member{static_cast<std::uint32_t>(random_.below(net_.size()))};
    if (dice < 55) return message();
    if (dice < 80) return call(random_.below(clients_.size()));
    if (dice < 88) return net_.repeat_publications(member);
    if (!net_.up(member)) return net_.restart(member);
    if (dice < 95) return static_cast<void>(net_.fire_timer(member));
    if (dice < 97) crash(member);
  }

  void message() {
    if (net_.in_flight() == 0) return;
    const std::size_t index = random_.below(net_.in_flight());
    if (random_.chance(150'000)) return net_.lose(index);
    net_.deliver(index, random_.chance(200'000));
  }

  void call(std::size_t client) {
    const PrincipalId member{static_cast<std::uint32_t>(client)};
    if (!net_.up(member)) return;
    const auto due = clients_[client].next();
    if (!due) return;
    requests_[client] = net_.new_request();
    net_.submit(member, *requests_[client], due->port, due->value);
  }

  void crash(PrincipalId member) {
    net_.crash(member);
    if (member.value >= clients_.size() || !requests_[member.value]) return;
    requests_[member.value].reset();
    clients_[member.value].on_lost();
  }

  void take_replies() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (!requests_[i]) continue;
      const auto reply = net_.replies().find(*requests_[i]);
      if (reply == net_.replies().end()) continue;
      requests_[i].reset();
      clients_[i].on_reply(reply->second);
      if (!clients_[i].done()) continue;
      results_.push_back(clients_[i].result()->value);
      clients_[i] = ObjectClient{clients_[i].method(), 1'000'000};
    }
    net_.replies().clear();
  }

  MachineNetwork net_;
  Prng random_;
  std::vector<ObjectClient> clients_;
  std::vector<std::optional<RequestId>> requests_;
  std::vector<Bytes> results_;
};

TEST_F(SinglePaxosNetworkTest, AgreesOnAnySchedule) {
  std::uint32_t decided_count = 0;
  std::size_t results_count = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    RandomSchedule schedule{network(3), seed, {method("put zero"), method("put one")}};
    schedule.run(600);
    ASSERT_EQ(schedule.net().disagreement(), "") << "seed " << seed;
    const auto& decided = schedule.net().decided();
    decided_count += decided.empty() ? 0 : 1;
    results_count += schedule.results().size();
    for (const Bytes& result : schedule.results()) {
      // The register's value is the one method that was decided.
      Register object;
      ASSERT_EQ(result, object.apply(decided.at(1))) << "seed " << seed;
    }
  }
  // The schedules reach what they are meant to try.
  EXPECT_GT(decided_count, 2'700u);
  EXPECT_GT(results_count, 9'000u);
}

}  // namespace
}  // namespace parley::single_paxos
