// SPDX-License-Identifier: Apache-2.0
//
// Catching up a follower whose next entry is no longer in the log: an image of
// the state in chunks, several on their way at a time, sent again where lost. The
// leader keeps one image for all such followers, and none otherwise.
#include <algorithm>

#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {

void MultiPaxos::begin_transfer(PrincipalId to, Peer& peer, Effects& effects) {
  Leader& role = std::get<Leader>(role_);
  peer.in_flight.clear();
  peer.probing = true;
  // What comes after an image older than the log's base is gone.
  const bool fit = role.image && role.image->index >= log_.base();
  if (!fit) {
    const Image image = image_now();
    role.image =
        SentImage{image.index, image.position.time, SharedBytes{multi_paxos::encode(image)}};
    for (auto& [id, other] : role.peers) {
      if (other.transfer) other.transfer = Transfer{};
    }
  }
  if (peer.transfer) return;
  peer.transfer = Transfer{};
  effects.push_back(
      Note{&notes::image_offered, {to.value, role.image->index, role.image->bytes.size()}});
}

void MultiPaxos::send_chunks(PrincipalId to, Peer& peer, Effects& effects) {
  const Leader& role = std::get<Leader>(role_);
  const ByteView image = role.image->bytes;
  Transfer& transfer = *peer.transfer;
  const std::uint64_t end = std::min<std::uint64_t>(
      image.size(), transfer.acknowledged + window_chunks * chunk_bytes_max);
  while (transfer.sent < end) {
    const std::uint64_t size = std::min<std::uint64_t>(chunk_bytes_max, end - transfer.sent);
    const ByteView chunk =
        image.subspan(static_cast<std::size_t>(transfer.sent), static_cast<std::size_t>(size));
    effects.push_back(
        message_to(to, ImageChunk{role.ballot, role.round, role.image->index, role.image->time,
                                  image.size(), transfer.sent, SharedBytes{chunk}}));
    transfer.sent += size;
  }
}

void MultiPaxos::drop_image_if_unused() {
  Leader& role = std::get<Leader>(role_);
  const bool used = std::any_of(role.peers.begin(), role.peers.end(),
                                [](const auto& entry) { return entry.second.transfer; });
  if (!used) role.image.reset();
}

void MultiPaxos::on_chunk_received(PrincipalId issuer, ChunkReceived message, Effects& effects) {
  Leader* role = std::get_if<Leader>(&role_);
  const auto found = role == nullptr ? decltype(role->peers.end()){} : role->peers.find(issuer);
  if (role == nullptr || role->ballot != message.ballot || found == role->peers.end() ||
      !found->second.transfer || role->image->index != message.index) {
    return late(issuer, ChunkReceived::type, effects);
  }
  Peer& peer = found->second;
  const std::uint64_t size = role->image->bytes.size();
  if (message.offset > size || message.round > role->round) {
    return malformed(issuer, ChunkReceived::type, effects);
  }
  acknowledge_round(issuer, peer, message.round, effects);
  if (message.offset == size) {
    peer.match = std::max(peer.match, message.index);
    peer.next = peer.match + 1;
    peer.transfer.reset();
    drop_image_if_unused();
    return advance_commit(effects);
  }
  Transfer& transfer = *peer.transfer;
  transfer.moved = true;
  // Less than before: the receiver began again.
  if (message.offset < transfer.acknowledged) transfer.sent = message.offset;
  transfer.acknowledged = message.offset;
  transfer.sent = std::max(transfer.sent, message.offset);
  send_chunks(issuer, peer, effects);
}

void MultiPaxos::on_image_chunk(PrincipalId issuer, ImageChunk message, Effects& effects) {
  if (!obey(issuer, message.ballot, message.round, ImageChunk::type, effects)) return;
  if (message.ballot > promised_) {
    promised_ = message.ballot;
    persist_promise(effects);
    note_place(message.ballot, effects);
  }
  const std::uint64_t offset = take_chunk(issuer, message, effects);
  effects.push_back(
      message_to(issuer, ChunkReceived{message.ballot, message.round, message.index, offset}));
}

/// Effect: the chunk is kept if it is the next one; the last one installs the
/// image. Returns up to where everything is here.
std::uint64_t MultiPaxos::take_chunk(PrincipalId issuer, const ImageChunk& message,
                                     Effects& effects) {
  if (message.index <= commit_) {
    incoming_.reset();
    return message.size;
  }
  const bool same = incoming_ && incoming_->index == message.index &&
                    incoming_->time == message.time && incoming_->size == message.size;
  if (!same) incoming_ = Incoming{message.index, message.time, message.size, {}};
  Bytes& bytes = incoming_->bytes;
  if (message.offset != bytes.size()) return bytes.size();
  bytes.insert(bytes.end(), message.bytes.view().begin(), message.bytes.view().end());
  if (bytes.size() < message.size) return bytes.size();
  const std::optional<Image> image = decode_image(bytes);
  incoming_.reset();
  const bool sound = image && image->index == message.index && image->position.time == message.time;
  if (!sound || !take_image(*image, effects)) {
    malformed(issuer, ImageChunk::type, effects);
    return 0;
  }
  effects.push_back(Note{&notes::image_installed, {issuer.value, message.index}});
  verified_ = std::max(verified_, message.index);
  const Position tip = log_.tip();
  effects.push_back(Note{&ado_notes::install, {message.ballot, tip.time, tip.version, 0}});
  persist_promise(effects);  // A snapshot stands for records, so there is one.
  compact(effects);
  return message.size;
}

}  // namespace parley::multi_paxos
