// SPDX-License-Identifier: Apache-2.0
//
// How a node's frames reach its peers: one Transport per link kind, and Links,
// which gives each frame to the transport that the deployment names for the pair.
// A link may lose frames, never alter, reorder by intent or invent them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/host/runtime/event_loop.h"
#include "core/kernel/deployment.h"
#include "core/kernel/frame.h"

namespace parley {

class Workers;

/// Who takes what links bring. Calls come on the loop's thread.
class LinkReceiver {
 public:
  virtual ~LinkReceiver() = default;
  /// `frame` is valid during the call.
  virtual void on_frame(PrincipalId from, ByteView frame) = 0;
  virtual void on_peer_restarted(PrincipalId peer) = 0;
  /// The frames of one wake-up have been given.
  virtual void settle() = 0;
  /// Whether the link from `peer` had better not be read for now.
  virtual bool congested(PrincipalId peer) const = 0;
};

/// What happened on the links with one peer since the start.
struct LinkCounters {
  std::uint64_t sent_frames = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_frames = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t dropped_queue_full = 0;
  std::uint64_t dropped_too_long = 0;
  std::uint64_t connects = 0;
  std::uint64_t connect_failures = 0;
  std::uint64_t restarts = 0;
  std::uint64_t queue_bytes = 0;  ///< A gauge.
};

/// What came over links from nobody in particular and was thrown away.
struct LinkRefusals {
  std::uint64_t hello = 0;       ///< Not a hello, another deployment, not for us.
  std::uint64_t corrupt = 0;     ///< A checksum that does not fit.
  std::uint64_t too_long = 0;    ///< A length over the maximum.
  std::uint64_t crowded = 0;     ///< Closed for a newer one: too many of one peer, or of strangers.
  std::uint64_t silent = 0;      ///< No hello in time.
  std::uint64_t outlived = 0;    ///< Of a life of the peer that has ended.
  std::uint64_t unfinished = 0;  ///< A frame that did not arrive whole in time.
};

struct LinkStatistics {
  std::vector<LinkCounters> peers;  ///< By principal.
  LinkRefusals refusals;
};

/// Which start of its process a peer is in. A hello that came in proves nothing, so
/// only what answers at the peer's own address ends a life.
struct PeerLife {
  std::uint64_t current = 0;   ///< Incarnations; 0: never heard.
  std::uint64_t previous = 0;  ///< Whatever still comes of it is outdated.
  std::uint64_t number = 0;    ///< Lives that have ended.
};

/// How long the other end of a link may take.
struct LinkPatience {
  Duration greeting = 5s;  ///< To connect and say hello.
  Duration frame = 10s;    ///< To send all of a frame that it has begun.
};

/// What every transport of a node works with.
struct LinkContext {
  EventLoop& loop;
  const Deployment& deployment;
  PrincipalId self;
  std::uint64_t incarnation;
  Workers& workers;
  LinkReceiver& receiver;
  LinkStatistics& statistics;
  std::vector<PeerLife>& lives;  ///< By principal.
  LinkPatience patience;

  const std::string& name(PrincipalId principal) const {
    return deployment.principals[principal.value].name;
  }
  const std::string& self_name() const { return name(self); }
  LinkCounters& counters(PrincipalId peer) const { return statistics.peers[peer.value]; }
  /// What a hello that came in claims; false: of a life that has ended.
  bool claimed(PrincipalId peer, std::uint64_t its_incarnation) const;
  /// Effect: the peer is in this life, because it answered or is alone in speaking;
  /// a new one is reported.
  void answered(PrincipalId peer, std::uint64_t its_incarnation) const;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// Effect: listens. The error names the address.
  virtual Status listen() = 0;
  /// Effect: begins to reach for the peer, if it has not.
  virtual void dial(PrincipalId peer) = 0;
  /// Effect: queues the frame, or drops and counts it when the queue is full.
  virtual void send(PrincipalId to, const Frame& frame) = 0;
  /// Effect: what is queued leaves as far as the system takes it.
  virtual void flush() = 0;
  virtual bool linked(PrincipalId peer) const = 0;  ///< What is sent has a way.
  virtual bool hears(PrincipalId peer) const = 0;   ///< The peer's frames have a way.
  /// The peer is no longer congested.
  virtual void resume(PrincipalId peer) = 0;
  /// Effect: takes nothing in any more.
  virtual void stop_receiving() = 0;
  virtual bool idle() const = 0;  ///< Nothing is queued for a linked peer.
};

std::unique_ptr<Transport> make_tcp_transport(LinkContext& context);
std::unique_ptr<Transport> make_udp_transport(LinkContext& context);
std::unique_ptr<Transport> make_multicast_transport(LinkContext& context);

/// Where a driver puts the frames that its node sends.
class FrameOutlet {
 public:
  virtual ~FrameOutlet() = default;
  virtual void send(PrincipalId to, const Frame& frame) = 0;
  virtual void flush() = 0;
  /// Frames of this peer are welcome again.
  virtual void resume(PrincipalId peer) = 0;
};

class Links final : public FrameOutlet {
 public:
  Links(EventLoop& loop, const Deployment& deployment, PrincipalId self, std::uint64_t incarnation,
        Workers& workers, LinkReceiver& receiver, const LinkPatience& patience = {});
  ~Links() override;

  /// Effect: listens on every kind of link that leads to this node.
  Status listen();
  void dial(const PrincipalSet& peers);
  void send(PrincipalId to, const Frame& frame) override;
  void flush() override;
  void resume(PrincipalId peer) override;
  bool linked(PrincipalId peer) const;
  /// Whether frames of the peer have a way to this node.
  bool hears(PrincipalId peer) const;
  void stop_receiving();
  bool idle() const;
  const LinkStatistics& statistics() const { return statistics_; }

 private:
  Transport& transport(LinkKind kind);
  /// The kind of the link that carries frames from `from` to `to`.
  LinkKind kind(PrincipalId from, PrincipalId to) const;

  LinkStatistics statistics_;
  std::vector<PeerLife> lives_;
  LinkContext context_;
  std::vector<LinkKind> kind_of_peer_;
  std::unique_ptr<Transport> transports_[3];
};

}  // namespace parley
