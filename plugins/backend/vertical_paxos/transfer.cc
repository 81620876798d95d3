// SPDX-License-Identifier: Apache-2.0
//
// A portion of one node's log and state on its way to another: to a new leader
// that lacks the greatest log, and to a node whose next entry is no longer in the
// leader's. Who lacks it asks for one chunk after the other, so that the giver
// remembers nothing but the portion, and that only while somebody asks.
#include <algorithm>

#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {

void VerticalPaxos::ask_portion(PrincipalId from, Effects& effects) const {
  Fetch fetch{.epoch = epoch(), .commit = commit_};
  if (incoming_) {
    fetch.portion = incoming_->name;
    fetch.offset = incoming_->bytes.size();
  }
  effects.push_back(message_to(from, fetch));
}

/// Effect: there is a portion of use to a node whose log agrees up to `commit`.
void VerticalPaxos::prepare_portion(Index commit) {
  if (outgoing_) {
    // What comes after an image older than the log's base is gone.
    const bool of_use = outgoing_->has_image ? outgoing_->name.after >= log_.base()
                                             : outgoing_->name == PortionName{commit, log_.last()};
    outgoing_->unasked = 0;
    if (of_use) return;
  }
  const Portion portion = portion_after(commit);
  outgoing_ = Outgoing{.name = {portion.after, portion.after + portion.entries.size()},
                       .has_image = portion.image.has_value(),
                       .bytes = SharedBytes{vertical_paxos::encode(portion)}};
}

void VerticalPaxos::send_chunk(PrincipalId to, std::uint64_t offset, Effects& effects) {
  const ByteView bytes = outgoing_->bytes;
  const ByteView rest = bytes.subspan(static_cast<std::size_t>(offset));
  const ByteView chunk = rest.first(std::min(rest.size(), chunk_bytes_max));
  effects.push_back(
      message_to(to, Chunk{epoch(), outgoing_->name, bytes.size(), offset, SharedBytes{chunk}}));
}

void VerticalPaxos::drop_unasked_portion() {
  if (outgoing_ && ++outgoing_->unasked > options_.silent_heartbeats_max) outgoing_.reset();
}

void VerticalPaxos::on_fetch(PrincipalId issuer, Fetch message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  if (Leader* leader = leading()) {
    const auto peer = leader->peers.find(issuer);
    if (peer == leader->peers.end()) return late(issuer, Fetch::type, effects);
    peer->second.silent = 0;
    peer->second.active = true;
  } else {
    if (!follows() || issuer != leader_id()) return late(issuer, Fetch::type, effects);
    leader_heard_ = true;
  }
  prepare_portion(message.commit);
  const bool same = message.portion == outgoing_->name && message.offset < outgoing_->bytes.size();
  send_chunk(issuer, same ? message.offset : 0, effects);
}

void VerticalPaxos::on_chunk(PrincipalId issuer, Chunk message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  auto* gathering = std::get_if<Gathering>(&role_);
  const bool expected =
      gathering != nullptr ? gathering->source == issuer : follows() && issuer == leader_id();
  if (!expected || message.portion.last <= commit_) return late(issuer, Chunk::type, effects);
  leader_heard_ = true;
  const bool same =
      incoming_ && incoming_->name == message.portion && incoming_->size == message.size;
  if (!same && message.offset == 0) incoming_ = Incoming{message.portion, message.size, {}};
  if (!incoming_ || message.offset != incoming_->bytes.size() || (!same && message.offset > 0)) {
    return late(issuer, Chunk::type, effects);
  }
  Bytes& bytes = incoming_->bytes;
  bytes.insert(bytes.end(), message.bytes.view().begin(), message.bytes.view().end());
  incoming_->moved = true;
  if (bytes.size() < message.size) return ask_portion(issuer, effects);
  const bool installed = install(issuer, effects);
  if (gathering == nullptr) {
    if (installed) {
      effects.push_back(message_to(issuer, Accepted{message.epoch, 0, true, verified_}));
    }
    return;
  }
  gathering->source.reset();
  if (!installed) gathering->votes.erase(issuer);
  try_to_lead(effects);
}

/// Effect: the whole portion that came is in log and state. False where it cannot be.
bool VerticalPaxos::install(PrincipalId issuer, Effects& effects) {
  const Incoming incoming = *std::move(incoming_);
  incoming_.reset();
  std::optional<Portion> portion = decode_portion(incoming.bytes);
  const bool sound = portion && portion->after == incoming.name.after &&
                     portion->after + portion->entries.size() == incoming.name.last &&
                     (portion->image || portion->after <= commit_);
  const bool takes_image = sound && portion->image && portion->image->index > commit_;
  if (!sound || (takes_image && !take_image(*portion->image))) {
    malformed(issuer, Chunk::type, effects);
    return false;
  }
  if (takes_image) {
    image_taken_ = true;
    effects.push_back(Note{&notes::image_installed, {issuer.value, commit_}});
  }
  // Entries of this node's own epoch may be lost here: who waits for them learns nothing.
  give_up_pushes(effects);
  if (!take_entries(issuer, portion->after, portion->entries, effects)) return false;
  verified_ = std::max(verified_, incoming.name.last);
  if (takes_image || changed_from_ > 0) note_place(epoch(), effects);
  return true;
}

}  // namespace parley::vertical_paxos
