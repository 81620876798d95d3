// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/driver.h"

#include <gtest/gtest.h>

#include "core/host/runtime/trace_writer.h"
#include "core/host/runtime/workers.h"
#include "core/kernel/kernel_notes.h"
#include "tests/unit/host/runtime/host_fixture.h"

namespace parley {
namespace {

using host_test::Cluster;
using host_test::run_until;

constexpr PrincipalId a{0};
constexpr PrincipalId b{1};
constexpr InstanceId traffic{1};

/// Remembers batches; says that they are durable when the test wants it.
class HeldCommitter final : public Committer {
 public:
  void commit(std::vector<StoreChange> batch, Done done) override {
    ASSERT_FALSE(done_) << "one batch at a time";
    sizes.push_back(batch.size());
    done_ = std::move(done);
  }
  void finish(const Status& status = {}) { std::exchange(done_, nullptr)(status, 1us); }
  bool busy() const { return done_ != nullptr; }

  std::vector<std::size_t> sizes;

 private:
  Done done_;
};

class Outlet final : public FrameOutlet {
 public:
  void send(PrincipalId to, const Frame& frame) override {
    Bytes bytes;
    append_frame(bytes, frame);
    sent.emplace_back(to, bytes);
  }
  void flush() override { ++flushes; }
  void resume(PrincipalId peer) override { resumed.push_back(peer); }

  std::vector<std::pair<PrincipalId, Bytes>> sent;
  int flushes = 0;
  std::vector<PrincipalId> resumed;
};

class DriverTest : public testing::Test {
 protected:
  void start(bool costly_checks = false) {
    cluster_ = std::make_unique<Cluster>(2, costly_checks);
    driver_ = std::make_unique<Driver>(
        Driver::Parts{.tables = cluster_->tables(),
                      .self = a,
                      .keys = cluster_->keys,
                      .loop = loop_,
                      .workers = workers_,
                      .committer = committer_,
                      .trace = nullptr,
                      .failed = [this](const Error& error) { failure_ = error.message; }});
    driver_->attach(outlet_);
    driver_->boot({});
  }

  /// The statement `record` of `issuer` for this node, with that evidence.
  Bytes frame_of(PrincipalId issuer, std::string_view record, std::uint8_t evidence) {
    const Statement statement{.instance = traffic,
                              .type = echo::type_ask,
                              .issuer = issuer,
                              .verifiers = {a},
                              .auditors = {},
                              .record = SharedBytes{view_of(record)}};
    Bytes bytes;
    append_frame(bytes, {encode_body(statement, {}), SharedBytes{Bytes{evidence}}});
    return bytes;
  }

  void write(std::string_view value) {
    driver_->request(traffic, echo::port_write, view_of(value), 60s,
                     [this](std::optional<SharedBytes> reply) {
                       answers_.push_back(reply ? static_cast<int>(reply->view()[0]) : -1);
                     });
  }

  /// Runs what was posted so far.
  void run_posted() {
    loop_.post([this] { loop_.stop(); });
    loop_.run();
  }

  std::uint64_t noted(const NoteDeclaration& note) {
    const auto& notes = driver_->statistics().notes;
    const auto found = notes.find({InstanceId{}, &note});
    return found == notes.end() ? 0 : found->second;
  }

  EventLoop loop_;
  HeldCommitter committer_;
  Outlet outlet_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Driver> driver_;
  Workers workers_{2};  // Gone before the driver whose frames it checks.
  std::vector<int> answers_;
  std::string failure_;
};

TEST_F(DriverTest, SaysNothingBeforeWhatItWroteIsDurable) {
  start();
  write("x");
  run_posted();
  ASSERT_TRUE(committer_.busy());
  EXPECT_TRUE(answers_.empty());
  committer_.finish();
  run_posted();
  EXPECT_EQ(answers_, std::vector{1});
}

TEST_F(DriverTest, AStepThatWroteNothingLeavesAtOnceWhenNothingIsPending) {
  start();
  driver_->on_frame(b, frame_of(b, "hello", 1));
  driver_->settle();
  EXPECT_EQ(outlet_.sent.size(), 1u);
  EXPECT_FALSE(committer_.busy());
}

TEST_F(DriverTest, ALaterStepDoesNotOvertakeAnUnsyncedOne) {
  start();
  write("x");
  driver_->on_frame(b, frame_of(b, "hello", 1));
  driver_->settle();
  EXPECT_TRUE(outlet_.sent.empty());
  committer_.finish();
  EXPECT_EQ(outlet_.sent.size(), 1u);
}

TEST_F(DriverTest, WhatIsWrittenDuringASyncIsTheNextBatch) {
  start();
  write("first");
  for (int i = 0; i < 5; ++i) write("later");
  driver_->on_frame(b, frame_of(b, "hello", 1));
  committer_.finish();
  run_posted();
  EXPECT_EQ(answers_, std::vector{1}) << "the later ones are not durable yet";
  EXPECT_TRUE(outlet_.sent.empty());
  committer_.finish();
  run_posted();
  EXPECT_EQ(committer_.sizes, (std::vector<std::size_t>{1, 5}));
  EXPECT_EQ(answers_, (std::vector{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(outlet_.sent.size(), 1u);
  EXPECT_TRUE(driver_->idle());
}

TEST_F(DriverTest, AfterAFailedSyncNothingIsSaidOrWritten) {
  start();
  write("x");
  write("y");
  committer_.finish(Error{ErrorCode::Io, "disk full"});
  EXPECT_EQ(failure_, "disk full");
  driver_->on_frame(b, frame_of(b, "hello", 1));
  write("z");
  run_posted();
  EXPECT_TRUE(answers_.empty());
  EXPECT_TRUE(outlet_.sent.empty());
  EXPECT_EQ(committer_.sizes.size(), 1u);
}

TEST_F(DriverTest, ARequestWithoutAnAnswerEndsAtItsDeadline) {
  start();
  bool ended = false;
  driver_->request(traffic, echo::port_write, view_of("x"), 1ms,
                   [&](std::optional<SharedBytes> reply) { ended = !reply.has_value(); });
  EXPECT_TRUE(run_until(loop_, [&] { return ended; }));
  committer_.finish();  // Its answer comes too late and goes nowhere.
  EXPECT_EQ(driver_->statistics().requests_expired, 1u);
  EXPECT_EQ(driver_->requests_count(), 0u);
}

TEST_F(DriverTest, FramesThatDoNotConvinceAreCountedAndDropped) {
  start();
  driver_->on_frame(b, frame_of(b, "forged", 0));
  driver_->on_frame(b, view_of("not a frame"));
  driver_->settle();
  EXPECT_TRUE(outlet_.sent.empty());
  EXPECT_EQ(noted(kernel_notes::evidence_rejected), 1u);
  EXPECT_EQ(noted(kernel_notes::frame_malformed), 1u);
}

TEST_F(DriverTest, CostlyChecksKeepTheOrderOfEachPeer) {
  start(true);
  std::vector<std::string> records;
  for (int i = 0; i < 100; ++i) {
    records.push_back("statement " + std::to_string(i));
    driver_->on_frame(b, frame_of(b, records.back(), i % 10 == 9 ? 0 : 1));
  }
  ASSERT_TRUE(run_until(loop_, [&] { return driver_->idle(); }));
  EXPECT_EQ(noted(kernel_notes::evidence_rejected), 10u);
  std::vector<std::string> echoed;
  for (const auto& [to, bytes] : outlet_.sent) {
    echoed.emplace_back(text_of(decode_frame(bytes, 2).value().record));
  }
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i % 10 != 9) expected.push_back(records[i]);
  }
  EXPECT_EQ(echoed, expected);
}

TEST_F(DriverTest, WhileASyncStallsPeersAreCongestedBeforeMemoryRunsOut) {
  start();
  write("x");
  const std::string record(1 << 20, 'r');
  int taken = 0;
  while (taken < 1'000 && !driver_->congested(b)) {
    driver_->on_frame(b, frame_of(b, record, 1));
    ++taken;
  }
  EXPECT_LT(taken, 1'000);
  EXPECT_GT(taken, 10);
  EXPECT_TRUE(outlet_.resumed.empty());
  committer_.finish();
  EXPECT_FALSE(driver_->congested(b));
  EXPECT_EQ(outlet_.sent.size(), static_cast<std::size_t>(taken));
  EXPECT_EQ(outlet_.resumed, (std::vector{a, b}));
}

TEST_F(DriverTest, AfterARestartWhatWasStillBeingCheckedIsNotDelivered) {
  start(true);
  for (int i = 0; i < 5'000 && !driver_->congested(b); ++i) {
    driver_->on_frame(b, frame_of(b, "of the earlier life", 1));
  }
  driver_->on_peer_restarted(b);
  EXPECT_FALSE(driver_->congested(b));
  driver_->on_frame(b, frame_of(b, "of the new life", 1));
  ASSERT_TRUE(run_until(loop_, [&] { return driver_->idle(); }));
  ASSERT_EQ(outlet_.sent.size(), 1u);
  EXPECT_EQ(text_of(decode_frame(outlet_.sent[0].second, 2).value().record), "of the new life");
}

TEST_F(DriverTest, APeerWithTooManyUncheckedFramesIsCongestedUntilTheyAreChecked) {
  start(true);
  for (int i = 0; i < 5'000 && !driver_->congested(b); ++i) {
    driver_->on_frame(b, frame_of(b, "x", 1));
  }
  EXPECT_TRUE(driver_->congested(b));
  ASSERT_TRUE(run_until(loop_, [&] { return driver_->idle(); }));
  EXPECT_FALSE(driver_->congested(b));
}

}  // namespace
}  // namespace parley
