// SPDX-License-Identifier: Apache-2.0
//
// The fault campaign itself: that it finds what it is there to find, and that
// nothing is left of it however it ends.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/torture/child.h"
#include "apps/torture/ledger.h"
#include "apps/torture/options.h"
#include "tests/e2e/process.h"

namespace parley::torture {
namespace {

namespace fs = std::filesystem;

std::string message_of(const std::vector<std::string>& arguments) {
  const Result<Options> options = parse_options(arguments, "/programs");
  return options ? "" : options.error().message;
}

TEST(TortureOptionsTest, SaysWhatIsWrong) {
  EXPECT_EQ(message_of({"--seconds", "0"}), "--seconds: expected 1..86400, found '0'");
  EXPECT_EQ(message_of({"--nodes", "two"}), "--nodes: expected 3..9, found 'two'");
  EXPECT_EQ(message_of({"--seed"}), "--seed: expected a value, found 'none'");
  EXPECT_NE(message_of({"--second", "1"}).find("--seconds"), std::string::npos);
  EXPECT_NE(message_of({"--faults", "kill,flood"}).find("found 'flood'"), std::string::npos);
  EXPECT_NE(message_of({"--faults", ""}).find("found ''"), std::string::npos);
}

TEST(TortureOptionsTest, TheCommandRepeatsTheOptions) {
  const Options options =
      parse_options({"--seed", "7", "--faults", "pause,kill", "--store", "faulty"}, "/programs")
          .value();
  EXPECT_EQ(options.faults, (std::vector{FaultClass::Kill, FaultClass::Pause}));
  EXPECT_EQ(options.as_command(),
            "/programs/parley_torture --seed 7 --seconds 60 --nodes 3 --clients 8 --backend "
            "multi_paxos --store faulty --faults kill,pause");
}

TEST(TortureLedgerTest, FindsLostAndRepeatedAppends) {
  Ledger ledger;
  for (const char* token : {"1.1", "1.2", "2.1"}) ledger.acknowledge_append("l", token);
  EXPECT_EQ(ledger.faults_of("l", "1.1,1.2,3.9,2.1,"), std::vector<std::string>{});
  EXPECT_EQ(ledger.faults_of("l", "1.1,2.1,"),
            std::vector<std::string>{"l: 1.2 was acknowledged and is lost"});
  EXPECT_EQ(ledger.faults_of("l", "1.1,1.2,2.1,3.9,3.9,"),
            std::vector<std::string>{"l: 3.9 was applied 2 times"});
  EXPECT_EQ(ledger.faults_of("l", "").size(), 3u);
}

TEST(TortureLedgerTest, OnlyWritesAskedForSinceCountAsRecovery) {
  Ledger ledger;
  const Clock::time_point before = Clock::now();
  ledger.watch();
  ledger.wrote(before);
  EXPECT_FALSE(ledger.recovered_after());
  ledger.wrote(Clock::now());
  EXPECT_TRUE(ledger.recovered_after());
}

class CampaignTest : public ::testing::Test {
 protected:
  CampaignTest() {
    std::string pattern = fs::temp_directory_path() / "parley_campaign_XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directory(folder_ / "scratch");
  }
  ~CampaignTest() override { fs::remove_all(folder_); }

  Child campaign(std::vector<std::string> options) const {
    options.insert(options.begin(), PARLEY_BUILD_DIR "/bin/parley_torture");
    return Child{{.words = std::move(options),
                  .environment = {"TMPDIR=" + (folder_ / "scratch").string()},
                  .output = folder_ / "output"}};
  }
  std::string output() const {
    std::ifstream in{folder_ / "output"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::vector<fs::path> left_behind() const {
    return {fs::directory_iterator{folder_ / "scratch"}, {}};
  }
  /// Whether a process runs whose command line names the folder.
  bool anybody_runs() const {
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
      std::ifstream in{entry.path() / "cmdline"};
      std::ostringstream words;
      words << in.rdbuf();
      if (words.str().find(folder_.string()) != std::string::npos) return true;
    }
    return false;
  }

  fs::path folder_;
};

constexpr int patience_ms = 200'000;

TEST_F(CampaignTest, FindsAStoreThatForgets) {
  Child run =
      campaign({"--seconds", "3", "--seed", "1", "--faults", "crash_all", "--store", "memory"});
  EXPECT_EQ(run.wait(patience_ms), 1) << output();
  EXPECT_NE(output().find("was acknowledged and is lost"), std::string::npos) << output();
  EXPECT_NE(output().find("NOT LINEARIZABLE"), std::string::npos) << output();
  ASSERT_EQ(left_behind().size(), 1u) << "what failed is kept";
  EXPECT_TRUE(fs::exists(left_behind().front() / "history.jsonl"));
  EXPECT_FALSE(anybody_runs());
}

TEST_F(CampaignTest, NothingIsLeftOfOneThatIsInterrupted) {
  Child run = campaign({"--seconds", "600", "--faults", "kill"});
  ASSERT_TRUE(e2e::eventually([&] {
    const auto folders = left_behind();
    std::error_code none_yet;
    return !folders.empty() && fs::file_size(folders.front() / "history.jsonl", none_yet) > 0 &&
           !none_yet;
  })) << output();
  EXPECT_TRUE(anybody_runs());
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(patience_ms), 3) << output();
  EXPECT_NE(output().find("interrupted"), std::string::npos) << output();
  EXPECT_TRUE(left_behind().empty());
  EXPECT_FALSE(anybody_runs());
}

TEST_F(CampaignTest, NodesEndWithACampaignThatIsKilled) {
  Child run = campaign({"--seconds", "600", "--faults", "pause"});
  ASSERT_TRUE(e2e::eventually([&] { return anybody_runs(); })) << output();
  run.signal(SIGKILL);
  EXPECT_EQ(run.wait(patience_ms), 128 + SIGKILL);
  EXPECT_TRUE(e2e::eventually([&] { return !anybody_runs(); }));
}

}  // namespace
}  // namespace parley::torture
