// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/cluster_record.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/host/runtime/host_fixture.h"

namespace parley {
namespace {

ClusterRecord record() {
  return {.deployment = "kv",
          .node = "r1",
          .objects = {{"a", {"register", "single_paxos", "rocksdb"}},
                      {"b", {"kv", "multi_paxos", "rocksdb"}}}};
}

TEST(ClusterRecordTest, ComesBackAsItWent) {
  EXPECT_EQ(decode_cluster_record(encode_cluster_record(record())), record());
}

TEST(ClusterRecordTest, EveryTruncationIsNoticedOrLosesWholeObjectsOnly) {
  const std::string text = encode_cluster_record(record());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto decoded = decode_cluster_record(std::string_view{text}.substr(0, size));
    EXPECT_TRUE(!decoded || text[size - 1] == '\n');
  }
}

class ClaimTest : public testing::Test {
 protected:
  int code_of(const ClusterRecord& wanted) {
    const Status claimed = claim_directory(directory_.path(), wanted);
    return claimed ? -1 : static_cast<int>(claimed.error().code);
  }
  static constexpr int refused = static_cast<int>(ErrorCode::Configuration);
  host_test::TemporaryDirectory directory_;
};

TEST_F(ClaimTest, TheSameClusterMayComeBack) {
  EXPECT_EQ(code_of(record()), -1);
  EXPECT_EQ(code_of(record()), -1);
}

TEST_F(ClaimTest, AnotherClusterOrNodeIsRefused) {
  ASSERT_EQ(code_of(record()), -1);
  ClusterRecord other = record();
  other.deployment = "another";
  EXPECT_EQ(code_of(other), refused);
  other = record();
  other.node = "r2";
  EXPECT_EQ(code_of(other), refused);
}

TEST_F(ClaimTest, AnotherBackendOfTheSameObjectIsRefused) {
  ASSERT_EQ(code_of(record()), -1);
  ClusterRecord other = record();
  other.objects["a"].backend = "chain";
  EXPECT_EQ(code_of(other), refused);
}

// Taking an object out of the deployment and putting it back with another backend
// must not slip through.
TEST_F(ClaimTest, ObjectsThatWereTakenOutStayRecorded) {
  ASSERT_EQ(code_of(record()), -1);
  ClusterRecord fewer = record();
  fewer.objects.erase("a");
  fewer.objects["c"] = {"kv", "chain", "rocksdb"};
  ASSERT_EQ(code_of(fewer), -1);
  ClusterRecord changed = record();
  changed.objects["a"].backend = "chain";
  EXPECT_EQ(code_of(changed), refused);
}

TEST_F(ClaimTest, DataOfWhichNothingSaysWhoseItIsIsRefused) {
  std::filesystem::create_directory(directory_.path() / "rocksdb");
  std::ofstream{directory_.path() / "rocksdb" / "CURRENT"} << "x";
  EXPECT_EQ(code_of(record()), refused);
}

TEST_F(ClaimTest, ARefusalNamesTheCommandThatMovesTheDataAway) {
  std::ofstream{directory_.path() / "cluster.toml"} << "damaged";
  const std::string path = directory_.path().string();
  const Status claimed = claim_directory(directory_.path(), record());
  EXPECT_NE(claimed.error().message.find("mv '" + path + "' '" + path + ".old'"),
            std::string::npos);
}

TEST_F(ClaimTest, ADamagedRecordIsRefused) {
  std::ofstream{directory_.path() / "cluster.toml"} << "damaged";
  EXPECT_EQ(code_of(record()), refused);
}

}  // namespace
}  // namespace parley
