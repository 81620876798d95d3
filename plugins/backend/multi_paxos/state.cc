// SPDX-License-Identifier: Apache-2.0
//
// The whole state as bytes, for comparison.
#include "core/api/reconfigure.h"
#include "core/base/overloaded.h"
#include "plugins/backend/multi_paxos/multi_paxos.h"

namespace parley::multi_paxos {
namespace {

template <class Number>
void write(StateWriter& out, const std::optional<Number>& number) {
  out.varint(number ? *number + 1 : 0);
}

template <class Numbers>
void write_all(StateWriter& out, const Numbers& numbers) {
  out.varint(numbers.size());
  for (const auto number : numbers) out.varint(number);
}

void write_membership(StateWriter& out, const Membership& membership) {
  out.varint(membership.epoch.value);
  out.principals(membership.members);
  out.principals(membership.learners);
  out.varint(membership.order.size());
  for (const PrincipalId member : membership.order) out.principal(member);
}

}  // namespace

void MultiPaxos::encode(StateWriter& out) const {
  encode_durable(out);
  out.varint(seen_);
  write(out, leader_);
  write(out, held_);
  out.varint(held_ ? held_round_ : 0);
  out.varint(verified_ballot_);
  out.varint(verified_);
  out.varint(told_epoch_.value);
  out.u8(incoming_ ? 1 : 0);
  if (incoming_) {
    out.varint(incoming_->index);
    out.varint(incoming_->time);
    out.varint(incoming_->size);
    out.bytes(incoming_->bytes);
  }
  out.varint(pulls_.size());
  for (const Pull& pull : pulls_) {
    out.varint(pull.request.value);
    out.u8(static_cast<std::uint8_t>((pull.aged ? 1 : 0) | (pull.with_state ? 2 : 0)));
  }
  out.varint(branches_.size());
  for (const auto& [id, branch] : branches_) {
    out.varint(id);
    out.varint(branch.base);
    out.varint(branch.methods.size());
    for (const SharedBytes& method : branch.methods) out.bytes(method);
  }
  out.u8(calls_timer_runs_ ? 1 : 0);
  out.u8(static_cast<std::uint8_t>(role_.index()));
  std::visit(
      overloaded{[](const Follower&) {}, [&](const Candidate& role) { encode_role(out, role); },
                 [&](const Leader& role) { encode_role(out, role); }},
      role_);
}

void MultiPaxos::encode_durable(StateWriter& out) const {
  out.varint(promised_);
  out.varint(log_.base());
  write_position(out, log_.position_at(log_.base()));
  std::vector<Entry> entries;
  for (Index index = log_.base() + 1; index <= log_.last(); ++index) {
    entries.push_back(log_.entry(index));
  }
  write_entries(out, entries);
  out.varint(configs_.size());
  for (const Config& config : configs_) {
    out.varint(config.index);
    write_membership(out, *config.membership);
  }
  out.varint(commit_);
  out.varint(methods_);
  Bytes object;
  state_->snapshot(object);
  out.bytes(object);
  out.varint(last_record_.value);
  out.varint(record_bytes_);
  out.varint(snapshot_bytes_);
  out.varint(snapshot_index_);
}

void MultiPaxos::encode_role(StateWriter& out, const Candidate& role) {
  out.varint(role.ballot);
  out.u8(role.trial ? 1 : 0);
  out.principals(role.voters);
  out.principals(role.refusers);
  write_all(out, role.asked);
  write_all(out, role.resigned);
}

void MultiPaxos::encode_role(StateWriter& out, const Leader& role) {
  out.varint(role.ballot);
  out.varint(role.first);
  out.varint(role.branches);
  out.varint(role.peers.size());
  for (const auto& [id, peer] : role.peers) {
    out.principal(id);
    out.varint(peer.match);
    out.varint(peer.next);
    write_all(out, peer.in_flight);
    out.varint(peer.unanswered);
    out.u8(static_cast<std::uint8_t>((peer.probing ? 1 : 0) | (peer.heard ? 2 : 0)));
    out.varint(peer.round);
    out.varint(peer.commit_told);
    out.u8(peer.transfer ? 1 : 0);
    if (!peer.transfer) continue;
    out.varint(peer.transfer->acknowledged);
    out.varint(peer.transfer->sent);
    out.u8(peer.transfer->moved ? 1 : 0);
  }
  out.varint(role.round);
  out.varint(role.round_confirmed);
  write(out, role.lease);
  write(out, role.offered);
  out.varint(role.silent_heartbeats);
  out.varint(role.pushes.size());
  for (const Push& push : role.pushes) {
    out.varint(push.request.value);
    out.u8(push.aged ? 1 : 0);
    out.varint(push.index);
  }
  out.varint(role.reads.size());
  for (const Read& read : role.reads) {
    out.varint(read.request.value);
    out.u8(read.aged ? 1 : 0);
    out.varint(read.index);
    out.varint(read.round);
    out.bytes(read.method);
  }
  out.u8(role.image ? 1 : 0);
  if (!role.image) return;
  out.varint(role.image->index);
  out.varint(role.image->time);
  out.bytes(role.image->bytes);
}

}  // namespace parley::multi_paxos
