// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/object_call.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace parley {
namespace {

using Json = nlohmann::json;

/// Methods are `put TEXT`; the part of the state a method needs is its first letter.
class LettersObject final : public Object {
 public:
  Bytes apply(ByteView method) override { return to_bytes(method); }
  void snapshot(Bytes& /*out*/) const override {}
  bool restore(ByteView snapshot) override { return snapshot.empty(); }
  std::unique_ptr<Object> clone() const override { return std::make_unique<LettersObject>(); }
  std::optional<Bytes> partition(ByteView method) const override {
    return to_bytes(method.first(1));
  }
  std::optional<Bytes> parse_method(std::string_view words) const override {
    if (!words.starts_with("put ") || words.size() == 4) return std::nullopt;
    return to_bytes(view_of(words.substr(4)));
  }
  std::string describe(ByteView result) const override {
    return '<' + std::string{text_of(result)} + '>';
  }
};

const LettersObject letters;

Bytes accepted(PortId port, std::string_view query, std::string_view body = {}) {
  const auto call = read_object_call(letters, port, query, body);
  EXPECT_TRUE(call.ok()) << call.error().message;
  return call.ok() ? call.value().value : Bytes{};
}

std::string refusal(PortId port, std::string_view query, std::string_view body = {}) {
  const auto call = read_object_call(letters, port, query, body);
  EXPECT_FALSE(call.ok()) << query;
  return call.ok() ? std::string{} : call.error().message;
}

HttpResponse response(PortId port, const Outcome& outcome, bool answers_value = true) {
  return outcome_response(letters, port, answers_value, SharedBytes{encode_outcome(outcome)},
                          [](PrincipalId who) { return "r" + std::to_string(who.value + 1); });
}

TEST(ObjectCallTest, APullAsksForTheStateUnlessToldNotTo) {
  EXPECT_EQ(accepted(port_pull, ""), encode_call(PullCall{.with_state = true}));
  EXPECT_EQ(accepted(port_pull, "state=1"), encode_call(PullCall{.with_state = true}));
  EXPECT_EQ(accepted(port_pull, "state=0"), encode_call(PullCall{.with_state = false}));
  EXPECT_FALSE(read_object_call(letters, port_pull, "state=0", "").value().answers_value);
  for (const char* query : {"state=2", "state", "sate=0", "state=0&state=1"}) {
    EXPECT_EQ(
        refusal(port_pull, query),
        std::string{"expected after the '?' of a pull state=0 or state=1, found '"} + query + "'");
  }
}

TEST(ObjectCallTest, APullThatNamesTheMethodToComeIsOfItsPartition) {
  EXPECT_EQ(accepted(port_pull, "", "put apple\n"),
            encode_call(PullCall{.with_state = true, .partition = {'a'}}));
  EXPECT_EQ(refusal(port_pull, "", "eat apple"), "the object does not understand the method");
}

TEST(ObjectCallTest, InvokeAndPushNameTheBranchOfTheirPull) {
  EXPECT_EQ(accepted(port_invoke, "branch=7", "put x\r\n"), encode_call(InvokeCall{7, {'x'}}));
  EXPECT_EQ(accepted(port_push, "branch=18446744073709551615"), encode_call(PushCall{UINT64_MAX}));
}

TEST(ObjectCallTest, ABranchThatIsMissingOrMalformedIsRefusedWithWhatIsExpected) {
  const std::string expected = "expected ?branch=N, the branch that a pull answered, found ";
  for (const PortId port : {port_invoke, port_push}) {
    EXPECT_EQ(refusal(port, "", "put x"), expected + "nothing");
    for (const char* query : {"branch", "branch=", "branch=0", "branch=-1", "branch=+1", "branch=x",
                              "branch=1x", "branch= 1", "branch=18446744073709551616", "Branch=1",
                              "branch=1&branch=2", "x=1&branch=1"}) {
      EXPECT_EQ(refusal(port, query, "put x"), expected + "'" + query + "'");
    }
  }
}

TEST(ObjectCallTest, APushTakesNoBody) {
  EXPECT_EQ(refusal(port_push, "branch=1", "put x"),
            "expected no body: a push commits what was invoked, found 'put x'");
  EXPECT_EQ(accepted(port_push, "branch=1", "\n"), encode_call(PushCall{1}));
}

TEST(OutcomeResponseTest, APullTellsItsBranchExactly) {
  const HttpResponse told = response(
      port_pull, {.branch = UINT64_MAX, .position = {.time = 3, .version = 1}, .value = {'v'}});
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(Json::parse(told.body), Json::parse(R"({"kind":"ok","branch":"18446744073709551615",
            "position":{"time":3,"version":1},"value":"<v>"})"));
}

// Goal: an empty state is a state; one that was not asked for is none.
TEST(OutcomeResponseTest, AStateThatWasNotAskedForIsNull) {
  EXPECT_EQ(Json::parse(response(port_pull, {.branch = 1}, false).body)["value"], Json{});
  EXPECT_EQ(Json::parse(response(port_pull, {.branch = 1}, true).body)["value"], "<>");
}

TEST(OutcomeResponseTest, EveryFailureHasItsStatus) {
  const std::pair<OutcomeKind, int> failures[] = {{OutcomeKind::Preempted, 409},
                                                  {OutcomeKind::NoQuorum, 503},
                                                  {OutcomeKind::Stale, 409},
                                                  {OutcomeKind::Unknown, 504}};
  for (const auto& [kind, status] : failures) {
    const HttpResponse told = response(port_push, {.kind = kind});
    EXPECT_EQ(told.status, status);
    EXPECT_EQ(Json::parse(told.body)["value"], Json{});
    EXPECT_FALSE(Json::parse(told.body).contains("branch"));
  }
}

TEST(OutcomeResponseTest, APreemptedPullNamesWhoWouldServeIt) {
  const HttpResponse told =
      response(port_pull, {.kind = OutcomeKind::Preempted, .owner = PrincipalId{1}});
  EXPECT_EQ(Json::parse(told.body)["owner"], "r2");
  EXPECT_FALSE(
      Json::parse(response(port_pull, {.kind = OutcomeKind::Preempted}).body).contains("owner"));
}

TEST(OutcomeResponseTest, NoAnswerIsUnknownAndNoOutcomeIsTheBackendsFault) {
  const auto nobody = [](PrincipalId) { return std::string{}; };
  EXPECT_EQ(outcome_response(letters, port_push, true, std::nullopt, nobody).status, 504);
  EXPECT_EQ(outcome_response(letters, port_push, true, SharedBytes{Bytes{9}}, nobody).status, 500);
}

}  // namespace
}  // namespace parley
