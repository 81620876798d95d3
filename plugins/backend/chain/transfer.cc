// SPDX-License-Identifier: Apache-2.0
//
// Catching up a node whose next entry is no longer in the log: an image of the
// state in chunks, several on their way at a time, sent again where lost. One
// image is kept for all such nodes, and none otherwise.
#include <algorithm>

#include "plugins/backend/chain/chain.h"

namespace parley::chain {

void Chain::begin_transfer(PrincipalId to, Feed& feed, Effects& effects) {
  feed.probing = true;
  // What comes after an image older than the log's base is gone.
  const bool fit = image_ && image_->index >= log_.base();
  if (!fit) {
    const Image image = image_now();
    image_ = SentImage{image.index, image.position.time, SharedBytes{chain::encode(image)}};
    for (auto& [id, other] : feeds_) {
      if (other.transfer) other.transfer = Transfer{};
    }
  }
  feed.transfer = Transfer{};
  effects.push_back(
      Note{&options_.notes->image_offered, {to.value, image_->index, image_->bytes.size()}});
  send_chunks(to, feed, effects);
}

void Chain::send_chunks(PrincipalId to, Feed& feed, Effects& effects) {
  const ByteView image = image_->bytes;
  Transfer& transfer = *feed.transfer;
  const std::uint64_t end = std::min<std::uint64_t>(
      image.size(), transfer.acknowledged + window_chunks * chunk_bytes_max);
  while (transfer.sent < end) {
    const std::uint64_t size = std::min<std::uint64_t>(chunk_bytes_max, end - transfer.sent);
    const ByteView chunk =
        image.subspan(static_cast<std::size_t>(transfer.sent), static_cast<std::size_t>(size));
    effects.push_back(message_to(to, ImageChunk{epoch(), image_->index, image_->time, image.size(),
                                                transfer.sent, SharedBytes{chunk}}));
    transfer.sent += size;
  }
}

void Chain::drop_image_if_unused() {
  const bool used = std::any_of(feeds_.begin(), feeds_.end(),
                                [](const auto& entry) { return entry.second.transfer; });
  if (!used) image_.reset();
}

void Chain::on_chunk_received(PrincipalId issuer, ChunkReceived message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  const auto found = feeds_.find(issuer);
  if (found == feeds_.end() || !found->second.transfer || image_->index != message.index) {
    return late(issuer, ChunkReceived::type, effects);
  }
  Feed& feed = found->second;
  const std::uint64_t size = image_->bytes.size();
  if (message.offset > size) return malformed(issuer, ChunkReceived::type, effects);
  feed.answered = true;
  if (message.offset == size) {
    feed.match = std::max(feed.match, message.index);
    feed.next = feed.match + 1;
    feed.transfer.reset();
    drop_image_if_unused();
    return serve(issuer, feed, effects);
  }
  Transfer& transfer = *feed.transfer;
  // Less than before: the receiver began again.
  if (message.offset < transfer.acknowledged) transfer.sent = message.offset;
  transfer.acknowledged = message.offset;
  transfer.sent = std::max(transfer.sent, message.offset);
  send_chunks(issuer, feed, effects);
}

void Chain::on_image_chunk(PrincipalId issuer, ImageChunk message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  if (head_ || issuer != upstream()) return late(issuer, ImageChunk::type, effects);
  if (issuer == head_id()) head_heard_ = true;
  const std::uint64_t offset = take_chunk(issuer, message, effects);
  effects.push_back(message_to(issuer, ChunkReceived{message.epoch, message.index, offset}));
}

/// Effect: the chunk is kept if it is the next one; the last one installs the
/// image. Returns up to where everything is here.
std::uint64_t Chain::take_chunk(PrincipalId issuer, const ImageChunk& message, Effects& effects) {
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
  if (!sound || !take_image(*image)) {
    malformed(issuer, ImageChunk::type, effects);
    return 0;
  }
  effects.push_back(Note{&options_.notes->image_installed, {issuer.value, message.index}});
  verified_ = std::max(verified_, message.index);
  const Position tip = log_.tip();
  effects.push_back(Note{&ado_notes::install, {epoch(), tip.time, tip.version, 0}});
  image_taken_ = true;
  return message.size;
}

}  // namespace parley::chain
