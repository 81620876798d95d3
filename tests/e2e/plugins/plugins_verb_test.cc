// SPDX-License-Identifier: Apache-2.0
//
// `parley plugins …` as a person or a script meets it: output and exit status.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/process.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using e2e::Finished;

const fs::path build_directory = PARLEY_BUILD_DIR;

Finished plugins(const std::string& arguments) {
  return e2e::run_parley("plugins " + arguments, "2>/dev/null");
}

std::string fixture(const std::string& name) {
  return (build_directory / "fixtures" / "plugins" / (name + ".so")).string();
}

/// False also for one that is dead and not yet reaped by whoever inherited it.
bool is_running(pid_t process) {
  std::ifstream stat{"/proc/" + std::to_string(process) + "/stat"};
  std::string id;
  std::string name;
  std::string state;
  return stat >> id >> name >> state && state != "Z" && state != "X";
}

/// The one finding that did not pass.
Json only_failure(const Json& report) {
  Json failures = Json::array();
  for (const Json& finding : report.at("files").at(0).at("findings")) {
    if (!finding.at("passed").get<bool>()) failures.push_back(finding);
  }
  EXPECT_EQ(failures.size(), 1u) << failures.dump(2);
  return failures.empty() ? Json{} : failures.at(0);
}

TEST(PluginsVerbTest, ListShowsEveryBuiltPluginAsUsable) {
  const Finished run = plugins("list --json");
  ASSERT_EQ(run.status, 0);
  const Json list = Json::parse(run.output).at("plugins");
  EXPECT_GE(list.size(), 10u);
  for (const Json& plugin : list) {
    EXPECT_EQ(plugin.at("status"), "usable") << plugin.dump(2);
    for (const char* key : {"kind", "name", "version", "maturity", "fault_model", "guarantees"}) {
      EXPECT_TRUE(plugin.contains(key)) << key;
    }
  }
}

TEST(PluginsVerbTest, ListNamesTheReasonOfEveryRefusal) {
  const Finished run =
      plugins("list --json --directory " + fixture("x").substr(0, fixture("x").rfind('/')));
  ASSERT_EQ(run.status, 0);
  std::map<std::string, std::string> reasons;
  const Json list = Json::parse(run.output).at("plugins");
  for (const Json& plugin : list) {
    const std::string name = fs::path(plugin.at("file").get<std::string>()).stem();
    reasons[name] = plugin.value("reason", "");
  }
  EXPECT_EQ(reasons.at("well_made"), "");
  EXPECT_EQ(reasons.at("stale_digest"), "api_digest_differs");
  EXPECT_EQ(reasons.at("other_toolchain"), "toolchain_differs");
  EXPECT_EQ(reasons.at("unknown_kind"), "kind_unknown");
  EXPECT_EQ(reasons.at("newer_abi"), "abi_minor_newer");
  EXPECT_EQ(reasons.at("malformed_note"), "note_malformed");
}

TEST(PluginsVerbTest, ListFailsForADirectoryThatIsNotThere) {
  EXPECT_EQ(plugins("list --directory /nonexistent").status, 78);
}

TEST(PluginsVerbTest, InspectPrintsFactsAlsoOfARefusedFile) {
  const Finished run = plugins("inspect --json " + fixture("stale_digest"));
  EXPECT_EQ(run.status, 78);
  const Json facts = Json::parse(run.output);
  EXPECT_EQ(facts.at("name"), "stale_digest");
  EXPECT_EQ(facts.at("reason"), "api_digest_differs");
  EXPECT_EQ(facts.at("sha256").get<std::string>().size(), 64u);
  EXPECT_EQ(facts.at("fields").at(0).at("name"), "words");
  EXPECT_EQ(facts.at("fields").at(0).at("max"), 64);
}

TEST(PluginsVerbTest, ValidateRunsTheSuiteOfTheKind) {
  const Finished run = plugins("validate " + fixture("well_made"));
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(run.output.starts_with("TAP version 13\n")) << run.output;
  EXPECT_NE(run.output.find(" - equal calls give equal answers"), std::string::npos);
  EXPECT_EQ(run.output.find("not ok"), std::string::npos) << run.output;
}

TEST(PluginsVerbTest, ValidateNamesTheSignalThatAPluginDiedOf) {
  const Finished run = plugins("validate --json " + fixture("crashing_library"));
  EXPECT_EQ(run.status, 1);
  const Json failure = only_failure(Json::parse(run.output));
  EXPECT_EQ(failure.value("rule", ""), "the plugin's process ends by itself");
  EXPECT_EQ(failure.value("detail", ""), "died of SIGABRT");
}

TEST(PluginsVerbTest, ValidateStopsAPluginThatHangs) {
  const Finished run = plugins("validate --json --time-limit 1 " + fixture("hanging_library"));
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(only_failure(Json::parse(run.output)).value("detail", ""), "ran for more than 1 s");
}

TEST(PluginsVerbTest, ValidateFailsAPluginThatLeavesBeforeItsSuite) {
  const Finished run = plugins("validate --json " + fixture("leaving_library"));
  EXPECT_EQ(run.status, 1);
  const Json failure = only_failure(Json::parse(run.output));
  EXPECT_EQ(failure.value("rule", ""), "the plugin's process ends by itself");
  EXPECT_EQ(failure.value("detail", ""), "ended before its suite did");
}

TEST(PluginsVerbTest, ValidateLeavesNoProcessBehind) {
  const fs::path id_file = fs::path(testing::TempDir()) / "parley-forked-id";
  fs::remove(id_file);
  ASSERT_EQ(::setenv("PARLEY_FORKED_ID", id_file.c_str(), 1), 0);
  const Finished run = plugins("validate --json --time-limit 2 " + fixture("forking_library"));
  ::unsetenv("PARLEY_FORKED_ID");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(only_failure(Json::parse(run.output)).value("detail", ""), "ran for more than 2 s");
  pid_t forked = 0;
  ASSERT_TRUE(std::ifstream{id_file} >> forked);
  fs::remove(id_file);
  // A signal arrives some time after it is sent.
  bool gone = false;
  for (int i = 0; i < 10'000 && !gone; ++i) gone = !is_running(forked);
  EXPECT_TRUE(gone) << forked;
}

TEST(PluginsVerbTest, ValidateFindsABrokenRule) {
  const Finished run = plugins("validate " + fixture("forgetful"));
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.output.find(" - equal calls give equal answers"), std::string::npos);
  EXPECT_NE(run.output.find("not ok"), std::string::npos);
}

TEST(PluginsVerbTest, ValidateGoesOnAfterABadFile) {
  const Finished run =
      plugins("validate --json " + fixture("stale_digest") + " " + fixture("well_made"));
  EXPECT_EQ(run.status, 1);
  const Json files = Json::parse(run.output).at("files");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_FALSE(files.at(0).at("valid").get<bool>());
  EXPECT_TRUE(files.at(1).at("valid").get<bool>());
}

TEST(PluginsVerbTest, NewRefusesBadNamesKindsAndFullDirectories) {
  const fs::path directory = fs::path(testing::TempDir()) / "parley-plugins-new";
  fs::remove_all(directory);
  const std::string where = " --directory " + directory.string();
  EXPECT_EQ(plugins("new --kind object Bad-Name" + where).status, 2);
  EXPECT_EQ(plugins("new --kind gadget good_name" + where).status, 2);
  EXPECT_FALSE(fs::exists(directory));
  EXPECT_EQ(plugins("new --kind object good_name" + where).status, 0);
  for (const char* file :
       {"CMakeLists.txt", "README.md", "plugin.cc", "good_name.h", "good_name.cc"}) {
    EXPECT_TRUE(fs::exists(directory / file)) << file;
  }
  EXPECT_EQ(plugins("new --kind object good_name" + where).status, 2);
  fs::remove_all(directory);
}

// Goal: the name becomes a namespace, and what is written must compile.
TEST(PluginsVerbTest, NewRefusesNamesThatCppReserves) {
  const fs::path directory = fs::path(testing::TempDir()) / "parley-plugins-new-reserved";
  fs::remove_all(directory);
  for (const char* name : {"class", "std", "xor", "co_await", "parley"}) {
    const std::string arguments = std::string{"new --kind object "} + name;
    EXPECT_EQ(plugins(arguments + " --directory " + directory.string()).status, 2) << name;
  }
  EXPECT_FALSE(fs::exists(directory));
}

TEST(PluginsVerbTest, NewRequiresTheNameOnce) {
  const std::string help = plugins("new --help").output;
  EXPECT_NE(help.find("name TEXT REQUIRED"), std::string::npos) << help;
  EXPECT_EQ(help.find("--name"), std::string::npos) << help;
}

}  // namespace
}  // namespace parley
