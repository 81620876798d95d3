// SPDX-License-Identifier: Apache-2.0
//
// The command as a person meets it: what it prints and what it exits with.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace parley::testing {
namespace {

namespace fs = std::filesystem;

struct Ran {
  int code = -1;
  std::string out;
};

Ran explore(const std::string& arguments) {
  const std::string command = PARLEY_BUILD_DIR "/bin/parley explore " + arguments + " 2>&1";
  Ran ran;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> buffer{};
  for (std::size_t size; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    ran.out.append(buffer.data(), size);
  }
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string deployed = PARLEY_SOURCE_DIR "/configs/register.toml";

/// The same deployment, with the backend whose majority is lowered by one.
class MutatedDeployment {
 public:
  MutatedDeployment() : folder_(fs::temp_directory_path() / ("parley_explore_" + unique())) {
    fs::create_directories(folder_);
    std::ifstream in{deployed};
    std::ofstream out{file()};
    out << in.rdbuf() << "\n[plugins]\ndirectories = [";
    for (const char* kind : {"authenticator", "disseminator", "object", "store"}) {
      out << '"' << PARLEY_BUILD_DIR "/plugins/" << kind << "\", ";
    }
    out << "\"" PARLEY_BUILD_DIR "/tests/mutations/SmallerQuorum\"]\n";
  }
  ~MutatedDeployment() { fs::remove_all(folder_); }
  MutatedDeployment(const MutatedDeployment&) = delete;

  std::string file() const { return folder_ / "register.toml"; }
  std::string trace() const { return folder_ / "story.json"; }

 private:
  static std::string unique() { return std::to_string(getpid()); }
  fs::path folder_;
};

TEST(ExploreCommandTest, ADeploymentIsTakenAsItIs) {
  const Ran ran = explore(deployed);
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_TRUE(contains(ran.out, "528457 distinct states")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "no violation: every behaviour was looked at")) << ran.out;
}

TEST(ExploreCommandTest, ACounterexampleIsToldAndExitsWithOne) {
  const MutatedDeployment mutated;
  const Ran ran = explore(mutated.file() + " --trace " + mutated.trace());
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_TRUE(contains(ran.out, "violated: agreement")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "a shortest way there, of 6 steps")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "r2 its client calls push")) << ran.out;
  std::ifstream story{mutated.trace()};
  const std::string json{std::istreambuf_iterator<char>{story}, {}};
  EXPECT_TRUE(contains(json, "\"invariant\": \"agreement\"")) << json;
}

TEST(ExploreCommandTest, BoundsThatAreHitLeaveItUndecided) {
  const Ran ran = explore(deployed + " --depth-max 3 --json");
  EXPECT_EQ(ran.code, 3) << ran.out;
  EXPECT_TRUE(contains(ran.out, "\"result\": \"undecided\"")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "\"depth\"")) << ran.out;
}

TEST(ExploreCommandTest, MembersThatOnlyVoteMayBeExchanged) {
  const Ran ran = explore(deployed + " --clients r1 --symmetric replicas --json");
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_TRUE(contains(ran.out, "\"states\": 150,")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "\"states_without_symmetry\": 285,")) << ran.out;
}

TEST(ExploreCommandTest, WrongArgumentsAndFilesAreToldApart) {
  EXPECT_EQ(explore(deployed + " --clients r1,r9").code, 2);
  EXPECT_EQ(explore(deployed + " --clients r1,r1").code, 2);
  EXPECT_EQ(explore(deployed + " --methods 'frobnicate it'").code, 2);
  EXPECT_EQ(explore(deployed + " --instance nothing").code, 2);
  EXPECT_EQ(explore(deployed + " --clients r1 --symmetric replicas --crashes 1").code, 2);
  EXPECT_EQ(explore(PARLEY_SOURCE_DIR "/configs/nothing.toml").code, 78);
}

}  // namespace
}  // namespace parley::testing
