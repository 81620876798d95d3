// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/links.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/host/runtime/link_frame.h"
#include "core/host/runtime/socket.h"
#include "core/host/runtime/workers.h"
#include "tests/unit/host/runtime/host_fixture.h"

namespace parley {
namespace {

using host_test::Cluster;
using host_test::run_until;

constexpr PrincipalId a{0};
constexpr PrincipalId b{1};
constexpr PrincipalId c{2};

struct Receiver final : LinkReceiver {
  void on_frame(PrincipalId from, ByteView frame) override {
    frames.emplace_back(from, std::string{text_of(frame)});
  }
  void on_peer_restarted(PrincipalId peer) override { restarted.push_back(peer); }
  void settle() override {}
  bool congested(PrincipalId) const override { return is_congested; }

  std::vector<std::pair<PrincipalId, std::string>> frames;
  std::vector<PrincipalId> restarted;
  bool is_congested = false;
};

Frame frame(std::string_view body, std::string_view evidence = "!") {
  return {SharedBytes{view_of(body)}, SharedBytes{view_of(evidence)}};
}

/// How `frame` looks when it arrives.
std::string arrived(std::string_view body, std::string_view evidence = "!") {
  Bytes bytes;
  append_frame(bytes, frame(body, evidence));
  return std::string{text_of(bytes)};
}

class LinksTest : public testing::Test {
 protected:
  LinksTest() { cluster_.give_addresses(); }

  void use(LinkKind kind) {
    const PrincipalSet both{a, b};
    cluster_.deployment.links = {{.scope = {both, both, true, {}, {}}, .kind = kind}};
  }

  std::unique_ptr<Links> open(PrincipalId self, Receiver& receiver, std::uint64_t incarnation) {
    auto links = std::make_unique<Links>(loop_, cluster_.deployment, self, incarnation, workers_,
                                         receiver, patience_);
    EXPECT_TRUE(links->listen().ok());
    return links;
  }

  /// Sends until it arrives: datagrams may be lost.
  bool sends(Links& links, PrincipalId to, Receiver& receiver, const std::string& body) {
    return run_until(loop_, [&] {
      links.send(to, frame(body));
      links.flush();
      return !receiver.frames.empty() && receiver.frames.back().second == arrived(body);
    });
  }

  /// What a stranger that writes these bytes to b gets to read until b hangs up.
  void throw_at_b(ByteView bytes) {
    const int fd =
        connect_tcp(*resolve_address(cluster_.deployment.principals[1].address, true)).value();
    std::size_t written = 0;
    EXPECT_TRUE(run_until(loop_, [&] {
      if (written < bytes.size()) {
        const auto done = write_some(fd, bytes.subspan(written));
        if (done > 0) written += static_cast<std::size_t>(done);
        if (done == -2) return true;
      }
      std::uint8_t room[4096];
      const auto size = read_some(fd, room);
      return size == 0 || size == -2;
    })) << "b keeps the stranger";
    ::close(fd);
  }

  int connect_to_b() {
    return connect_tcp(*resolve_address(cluster_.deployment.principals[1].address, true)).value();
  }

  /// Greets b as `claimed`; the descriptor.
  int greet_b_as(PrincipalId claimed, std::uint64_t incarnation) {
    return greet_b_as(claimed, incarnation, connect_to_b());
  }
  int greet_b_as(PrincipalId claimed, std::uint64_t incarnation, int fd) {
    Bytes hello;
    append_link_message(hello, encode_hello({.deployment = deployment_number("test"),
                                             .principal = claimed,
                                             .wanted = b,
                                             .incarnation = incarnation}));
    EXPECT_TRUE(run_until(loop_, [&] { return write_some(fd, hello) > 0; }));
    std::uint8_t room[256];
    EXPECT_TRUE(run_until(loop_, [&] { return read_some(fd, room) > 0; })) << "b answers";
    return fd;
  }

  /// A machine under load must not make a stranger of anybody.
  LinkPatience patience_{.greeting = 3600s, .frame = 3600s};
  EventLoop loop_;
  Cluster cluster_{3};
  Receiver at_a_;
  Receiver at_b_;
  Workers workers_{1};
};

class EveryKindTest : public LinksTest, public testing::WithParamInterface<LinkKind> {};

TEST_P(EveryKindTest, FramesArriveWholeAndNameTheirSender) {
  use(GetParam());
  const auto links_a = open(a, at_a_, 1);
  const auto links_b = open(b, at_b_, 2);
  ASSERT_TRUE(sends(*links_a, b, at_b_, "over"));
  ASSERT_TRUE(sends(*links_b, a, at_a_, "back"));
  EXPECT_EQ(at_b_.frames.back().first, a);
  EXPECT_EQ(at_a_.frames.back().first, b);
  EXPECT_TRUE(links_a->linked(b));
  EXPECT_TRUE(links_b->linked(a));
  EXPECT_GE(links_a->statistics().peers[1].sent_frames, 1u);
  EXPECT_GE(links_b->statistics().peers[0].received_frames, 1u);
}

TEST_P(EveryKindTest, ANewIncarnationOfThePeerIsReportedOnce) {
  use(GetParam());
  const auto links_a = open(a, at_a_, 1);
  auto links_b = open(b, at_b_, 2);
  ASSERT_TRUE(sends(*links_a, b, at_b_, "first"));
  ASSERT_TRUE(sends(*links_b, a, at_a_, "answer"));
  EXPECT_TRUE(at_a_.restarted.empty());
  links_b.reset();
  links_b = open(b, at_b_, 3);
  ASSERT_TRUE(sends(*links_b, a, at_a_, "again"));
  ASSERT_TRUE(sends(*links_a, b, at_b_, "second"));
  EXPECT_EQ(at_a_.restarted, std::vector{b});
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindTest,
                         testing::Values(LinkKind::Tcp, LinkKind::Udp, LinkKind::Multicast));

class TcpLinksTest : public LinksTest {};

TEST_F(TcpLinksTest, FramesOfABurstArriveInOrder) {
  const auto links_a = open(a, at_a_, 1);
  const auto links_b = open(b, at_b_, 2);
  links_a->dial({b});
  ASSERT_TRUE(run_until(loop_, [&] { return links_a->linked(b); }));
  const std::string body(1'000, 'x');
  for (int i = 0; i < 5'000; ++i) links_a->send(b, frame(body, std::to_string(i)));
  links_a->flush();
  ASSERT_TRUE(run_until(loop_, [&] { return at_b_.frames.size() == 5'000; }));
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(at_b_.frames[static_cast<std::size_t>(i)].second, arrived(body, std::to_string(i)));
  }
  EXPECT_TRUE(links_a->idle());
}

TEST_F(TcpLinksTest, WhatWasQueuedBeforeTheLinkWasUpIsSent) {
  const auto links_a = open(a, at_a_, 1);
  links_a->send(b, frame("early"));
  links_a->flush();
  const auto links_b = open(b, at_b_, 2);
  EXPECT_TRUE(run_until(loop_, [&] { return at_b_.frames.size() == 1; }));
}

TEST_F(TcpLinksTest, AFullQueueDropsNewFramesAndCountsThem) {
  cluster_.deployment.limits.link_queue_bytes = 10'000;
  const auto links_a = open(a, at_a_, 1);
  const std::string body(1'000, 'x');
  for (int i = 0; i < 100; ++i) links_a->send(b, frame(body));
  const LinkCounters& counters = links_a->statistics().peers[1];
  EXPECT_EQ(counters.sent_frames + counters.dropped_queue_full, 100u);
  EXPECT_EQ(counters.sent_frames, 9u);
}

TEST_F(TcpLinksTest, ACongestedPeerIsReadAgainWhenItIsRelieved) {
  const auto links_a = open(a, at_a_, 1);
  const auto links_b = open(b, at_b_, 2);
  links_a->dial({b});
  ASSERT_TRUE(run_until(loop_, [&] { return links_a->linked(b); }));
  at_b_.is_congested = true;
  links_a->send(b, frame("read before the link is left alone"));
  links_a->flush();
  ASSERT_TRUE(run_until(loop_, [&] {
    links_b->resume(a);  // It was congested when the link came up.
    return at_b_.frames.size() == 1;
  }));
  const std::string last = "the last one";
  links_a->send(b, frame(last));
  links_a->flush();
  at_b_.is_congested = false;
  EXPECT_TRUE(run_until(loop_, [&] {
    links_b->resume(a);
    return at_b_.frames.back().second == arrived(last);
  }));
}

TEST_F(TcpLinksTest, AnotherDeploymentsHelloIsRefusedAndCounted) {
  const auto links_b = open(b, at_b_, 2);
  Bytes hello;
  append_link_message(hello, encode_hello({.deployment = deployment_number("another"),
                                           .principal = a,
                                           .wanted = b,
                                           .incarnation = 1}));
  throw_at_b(hello);
  EXPECT_EQ(links_b->statistics().refusals.hello, 1u);
}

TEST_F(TcpLinksTest, MalformedBytesAreCountedAndHarmNobody) {
  const auto links_a = open(a, at_a_, 1);
  const auto links_b = open(b, at_b_, 2);
  throw_at_b(view_of("GET / HTTP/1.1\r\nHost: b\r\n\r\n"));
  EXPECT_EQ(links_b->statistics().refusals.hello, 1u);

  Bytes greeted;
  append_link_message(greeted, encode_hello({.deployment = deployment_number("test"),
                                             .principal = a,
                                             .wanted = b,
                                             .incarnation = 1}));
  Bytes corrupt = greeted;
  append_link_message(corrupt, view_of("statement"));
  corrupt.back() ^= 1;
  throw_at_b(corrupt);
  EXPECT_EQ(links_b->statistics().refusals.corrupt, 1u);

  Bytes endless = greeted;
  endless.insert(endless.end(), 8, 0xFF);
  throw_at_b(endless);
  EXPECT_EQ(links_b->statistics().refusals.too_long, 1u);
  EXPECT_TRUE(sends(*links_a, b, at_b_, "still here"));
}

TEST_F(TcpLinksTest, OneClaimedIdentityDoesNotUseUpTheLinksOfTheOthers) {
  const auto links_b = open(b, at_b_, 2);
  std::vector<int> claimants;
  for (int i = 0; i < 100; ++i) claimants.push_back(greet_b_as(c, 7));
  EXPECT_EQ(links_b->statistics().refusals.crowded, 98u);
  std::uint8_t room[1];
  EXPECT_TRUE(run_until(loop_, [&] { return read_some(claimants.front(), room) == 0; }));
  EXPECT_EQ(read_some(claimants.back(), room), -1) << "the newest stays";
  const auto links_a = open(a, at_a_, 1);
  EXPECT_TRUE(sends(*links_a, b, at_b_, "still welcome"));
  for (const int fd : claimants) ::close(fd);
}

TEST_F(TcpLinksTest, TheNewestLinkOfAPeerIsTheOneThatGreetedLast) {
  const auto links_b = open(b, at_b_, 2);
  const int early = connect_to_b();
  const int second = greet_b_as(c, 7);
  const int third = greet_b_as(c, 7);
  greet_b_as(c, 7, early);
  std::uint8_t room[1];
  EXPECT_TRUE(run_until(loop_, [&] { return read_some(second, room) == 0; }));
  EXPECT_EQ(read_some(third, room), -1);
  EXPECT_EQ(read_some(early, room), -1);
  for (const int fd : {early, second, third}) ::close(fd);
}

TEST_F(TcpLinksTest, StrangersThatStaySilentMakeWay) {
  const auto links_b = open(b, at_b_, 2);
  std::vector<int> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(connect_to_b());
  ASSERT_TRUE(run_until(loop_, [&] { return links_b->statistics().refusals.crowded > 0; }));
  const auto links_a = open(a, at_a_, 1);
  EXPECT_TRUE(sends(*links_a, b, at_b_, "greets at once"));
  for (const int fd : silent) ::close(fd);
}

TEST_F(TcpLinksTest, WhoStopsInTheMiddleOfAFrameIsClosed) {
  patience_.frame = 20ms;
  const auto links_b = open(b, at_b_, 2);
  const int fd = greet_b_as(c, 7);
  ASSERT_EQ(write_some(fd, Bytes{0, 0, 1, 0, 0, 0, 0, 0, 'b', 'e', 'g', 'u', 'n'}), 13);
  std::uint8_t room[1];
  EXPECT_TRUE(run_until(loop_, [&] { return read_some(fd, room) == 0; }));
  EXPECT_EQ(links_b->statistics().refusals.unfinished, 1u);
  ::close(fd);
}

TEST_F(TcpLinksTest, AfterARestartNothingOfTheEarlierLifeCounts) {
  const auto links_b = open(b, at_b_, 2);
  Receiver at_c;
  auto links_c = open(c, at_c, 7);
  links_b->dial({c});
  ASSERT_TRUE(run_until(loop_, [&] { return links_b->linked(c); }));
  const int old = greet_b_as(c, 7);
  links_c.reset();
  links_c = open(c, at_c, 8);
  ASSERT_TRUE(run_until(loop_, [&] { return !at_b_.restarted.empty(); }));
  EXPECT_EQ(at_b_.restarted, std::vector{c});

  Bytes late;
  append_link_frame(late, frame("an acknowledgement"));
  ASSERT_GT(write_some(old, late), 0);
  std::uint8_t room[1];
  EXPECT_TRUE(run_until(loop_, [&] { return read_some(old, room) == 0; }));
  EXPECT_TRUE(at_b_.frames.empty());
  ::close(old);
  Bytes again;
  append_link_message(again, encode_hello({.deployment = deployment_number("test"),
                                           .principal = c,
                                           .wanted = b,
                                           .incarnation = 7}));
  throw_at_b(again);
  EXPECT_EQ(links_b->statistics().refusals.outlived, 2u);
  EXPECT_TRUE(sends(*links_c, b, at_b_, "of the new life"));
}

TEST_F(TcpLinksTest, HellosAloneDoNotMakeAPeerRestart) {
  const auto links_b = open(b, at_b_, 2);
  Receiver at_c;
  const auto links_c = open(c, at_c, 7);
  links_b->dial({c});
  ASSERT_TRUE(run_until(loop_, [&] { return links_b->linked(c); }));
  for (std::uint64_t life = 100; life < 170; ++life) ::close(greet_b_as(c, life));
  EXPECT_TRUE(at_b_.restarted.empty());
  EXPECT_TRUE(sends(*links_c, b, at_b_, "the only one"));
}

TEST_F(LinksTest, ADatagramThatClaimsAnotherLifeOfASpeakingPeerIsDropped) {
  use(LinkKind::Udp);
  const auto links_a = open(a, at_a_, 1);
  const auto links_b = open(b, at_b_, 2);
  ASSERT_TRUE(sends(*links_a, b, at_b_, "real"));
  const auto to = *resolve_address(cluster_.deployment.principals[1].address, true);
  const int fd = bind_udp(*resolve_address("127.0.0.1:0", true)).value();
  Bytes forged;
  append_link_message(forged, encode_hello({.deployment = deployment_number("test"),
                                            .principal = a,
                                            .wanted = b,
                                            .incarnation = 99}));
  append_link_frame(forged, frame("forged"));
  ASSERT_GT(::sendto(fd, forged.data(), forged.size(), 0, to.pointer(), to.size), 0);
  ASSERT_TRUE(run_until(loop_, [&] { return links_b->statistics().refusals.outlived == 1; }));
  EXPECT_TRUE(at_b_.restarted.empty());
  EXPECT_EQ(at_b_.frames.back().second, arrived("real"));
  ::close(fd);
}

TEST_F(TcpLinksTest, HearsAPeerOnceThatPeerHasDialled) {
  const auto links_a = open(a, at_a_, 1);
  const auto links_b = open(b, at_b_, 2);
  links_a->dial({b});
  ASSERT_TRUE(run_until(loop_, [&] { return links_a->linked(b); }));
  EXPECT_TRUE(links_b->hears(a));
  EXPECT_FALSE(links_a->hears(b));
  EXPECT_FALSE(links_b->linked(a));
}

TEST_F(TcpLinksTest, APortInUseIsAnErrorThatNamesTheAddress) {
  const auto links_b = open(b, at_b_, 2);
  Links second{loop_, cluster_.deployment, b, 3, workers_, at_a_};
  const Status refused = second.listen();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::Io);
  EXPECT_NE(refused.error().message.find(cluster_.deployment.principals[1].address),
            std::string::npos);
}

}  // namespace
}  // namespace parley
