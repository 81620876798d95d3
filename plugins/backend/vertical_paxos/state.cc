// SPDX-License-Identifier: Apache-2.0
//
// The whole state as bytes, for comparison.
#include "core/base/overloaded.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {
namespace {

void write_membership(StateWriter& out, const Membership& membership) {
  out.varint(membership.epoch.value);
  out.principals(membership.members);
  out.principals(membership.learners);
  out.varint(membership.order.size());
  for (const PrincipalId member : membership.order) out.principal(member);
}

template <class Waiting>
void write_waiting(StateWriter& out, const Waiting& call) {
  out.varint(call.request.value);
  out.u8(call.aged ? 1 : 0);
  out.varint(call.index);
}

}  // namespace

void VerticalPaxos::encode(StateWriter& out) const {
  encode_durable(out);
  out.varint(verified_);
  out.varint(asking_);
  out.varint(questions_);
  encode_portions(out);
  encode_calls(out);
  out.u8(static_cast<std::uint8_t>(role_.index()));
  out.u8(leader_heard_ ? 1 : 0);
  std::visit(
      overloaded{[](const Follower&) {}, [&](const Gathering& role) { encode_role(out, role); },
                 [&](const Leader& role) { encode_role(out, role); }},
      role_);
}

void VerticalPaxos::encode_durable(StateWriter& out) const {
  out.principal(self_);
  out.varint(history_.epochs.size());
  for (const Membership& epoch : history_.epochs) write_membership(out, epoch);
  out.varint(life_);
  out.varint(log_.base());
  write_position(out, log_.position_at(log_.base()));
  std::vector<Entry> entries;
  for (Index index = log_.base() + 1; index <= log_.last(); ++index) {
    entries.push_back(log_.entry(index));
  }
  write_entries(out, entries);
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

void VerticalPaxos::encode_portions(StateWriter& out) const {
  out.u8(static_cast<std::uint8_t>((incoming_ ? 1 : 0) | (outgoing_ ? 2 : 0)));
  if (incoming_) {
    out.varint(incoming_->name.after);
    out.varint(incoming_->name.last);
    out.varint(incoming_->size);
    out.bytes(incoming_->bytes);
    out.u8(incoming_->moved ? 1 : 0);
  }
  if (outgoing_) {
    out.varint(outgoing_->name.after);
    out.varint(outgoing_->name.last);
    out.u8(outgoing_->has_image ? 1 : 0);
    out.bytes(outgoing_->bytes);
    out.varint(outgoing_->unasked);
  }
}

void VerticalPaxos::encode_calls(StateWriter& out) const {
  out.varint(branches_opened_);
  out.varint(branches_.size());
  for (const auto& [id, branch] : branches_) {
    out.varint(id);
    out.varint(branch.base);
    out.varint(branch.methods.size());
    for (const SharedBytes& method : branch.methods) out.bytes(method);
  }
  out.varint(pushes_.size());
  for (const Push& push : pushes_) write_waiting(out, push);
  out.u8(calls_timer_runs_ ? 1 : 0);
}

void VerticalPaxos::encode_role(StateWriter& out, const Gathering& role) {
  out.varint(role.votes.size());
  for (const auto& [voter, last] : role.votes) {
    out.principal(voter);
    write_position(out, last);
  }
  out.varint(role.source ? std::uint64_t{role.source->value} + 1 : 0);
  out.varint(role.stalled);
}

void VerticalPaxos::encode_role(StateWriter& out, const Leader& role) {
  out.varint(role.first);
  out.varint(role.peers.size());
  for (const auto& [id, peer] : role.peers) {
    out.principal(id);
    out.varint(peer.match);
    out.varint(peer.next);
    out.u8(static_cast<std::uint8_t>((peer.probing ? 1 : 0) | (peer.asked ? 2 : 0) |
                                     (peer.active ? 4 : 0)));
    out.varint(peer.commit_told);
    out.varint(peer.round);
    out.varint(peer.silent);
  }
  out.varint(role.round);
  out.varint(role.confirmed);
  out.varint(role.beats);
  out.varint(role.reads.size());
  for (const Read& read : role.reads) {
    write_waiting(out, read);
    out.varint(read.round);
    out.bytes(read.method);
  }
}

}  // namespace parley::vertical_paxos
