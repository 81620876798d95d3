// SPDX-License-Identifier: Apache-2.0
//
// Frames in datagrams, to one peer (udp) or to a group that all nodes have joined
// (multicast). Loss is the network's; the kernel's retransmission makes up for it.
//
//   datagram = hello-message { message }     as link_frame.h writes them
//
// A datagram carries as many frames as fit into one packet, or a single longer
// one. In a multicast datagram the hello's `wanted` is the sender itself, and
// every node takes the frames that name it as a verifier. A datagram without
// frames says that its sender lives.
#include <algorithm>
#include <array>

#include "core/base/codec.h"
#include "core/host/runtime/link_frame.h"
#include "core/host/runtime/links.h"
#include "core/host/runtime/log.h"
#include "core/host/runtime/socket.h"

namespace parley {
namespace {

constexpr std::size_t packet_size_aim = 1'400;
constexpr std::size_t datagram_size_max = 65'000;
constexpr auto beat_interval = std::chrono::milliseconds{500};
constexpr auto silence_max = std::chrono::seconds{2};
constexpr int reads_per_wakeup_max = 256;

class DatagramTransport final : public Transport {
 public:
  DatagramTransport(LinkContext& context, bool multicast)
      : context_(context),
        multicast_(multicast),
        peers_(context.deployment.principals.size()),
        beat_(context.loop, [this] { on_beat(); }) {}

  Status listen() override {
    const std::string& text = context_.deployment.principals[context_.self.value].address;
    const Result<SocketAddress> own = resolve_address(text, false);
    if (!own) return own.error();
    Result<int> fd = -1;
    if (multicast_) {
      group_ = group_address();
      fd = bind_multicast(group_, *own);
    } else {
      fd = bind_udp(*own);
    }
    if (!fd) return fd.error();
    socket_ = Descriptor{context_.loop, *fd, [this] { on_readable(); }, [] {}};
    socket_.await_readable();
    receiving_ = true;
    return {};
  }

  void dial(PrincipalId peer) override {
    Peer& to = peers_[peer.value];
    if (to.dialled || !socket_.is_open()) return;
    // Names are looked up once, at the start, where waiting harms nobody.
    const auto& text = context_.deployment.principals[peer.value].address;
    const Result<SocketAddress> address = resolve_address(text, false);
    if (!address) {
      return log_warning(context_.self_name(), "cannot send datagrams to " + context_.name(peer) +
                                                   ": " + address.error().message);
    }
    to.address = *address;
    to.dialled = true;
    on_beat();
  }

  void send(PrincipalId to, const Frame& frame) override {
    dial(to);
    Peer& peer = peers_[to.value];
    const std::size_t size = link_header_size + frame_size(frame);
    LinkCounters& counters = context_.counters(to);
    if (!peer.dialled || size + hello_message_size_max > datagram_size_max) {
      ++counters.dropped_too_long;
      return;
    }
    ++counters.sent_frames;
    // One multicast datagram serves all destinations of the same bytes.
    if (multicast_ && last_.body == frame.body && last_.evidence == frame.evidence) return;
    if (multicast_) last_ = frame;
    Bytes& packet = multicast_ ? group_packet_ : peer.packet;
    if (!packet.empty() && packet.size() + size > packet_size_aim) transmit(to, packet);
    if (packet.empty()) packet = greeting(to);
    append_link_frame(packet, frame);
    if (!multicast_ && !peer.unflushed) {
      peer.unflushed = true;
      unflushed_.push_back(to);
    }
  }

  void flush() override {
    if (multicast_ && !group_packet_.empty()) transmit(context_.self, group_packet_);
    last_ = {};
    for (const PrincipalId to : unflushed_) {
      Peer& peer = peers_[to.value];
      peer.unflushed = false;
      if (!peer.packet.empty()) transmit(to, peer.packet);
    }
    unflushed_.clear();
  }

  bool linked(PrincipalId peer) const override {
    const auto heard = peers_[peer.value].heard_at;
    return heard && SteadyClock::now() - *heard < silence_max;
  }

  bool hears(PrincipalId peer) const override { return linked(peer); }

  void resume(PrincipalId /*peer*/) override {}
  void stop_receiving() override { receiving_ = false; }
  bool idle() const override { return true; }

 private:
  static constexpr std::size_t hello_message_size_max = link_header_size + hello_size_max;

  struct Peer {
    bool dialled = false;
    bool unflushed = false;
    SocketAddress address;
    Bytes packet;
    std::optional<SteadyClock::time_point> heard_at;
  };

  /// An administratively scoped group (RFC 2365) that the deployment's name picks.
  SocketAddress group_address() const {
    const std::uint64_t number = deployment_number(context_.deployment.name);
    const std::string text = "239.255." + std::to_string(number & 0xFF) + "." +
                             std::to_string((number >> 8) & 0xFF) + ":" +
                             std::to_string(20'000 + (number >> 16) % 10'000);
    return resolve_address(text, true).value();
  }

  Bytes greeting(PrincipalId to) const {
    Bytes out;
    append_link_message(out,
                        encode_hello({.deployment = deployment_number(context_.deployment.name),
                                      .principal = context_.self,
                                      .wanted = multicast_ ? context_.self : to,
                                      .incarnation = context_.incarnation}));
    return out;
  }

  void transmit(PrincipalId to, Bytes& packet) {
    const SocketAddress& address = multicast_ ? group_ : peers_[to.value].address;
    const ssize_t done = ::sendto(socket_.fd(), packet.data(), packet.size(), MSG_NOSIGNAL,
                                  address.pointer(), address.size);
    LinkCounters& counters = context_.counters(to);
    if (done > 0) {
      counters.sent_bytes += static_cast<std::uint64_t>(done);
    } else {
      ++counters.dropped_queue_full;
    }
    packet.clear();
  }

  void on_beat() {
    beat_.start_after(beat_interval);
    for (std::uint32_t peer = 0; peer < peers_.size(); ++peer) {
      if (!peers_[peer].dialled) continue;
      Bytes packet = greeting(PrincipalId{peer});
      transmit(PrincipalId{peer}, packet);
      if (multicast_) return;
    }
  }

  void on_readable() {
    for (int reads = 0; reads < reads_per_wakeup_max; ++reads) {
      const std::span<std::uint8_t> room{buffer_};
      const std::ptrdiff_t size = read_some(socket_.fd(), room);
      if (size < 0) break;
      if (receiving_) take(ByteView{room}.first(static_cast<std::size_t>(size)));
    }
    context_.receiver.settle();
    socket_.await_readable();
  }

  void take(ByteView datagram) {
    // Each datagram stands alone, so it has a parser of its own.
    LinkMessages messages{datagram};
    LinkRefusals& refusals = context_.statistics.refusals;
    const std::optional<ByteView> head = messages.next();
    if (!head) return static_cast<void>(++refusals.corrupt);
    const Result<Hello> hello = decode_hello(*head, static_cast<std::uint32_t>(peers_.size()));
    if (!hello) return static_cast<void>(++refusals.hello);
    if (multicast_ && hello->principal == context_.self) return;  // Our own voice.
    Hello judged = *hello;
    if (multicast_) judged.wanted = context_.self;
    if (!hello_objection(judged, deployment_number(context_.deployment.name), context_.self)
             .empty()) {
      return static_cast<void>(++refusals.hello);
    }
    const PrincipalId from = hello->principal;
    // Datagrams name no connection: another life takes over once this one is silent.
    const PeerLife& life = context_.lives[from.value];
    if (linked(from) && hello->incarnation != life.current) {
      return static_cast<void>(++refusals.outlived);
    }
    peers_[from.value].heard_at = SteadyClock::now();
    context_.answered(from, hello->incarnation);
    LinkCounters& counters = context_.counters(from);
    while (const std::optional<ByteView> frame = messages.next()) {
      ++counters.received_frames;
      counters.received_bytes += link_header_size + frame->size();
      // A congested peer's datagrams are lost, as on any busy network.
      if (!context_.receiver.congested(from)) context_.receiver.on_frame(from, *frame);
    }
    if (!messages.finished()) ++refusals.corrupt;
  }

  LinkContext& context_;
  bool multicast_;
  bool receiving_ = false;
  SocketAddress group_;
  Descriptor socket_;
  std::vector<Peer> peers_;
  Bytes group_packet_;
  Frame last_;
  std::vector<PrincipalId> unflushed_;
  std::array<std::uint8_t, std::size_t{64} << 10> buffer_;
  LoopTimer beat_;
};

}  // namespace

std::unique_ptr<Transport> make_udp_transport(LinkContext& context) {
  return std::make_unique<DatagramTransport>(context, false);
}

std::unique_ptr<Transport> make_multicast_transport(LinkContext& context) {
  return std::make_unique<DatagramTransport>(context, true);
}

}  // namespace parley
