// SPDX-License-Identifier: Apache-2.0
//
// The whole state as bytes, for comparison.
#include "plugins/backend/chain/chain.h"

namespace parley::chain {
namespace {

void write_membership(StateWriter& out, const Membership& membership) {
  out.varint(membership.epoch.value);
  out.principals(membership.members);
  out.principals(membership.learners);
  out.varint(membership.order.size());
  for (const PrincipalId member : membership.order) out.principal(member);
}

}  // namespace

void Chain::encode(StateWriter& out) const {
  encode_durable(out);
  out.varint(verified_);
  encode_feeds(out);
  encode_head(out);
  out.u8(static_cast<std::uint8_t>((head_heard_ ? 1 : 0) | (calls_timer_runs_ ? 2 : 0)));
  out.varint(asking_);
  out.varint(questions_);
  out.u8(incoming_ ? 1 : 0);
  if (incoming_) {
    out.varint(incoming_->index);
    out.varint(incoming_->time);
    out.varint(incoming_->size);
    out.bytes(incoming_->bytes);
  }
  out.varint(branches_opened_);
  out.varint(branches_.size());
  for (const auto& [id, branch] : branches_) {
    out.varint(id);
    out.varint(branch.base);
    out.varint(branch.methods.size());
    for (const SharedBytes& method : branch.methods) out.bytes(method);
  }
}

void Chain::encode_durable(StateWriter& out) const {
  out.principal(self_);
  write_membership(out, facts_.membership);
  out.varint(facts_.completed);
  out.principals(facts_.eligible);
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

void Chain::encode_feeds(StateWriter& out) const {
  out.varint(feeds_.size());
  for (const auto& [id, feed] : feeds_) {
    out.principal(id);
    out.varint(feed.match);
    out.varint(feed.stable);
    out.varint(feed.next);
    out.varint(feed.commit_told);
    out.u8(static_cast<std::uint8_t>((feed.probing ? 1 : 0) | (feed.answered ? 2 : 0) |
                                     (feed.transfer ? 4 : 0)));
    if (!feed.transfer) continue;
    out.varint(feed.transfer->acknowledged);
    out.varint(feed.transfer->sent);
  }
  out.u8(image_ ? 1 : 0);
  if (!image_) return;
  out.varint(image_->index);
  out.varint(image_->time);
  out.bytes(image_->bytes);
}

void Chain::encode_head(StateWriter& out) const {
  out.u8(head_ ? 1 : 0);
  if (!head_) return;
  out.varint(head_->first);
  out.varint(head_->round);
  out.varint(head_->confirmed);
  for (const auto* listeners : {&head_->members, &head_->joiners}) {
    out.varint(listeners->size());
    for (const auto& [id, listener] : *listeners) {
      out.principal(id);
      out.varint(listener.round);
      out.varint(listener.silent);
    }
  }
  out.varint(head_->pushes.size());
  for (const Push& push : head_->pushes) {
    out.varint(push.request.value);
    out.u8(push.aged ? 1 : 0);
    out.varint(push.index);
  }
  out.varint(head_->reads.size());
  for (const Read& read : head_->reads) {
    out.varint(read.request.value);
    out.u8(read.aged ? 1 : 0);
    out.varint(read.index);
    out.varint(read.round);
    out.bytes(read.method);
  }
}

}  // namespace parley::chain
