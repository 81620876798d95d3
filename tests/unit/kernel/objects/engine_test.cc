// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "core/kernel/objects/engine_notes.h"
#include "tests/fixtures/counter_object.h"

namespace parley {
namespace {

using testing::CounterObject;

constexpr PrincipalId me{0};
constexpr PrincipalId other{1};
const Recovered nothing{};

/// What the backends of a test have in common: the committed object, and what
/// they answer next.
struct Cluster {
  SessionObject object{std::make_unique<CounterObject>()};
  std::map<PortId, std::vector<Outcome>> next;  ///< Given before anything is done.
  bool forgets_push_answers = false;            ///< A push is applied and answers Unknown.
  std::vector<Bytes> pushed;
  std::uint64_t attempts = 0;
};

class ToyBackend final : public Machine {
 public:
  explicit ToyBackend(Cluster& cluster) : cluster_(&cluster) {}

  void step(const Input& input, Effects& effects) override {
    const Submit* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    effects.push_back(Reply{submit->request, SharedBytes{encode_outcome(answer(*submit))}});
  }
  void encode(StateWriter& out) const override { out.bytes(method_); }
  std::unique_ptr<Machine> clone() const override { return std::make_unique<ToyBackend>(*this); }

 private:
  Outcome answer(const Submit& submit) {
    std::vector<Outcome>& scripted = cluster_->next[submit.port];
    if (!scripted.empty()) {
      const Outcome outcome = scripted.front();
      scripted.erase(scripted.begin());
      return outcome;
    }
    if (submit.port == port_pull) return {.branch = ++cluster_->attempts};
    if (submit.port == port_invoke) {
      const std::optional<InvokeCall> call = decode_invoke(submit.value);
      EXPECT_TRUE(call && call->branch == cluster_->attempts);
      method_ = call ? call->method : Bytes{};
      return {.branch = cluster_->attempts};
    }
    const std::optional<PushCall> call = decode_push(submit.value);
    EXPECT_TRUE(call && call->branch == cluster_->attempts);
    cluster_->pushed.push_back(method_);
    Bytes result = cluster_->object.apply(method_);
    if (cluster_->forgets_push_answers) {
      cluster_->forgets_push_answers = false;
      return {.kind = OutcomeKind::Unknown};
    }
    return {.value = std::move(result)};
  }

  Cluster* cluster_;
  Bytes method_;
};

/// An engine, stepped by hand.
class Engine {
 public:
  explicit Engine(Cluster& cluster, PrincipalId self = me, bool partitions = false,
                  std::uint64_t life = 7)
      : life_(life),
        engine_({.object = cluster.object, .memoises = true, .partitions = partitions},
                std::make_unique<ToyBackend>(cluster)) {
    step(Start{self, std::make_shared<const Membership>(), nothing});
  }

  void step(const Input& input) {
    effects.clear();
    engine_.step(input, effects);
    const auto draw = std::find_if(effects.begin(), effects.end(), [](const Effect& effect) {
      return std::holds_alternative<Draw>(effect);
    });
    if (draw != effects.end()) {
      effects.erase(draw);
      engine_.step(Drawn{life_}, effects);
    }
    for (const Effect& effect : effects) {
      if (const Reply* reply = std::get_if<Reply>(&effect)) {
        const std::optional<CallResult> result = decode_result(reply->value);
        ASSERT_TRUE(result);
        results[reply->request.value] = *result;
      }
    }
  }
  void call(std::uint64_t request, const Call& call) {
    step(Submit{RequestId{request}, port_call, encode_call(call)});
  }
  void call(std::uint64_t request, std::string_view method, CallMode mode = CallMode::ExactlyOnce) {
    call(request, {.mode = mode, .timeout = 1s, .method = to_bytes(method)});
  }
  void tick(int times = 1) {
    for (int i = 0; i < times; ++i) step(TimerFired{timer_engine_tick});
  }
  std::optional<Send> sent() const {
    for (const Effect& effect : effects) {
      if (const Send* send = std::get_if<Send>(&effect)) return *send;
    }
    return std::nullopt;
  }
  std::string text(std::uint64_t request) const {
    const auto found = results.find(request);
    if (found == results.end()) return "no answer";
    if (found->second.kind == CallResultKind::NotApplied) return "not applied";
    if (found->second.kind == CallResultKind::Unknown) return "unknown";
    if (found->second.kind == CallResultKind::NotSupported) return "not supported";
    return std::string{text_of(found->second.value)};
  }

  Effects effects;
  std::map<std::uint64_t, CallResult> results;

 private:
  std::uint64_t life_;
  ObjectEngine engine_;
};

Outcome preempted(std::optional<PrincipalId> owner = std::nullopt) {
  return {.kind = OutcomeKind::Preempted, .owner = owner};
}

TEST(EngineTest, ACallIsPulledInvokedAndPushedInOneStep) {
  Cluster cluster;
  Engine engine{cluster};
  engine.call(7, "add");
  EXPECT_EQ(engine.text(7), "1");
  engine.call(8, "add");
  EXPECT_EQ(engine.text(8), "2");
  EXPECT_EQ(engine.text(7), "1");
}

// Rule: exactly once is the whole triple under one request id.
TEST(EngineTest, AnUnknownPushIsTriedAgainAndCountsOnce) {
  Cluster cluster;
  Engine engine{cluster};
  engine.call(1, "add");
  cluster.forgets_push_answers = true;
  engine.call(2, "add");
  EXPECT_EQ(engine.text(2), "no answer");
  engine.tick(40);
  EXPECT_EQ(engine.text(2), "2");
  engine.call(3, "add");
  EXPECT_EQ(engine.text(3), "3");
}

TEST(EngineTest, AtLeastOnceMayCountTwice) {
  Cluster cluster;
  Engine engine{cluster};
  cluster.forgets_push_answers = true;
  engine.call(1, "add", CallMode::AtLeastOnce);
  engine.tick(40);
  EXPECT_EQ(engine.text(1), "2");
}

TEST(EngineTest, AtMostOnceSaysWhetherItMayHaveHappened) {
  Cluster cluster;
  Engine engine{cluster};
  engine.call(1, "add", CallMode::AtMostOnce);
  EXPECT_EQ(engine.text(1), "1");
  cluster.next[port_pull] = {preempted()};
  engine.call(2, "add", CallMode::AtMostOnce);
  EXPECT_EQ(engine.text(2), "not applied");
  cluster.next[port_push] = {{.kind = OutcomeKind::Stale}};
  engine.call(3, "add", CallMode::AtMostOnce);
  EXPECT_EQ(engine.text(3), "not applied");
  cluster.next[port_push] = {{.kind = OutcomeKind::Unknown}};
  engine.call(4, "add", CallMode::AtMostOnce);
  EXPECT_EQ(engine.text(4), "unknown");
}

TEST(EngineTest, RetryGivesUpAfterSoManyAttempts) {
  Cluster cluster;
  Engine engine{cluster};
  engine.call(1, "add");
  cluster.next[port_pull] = {preempted(), preempted(), preempted()};
  engine.call(2,
              {.mode = CallMode::Retry, .attempts = 3, .timeout = 10s, .method = to_bytes("add")});
  EXPECT_EQ(engine.text(2), "no answer");
  engine.tick(100);
  EXPECT_EQ(engine.text(2), "not applied");
  EXPECT_TRUE(cluster.next[port_pull].empty());
}

TEST(EngineTest, ACallEndsWithItsTime) {
  Cluster cluster;
  Engine engine{cluster};
  engine.call(1, "add");
  cluster.next[port_pull].assign(1'000, preempted());
  engine.call(2, "add");
  engine.tick(99);
  EXPECT_EQ(engine.text(2), "no answer");
  engine.tick(1);
  EXPECT_EQ(engine.text(2), "not applied");

  cluster.next.clear();
  cluster.next[port_push].assign(1'000, {.kind = OutcomeKind::Unknown});
  engine.call(3, "add");
  engine.tick(100);
  EXPECT_EQ(engine.text(3), "unknown");
}

TEST(EngineTest, ACallGoesToTheOwnerAndItsAnswerComesBack) {
  Cluster cluster;
  Engine engine{cluster};
  Engine owner{cluster, other};
  engine.call(1, "add");
  cluster.next[port_pull] = {preempted(other)};
  engine.call(2, "add");
  const std::optional<Send> request = engine.sent();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->to, other);
  owner.step(Deliver{me, request->type, request->record});
  const std::optional<Send> answer = owner.sent();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->to, me);
  engine.step(Deliver{other, answer->type, answer->record});
  EXPECT_EQ(engine.text(2), "2");
  engine.step(Deliver{other, answer->type, answer->record});  // Twice: nothing more happens.
  EXPECT_EQ(engine.results.size(), 2u);
}

TEST(EngineTest, AForwardedCallThatIsLostOrDoubledStillCountsOnce) {
  Cluster cluster;
  Engine engine{cluster};
  Engine owner{cluster, other};
  engine.call(1, "add");
  cluster.next[port_pull] = {preempted(other)};
  engine.call(2, "add");
  const Send request = *engine.sent();
  owner.step(Deliver{me, request.type, request.record});
  owner.step(Deliver{me, request.type, request.record});
  engine.tick(90);  // The answers are lost; the call is tried again, here.
  EXPECT_EQ(engine.text(2), "2");
}

// Rule: a statement may arrive twice, also after the first was answered.
TEST(EngineTest, ARepeatedForwardIsNoSecondAttempt) {
  Cluster cluster;
  Engine engine{cluster};
  Engine owner{cluster, other};
  cluster.next[port_pull] = {preempted(other)};
  engine.call(1, "add", CallMode::AtLeastOnce);
  const Send request = *engine.sent();
  owner.step(Deliver{me, request.type, request.record});
  ASSERT_TRUE(owner.sent());
  owner.step(Deliver{me, request.type, request.record});
  EXPECT_FALSE(owner.sent());
  engine.call(2, "get");
  EXPECT_EQ(engine.text(2), "1");
}

TEST(EngineTest, ForwardsMayOvertakeEachOther) {
  Cluster cluster;
  Engine engine{cluster};
  Engine owner{cluster, other};
  engine.call(1, "add");
  std::vector<Send> requests;
  for (std::uint64_t i = 0; i < 5; ++i) {
    cluster.next[port_pull] = {preempted(other)};
    engine.call(10 + i, "add");
    requests.push_back(*engine.sent());
  }
  for (const std::size_t i : {4u, 0u, 2u, 2u, 1u, 4u, 3u, 0u}) {
    owner.step(Deliver{me, requests[i].type, requests[i].record});
  }
  engine.call(2, "get");
  EXPECT_EQ(engine.text(2), "6");
}

// A node that comes back may use the numbers of its earlier life again.
TEST(EngineTest, AnAnswerToAnEarlierLifeIsNotTaken) {
  Cluster cluster;
  Engine owner{cluster, other};
  const auto first_forward = [&](Engine& engine) {
    cluster.next[port_pull] = {preempted(other)};
    engine.call(1, "get");
    EXPECT_EQ(engine.text(1), "no answer");
    return *engine.sent();
  };
  Engine before{cluster, me, false, 7};
  const Send asked = first_forward(before);
  owner.step(Deliver{me, asked.type, asked.record});
  const Send answer = *owner.sent();
  cluster.object.apply(plain_method(view_of("add")));

  Engine after{cluster, me, false, 8};
  const Send again = first_forward(after);
  after.step(Deliver{other, answer.type, answer.record});
  EXPECT_EQ(after.text(1), "no answer") << "it is of the past";
  owner.step(Deliver{me, again.type, again.record});
  const Send fresh = *owner.sent();
  after.step(Deliver{me, fresh.type, fresh.record});
  EXPECT_EQ(after.text(1), "no answer") << "nor is it believed from anybody else";
  after.step(Deliver{other, fresh.type, fresh.record});
  EXPECT_EQ(after.text(1), "1");
}

// A peer's bytes never stop a node.
TEST(EngineTest, AnOkThatDoesNotDecodeIsAnUnknownAttempt) {
  Cluster cluster;
  Engine engine{cluster};
  Engine owner{cluster, other};
  cluster.next[port_pull] = {preempted(other)};
  engine.call(1, "get");
  const Send plain = *engine.sent();
  owner.step(Deliver{me, plain.type, plain.record});
  const Send answer = *owner.sent();  // Of a read: no memo is in it.
  Engine adds{cluster};
  adds.call(1, "add");
  cluster.next[port_pull] = {preempted(other)};
  adds.call(2, "add");  // Its first forward too.
  adds.step(Deliver{other, answer.type, answer.record});
  ASSERT_FALSE(adds.effects.empty());
  EXPECT_EQ(std::get<Note>(adds.effects[0]).declaration, &engine_notes::malformed);
  adds.tick(80);
  EXPECT_EQ(adds.text(2), "2");
}

TEST(EngineTest, WhoServesAForwardedCallDoesNotForwardIt) {
  Cluster cluster;
  Engine engine{cluster};
  Engine owner{cluster, other};
  engine.call(1, "add");
  cluster.next[port_pull] = {preempted(other), preempted(me)};
  engine.call(2, "add");
  const Send request = *engine.sent();
  owner.step(Deliver{me, request.type, request.record});
  const std::optional<Send> answer = owner.sent();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type, type_forward_answer);
  engine.step(Deliver{other, answer->type, answer->record});
  engine.tick(40);
  EXPECT_EQ(engine.text(2), "2");
}

// A session that the state no longer knows is replaced, and what may have been
// applied under it is not applied again.
TEST(EngineTest, AForgottenSessionIsReplaced) {
  Cluster cluster;
  Engine engine{cluster};
  engine.call(1, "add");
  for (SessionId id = 100; id < 100 + SessionObject::sessions_max; ++id) {
    cluster.object.apply(memoised_method(id, 1, 0, view_of("get")));
  }
  engine.call(2, "add");
  engine.tick(40);
  EXPECT_EQ(engine.text(2), "2");
}

TEST(EngineTest, NothingIsTriedAgainUnderANewSessionThatMayHaveHappened) {
  Cluster cluster;
  Engine engine{cluster};
  engine.call(1, "add");
  cluster.forgets_push_answers = true;
  engine.call(2, "add");
  for (SessionId id = 100; id < 100 + SessionObject::sessions_max; ++id) {
    cluster.object.apply(memoised_method(id, 1, 0, view_of("get")));
  }
  engine.tick(99);
  EXPECT_EQ(engine.text(2), "unknown");
  engine.call(3, "get");
  EXPECT_EQ(engine.text(3), "2") << "it was applied once";
}

TEST(EngineTest, AMethodOverSeveralPartitionsIsNotSupportedByABackendThatKeepsThemApart) {
  Cluster cluster;
  Engine engine{cluster, me, true};
  engine.call(1, "get");
  EXPECT_EQ(engine.text(1), "not supported");
  engine.call(2, "add");
  EXPECT_EQ(engine.text(2), "1");
}

TEST(EngineTest, MalformedCallsAreRefusedAndMalformedStatementsDropped) {
  Cluster cluster;
  Engine engine{cluster};
  engine.step(Submit{RequestId{1}, port_call, view_of("nonsense")});
  EXPECT_EQ(engine.text(1), "not supported");
  for (const StatementType type : {type_forward, type_forward_answer}) {
    engine.step(Deliver{other, type, view_of("nonsense")});
    ASSERT_EQ(engine.effects.size(), 1u);
    EXPECT_EQ(std::get<Note>(engine.effects[0]).declaration, &engine_notes::malformed);
  }
}

TEST(EngineTest, OtherPortsGoToTheBackend) {
  Cluster cluster;
  ObjectEngine engine{{.object = cluster.object}, std::make_unique<ToyBackend>(cluster)};
  Effects effects;
  engine.step(Submit{RequestId{5}, port_pull, encode_call(PullCall{})}, effects);
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(std::get<Reply>(effects[0]).request, RequestId{5});
}

TEST(EngineTest, ACloneBehavesAsItsOriginal) {
  Cluster cluster;
  ObjectEngine engine{{.object = cluster.object}, std::make_unique<ToyBackend>(cluster)};
  Effects effects;
  cluster.next[port_pull] = {preempted(), preempted()};
  engine.step(
      Submit{RequestId{5}, port_call, encode_call(Call{.timeout = 1s, .method = to_bytes("add")})},
      effects);
  effects.clear();
  engine.step(Drawn{1}, effects);
  const std::unique_ptr<Machine> clone = engine.clone();
  const auto encoded = [](const Machine& machine) {
    Bytes bytes;
    StateWriter writer{bytes};
    machine.encode(writer);
    return bytes;
  };
  EXPECT_EQ(encoded(engine), encoded(*clone));
  engine.step(TimerFired{timer_engine_tick}, effects);
  EXPECT_NE(encoded(engine), encoded(*clone));
}

}  // namespace
}  // namespace parley
