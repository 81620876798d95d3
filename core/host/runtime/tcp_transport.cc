// SPDX-License-Identifier: Apache-2.0
//
// Frames over TCP. One connection a direction: whoever has something to send
// dials and sends; whoever accepts reads. Both ends greet, so that neither talks
// to a stranger. Writes are whole queues, reads are whole buffers.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <optional>

#include "core/base/prng.h"
#include "core/host/runtime/acceptor.h"
#include "core/host/runtime/entropy.h"
#include "core/host/runtime/link_frame.h"
#include "core/host/runtime/links.h"
#include "core/host/runtime/log.h"
#include "core/host/runtime/socket.h"
#include "core/host/runtime/workers.h"

namespace parley {
namespace {

constexpr auto retry_delay_min = std::chrono::milliseconds{20};
constexpr auto retry_delay_max = std::chrono::seconds{2};
/// What waits for a link that is down: it may be stale when the link is up.
constexpr std::size_t unlinked_queue_max = std::size_t{1} << 20;
/// A queue that grew beyond this gives its memory back when it is empty.
constexpr std::size_t kept_capacity_max = std::size_t{1} << 20;
constexpr int reads_per_wakeup_max = 4;
/// A peer needs one connection to us, two while a broken one goes unnoticed.
constexpr std::ptrdiff_t incoming_per_peer_max = 2;
/// Connections whose other end has not said who it is.
constexpr std::ptrdiff_t strangers_max = 64;

Bytes greeting(const LinkContext& context, PrincipalId wanted) {
  Bytes out;
  append_link_message(out, encode_hello({.deployment = deployment_number(context.deployment.name),
                                         .principal = context.self,
                                         .wanted = wanted,
                                         .incarnation = context.incarnation}));
  return out;
}

/// Reads, checks and returns the other end's hello.
Result<Hello> judge_hello(const LinkContext& context, ByteView message) {
  Result<Hello> hello =
      decode_hello(message, static_cast<std::uint32_t>(context.deployment.principals.size()));
  if (!hello) return hello;
  std::string objection =
      hello_objection(*hello, deployment_number(context.deployment.name), context.self);
  if (!objection.empty()) return Error{ErrorCode::BadSource, "hello: " + std::move(objection)};
  return hello;
}

/// The sending end of a link: dials until somebody fitting answers, then sends.
class Outgoing {
 public:
  Outgoing(LinkContext& context, PrincipalId peer, Prng& jitter)
      : context_(context),
        peer_(peer),
        jitter_(jitter),
        parser_(hello_size_max),
        timer_(context.loop, [this] { on_timer(); }) {
    dial();
  }

  void queue(const Frame& frame) {
    LinkCounters& counters = context_.counters(peer_);
    const std::size_t size = link_header_size + frame_size(frame);
    if (size > context_.deployment.limits.frame_bytes) {
      ++counters.dropped_too_long;
      return;
    }
    const std::size_t queue_max =
        state_ == State::Linked
            ? context_.deployment.limits.link_queue_bytes
            : std::min(unlinked_queue_max, context_.deployment.limits.link_queue_bytes);
    if (pending() + size > queue_max) {
      if (worth_saying(++counters.dropped_queue_full)) {
        log_warning(context_.self_name(), "the queue to " + context_.name(peer_) + " is full, " +
                                              std::to_string(counters.dropped_queue_full) +
                                              " frames dropped so far");
      }
      return;
    }
    append_link_frame(queue_, frame);
    ++counters.sent_frames;
  }

  void flush() {
    if (state_ != State::Linked || blocked_) return;
    LinkCounters& counters = context_.counters(peer_);
    while (pending() > 0) {
      const std::ptrdiff_t done = write_some(socket_.fd(), ByteView{queue_}.subspan(written_));
      if (done < -1) return retry("writing failed");
      if (done < 0) {
        blocked_ = true;
        socket_.await_writable();
        break;
      }
      written_ += static_cast<std::size_t>(done);
      counters.sent_bytes += static_cast<std::uint64_t>(done);
    }
    drop_written();
    counters.queue_bytes = pending();
  }

  bool linked() const { return state_ == State::Linked; }
  std::size_t pending() const { return queue_.size() - written_; }

 private:
  enum class State { Resting, Resolving, Connecting, Greeting, Linked };

  void dial() {
    const std::string& text = context_.deployment.principals[peer_.value].address;
    if (Result<SocketAddress> address = resolve_address(text, true)) return connect(*address);
    state_ = State::Resolving;
    // A name server may take its time. The node's loop outlives the workers' tasks,
    // and a transport lives as long as its loop runs.
    context_.workers.submit([this, text, loop = &context_.loop] {
      loop->post([this, address = resolve_address(text, false)] {
        if (state_ != State::Resolving) return;
        if (!address) return retry(address.error().message);
        connect(*address);
      });
    });
  }

  void connect(const SocketAddress& address) {
    Result<int> fd = connect_tcp(address);
    if (!fd) return retry(fd.error().message);
    state_ = State::Connecting;
    tune_link(*fd);
    parser_ = LinkParser{hello_size_max};
    socket_ = Descriptor{context_.loop, *fd, [this] { on_readable(); }, [this] { on_writable(); }};
    socket_.await_writable();
    timer_.start_after(context_.patience.greeting);
  }

  void on_writable() {
    if (state_ == State::Connecting) {
      if (const int error = socket_error(socket_.fd()); error != 0) {
        return retry(std::strerror(error));
      }
      const Bytes hello = greeting(context_, peer_);
      // A new socket's buffer takes a hello whole.
      if (write_some(socket_.fd(), hello) != static_cast<std::ptrdiff_t>(hello.size())) {
        return retry("the greeting could not be sent");
      }
      state_ = State::Greeting;
      return socket_.await_readable();
    }
    blocked_ = false;
    flush();
  }

  void on_readable() {
    const std::ptrdiff_t size = read_some(socket_.fd(), parser_.room());
    if (size == -1) return socket_.await_readable();
    if (size <= 0) return retry(state_ == State::Linked ? "it closed the link" : "it hung up");
    // After its hello the accepting end has nothing to say.
    if (state_ == State::Linked) return retry("it sent what it should not");
    parser_.received(static_cast<std::size_t>(size));
    ByteView message;
    const LinkParser::Next next = parser_.next(message);
    if (next == LinkParser::Next::Incomplete) return socket_.await_readable();
    if (next != LinkParser::Next::Message) return refuse("hello: not a Parley link");
    const Result<Hello> hello = judge_hello(context_, message);
    if (!hello) return refuse(hello.error().message);
    if (hello->principal != peer_) return refuse("hello: another node answers there");
    link(*hello);
  }

  void link(const Hello& hello) {
    state_ = State::Linked;
    linked_at_ = SteadyClock::now();
    timer_.cancel();
    ++context_.counters(peer_).connects;
    log_info(context_.self_name(), "linked to " + context_.name(peer_));
    context_.answered(peer_, hello.incarnation);
    socket_.await_readable();
    flush();
    context_.receiver.settle();
  }

  void on_timer() {
    if (state_ == State::Resting) return dial();
    retry("no greeting in time");
  }

  void refuse(const std::string& why) {
    if (worth_saying(++context_.statistics.refusals.hello)) {
      log_warning(context_.self_name(), "refused " + context_.name(peer_) + " at " +
                                            context_.deployment.principals[peer_.value].address +
                                            ": " + why);
    }
    retry(why);
  }

  /// Exponential back-off with full jitter above a floor, so that peers that lost
  /// the same node do not come back in step.
  void retry(const std::string& why) {
    if (state_ == State::Linked) {
      log_info(context_.self_name(), "lost the link to " + context_.name(peer_) + ": " + why);
      // The message in the middle of which the link broke is lost, and what was
      // queued behind it is old by the time there is a new one.
      queue_.clear();
      written_ = 0;
      // Who answers and hangs up again and again is not dialled any faster for it.
      if (SteadyClock::now() - linked_at_ > retry_delay_max) attempts_ = 0;
    } else if (worth_saying(attempts_ + 1)) {
      log_debug(context_.self_name(), "cannot link to " + context_.name(peer_) + ": " + why);
    }
    ++context_.counters(peer_).connect_failures;
    socket_.close();
    blocked_ = false;
    context_.counters(peer_).queue_bytes = pending();
    state_ = State::Resting;
    const auto ceiling = std::min<std::chrono::nanoseconds>(
        retry_delay_min * (std::int64_t{1} << std::min(attempts_++, 10u)), retry_delay_max);
    timer_.start_after(std::chrono::nanoseconds{
        jitter_.between(std::chrono::nanoseconds{retry_delay_min}.count() / 2, ceiling.count())});
  }

  void drop_written() {
    if (written_ == 0) return;
    if (written_ == queue_.size()) {
      queue_.clear();
      if (queue_.capacity() > kept_capacity_max) Bytes{}.swap(queue_);
    } else if (written_ > queue_.size() / 2) {
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(written_));
    } else {
      return;
    }
    written_ = 0;
  }

  LinkContext& context_;
  PrincipalId peer_;
  Prng& jitter_;
  State state_ = State::Resting;
  Descriptor socket_;
  LinkParser parser_;
  Bytes queue_;
  std::size_t written_ = 0;
  bool blocked_ = false;
  unsigned attempts_ = 0;  ///< Since a link that lasted.
  SteadyClock::time_point linked_at_{};
  LoopTimer timer_;
};

/// The receiving end of a link.
class Incoming {
 public:
  /// `greeted`: the other end has said who it is; `close` destroys this object.
  Incoming(LinkContext& context, int fd, std::string address,
           std::function<void(PrincipalId)> greeted, std::function<void()> close)
      : context_(context),
        address_(std::move(address)),
        parser_(hello_size_max),
        greeted_(std::move(greeted)),
        close_(std::move(close)),
        socket_(
            context.loop, fd, [this] { on_readable(); }, [this] { send_greeting(); }),
        timer_(context.loop, [this] { on_timer(); }) {
    socket_.await_readable();
    timer_.start_after(context_.patience.greeting);
    watching_ = true;
  }

  std::optional<PrincipalId> from() const { return from_; }

  void resume() {
    if (!paused_) return;
    paused_ = false;
    progressed_ = true;  // It could not go on while it was left alone.
    watch_frame();
    // From a task of its own: the caller is in the middle of somebody's frames.
    socket_.await_readable();
  }

 private:
  void on_readable() {
    for (int reads = 0; reads < reads_per_wakeup_max; ++reads) {
      const std::span<std::uint8_t> room = parser_.room();
      const std::ptrdiff_t size = read_some(socket_.fd(), room);
      if (size == -1) break;
      if (size <= 0) return finish();
      parser_.received(static_cast<std::size_t>(size));
      if (!take_messages()) {
        context_.receiver.settle();
        return finish();
      }
      if (static_cast<std::size_t>(size) < room.size()) break;
    }
    context_.receiver.settle();
    if (from_ && context_.receiver.congested(*from_)) {
      paused_ = true;
      return;
    }
    watch_frame();
    socket_.await_readable();
  }

  /// False: the link is to be closed.
  bool take_messages() {
    ByteView message;
    for (;;) {
      switch (parser_.next(message)) {
        case LinkParser::Next::Incomplete:
          return true;
        case LinkParser::Next::TooLong:
          // The first bytes of a stranger are rarely a length.
          if (!from_) return refuse("hello: not a Parley link");
          return refuse(context_.statistics.refusals.too_long, "a frame over the maximum length");
        case LinkParser::Next::Corrupt:
          return refuse(context_.statistics.refusals.corrupt, "a checksum that does not fit");
        case LinkParser::Next::Message:
          if (!take(message)) return false;
          progressed_ = true;
      }
    }
  }

  bool take(ByteView message) {
    if (!from_) return take_hello(message);
    if (outlived()) {
      return refuse(context_.statistics.refusals.outlived, "frames from before its restart");
    }
    LinkCounters& counters = context_.counters(*from_);
    ++counters.received_frames;
    counters.received_bytes += link_header_size + message.size();
    context_.receiver.on_frame(*from_, message);
    return true;
  }

  bool take_hello(ByteView message) {
    const Result<Hello> hello = judge_hello(context_, message);
    if (!hello) return refuse(hello.error().message);
    if (!context_.claimed(hello->principal, hello->incarnation)) {
      return refuse(context_.statistics.refusals.outlived, "a hello from before a restart");
    }
    from_ = hello->principal;
    incarnation_ = hello->incarnation;
    life_ = context_.lives[from_->value].number;
    timer_.cancel();
    watching_ = false;
    parser_.limit(context_.deployment.limits.frame_bytes);
    greeted_(*from_);
    return send_greeting();
  }

  /// Whether the peer has restarted since, so that this link is of an earlier life:
  /// what still comes may acknowledge what the peer has forgotten.
  bool outlived() const {
    const PeerLife& life = context_.lives[from_->value];
    return life.number != life_ && life.current != incarnation_;
  }

  bool send_greeting() {
    const Bytes hello = greeting(context_, *from_);
    return write_some(socket_.fd(), hello) == static_cast<std::ptrdiff_t>(hello.size());
  }

  bool refuse(const std::string& why) { return refuse(context_.statistics.refusals.hello, why); }
  bool refuse(std::uint64_t& counter, const std::string& why) {
    if (worth_saying(++counter)) {
      const std::string who = from_ ? context_.name(*from_) : address_;
      log_warning(context_.self_name(), "refused what came from " + who + ": " + why + " (" +
                                            std::to_string(counter) + " so far)");
    }
    return false;
  }

  /// Effect: a frame that has begun must be whole in time. The timer runs on while
  /// frames do come, so that it costs nothing on a busy link.
  void watch_frame() {
    if (!from_ || watching_ || !parser_.partial()) return;
    watching_ = true;
    progressed_ = false;
    timer_.start_after(context_.patience.frame);
  }

  void on_timer() {
    watching_ = false;
    if (from_ && (progressed_ || paused_)) return watch_frame();
    if (from_) {
      refuse(context_.statistics.refusals.unfinished, "a frame that does not end");
    } else {
      refuse(context_.statistics.refusals.silent, "no hello in time");
    }
    finish();
  }

  void finish() {
    const auto close = std::move(close_);
    close();
  }

  LinkContext& context_;
  std::string address_;
  std::optional<PrincipalId> from_;
  std::uint64_t incarnation_ = 0;
  std::uint64_t life_ = 0;  ///< The peer's, when it greeted.
  LinkParser parser_;
  std::function<void(PrincipalId)> greeted_;
  std::function<void()> close_;
  bool paused_ = false;
  bool watching_ = false;    ///< The timer runs.
  bool progressed_ = false;  ///< Since the timer was started.
  Descriptor socket_;
  LoopTimer timer_;
};

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(LinkContext& context)
      : context_(context),
        jitter_(random_number()),
        acceptor_(context.loop, context.self_name(),
                  [this](int fd, const SocketAddress& peer) { on_connection(fd, peer); }),
        outgoing_(context.deployment.principals.size()) {}

  Status listen() override {
    return acceptor_.listen(context_.deployment.principals[context_.self.value].address);
  }

  void dial(PrincipalId peer) override { outgoing(peer); }

  void send(PrincipalId to, const Frame& frame) override {
    outgoing(to).queue(frame);
    if (std::find(unflushed_.begin(), unflushed_.end(), to) == unflushed_.end()) {
      unflushed_.push_back(to);
    }
  }

  void flush() override {
    for (const PrincipalId peer : unflushed_) outgoing_[peer.value]->flush();
    unflushed_.clear();
  }

  bool linked(PrincipalId peer) const override {
    const auto& link = outgoing_[peer.value];
    return link != nullptr && link->linked();
  }

  bool hears(PrincipalId peer) const override { return incoming_count(peer) > 0; }

  void resume(PrincipalId peer) override {
    for (const auto& link : incoming_) {
      if (link->from() == peer) link->resume();
    }
  }

  void stop_receiving() override {
    acceptor_.close();
    incoming_.clear();
  }

  bool idle() const override {
    return std::all_of(outgoing_.begin(), outgoing_.end(), [](const auto& link) {
      return link == nullptr || !link->linked() || link->pending() == 0;
    });
  }

 private:
  Outgoing& outgoing(PrincipalId peer) {
    auto& link = outgoing_[peer.value];
    if (link == nullptr) link = std::make_unique<Outgoing>(context_, peer, jitter_);
    return *link;
  }

  void on_connection(int fd, const SocketAddress& peer) {
    tune_link(fd);
    const auto place = incoming_.emplace(incoming_.end());
    *place = std::make_unique<Incoming>(
        context_, fd, peer.text(),
        [this, place](PrincipalId from) {
          incoming_.splice(incoming_.end(), incoming_, place);  // Newest of its peer.
          make_room(from, incoming_per_peer_max);
        },
        [this, place] { incoming_.erase(place); });
    // Who is honest greets at once, so the one that has waited longest goes.
    make_room(std::nullopt, strangers_max);
  }

  /// Of a peer, or of those that have not greeted.
  std::ptrdiff_t incoming_count(std::optional<PrincipalId> from) const {
    return std::count_if(incoming_.begin(), incoming_.end(),
                         [&](const auto& link) { return link->from() == from; });
  }

  /// A hello proves nothing: whoever claims to be a peer, or nobody yet, must not
  /// use up what the others need. The oldest link is the likeliest to be dead.
  void make_room(std::optional<PrincipalId> from, std::ptrdiff_t links_max) {
    if (incoming_count(from) <= links_max) return;
    ++context_.statistics.refusals.crowded;
    incoming_.erase(std::find_if(incoming_.begin(), incoming_.end(),
                                 [&](const auto& link) { return link->from() == from; }));
  }

  LinkContext& context_;
  Prng jitter_;
  Acceptor acceptor_;
  std::list<std::unique_ptr<Incoming>> incoming_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;
  std::vector<PrincipalId> unflushed_;
};

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(LinkContext& context) {
  return std::make_unique<TcpTransport>(context);
}

}  // namespace parley
