// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/links.h"

#include <utility>

#include "core/host/runtime/log.h"

namespace parley {

bool LinkContext::claimed(PrincipalId peer, std::uint64_t its_incarnation) const {
  PeerLife& life = lives[peer.value];
  if (life.current == 0) life.current = its_incarnation;
  return life.current == its_incarnation || life.previous != its_incarnation;
}

void LinkContext::answered(PrincipalId peer, std::uint64_t its_incarnation) const {
  PeerLife& life = lives[peer.value];
  if (life.current == its_incarnation) return;
  life.previous = std::exchange(life.current, its_incarnation);
  if (life.previous == 0) return;
  ++life.number;
  if (worth_saying(++counters(peer).restarts)) {
    log_info(self_name(), name(peer) + " has restarted");
  }
  receiver.on_peer_restarted(peer);
}

Links::Links(EventLoop& loop, const Deployment& deployment, PrincipalId self,
             std::uint64_t incarnation, Workers& workers, LinkReceiver& receiver,
             const LinkPatience& patience)
    : statistics_{.peers = std::vector<LinkCounters>(deployment.principals.size()), .refusals = {}},
      lives_(deployment.principals.size()),
      context_{.loop = loop,
               .deployment = deployment,
               .self = self,
               .incarnation = incarnation,
               .workers = workers,
               .receiver = receiver,
               .statistics = statistics_,
               .lives = lives_,
               .patience = patience} {
  for (std::uint32_t peer = 0; peer < deployment.principals.size(); ++peer) {
    kind_of_peer_.push_back(kind(self, PrincipalId{peer}));
  }
}

Links::~Links() = default;

LinkKind Links::kind(PrincipalId from, PrincipalId to) const {
  for (const LinkRule& rule : context_.deployment.links) {
    if (rule.scope.covers(from, to)) return rule.kind;
  }
  return LinkKind::Tcp;
}

Transport& Links::transport(LinkKind kind) {
  auto& slot = transports_[static_cast<std::size_t>(kind)];
  if (slot == nullptr) {
    slot = kind == LinkKind::Tcp   ? make_tcp_transport(context_)
           : kind == LinkKind::Udp ? make_udp_transport(context_)
                                   : make_multicast_transport(context_);
  }
  return *slot;
}

Status Links::listen() {
  // Always tcp: it answers strangers with a hello, which makes wrong addresses visible.
  bool used[3] = {true, false, false};
  for (std::uint32_t peer = 0; peer < context_.deployment.principals.size(); ++peer) {
    used[static_cast<std::size_t>(kind(PrincipalId{peer}, context_.self))] = true;
    used[static_cast<std::size_t>(kind_of_peer_[peer])] = true;
  }
  for (const LinkKind one : {LinkKind::Tcp, LinkKind::Udp, LinkKind::Multicast}) {
    if (!used[static_cast<std::size_t>(one)]) continue;
    if (Status listening = transport(one).listen(); !listening) return listening;
  }
  return {};
}

void Links::dial(const PrincipalSet& peers) {
  peers.for_each([&](PrincipalId peer) {
    if (peer != context_.self) transport(kind_of_peer_[peer.value]).dial(peer);
  });
}

void Links::send(PrincipalId to, const Frame& frame) {
  transport(kind_of_peer_[to.value]).send(to, frame);
}

void Links::flush() {
  for (auto& transport : transports_) {
    if (transport != nullptr) transport->flush();
  }
}

bool Links::linked(PrincipalId peer) const {
  const auto& transport = transports_[static_cast<std::size_t>(kind_of_peer_[peer.value])];
  return transport != nullptr && transport->linked(peer);
}

bool Links::hears(PrincipalId peer) const {
  const auto& transport = transports_[static_cast<std::size_t>(kind(peer, context_.self))];
  return transport != nullptr && transport->hears(peer);
}

void Links::resume(PrincipalId peer) {
  for (auto& transport : transports_) {
    if (transport != nullptr) transport->resume(peer);
  }
}

void Links::stop_receiving() {
  for (auto& transport : transports_) {
    if (transport != nullptr) transport->stop_receiving();
  }
}

bool Links::idle() const {
  for (const auto& transport : transports_) {
    if (transport != nullptr && !transport->idle()) return false;
  }
  return true;
}

}  // namespace parley
