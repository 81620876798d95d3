// SPDX-License-Identifier: Apache-2.0
//
// `parley verify history` as a person meets it: exit codes, words, JSON, the page.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/e2e/process.h"

namespace parley::e2e {
namespace {

namespace fs = std::filesystem;

class VerifyVerbTest : public ::testing::Test {
 protected:
  VerifyVerbTest()
      : folder_(fs::temp_directory_path() / ("parley_verify_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~VerifyVerbTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }

  std::string write(const std::string& text) const {
    std::ofstream{path("history.jsonl")} << text;
    return path("history.jsonl");
  }

  static std::string read(const std::string& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  static std::string set_and_get(int got) {
    return R"({"process":1,"type":"invoke","f":"set","key":"<x>","value":1,"time":10}
{"process":1,"type":"ok","f":"set","key":"<x>","time":20}
{"process":2,"type":"invoke","f":"get","key":"<x>","time":30}
{"process":2,"type":"ok","f":"get","key":"<x>","value":)" +
           std::to_string(got) + ",\"time\":40}\n";
  }

 private:
  fs::path folder_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(VerifyVerbTest, ExitCodesTellTheVerdictsApart) {
  EXPECT_EQ(run_parley("verify history " + write(set_and_get(1)) + " --model kv").status, 0);
  EXPECT_EQ(run_parley("verify history " + write(set_and_get(2)) + " --model kv").status, 1);
  EXPECT_EQ(run_parley("verify history " + write("{}\n") + " --model kv").status, 65);
  EXPECT_EQ(run_parley("verify history " + path("nothing") + " --model kv").status, 74);
  EXPECT_EQ(run_parley("verify").status, 2);
}

TEST_F(VerifyVerbTest, AModelMustBeNamed) {
  const std::string file = write(set_and_get(1));
  const Finished none = run_parley("verify history " + file);
  EXPECT_EQ(none.status, 2);
  EXPECT_TRUE(contains(none.output, "--model: expected 'kv', 'register', 'queue' or 'lock'"));
  const Finished wrong = run_parley("verify history " + file + " --model queu");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_TRUE(contains(wrong.output, "did you mean 'queue'?")) << wrong.output;
}

TEST_F(VerifyVerbTest, AViolationIsToldWithWhatWouldHaveBeenNeeded) {
  const Finished run = run_parley("verify history " + write(set_and_get(2)) + " --model kv");
  EXPECT_TRUE(contains(run.output, "by line 4: get <x> -> 2, of process 2")) << run.output;
  EXPECT_TRUE(contains(run.output, "needs <x> = 2")) << run.output;
}

TEST_F(VerifyVerbTest, ALimitLeavesItUndecided) {
  std::string text;
  for (const char* type : {"invoke", "ok"}) {
    for (int i = 0; i < 12; ++i) {
      text += R"({"process":)" + std::to_string(i) + R"(,"type":")" + type +
              R"(","f":"write","value":)" + std::to_string(i) + "}\n";
    }
  }
  text += R"({"process":0,"type":"invoke","f":"read"})"
          "\n";
  text += R"({"process":0,"type":"ok","f":"read","value":99})"
          "\n";
  const std::string command = "verify history " + write(text) + " --model register";
  EXPECT_EQ(run_parley(command).status, 1);
  const Finished limited = run_parley(command + " --states-max 10");
  EXPECT_EQ(limited.status, 3);
  EXPECT_TRUE(contains(limited.output, "undecided: configurations ran out")) << limited.output;
}

TEST_F(VerifyVerbTest, JsonHasTheSameFacts) {
  const Finished run =
      run_parley("verify history " + write(set_and_get(2)) + " --model kv --json", "2>/dev/null");
  const auto facts = nlohmann::json::parse(run.output);
  EXPECT_EQ(facts.at("result"), "violated");
  EXPECT_EQ(facts.at("operations"), 2);
  EXPECT_EQ(facts.at("counterexample").at("blocked").at("line"), 3);
  EXPECT_EQ(facts.at("counterexample").at("dead_ends").at(0).at("next").at(0).at("needs"),
            "<x> = 2");
}

TEST_F(VerifyVerbTest, FaultsOfTheFileAreShownAtTheirPlaces) {
  const std::string file = write(set_and_get(1) + "{\"process\":oops}\n");
  const Finished run = run_parley("verify history " + file + " --model kv");
  EXPECT_EQ(run.status, 65);
  EXPECT_TRUE(contains(run.output, "history.jsonl:5:12")) << run.output;
  EXPECT_TRUE(contains(run.output, "{\"process\":oops}")) << run.output;
}

TEST_F(VerifyVerbTest, ThePageNeedsNothingElseAndTrustsNoText) {
  const Finished run = run_parley("verify history " + write(set_and_get(2)) +
                                  " --model kv --html " + path("page.html"));
  EXPECT_EQ(run.status, 1);
  const std::string page = read(path("page.html"));
  EXPECT_TRUE(contains(page, "<svg"));
  EXPECT_TRUE(contains(page, "\"blocked\": true"));
  EXPECT_FALSE(contains(page, "<x>"));  // The key is escaped wherever it stands.
  for (const char* outside : {"src=", "href=", "@import", "url("}) {
    EXPECT_FALSE(contains(page, outside)) << outside;
  }
  EXPECT_EQ(run_parley("verify history " + write(set_and_get(2)) + " --model kv --html " +
                       path("no/such/folder"))
                .status,
            74);
}

TEST_F(VerifyVerbTest, HelpHasExamplesAndCompletionKnowsIt) {
  EXPECT_TRUE(contains(run_parley("verify history --help").output, "Examples:"));
  EXPECT_TRUE(contains(run_parley("__complete verify history --").output, "--model"));
}

}  // namespace
}  // namespace parley::e2e
