// SPDX-License-Identifier: Apache-2.0
//
// Nodes whose disk is full: a small tmpfs, which only root may mount.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/e2e/process.h"

namespace parley::e2e {
namespace {

namespace fs = std::filesystem;

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = (fs::temp_directory_path() / "parley_full_disk.XXXXXX").string();
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    directory_ = made;
    fs::create_directory(disk_ = directory_ / "disk");
    if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=8m") != 0) {
      GTEST_SKIP() << "a tmpfs cannot be mounted here: " << std::strerror(errno);
    }
    mounted_ = true;
    write_deployment();
  }
  void TearDown() override {
    if (mounted_) {
      EXPECT_EQ(::umount(disk_.c_str()), 0) << std::strerror(errno);
    }
    fs::remove_all(directory_);
  }

  void write_deployment() const {
    std::ofstream out{file()};
    out << "schema = 1\n[deployment]\nname = \"full\"\ndata_dir = \"disk\"\n"
        << "[plugins]\ndirectories = [\"" << PARLEY_BUILD_DIR << "/plugins\"]\n[principals]\n"
        << "r1 = { address = \"" << free_address() << "\", metrics = \"" << metrics_ << "\" }\n"
        << "r2 = { address = \"" << free_address() << "\" }\n"
        << "[[authentication]]\nbetween = \"* <-> *\"\nmechanisms = [\"hmac_sha256\"]\n"
        << "[[object]]\nname = \"register\"\ntype = \"register\"\nmembers = [\"r1\", \"r2\"]\n"
        << "backend = \"single_paxos\"\nstore = \"rocksdb\"\n";
  }

  std::string file() const { return (directory_ / "deployment.toml").string(); }

  void take_all_space() const {
    std::ofstream ballast{disk_ / "ballast", std::ios::binary};
    const std::string page(4'096, 'x');
    while (ballast) ballast << page << std::flush;
  }

  /// Effect: tries until it is decided or nobody answers any more.
  void write_once(const std::string& value) const {
    const std::string path = "/objects/register/";
    eventually([&] {
      const HttpReply pulled = http(metrics_, "POST", path + "pull");
      if (pulled.status == 0) return true;
      const std::string branch = branch_of(pulled);
      http(metrics_, "POST", path + "invoke?branch=" + branch, "put " + value);
      const int pushed = http(metrics_, "POST", path + "push?branch=" + branch).status;
      return pushed == 200 || pushed == 0;
    });
  }

  fs::path directory_;
  fs::path disk_;
  std::string metrics_ = free_address();
  bool mounted_ = false;
};

TEST_F(FullDiskTest, AFullDiskEndsTheNodeWithOneMessage) {
  Process nodes{{"run", file()}, directory_ / "log"};
  ASSERT_TRUE(eventually([&] { return nodes.output().find("r2 is up") != std::string::npos; }))
      << nodes.output();
  take_all_space();
  // More than what is left of the log's last page.
  write_once(std::string(6'000, 'v'));
  EXPECT_EQ(nodes.wait(), 74) << nodes.output();
  std::istringstream lines{nodes.output()};
  std::vector<std::string> messages;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("parley: ")) messages.push_back(line);
  }
  ASSERT_EQ(messages.size(), 1u) << nodes.output();
  EXPECT_NE(messages.front().find(disk_.string()), std::string::npos) << messages.front();
  EXPECT_NE(messages.front().find("No space left on device"), std::string::npos);
}

}  // namespace
}  // namespace parley::e2e
