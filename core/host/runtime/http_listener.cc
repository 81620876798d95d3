// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/http_listener.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/host/runtime/acceptor.h"
#include "core/host/runtime/socket.h"

namespace parley {
namespace {

constexpr std::size_t connections_max = 256;
constexpr auto request_time_max = std::chrono::seconds{10};
constexpr auto idle_time_max = std::chrono::seconds{60};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Close = std::function<void(const std::shared_ptr<Connection>&)>;

  Connection(EventLoop& loop, int fd, bool loopback, const HttpListener::Handler& handler,
             Close close)
      : loop_(loop),
        loopback_(loopback),
        handler_(handler),
        close_(std::move(close)),
        socket_(
            loop, fd, [this] { on_readable(); }, [this] { write(); }),
        timer_(loop, [this] { finish(); }) {}

  void start() {
    timer_.start_after(request_time_max);
    socket_.await_readable();
  }

  bool busy() const { return answering_ || written_ < out_.size(); }

 private:
  void on_readable() {
    const auto self = shared_from_this();
    std::array<std::uint8_t, 16 << 10> room;
    const std::ptrdiff_t size = read_some(socket_.fd(), room);
    if (size == -1) return socket_.await_readable();
    if (size <= 0) return finish();
    parser_.received(text_of(ByteView{room}.first(static_cast<std::size_t>(size))));
    advance();
  }

  /// The next request in the buffer, or more bytes.
  void advance() {
    std::optional<HttpRequest> request = parser_.next();
    if (parser_.bad() != 0) {
      keep_alive_ = false;
      return send({.status = parser_.bad(), .body = "bad request\n"});
    }
    if (!request) return socket_.await_readable();
    answering_ = true;
    keep_alive_ = request->keep_alive;
    // HEAD is GET whose body stays here.
    bodiless_ = request->method == "HEAD";
    if (bodiless_) request->method = "GET";
    timer_.cancel();
    handler_(*request, loopback_, [weak = weak_from_this()](HttpResponse response) {
      if (const auto self = weak.lock()) self->send(response);
    });
  }

  void send(const HttpResponse& response) {
    answering_ = false;
    out_ = encode_response(response, keep_alive_);
    if (bodiless_) out_.resize(out_.size() - response.body.size());
    written_ = 0;
    timer_.start_after(idle_time_max);
    write();
  }

  void write() {
    const auto self = shared_from_this();
    while (written_ < out_.size()) {
      const std::ptrdiff_t done =
          write_some(socket_.fd(), view_of(std::string_view{out_}.substr(written_)));
      if (done < -1) return finish();
      if (done < 0) return socket_.await_writable();
      written_ += static_cast<std::size_t>(done);
    }
    if (!keep_alive_) return finish();
    // From a task of its own: a handler that answers at once must not recurse.
    loop_.post([weak = weak_from_this()] {
      const auto connection = weak.lock();
      if (connection != nullptr && connection->socket_.is_open()) connection->advance();
    });
  }

  void finish() {
    const auto self = shared_from_this();
    timer_.cancel();
    socket_.close();
    close_(self);
  }

  EventLoop& loop_;
  bool loopback_;
  const HttpListener::Handler& handler_;
  Close close_;
  HttpParser parser_;
  std::string out_;
  std::size_t written_ = 0;
  bool answering_ = false;
  bool keep_alive_ = true;
  bool bodiless_ = false;
  Descriptor socket_;
  LoopTimer timer_;
};

}  // namespace

struct HttpListener::State {
  State(EventLoop& of, const std::string& who, Handler answering)
      : loop(of),
        handler(std::move(answering)),
        acceptor(of, who, [this](int fd, const auto& peer) { on_connection(fd, peer); }) {}

  void on_connection(int fd, const SocketAddress& peer) {
    if (connections.size() >= connections_max) {
      return Descriptor{loop, fd, [] {}, [] {}}.close();
    }
    tune_link(fd);
    const auto made = std::make_shared<Connection>(
        loop, fd, peer.is_loopback(), handler,
        [this](const std::shared_ptr<Connection>& gone) { connections.erase(gone); });
    connections.insert(made);
    made->start();
  }

  EventLoop& loop;
  Handler handler;
  Acceptor acceptor;
  std::set<std::shared_ptr<Connection>> connections;
};

HttpListener::HttpListener(EventLoop& loop, const std::string& who, Handler handler)
    : state_(std::make_shared<State>(loop, who, std::move(handler))) {}

HttpListener::~HttpListener() = default;

Status HttpListener::listen(const std::string& address) {
  return state_->acceptor.listen(address);
}

void HttpListener::stop_listening() {
  state_->acceptor.close();
}

bool HttpListener::idle() const {
  return std::none_of(state_->connections.begin(), state_->connections.end(),
                      [](const auto& connection) { return connection->busy(); });
}

std::string HttpListener::address() const {
  return state_->acceptor.address();
}

}  // namespace parley
