// SPDX-License-Identifier: Apache-2.0
//
// Who may take part in an instance, decided by somebody outside it: what
// backends that own no configuration (chain, vertical_paxos, primary_backup)
// ask of a configuration master, by Local effects on `port_configuration`. The
// deployment wires the port to the instance that answers: a replicated object of
// type `configuration`, or the Oracle. The Local's value is a Call (call.h) whose
// method is a ConfigurationCall, the Answered's a CallResult whose value is a
// ConfigurationAnswer; at least once is enough, for every call is idempotent.
//
// Epochs of one instance are decided one after the other, each by whoever names
// the one before. An epoch is completed when its leader has taken over the
// state; a leader of a later one must consult every epoch from the last
// completed one on (Vertical Paxos I, Lamport et al. 2009).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/api/membership.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/limits.h"

namespace parley {

inline constexpr PortId port_configuration{6};

enum class ConfigurationCallKind : std::uint8_t {
  Get = 0,      ///< What is decided?
  Propose = 1,  ///< The epoch after `epoch` has these members, if `epoch` is the latest.
  Complete = 2  ///< `epoch` has taken over the state of all before it.
};

struct ConfigurationCall {
  ConfigurationCallKind kind = ConfigurationCallKind::Get;
  InstanceId instance{};  ///< Whose members.
  Epoch epoch{};
  std::vector<PrincipalId> order{};     ///< Propose: the members in protocol order.
  std::vector<PrincipalId> learners{};  ///< Propose: those that follow.
  friend bool operator==(const ConfigurationCall&, const ConfigurationCall&) = default;
};

/// The epochs of one instance from the last completed one on, oldest first; the
/// answer to every call, so that who loses a race learns who won. Empty: nothing
/// was ever proposed, and the members are those of the deployment, as epoch 1.
struct ConfigurationAnswer {
  Epoch completed{1};
  std::vector<Membership> epochs{};
};

Bytes encode_configuration(const ConfigurationCall& call);
Bytes encode_configuration(const ConfigurationAnswer& answer);
/// Total; members at or above `principals` are refused.
std::optional<ConfigurationCall> decode_configuration_call(
    ByteView bytes, std::uint32_t principals = limits::principals_count_max);
std::optional<ConfigurationAnswer> decode_configuration_answer(
    ByteView bytes, std::uint32_t principals = limits::principals_count_max);

namespace detail {

inline void write_order(Writer& out, const std::vector<PrincipalId>& order) {
  out.varint(order.size());
  for (const PrincipalId member : order) out.varint(member.value);
}

inline std::vector<PrincipalId> read_order(Reader& in, std::uint32_t principals) {
  std::vector<PrincipalId> order;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::uint64_t member = in.varint();
    // Before it enters a set, which is as large as its greatest member.
    if (member >= principals || order.size() >= principals) {
      in.fail();
      return {};
    }
    order.push_back(PrincipalId{static_cast<std::uint32_t>(member)});
  }
  PrincipalSet distinct;
  for (const PrincipalId member : order) distinct.insert(member);
  if (distinct.size() != order.size()) in.fail();
  return order;
}

}  // namespace detail

inline Bytes encode_configuration(const ConfigurationCall& call) {
  Bytes out;
  Writer writer{out};
  writer.u8(static_cast<std::uint8_t>(call.kind));
  writer.u16(call.instance.value);
  writer.varint(call.epoch.value);
  detail::write_order(writer, call.order);
  detail::write_order(writer, call.learners);
  return out;
}

inline Bytes encode_configuration(const ConfigurationAnswer& answer) {
  Bytes out;
  Writer writer{out};
  writer.varint(answer.completed.value);
  writer.varint(answer.epochs.size());
  for (const Membership& epoch : answer.epochs) {
    writer.varint(epoch.epoch.value);
    detail::write_order(writer, epoch.order);
    detail::write_order(writer, epoch.learners.members());
  }
  return out;
}

inline std::optional<ConfigurationCall> decode_configuration_call(ByteView bytes,
                                                                  std::uint32_t principals) {
  Reader reader{bytes};
  const std::uint8_t kind = reader.u8();
  ConfigurationCall call;
  call.instance = InstanceId{reader.u16()};
  call.epoch = Epoch{reader.varint()};
  call.order = detail::read_order(reader, principals);
  call.learners = detail::read_order(reader, principals);
  if (!reader.finished() || kind > 2) return std::nullopt;
  call.kind = static_cast<ConfigurationCallKind>(kind);
  return call;
}

inline std::optional<ConfigurationAnswer> decode_configuration_answer(ByteView bytes,
                                                                      std::uint32_t principals) {
  Reader reader{bytes};
  ConfigurationAnswer answer;
  answer.completed = Epoch{reader.varint()};
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    Membership epoch;
    epoch.epoch = Epoch{reader.varint()};
    epoch.order = detail::read_order(reader, principals);
    for (const PrincipalId member : epoch.order) epoch.members.insert(member);
    for (const PrincipalId learner : detail::read_order(reader, principals)) {
      epoch.learners.insert(learner);
    }
    answer.epochs.push_back(std::move(epoch));
  }
  if (!reader.finished()) return std::nullopt;
  return answer;
}

}  // namespace parley
