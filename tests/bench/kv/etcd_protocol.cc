// SPDX-License-Identifier: Apache-2.0
//
// The two calls of etcd that are measured, encoded by hand: a gRPC message is a
// byte, a length and a protocol buffer, sent as the body of an HTTP/2 request.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "tests/bench/kv/protocol.h"

namespace parley::bench {
namespace {

constexpr std::size_t grpc_head_size = 5;
constexpr unsigned char put_key = 0x0a;      // PutRequest.key, RangeRequest.key: field 1.
constexpr unsigned char put_value = 0x12;    // PutRequest.value: field 2.
constexpr unsigned char range_pairs = 0x12;  // RangeResponse.kvs: field 2.
constexpr unsigned wire_varint = 0;
constexpr unsigned wire_sized = 2;

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_field(unsigned char tag, std::string_view bytes, std::string& out) {
  out += static_cast<char>(tag);
  append_varint(bytes.size(), out);
  out += bytes;
}

std::uint64_t read_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !bytes.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

/// Whether a message has this field of bytes at its top.
bool has_field(std::string_view message, unsigned char tag) {
  while (!message.empty()) {
    const std::uint64_t found = read_varint(message);
    if (found == tag) return true;
    const std::uint64_t wire = found & 7;
    const std::uint64_t value = read_varint(message);
    if (wire == wire_varint) continue;
    if (wire != wire_sized || value > message.size()) return false;
    message.remove_prefix(value);
  }
  return false;
}

nghttp2_nv header(std::string_view name, std::string_view value) {
  // The library copies; it only forgot to say so in its types.
  auto* const at = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* const what = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  return {at, what, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

class Etcd final : public Protocol {
 public:
  Etcd() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
  }
  ~Etcd() override { nghttp2_session_del(session_); }
  Etcd(const Etcd&) = delete;
  Etcd& operator=(const Etcd&) = delete;

  void open(std::string& out) override {
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    // Windows that no answer of this benchmark fills, so that none waits for one.
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 24);
    drain(out);
  }

  void request(Operation operation, std::string_view key, std::string_view value,
               std::string& out) override {
    const bool put = operation == Operation::Put;
    std::string message;
    append_field(put_key, key, message);
    if (put) append_field(put_value, value, message);
    std::string body(grpc_head_size, '\0');
    for (unsigned i = 0; i < 4; ++i) {
      body[4 - i] = static_cast<char>(message.size() >> (8 * i));
    }
    body += message;
    const nghttp2_nv headers[] = {
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", put ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range"),
        header(":authority", "127.0.0.1"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
    };
    const nghttp2_data_provider provider{{.ptr = this}, read_body};
    const std::int32_t id =
        nghttp2_submit_request(session_, nullptr, headers, std::size(headers), &provider, nullptr);
    if (id > 0) calls_[id] = {operation, std::move(body), {}, {}};
    drain(out);
  }

  bool receive(std::string_view bytes, std::string& out, Outcomes& outcomes) override {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const ssize_t taken = nghttp2_session_mem_recv(session_, data, bytes.size());
    drain(out);
    outcomes.done += outcomes_.done;
    outcomes.failed += outcomes_.failed;
    outcomes_ = {};
    return taken == static_cast<ssize_t>(bytes.size());
  }

 private:
  struct Call {
    Operation operation{};
    std::string body;    ///< What is left to send.
    std::string answer;  ///< The body of the response.
    std::string status;  ///< grpc-status, a trailer.
    bool succeeded() const {
      if (status != "0") return false;
      if (operation == Operation::Put) return true;
      return answer.size() > grpc_head_size &&
             has_field(std::string_view{answer}.substr(grpc_head_size), range_pairs);
    }
  };

  static Etcd& self(void* user) { return *static_cast<Etcd*>(user); }

  static ssize_t read_body(nghttp2_session* /*session*/, std::int32_t id, std::uint8_t* room,
                           std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                           void* /*user*/) {
    std::string& body = self(source->ptr).calls_[id].body;
    const std::size_t count = std::min(size, body.size());
    std::memcpy(room, body.data(), count);
    body.erase(0, count);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t /*flags*/, void* user) {
    const std::string_view is{reinterpret_cast<const char*>(name), name_size};
    const std::string text{reinterpret_cast<const char*>(value), value_size};
    if (is == "grpc-status") self(user).calls_[frame->hd.stream_id].status = text;
    if (is == "grpc-message" && !text.empty()) self(user).error_ = text;
    return 0;
  }

  static int on_data(nghttp2_session* /*session*/, std::uint8_t /*flags*/, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void* user) {
    self(user).calls_[id].answer.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int on_close(nghttp2_session* /*session*/, std::int32_t id, std::uint32_t /*error*/,
                      void* user) {
    Etcd& etcd = self(user);
    ++etcd.outcomes_.done;
    if (!etcd.calls_[id].succeeded()) ++etcd.outcomes_.failed;
    etcd.calls_.erase(id);
    return 0;
  }

  void drain(std::string& out) {
    const std::uint8_t* data = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
      out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
  }

  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Call> calls_;
  Outcomes outcomes_;
};

}  // namespace

std::unique_ptr<Protocol> make_etcd() {
  return std::make_unique<Etcd>();
}

}  // namespace parley::bench
