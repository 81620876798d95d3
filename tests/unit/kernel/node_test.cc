// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/node.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/base/limits.h"
#include "core/kernel/kernel_notes.h"
#include "tests/fixtures/fake_deployment.h"

namespace parley {
namespace {

using testing::FakeDeployment;
using testing::Script;

constexpr InstanceId thing{1};
constexpr PrincipalId r1{0};
constexpr PrincipalId r2{1};
constexpr PrincipalId r3{2};

SharedBytes shared(std::string_view text) {
  return SharedBytes{view_of(text)};
}

/// A machine that performs these effects when it is submitted to.
std::function<Script()> on_submit(std::function<void(const Submit&, Effects&)> act) {
  return [act] {
    return [act](const Input& input, Effects& effects) {
      if (const Submit* submit = std::get_if<Submit>(&input)) act(*submit, effects);
    };
  };
}

Publish publish(PublicationId id, std::string_view text) {
  return {.id = id,
          .verifiers = {r1, r2, r3},
          .auditors = {},
          .type = StatementType{1},
          .record = shared(text)};
}

Request submit(std::uint64_t request = 1) {
  return {thing, RequestId{request}, PortId{1}, ByteView{}};
}

Bytes bytes_of(const Frame& frame) {
  Bytes bytes;
  append_frame(bytes, frame);
  return bytes;
}

std::vector<PrincipalId> destinations(const NodeOutput& out) {
  std::vector<PrincipalId> list;
  for (const auto& outgoing : out.sends) list.push_back(outgoing.to);
  return list;
}

TimerKey publication_timer(std::uint64_t id) {
  return {thing, TimerKey::Owner::Publication, id};
}

/// Hands `frame` to `node` as a link would. Returns whether it was let in.
bool arrive(Node& node, PrincipalId from, const Frame& frame, NodeOutput& out) {
  const Bytes bytes = bytes_of(frame);
  const auto inspected = node.inspect(from, bytes);
  if (!std::holds_alternative<CheckJob>(inspected)) return false;
  const CheckJob& job = std::get<CheckJob>(inspected);
  Bytes scratch;
  if (!job.run(SealDomain{"fake", 1}, scratch)) return false;
  node.step(Arrived{from, job.frame}, out);
  return true;
}

bool noted(const NodeOutput& out, const NoteDeclaration& declaration) {
  for (const auto& entry : out.notes) {
    if (entry.note.declaration == &declaration) return true;
  }
  return false;
}

TEST(NodeTest, APublicationGoesToEveryOtherVerifier) {
  FakeDeployment deployment{
      on_submit([](const Submit&, Effects& e) { e.push_back(publish(PublicationId{5}, "x")); })};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  EXPECT_EQ(destinations(out), (std::vector{r2, r3}));
  // Encoded once: both frames share the body's bytes.
  EXPECT_EQ(out.sends[0].frame.body.view().data(), out.sends[1].frame.body.view().data());
}

TEST(NodeTest, AnUnacknowledgedPublicationIsSentAgainToThoseOwedOnly) {
  FakeDeployment deployment{
      on_submit([](const Submit&, Effects& e) { e.push_back(publish(PublicationId{5}, "x")); })};
  Node sender = deployment.node(0);
  Node receiver = deployment.node(1);
  NodeOutput out;
  NodeOutput answer;
  sender.step(Boot{}, out);
  receiver.step(Boot{}, answer);
  sender.step(submit(), out);
  ASSERT_TRUE(arrive(receiver, r1, out.sends[0].frame, answer));
  ASSERT_EQ(destinations(answer), std::vector{r1});
  ASSERT_TRUE(arrive(sender, r2, answer.sends[0].frame, out));

  sender.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_EQ(destinations(out), std::vector{r3});
  EXPECT_TRUE(noted(out, kernel_notes::retransmitted));
}

TEST(NodeTest, APublicationEndsWhenEveryVerifierAcknowledged) {
  FakeDeployment deployment{
      on_submit([](const Submit&, Effects& e) { e.push_back(publish(PublicationId{5}, "x")); })};
  Node sender = deployment.node(0);
  NodeOutput out;
  sender.step(Boot{}, out);
  sender.step(submit(), out);
  const std::vector<NodeOutput::Outgoing> sends = out.sends;
  for (const auto& send : sends) {
    Node receiver = deployment.node(send.to.value);
    NodeOutput answer;
    receiver.step(Boot{}, answer);
    ASSERT_TRUE(arrive(receiver, r1, send.frame, answer));
    ASSERT_TRUE(arrive(sender, send.to, answer.sends[0].frame, out));
  }
  ASSERT_EQ(out.timers.size(), 1u);
  EXPECT_FALSE(out.timers[0].set);
  sender.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_TRUE(out.empty());
}

// A machine may reuse an id; an acknowledgement that was on its way must not
// end the publication that took its place.
TEST(NodeTest, ALateAcknowledgementDoesNotEndASuccessor) {
  FakeDeployment deployment{on_submit([](const Submit& submit, Effects& effects) {
    effects.push_back(publish(PublicationId{5}, submit.request == RequestId{1} ? "a" : "b"));
  })};
  Node sender = deployment.node(0);
  Node receiver = deployment.node(1);
  NodeOutput out;
  NodeOutput answer;
  sender.step(Boot{}, out);
  receiver.step(Boot{}, answer);
  sender.step(submit(1), out);
  ASSERT_TRUE(arrive(receiver, r1, out.sends[0].frame, answer));
  sender.step(submit(2), out);
  ASSERT_TRUE(arrive(sender, r2, answer.sends[0].frame, out));
  sender.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_EQ(destinations(out), (std::vector{r2, r3}));
}

TEST(NodeTest, ProgressStopsAPublicationThatWaitsForAnswers) {
  FakeDeployment deployment{on_submit([](const Submit& submit, Effects& effects) {
    if (submit.request == RequestId{1}) {
      Publish waiting = publish(PublicationId{5}, "x");
      waiting.until_progress = true;
      effects.push_back(waiting);
    } else {
      effects.push_back(Progress{PublicationId{5}});
    }
  })};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(1), out);
  node.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_EQ(destinations(out), (std::vector{r2, r3}));
  node.step(submit(2), out);
  node.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_TRUE(out.sends.empty());
}

TEST(NodeTest, AStageIsFollowedByEveryVerifier) {
  FakeDeployment deployment{
      on_submit([](const Submit&, Effects& e) { e.push_back(publish(PublicationId{5}, "x")); }),
      /*with_stage=*/true};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  EXPECT_EQ(destinations(out), std::vector{r2});
  node.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_EQ(destinations(out), (std::vector{r2, r3}));
  EXPECT_TRUE(noted(out, kernel_notes::stage_escalated));
}

// Rule: a publication is durable with the step that made it.
TEST(NodeTest, ADurablePublicationIsResumedAfterARestart) {
  FakeDeployment deployment{on_submit([](const Submit&, Effects& effects) {
    effects.push_back(Persist{Append{shared("state")}});
    Publish durable = publish(PublicationId{5}, "x");
    durable.durable = true;
    effects.push_back(durable);
  })};
  Recovered stored;
  {
    Node node = deployment.node(0);
    NodeOutput out;
    node.step(Boot{}, out);
    node.step(submit(), out);
    ASSERT_EQ(out.persists.size(), 1u);
    const Append& append = std::get<Append>(out.persists[0].persist.change);
    stored.records.push_back({LogIndex{1}, to_bytes(append.record.view())});
  }
  Node restarted = deployment.node(0);
  NodeOutput out;
  restarted.step(Boot{{{thing, stored}}}, out);
  EXPECT_EQ(destinations(out), (std::vector{r2, r3}));
}

/// What a node with these outputs finds in its store after a restart.
class FakeLog {
 public:
  void take(const NodeOutput& out) {
    for (const StoreChange& change : out.persists) {
      const Append& append = std::get<Append>(change.persist.change);
      stored_.records.push_back(
          {LogIndex{stored_.records.size() + 1}, to_bytes(append.record.view())});
    }
  }
  Boot boot() const { return {{{thing, stored_}}}; }

 private:
  Recovered stored_;
};

Publish durable(PublicationId id, std::string_view text) {
  Publish made = publish(id, text);
  made.durable = true;
  return made;
}

/// A machine that performs the effects of `steps[n]` when request n comes.
std::function<Script()> on_request(std::map<std::uint64_t, Effects> steps) {
  return on_submit([steps](const Submit& submit, Effects& effects) {
    const Effects& step = steps.at(submit.request.value);
    effects.insert(effects.end(), step.begin(), step.end());
  });
}

std::vector<std::string> records_sent(const NodeOutput& out) {
  std::vector<std::string> records;
  for (const auto& outgoing : out.sends) {
    const Bytes bytes = bytes_of(outgoing.frame);
    records.emplace_back(text_of(decode_frame(bytes, 3)->record));
  }
  return records;
}

TEST(NodeTest, AfterARestartTheReplacementIsResumedAndNotWhatItReplaced) {
  FakeDeployment deployment{on_request({
      {1, {Persist{Append{shared("1")}}, durable(PublicationId{5}, "old")}},
      {2, {Persist{Append{shared("2")}}, durable(PublicationId{5}, "new")}},
  })};
  FakeLog log;
  NodeOutput out;
  Node node = deployment.node(0);
  node.step(Boot{}, out);
  for (const std::uint64_t request : {1u, 2u}) {
    node.step(submit(request), out);
    log.take(out);
  }
  Node restarted = deployment.node(0);
  restarted.step(log.boot(), out);
  EXPECT_EQ(records_sent(out), (std::vector<std::string>{"new", "new"}));
}

TEST(NodeTest, ProgressIsDurableWithTheNextRecord) {
  FakeDeployment deployment{on_request({
      {1, {Persist{Append{shared("1")}}, durable(PublicationId{5}, "x")}},
      {2, {Persist{Append{shared("2")}}, Progress{PublicationId{5}}}},
  })};
  FakeLog log;
  NodeOutput out;
  Node node = deployment.node(0);
  node.step(Boot{}, out);
  for (const std::uint64_t request : {1u, 2u}) {
    node.step(submit(request), out);
    log.take(out);
  }
  Node restarted = deployment.node(0);
  restarted.step(log.boot(), out);
  EXPECT_TRUE(out.sends.empty());
}

TEST(NodeTest, ProgressInStartEndsWhatWouldBeResumed) {
  FakeDeployment deployment{[] {
    return [](const Input& input, Effects& effects) {
      if (const Start* start = std::get_if<Start>(&input)) {
        if (!start->recovered.records.empty()) effects.push_back(Progress{PublicationId{5}});
      }
      if (std::holds_alternative<Submit>(input)) {
        effects.push_back(Persist{Append{shared("1")}});
        effects.push_back(durable(PublicationId{5}, "x"));
      }
    };
  }};
  FakeLog log;
  NodeOutput out;
  Node node = deployment.node(0);
  node.step(Boot{}, out);
  node.step(submit(), out);
  log.take(out);
  Node restarted = deployment.node(0);
  restarted.step(log.boot(), out);
  EXPECT_TRUE(out.sends.empty());
}

TEST(NodeTest, ProgressAndThenANewPublicationOfTheSameIdKeepsTheNewOne) {
  FakeDeployment deployment{on_request({
      {1, {publish(PublicationId{5}, "old")}},
      {2,
       {Persist{Append{shared("2")}}, Progress{PublicationId{5}},
        durable(PublicationId{5}, "new")}},
  })};
  FakeLog log;
  NodeOutput out;
  Node node = deployment.node(0);
  node.step(Boot{}, out);
  node.step(submit(1), out);
  node.step(submit(2), out);
  log.take(out);
  ASSERT_FALSE(out.timers.empty());
  EXPECT_TRUE(out.timers.back().set);
  node.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_EQ(records_sent(out), (std::vector<std::string>{"new", "new"}));
  Node restarted = deployment.node(0);
  restarted.step(log.boot(), out);
  EXPECT_EQ(records_sent(out), (std::vector<std::string>{"new", "new"}));
}

TEST(NodeTest, APublicationToNobodyStillReplaces) {
  Publish nobody = publish(PublicationId{5}, "x");
  nobody.verifiers = {r1};
  FakeDeployment deployment{on_request({{1, {publish(PublicationId{5}, "x")}}, {2, {nobody}}})};
  NodeOutput out;
  Node node = deployment.node(0);
  node.step(Boot{}, out);
  node.step(submit(1), out);
  node.step(submit(2), out);
  node.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_TRUE(out.sends.empty());
}

TEST(NodeTest, AnAcknowledgementIsOfATypeToo) {
  Publish other = publish(PublicationId{5}, "x");
  other.type = StatementType{2};
  FakeDeployment deployment{on_request({{1, {publish(PublicationId{5}, "x")}}, {2, {other}}})};
  Node sender = deployment.node(0);
  Node receiver = deployment.node(1);
  NodeOutput out;
  NodeOutput answer;
  sender.step(Boot{}, out);
  receiver.step(Boot{}, answer);
  sender.step(submit(1), out);
  ASSERT_TRUE(arrive(receiver, r1, out.sends[0].frame, answer));
  sender.step(submit(2), out);
  ASSERT_TRUE(arrive(sender, r2, answer.sends[0].frame, out));
  sender.step(NodeTimerFired{publication_timer(5)}, out);
  EXPECT_EQ(destinations(out), (std::vector{r2, r3}));
}

// Rule: Start comes first, for the Machine part of a mechanism too.
TEST(NodeTest, EveryMachineStartsBeforeItIsAskedForAnything) {
  FakeDeployment deployment{[] {
                              return [](const Input& input, Effects& effects) {
                                if (std::holds_alternative<Start>(input)) {
                                  effects.push_back(publish(PublicationId{5}, "x"));
                                }
                              };
                            },
                            false, "patient"};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  EXPECT_EQ(deployment.patient_inputs(), (std::vector<std::string>{"Start", "Submit"}));
}

// A step may publish more than instances may call each other.
TEST(NodeTest, ManyPublicationsMayAwaitTheirEvidence) {
  FakeDeployment deployment{on_submit([](const Submit&, Effects& effects) {
                              for (std::uint64_t id = 0; id <= limits::local_steps_max; ++id) {
                                effects.push_back(publish(PublicationId{id}, "x"));
                              }
                            }),
                            false, "patient"};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  EXPECT_TRUE(out.sends.empty());
}

TEST(NodeTest, AMachineSeesItsOwnRecordsUnwrapped) {
  std::vector<std::string> seen;
  FakeDeployment deployment{[&seen] {
    return [&seen](const Input& input, Effects& effects) {
      if (const Start* start = std::get_if<Start>(&input)) {
        for (const auto& record : start->recovered.records) {
          seen.emplace_back(text_of(record.bytes));
        }
      }
      if (std::holds_alternative<Submit>(input)) {
        effects.push_back(Persist{Append{shared("first")}});
        effects.push_back(Persist{Append{shared("second")}});
      }
    };
  }};
  NodeOutput out;
  Node node = deployment.node(0);
  node.step(Boot{}, out);
  node.step(submit(), out);
  Recovered stored;
  for (const StoreChange& change : out.persists) {
    stored.records.push_back({LogIndex{stored.records.size() + 1},
                              to_bytes(std::get<Append>(change.persist.change).record.view())});
  }
  Node restarted = deployment.node(0);
  restarted.step(Boot{{{thing, stored}}}, out);
  EXPECT_EQ(seen, (std::vector<std::string>{"first", "second"}));
}

TEST(NodeTest, ARestartedPeerIsOwedEverythingUnfinished) {
  FakeDeployment deployment{
      on_submit([](const Submit&, Effects& e) { e.push_back(publish(PublicationId{5}, "x")); })};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  node.step(PeerRestarted{r3}, out);
  EXPECT_EQ(destinations(out), std::vector{r3});
}

// Rule: the driver answers a Draw before any other input, and the effects of both
// steps are one.
TEST(NodeTest, ADrawIsAnsweredWithinItsStep) {
  FakeDeployment deployment{[] {
    return [](const Input& input, Effects& effects) {
      if (std::holds_alternative<Submit>(input)) effects.push_back(Draw{10});
      if (const Drawn* drawn = std::get_if<Drawn>(&input)) {
        effects.push_back(Reply{RequestId{1}, shared(std::to_string(drawn->value))});
      }
    };
  }};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  ASSERT_EQ(out.replies.size(), 1u);
  EXPECT_EQ(text_of(out.replies[0].value), "9");
  EXPECT_EQ(deployment.chooser.bounds, std::vector<std::uint64_t>{10});
}

TEST(NodeTest, RefusesFramesThatAreNotForItOrNotProven) {
  FakeDeployment deployment{on_submit([](const Submit&, Effects& effects) {
    effects.push_back(Send{r2, StatementType{1}, shared("x")});
  })};
  Node sender = deployment.node(0);
  NodeOutput out;
  sender.step(Boot{}, out);
  sender.step(submit(), out);
  const Frame frame = out.sends[0].frame;

  Node other = deployment.node(2);
  const auto elsewhere = other.inspect(r1, bytes_of(frame));
  ASSERT_TRUE(std::holds_alternative<Refusal>(elsewhere));
  EXPECT_EQ(std::get<Refusal>(elsewhere).reason, &kernel_notes::not_a_verifier);

  Node target = deployment.node(1);
  NodeOutput answer;
  EXPECT_FALSE(arrive(target, r1, {frame.body, shared("?")}, answer));
  EXPECT_TRUE(arrive(target, r1, frame, answer));

  const auto garbage = target.inspect(r1, view_of("garbage"));
  ASSERT_TRUE(std::holds_alternative<Refusal>(garbage));
  target.step(Dropped{r1, std::get<Refusal>(garbage).reason}, answer);
  EXPECT_TRUE(noted(answer, kernel_notes::frame_malformed));
}

TEST(NodeTest, APublicationWaitsForEvidenceThatOthersMustGive) {
  FakeDeployment deployment{
      on_submit([](const Submit&, Effects& e) { e.push_back(publish(PublicationId{5}, "x")); }),
      false, "patient"};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  EXPECT_TRUE(out.sends.empty());
  ASSERT_EQ(out.timers.size(), 1u);

  node.step(NodeTimerFired{out.timers[0].key}, out);
  EXPECT_EQ(destinations(out), (std::vector{r2, r3}));
  EXPECT_EQ(text_of(out.sends[0].frame.evidence), "patience");
  EXPECT_TRUE(out.replies.empty());
}

TEST(NodeTest, ASendWaitsForEvidenceToo) {
  FakeDeployment deployment{on_submit([](const Submit&, Effects& effects) {
                              effects.push_back(Send{r3, StatementType{1}, shared("x")});
                            }),
                            false, "patient"};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  EXPECT_TRUE(out.sends.empty());
  node.step(NodeTimerFired{out.timers[0].key}, out);
  EXPECT_EQ(destinations(out), std::vector{r3});
}

TEST(NodeTest, AStatementWithoutEvidenceIsNotSentAndCounted) {
  FakeDeployment deployment{on_submit([](const Submit&, Effects& effects) {
                              effects.push_back(Send{r3, StatementType{1}, shared("x")});
                            }),
                            false, "patient"};
  *deployment.patient_refuses = true;
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  node.step(NodeTimerFired{out.timers[0].key}, out);
  EXPECT_TRUE(out.sends.empty());
  EXPECT_TRUE(noted(out, kernel_notes::not_sealed));
}

TEST(NodeTest, TheReplyToALocalEffectComesBackAsAnswered) {
  FakeDeployment deployment{[] {
    return [](const Input& input, Effects& effects) {
      if (const Submit* submit = std::get_if<Submit>(&input)) {
        if (submit->port == testing::own_wire.port) {
          effects.push_back(Reply{submit->request, shared("answer")});
        } else {
          effects.push_back(Local{testing::own_wire.from, RequestId{77}, shared("question")});
        }
      }
      if (const Answered* answered = std::get_if<Answered>(&input)) {
        EXPECT_EQ(answered->request, RequestId{77});
        effects.push_back(Reply{RequestId{1}, SharedBytes{answered->value}});
      }
    };
  }};
  Node node = deployment.node(0);
  NodeOutput out;
  node.step(Boot{}, out);
  node.step(submit(), out);
  ASSERT_EQ(out.replies.size(), 1u) << "the answer stays inside the node";
  EXPECT_EQ(out.replies[0].request, RequestId{1});
  EXPECT_EQ(text_of(out.replies[0].value), "answer");
}

TEST(NodeTest, AnInstanceThatChangedItsMembersHearsTheNewOnesOnly) {
  FakeDeployment deployment{[] {
    return [](const Input& input, Effects& effects) {
      if (const Deliver* deliver = std::get_if<Deliver>(&input)) {
        effects.push_back(Reply{RequestId{deliver->issuer.value}, {}});
      }
      const Submit* submit = std::get_if<Submit>(&input);
      if (submit == nullptr) return;
      if (submit->request == RequestId{1}) {
        const PrincipalSet members{r1, r2};
        effects.push_back(ChangeMembership{std::make_shared<const Membership>(Membership{
            .epoch = Epoch{1}, .members = members, .learners = {}, .order = members.members()})});
      } else {
        effects.push_back(Send{r1, StatementType{1}, shared("x")});
      }
    };
  }};
  Node node = deployment.node(0);
  Node kept = deployment.node(1);
  Node removed = deployment.node(2);
  NodeOutput out;
  NodeOutput sent;
  node.step(Boot{}, out);
  kept.step(Boot{}, sent);
  removed.step(Boot{}, sent);
  node.step(submit(1), out);
  removed.step(submit(2), sent);
  ASSERT_TRUE(arrive(node, r3, sent.sends[0].frame, out));
  EXPECT_TRUE(noted(out, kernel_notes::not_a_member));
  EXPECT_TRUE(out.replies.empty());
  kept.step(submit(2), sent);
  ASSERT_TRUE(arrive(node, r2, sent.sends[0].frame, out));
  EXPECT_EQ(out.replies.size(), 1u);
}

}  // namespace
}  // namespace parley
