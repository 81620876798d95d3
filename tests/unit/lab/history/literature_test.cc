// SPDX-License-Identifier: Apache-2.0
//
// Anomalies that have names, and their harmless twins.
#include <gtest/gtest.h>

#include "apps/lab/history/check.h"
#include "tests/unit/lab/history/random_history.h"

namespace parley::history::testing {
namespace {

/// "3 ok get x 1": process, type, operation, key and value as JSON. '-' is no key.
std::string line(const std::string& words) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (int i = 0; i < 4; ++i) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    parts.push_back(words.substr(begin, end - begin));
    begin = std::min(end + 1, words.size());
  }
  const std::string value = words.substr(begin);
  return "{\"process\":" + parts[0] + ",\"type\":\"" + parts[1] + "\",\"f\":\"" + parts[2] + "\"" +
         (parts[3].empty() || parts[3] == "-" ? "" : ",\"key\":\"" + parts[3] + "\"") +
         (value.empty() ? "" : ",\"value\":" + value) + "}\n";
}

struct Judged {
  History history;
  Problem problem;
  Judgement judgement;
};

Judged judge(Model model, const std::vector<std::string>& lines, const Budget& budget = {}) {
  std::string text;
  for (const std::string& words : lines) text += line(words);
  Diagnostics faults;
  Judged judged;
  judged.history = read_history(text, faults);
  judged.problem = understand(judged.history, model, faults);
  EXPECT_FALSE(faults.has_errors()) << text << faults.sorted().at(0).message;
  judged.judgement = check(judged.problem, budget);
  return judged;
}

Verdict verdict(Model model, const std::vector<std::string>& lines) {
  return judge(model, lines).judgement.verdict;
}

TEST(LiteratureTest, AStaleReadIsAViolationAndAConcurrentOneIsNot) {
  EXPECT_EQ(verdict(Model::Register, {"1 invoke write - 1", "1 ok write - 1", "1 invoke write - 2",
                                      "1 ok write - 2", "2 invoke read", "2 ok read - 1"}),
            Verdict::Violated);
  EXPECT_EQ(verdict(Model::Register, {"1 invoke write - 1", "1 ok write - 1", "1 invoke write - 2",
                                      "2 invoke read", "2 ok read - 1", "1 ok write - 2"}),
            Verdict::Linearizable);
}

TEST(LiteratureTest, ANewValueDoesNotBecomeOldAgain) {
  EXPECT_EQ(verdict(Model::Register, {"1 invoke write - 1", "2 invoke read", "2 ok read - 1",
                                      "2 invoke read", "2 ok read - null", "1 ok write - 1"}),
            Verdict::Violated);
}

TEST(LiteratureTest, ALostUpdateIsAViolation) {
  EXPECT_EQ(verdict(Model::KeyValue,
                    {"1 invoke incr x 1", "2 invoke incr x 1", "1 ok incr x 1", "2 ok incr x 1"}),
            Verdict::Violated);
  EXPECT_EQ(verdict(Model::KeyValue,
                    {"1 invoke incr x 1", "2 invoke incr x 1", "1 ok incr x 2", "2 ok incr x 1"}),
            Verdict::Linearizable);
}

TEST(LiteratureTest, ADirtyReadOfWhatFailedIsAViolation) {
  EXPECT_EQ(verdict(Model::KeyValue,
                    {"1 invoke set x 7", "2 invoke get x", "2 ok get x 7", "1 fail set x 7"}),
            Verdict::Violated);
  EXPECT_EQ(verdict(Model::KeyValue,
                    {"1 invoke set x 7", "2 invoke get x", "2 ok get x 7", "1 info set x 7"}),
            Verdict::Linearizable);
}

TEST(LiteratureTest, AnUnknownOutcomeMayTakeEffectLateOrNeverButNotTwice) {
  const std::vector<std::string> begin = {"1 invoke set x 1", "1 ok set x 1", "2 invoke set x 2",
                                          "2 info set x 2"};
  const auto then = [&](std::vector<std::string> rest) {
    std::vector<std::string> lines = begin;
    lines.insert(lines.end(), rest.begin(), rest.end());
    return verdict(Model::KeyValue, lines);
  };
  EXPECT_EQ(then({"1 invoke get x", "1 ok get x 1"}), Verdict::Linearizable);
  EXPECT_EQ(then({"1 invoke get x", "1 ok get x 1", "1 invoke get x", "1 ok get x 2"}),
            Verdict::Linearizable);
  EXPECT_EQ(then({"1 invoke get x", "1 ok get x 2", "1 invoke set x 3", "1 ok set x 3",
                  "1 invoke get x", "1 ok get x 2"}),
            Verdict::Violated);
}

TEST(LiteratureTest, WriteSkewAcrossKeysNeedsTransactions) {
  const std::string left = R"(txn - [["get","x"],["set","y",1]])";
  const std::string right = R"(txn - [["get","y"],["set","x",1]])";
  EXPECT_EQ(verdict(Model::KeyValue, {"1 invoke " + left, "2 invoke " + right,
                                      "1 ok txn - [null,null]", "2 ok txn - [null,null]"}),
            Verdict::Violated);
  EXPECT_EQ(verdict(Model::KeyValue, {"1 invoke " + left, "2 invoke " + right,
                                      "1 ok txn - [null,null]", "2 ok txn - [1,null]"}),
            Verdict::Linearizable);
}

TEST(LiteratureTest, AKeyThatATransactionTouchesIsJudgedWithItsOthers) {
  const Judged judged = judge(
      Model::KeyValue, {"1 invoke set z 1", "1 ok set z 1",
                        R"(1 invoke txn - [["set","x",1],["set","y",1]])", "1 ok txn - [null,null]",
                        "2 invoke get x", "2 ok get x 1", "2 invoke get y", "2 ok get y null"});
  EXPECT_EQ(judged.judgement.partitions, 2U);
  EXPECT_EQ(judged.judgement.verdict, Verdict::Violated);
  EXPECT_EQ(judged.judgement.counterexample->keys.size(), 2U);
}

TEST(LiteratureTest, AQueueGivesEachValueOnceAndInOrder) {
  const std::vector<std::string> two = {"1 invoke enqueue - 1", "1 ok enqueue",
                                        "1 invoke enqueue - 2", "1 ok enqueue"};
  const auto then = [&](std::vector<std::string> rest) {
    std::vector<std::string> lines = two;
    lines.insert(lines.end(), rest.begin(), rest.end());
    return verdict(Model::Queue, lines);
  };
  EXPECT_EQ(then({"2 invoke dequeue", "2 ok dequeue - 1", "3 invoke dequeue", "3 ok dequeue - 1"}),
            Verdict::Violated);
  EXPECT_EQ(then({"2 invoke dequeue", "2 ok dequeue - 2", "3 invoke dequeue", "3 ok dequeue - 1"}),
            Verdict::Violated);
  EXPECT_EQ(then({"2 invoke dequeue", "3 invoke dequeue", "2 ok dequeue - 2", "3 ok dequeue - 1"}),
            Verdict::Linearizable);
  EXPECT_EQ(then({"2 invoke dequeue", "2 ok dequeue - null"}), Verdict::Violated);
  EXPECT_EQ(then({"2 invoke dequeue", "2 info dequeue", "3 invoke dequeue", "3 ok dequeue - 2"}),
            Verdict::Linearizable);
}

TEST(LiteratureTest, ALockIsHeldByOne) {
  EXPECT_EQ(verdict(Model::Lock,
                    {"1 invoke acquire", "1 ok acquire", "2 invoke acquire", "2 ok acquire"}),
            Verdict::Violated);
  EXPECT_EQ(verdict(Model::Lock, {"1 invoke acquire", "1 ok acquire", "2 invoke acquire",
                                  "1 invoke release", "2 ok acquire", "1 ok release"}),
            Verdict::Linearizable);
  EXPECT_EQ(verdict(Model::Lock,
                    {"1 invoke acquire", "1 ok acquire", "2 invoke release", "2 ok release"}),
            Verdict::Violated);
}

TEST(MinimalTest, OnlyWhatProvesTheViolationIsLeft) {
  std::vector<std::string> lines;
  for (int i = 1; i <= 200; ++i) {
    const std::string set = "set x " + std::to_string(i);
    const std::string get = "get x " + std::to_string(i);
    lines.insert(lines.end(), {"1 invoke " + set, "1 ok " + set, "2 invoke get x", "2 ok " + get,
                               "1 invoke set y 1", "1 ok set y 1"});
  }
  lines.insert(lines.end(), {"3 invoke get x", "3 ok get x 199"});
  lines.insert(lines.end(), {"3 invoke get x", "3 ok get x 200"});
  const Judged judged = judge(Model::KeyValue, lines);
  ASSERT_EQ(judged.judgement.verdict, Verdict::Violated);
  const Counterexample& found = *judged.judgement.counterexample;
  EXPECT_TRUE(found.minimal_is_final);
  EXPECT_EQ(found.prefix.size(), 401U);
  // set 199, set 200, get 199: the last set is needed, for without it 199 is right.
  ASSERT_EQ(found.minimal.size(), 3U);
  ASSERT_EQ(found.dead_ends.size(), 1U);
  EXPECT_EQ(found.dead_ends[0].state, "x = 200");
  ASSERT_EQ(found.dead_ends[0].next.size(), 1U);
  EXPECT_EQ(found.dead_ends[0].next[0].need, "x = 199");
  EXPECT_EQ(judged.history.operations[found.minimal_blocked].answer->line, 1202U);
}

TEST(BudgetTest, WhatRunsOutLeavesItUndecided) {
  std::vector<std::string> lines;
  for (int i = 0; i < 12; ++i)
    lines.push_back(std::to_string(i) + " invoke set x " + std::to_string(i));
  for (int i = 0; i < 12; ++i) lines.push_back(std::to_string(i) + " ok set x");
  lines.insert(lines.end(), {"0 invoke get x", "0 ok get x 99"});
  EXPECT_EQ(judge(Model::KeyValue, lines).judgement.verdict, Verdict::Violated);

  Budget few;
  few.configurations_max = 100;
  const Judgement bounded = judge(Model::KeyValue, lines, few).judgement;
  EXPECT_EQ(bounded.verdict, Verdict::Undecided);
  EXPECT_EQ(bounded.stopped_by, "configurations");

  Budget late;
  int questions = 0;
  late.go_on = [&questions] { return ++questions < 3; };
  const Judgement timed = judge(Model::KeyValue, lines, late).judgement;
  EXPECT_EQ(timed.verdict, Verdict::Undecided);
  EXPECT_EQ(timed.stopped_by, "time");
}

}  // namespace
}  // namespace parley::history::testing
