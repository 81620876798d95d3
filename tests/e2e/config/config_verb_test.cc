// SPDX-License-Identifier: Apache-2.0
//
// `parley config …` and `parley keys …` as a person or a script meets them:
// output and exit status, with the plugins and deployments as shipped.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/e2e/process.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using e2e::Finished;
using e2e::run_parley;

const fs::path source_directory = PARLEY_SOURCE_DIR;
const std::string shipped = (source_directory / "configs/register.toml").string();

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A shipped deployment in a folder of its own, keys and all.
class DeploymentCopyTest : public testing::Test {
 protected:
  DeploymentCopyTest() {
    std::string made = (fs::temp_directory_path() / "parley_config.XXXXXX").string();
    if (::mkdtemp(made.data()) != nullptr) directory_ = made;
  }
  ~DeploymentCopyTest() override { fs::remove_all(directory_); }

  std::string copy_of(const std::string& name) const {
    std::ifstream in{source_directory / "configs" / name};
    std::ostringstream text;
    text << in.rdbuf();
    std::string content = text.str();
    const std::size_t at = content.find("../var");
    EXPECT_NE(at, std::string::npos);
    content.replace(at, 6, "var");
    const fs::path file = directory_ / name;
    std::ofstream{file} << content;
    return file.string();
  }

  std::string write(const std::string& text) const {
    const fs::path file = directory_ / "written.toml";
    std::ofstream{file} << text;
    return file.string();
  }

  fs::path directory_;
};

TEST(ConfigVerbTest, AcceptsEveryShippedDeployment) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{source_directory / "configs"}) {
    if (entry.path().extension() != ".toml") continue;
    ++count;
    const Finished run = run_parley("config check " + entry.path().string());
    EXPECT_EQ(run.status, 0) << run.output;
    const Finished json = run_parley("config check --json " + entry.path().string());
    EXPECT_EQ(Json::parse(json.output), Json::array());
  }
  EXPECT_GE(count, 3u);
}

TEST_F(DeploymentCopyTest, CheckReportsEveryErrorAndExits78) {
  const std::string file = write(
      "schema = 1\n[deployment]\nnmae = \"x\"\ndata_dir = \"v\"\n"
      "[principals]\nr1 = { address = \"nowhere\" }\n");
  const Finished run = run_parley("config check " + file);
  EXPECT_EQ(run.status, 78);
  EXPECT_TRUE(contains(run.output, file + ":3:1\n")) << run.output;
  EXPECT_TRUE(contains(run.output, "did you mean 'name'?"));
  EXPECT_TRUE(contains(run.output, "2 errors"));
  const Finished json = run_parley("config check --json " + file);
  EXPECT_EQ(json.status, 78);
  EXPECT_EQ(Json::parse(json.output).size(), 2u);
}

TEST(ConfigVerbTest, WrongUsageExits2) {
  EXPECT_EQ(run_parley("config").status, 2);
  EXPECT_EQ(run_parley("config check").status, 2);
  EXPECT_EQ(run_parley("config explain " + shipped + " r1 nobody").status, 2);
  EXPECT_EQ(run_parley("keys gen " + shipped + " --node nobody").status, 2);
  EXPECT_EQ(run_parley("config check /nonexistent.toml").status, 78);
}

TEST(ConfigVerbTest, ExplainNamesTheMechanismAndItsLine) {
  const Finished run = run_parley("config explain " + shipped + " r1 r2");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "authentication   hmac_sha256  (" + shipped + ':'));
  const Json json = Json::parse(run_parley("config explain --json " + shipped + " r1 r2").output);
  EXPECT_EQ(json["directions"].size(), 2u);
}

TEST(ConfigVerbTest, ShowTellsDefaultsFromTheFile) {
  const Finished run = run_parley("config show " + shipped);
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "log.level = \"info\"  # default\n"));
  EXPECT_TRUE(contains(run.output, "deployment.name = \"register\"  # " + shipped + ':'));
  EXPECT_TRUE(Json::parse(run_parley("config show --json " + shipped).output).is_array());
}

TEST(ConfigVerbTest, SchemaKnowsThePluginsFound) {
  const Json schema = Json::parse(run_parley("config schema").output);
  const Json& stores = schema["definitions"]["store"]["anyOf"][0]["enum"];
  for (const char* store : {"memory", "rocksdb"}) {
    EXPECT_NE(std::find(stores.begin(), stores.end(), store), stores.end()) << store;
  }
  // Without plugins there is still a schema.
  EXPECT_TRUE(Json::parse(run_parley("config schema --directory /tmp").output).is_object());
}

TEST_F(DeploymentCopyTest, KeysAreMadeOnceAndShownWithoutTheSecret) {
  for (const std::string name : {"register.toml", "register_ed25519.toml"}) {
    const std::string file = copy_of(name);
    const Finished before = run_parley("keys show --json " + file);
    ASSERT_EQ(before.status, 0) << before.output;
    for (const Json& key : Json::parse(before.output)) EXPECT_FALSE(key["present"].get<bool>());

    const Finished made = run_parley("keys gen " + file);
    ASSERT_EQ(made.status, 0) << made.output;
    EXPECT_TRUE(contains(made.output, "made " + directory_.string()));
    const Finished again = run_parley("keys gen " + file);
    EXPECT_FALSE(contains(again.output, "made /")) << again.output;

    const Finished shown = run_parley("keys show --json " + file);
    for (const Json& key : Json::parse(shown.output)) {
      EXPECT_TRUE(key["present"].get<bool>()) << key;
      std::ifstream in{key["file"].get<std::string>()};
      std::string content;
      ASSERT_TRUE(in >> content);
      EXPECT_FALSE(contains(shown.output, content.substr(0, 16)));
    }
  }
}

TEST_F(DeploymentCopyTest, AnOpenSecretIsRefusedWithTheCommandThatMendsIt) {
  const std::string file = copy_of("register.toml");
  ASSERT_EQ(run_parley("keys gen " + file).status, 0);
  const Json keys = Json::parse(run_parley("keys show --json " + file).output);
  const std::string secret = keys[0]["file"];
  ASSERT_EQ(::chmod(secret.c_str(), 0644), 0);
  const Finished run = run_parley("keys gen " + file);
  EXPECT_EQ(run.status, 78);
  EXPECT_TRUE(contains(run.output, "chmod 600 " + secret)) << run.output;
}

// Goal: one option for one thing, wherever a deployment is read.
TEST(DirectoryTest, EveryVerbTakesPluginsFromTheDirectoriesGiven) {
  const std::string plugins = PARLEY_BUILD_DIR "/plugins";
  for (const std::string verb : {"config check", "config show", "keys show", "explore",
                                 "simulate --seeds 1", "run --node nobody"}) {
    const Finished missing = run_parley(verb + ' ' + shipped + " --directory /nonexistent");
    EXPECT_EQ(missing.status, 78) << verb << missing.output;
    EXPECT_TRUE(contains(missing.output, "D0032")) << verb << missing.output;
    const Finished there = run_parley(verb + ' ' + shipped + " -d /nonexistent -d " + plugins);
    EXPECT_FALSE(contains(there.output, "D0032")) << verb << there.output;
  }
}

/// Effect: adds the verb and those below it, as completion knows them.
void add_verbs(const std::string& verb, std::vector<std::string>& verbs) {
  verbs.push_back(verb);
  std::istringstream words{run_parley("__complete " + verb + " ''").output};
  for (std::string word; words >> word;) {
    if (!word.starts_with('-')) add_verbs(verb.empty() ? word : verb + ' ' + word, verbs);
  }
}

TEST(HelpTest, EveryVerbBeginsWithItsOwnExample) {
  std::vector<std::string> verbs;
  add_verbs("", verbs);
  EXPECT_GT(verbs.size(), 15u);
  for (const std::string& verb : verbs) {
    std::istringstream help{run_parley(verb + " --help").output};
    std::string title;
    std::string example;
    std::getline(help, title);
    std::getline(help, example);
    EXPECT_TRUE(title == "Example:" || title == "Examples:") << verb << ": " << title;
    EXPECT_TRUE(example.starts_with("  parley " + verb)) << verb << ": " << example;
  }
}

// Goal: nobody takes half a result for a whole one, short or larger than a buffer.
TEST(OutputTest, WhatCannotBeWrittenIsAnError) {
  for (const std::string& arguments : {"config check " + shipped, "config show " + shipped,
                                       std::string{"config schema"}, std::string{"--help"}}) {
    const Finished run = run_parley(arguments, "2>&1 >/dev/full");
    EXPECT_EQ(run.status, 74) << arguments;
    EXPECT_EQ(run.output, "parley: standard output cannot be written\n") << arguments;
  }
}

}  // namespace
}  // namespace parley
