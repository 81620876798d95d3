// SPDX-License-Identifier: Apache-2.0
//
// Calling an object: the whole of pull, invoke and push in one request, tried
// again as its mode allows. One layer for every backend; the kernel's object
// engine serves it on every node that hosts the object.
//
//   at most once   one attempt                    Unknown: pushed, perhaps committed
//   at least once  attempts until one is Ok       a method may be committed twice
//   exactly once   the same under one request     memoised in the replicated state
//   retry          so many attempts, at most
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/duration.h"
#include "core/base/ids.h"

namespace parley {

/// The Submit's value is a Call, the Reply's a CallResult.
inline constexpr PortId port_call{4};

enum class CallMode : std::uint8_t { AtMostOnce = 0, AtLeastOnce = 1, ExactlyOnce = 2, Retry = 3 };

struct Call {
  CallMode mode = CallMode::ExactlyOnce;
  std::uint32_t attempts = 0;  ///< Retry: how many, from 1. Otherwise 0.
  Duration timeout{};          ///< Answered by then, whatever the mode. From 1 ms.
  Bytes method{};
};

enum class CallResultKind : std::uint8_t {
  Ok = 0,            ///< Committed; the value is the method's result.
  NotApplied = 1,    ///< No attempt was ever pushed: definitely never committed.
  Unknown = 2,       ///< An attempt was pushed: committed, or to be, or never.
  NotSupported = 3,  ///< The backend cannot serve this method; never committed.
};

struct CallResult {
  CallResultKind kind = CallResultKind::Ok;
  Bytes value{};
  friend bool operator==(const CallResult&, const CallResult&) = default;
};

inline constexpr Duration call_timeout_min = 1ms;
inline constexpr Duration call_timeout_max = 3600s;

inline Bytes encode_call(const Call& call) {
  Bytes out;
  Writer writer{out};
  writer.u8(static_cast<std::uint8_t>(call.mode));
  writer.varint(call.attempts);
  writer.varint(static_cast<std::uint64_t>(call.timeout.count()));
  writer.bytes(call.method);
  return out;
}

inline std::optional<Call> decode_call(ByteView bytes) {
  Reader reader{bytes};
  const std::uint8_t mode = reader.u8();
  const std::uint64_t attempts = reader.varint();
  const std::uint64_t timeout = reader.varint();
  Call call;
  call.method = to_bytes(reader.bytes());
  const bool counts = mode == static_cast<std::uint8_t>(CallMode::Retry);
  if (!reader.finished() || mode > 3 || attempts > UINT32_MAX || counts != (attempts > 0) ||
      timeout > static_cast<std::uint64_t>(call_timeout_max.count()) ||
      timeout < static_cast<std::uint64_t>(call_timeout_min.count())) {
    return std::nullopt;
  }
  call.mode = static_cast<CallMode>(mode);
  call.attempts = static_cast<std::uint32_t>(attempts);
  call.timeout = Duration{static_cast<std::int64_t>(timeout)};
  return call;
}

inline Bytes encode_result(const CallResult& result) {
  Bytes out;
  Writer writer{out};
  writer.u8(static_cast<std::uint8_t>(result.kind));
  writer.bytes(result.value);
  return out;
}

inline std::optional<CallResult> decode_result(ByteView bytes) {
  Reader reader{bytes};
  const std::uint8_t kind = reader.u8();
  CallResult result{.kind = CallResultKind::Ok, .value = to_bytes(reader.bytes())};
  if (!reader.finished() || kind > 3) return std::nullopt;
  result.kind = static_cast<CallResultKind>(kind);
  return result;
}

}  // namespace parley
