// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/replay.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/host/runtime/driver.h"
#include "core/host/runtime/trace_writer.h"
#include "core/host/runtime/workers.h"
#include "tests/unit/host/runtime/host_fixture.h"

namespace parley {
namespace {

using host_test::Cluster;

struct NoOutlet final : FrameOutlet {
  void send(PrincipalId, const Frame&) override {}
  void flush() override {}
  void resume(PrincipalId) override {}
};

struct AtOnce final : Committer {
  void commit(std::vector<StoreChange>, Done done) override { done({}, 1us); }
};

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class RecordedRunTest : public testing::Test {
 protected:
  /// Runs node a through a few steps with its trace on; returns the file's bytes.
  std::string record() {
    const std::filesystem::path path = directory_.path() / "run.a.trace";
    {
      auto trace = TraceWriter::create(path, {PrincipalId{0}, "test"});
      EXPECT_TRUE(trace.ok());
      EventLoop loop;
      Workers workers{1};
      AtOnce committer;
      NoOutlet outlet;
      Driver driver{{.tables = cluster_.tables(),
                     .self = PrincipalId{0},
                     .keys = cluster_.keys,
                     .loop = loop,
                     .workers = workers,
                     .committer = committer,
                     .trace = trace->get(),
                     .failed = [](const Error&) {}}};
      driver.attach(outlet);
      driver.boot({});
      for (int i = 0; i < 3; ++i) {
        driver.request(InstanceId{1}, echo::port_write, view_of("x"), 1s, [](auto) {});
      }
      driver.on_frame(PrincipalId{1}, view_of("garbage"));
      driver.on_peer_restarted(PrincipalId{1});
    }
    return content_of(path);
  }

  Result<ReplayReport> replay_of(std::string_view bytes) {
    Result<TraceReader> reader = TraceReader::open(view_of(bytes));
    if (!reader) return reader.error();
    return replay(cluster_.tables(), cluster_.keys, *reader);
  }

  host_test::TemporaryDirectory directory_;
  Cluster cluster_{2};
};

TEST_F(RecordedRunTest, ReplaysWithEqualDigests) {
  const auto report = replay_of(record());
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report.value().steps, 6u);
  EXPECT_FALSE(report.value().difference.has_value());
  EXPECT_FALSE(report.value().torn);
}

TEST_F(RecordedRunTest, ATornLastEventIsTolerated) {
  std::string bytes = record();
  bytes.resize(bytes.size() - 3);
  const auto report = replay_of(bytes);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report.value().steps, 5u);
  EXPECT_TRUE(report.value().torn);
}

TEST_F(RecordedRunTest, DamageInTheMiddleIsAnError) {
  std::string bytes = record();
  constexpr std::size_t in_first_payload = 30;  // Behind header, length and checksum.
  bytes[in_first_payload] = static_cast<char>(bytes[in_first_payload] ^ 0x10);
  const auto report = replay_of(bytes);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::BadSource);
}

TEST_F(RecordedRunTest, TheFirstStepThatDiffersIsNamed) {
  const std::string bytes = record();
  Result<TraceReader> reader = TraceReader::open(view_of(bytes));
  Bytes changed;
  append_header(changed, reader->header());
  for (int step = 1;; ++step) {
    const auto event = reader->next();
    ASSERT_TRUE(event.ok());
    if (!event.value()) break;
    TraceEvent copy = **event;
    if (step == 3) copy.output_digest ^= 1;
    append_event(changed, copy);
  }
  const auto report = replay_of(text_of(changed));
  ASSERT_TRUE(report.ok());
  ASSERT_TRUE(report.value().difference.has_value());
  EXPECT_EQ(report.value().difference->step, 3u);
  EXPECT_EQ(report.value().steps, 2u);
  EXPECT_NE(report.value().difference->input.find("request to traffic"), std::string::npos);
}

TEST_F(RecordedRunTest, AnotherDeploymentsTraceIsRefused) {
  const std::string bytes = record();
  Cluster other{2};
  other.deployment.name = "other";
  Result<TraceReader> reader = TraceReader::open(view_of(bytes));
  const auto report = replay(other.tables(), other.keys, *reader);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::Configuration);
}

TEST_F(RecordedRunTest, AnEarlierLifesTraceIsSetAside) {
  const std::string first = record();
  record();
  EXPECT_EQ(content_of(directory_.path() / "run.a.trace.1"), first);
}

TEST(TracePathTest, NamesTheNodeBeforeTheExtension) {
  EXPECT_EQ(trace_path("var/run.trace", "r1"), "var/run.r1.trace");
  EXPECT_EQ(trace_path("run", "r1"), "run.r1");
}

}  // namespace
}  // namespace parley
