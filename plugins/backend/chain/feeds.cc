// SPDX-License-Identifier: Apache-2.0
//
// Sending the log on: several messages on their way at a time, one while it is
// not known where the logs agree, and again where no answer came.
#include <algorithm>

#include "plugins/backend/chain/chain.h"

namespace parley::chain {

/// Effect: the node is sent what it lacks, as far as its window allows.
void Chain::serve(PrincipalId to, Feed& feed, Effects& effects) {
  if (feed.transfer) return send_chunks(to, feed, effects);
  if (feed.next <= log_.base()) return begin_transfer(to, feed, effects);
  if (feed.probing) return send_entries(to, feed, feed.next - 1, effects);
  while (feed.next <= verified_) {
    const Index sent = std::max(feed.match, log_.base());
    if (log_.bytes_between(sent, feed.next - 1) >= window_bytes) break;
    Index last = feed.next;
    while (last < verified_ && last - feed.next + 1 < entries_per_message_max &&
           log_.bytes_between(feed.next - 1, last + 1) <= message_bytes_max) {
      ++last;
    }
    send_entries(to, feed, last, effects);
  }
  // Members of a chain know from each other; the rest is told.
  const bool told = feed.commit_told >= commit_ || (links_members() && successor() == to);
  if (!told) send_entries(to, feed, feed.next - 1, effects);
}

void Chain::serve_all(Effects& effects) {
  for (auto& [id, feed] : feeds_) {
    if (!feed.probing || feed.transfer || feed.answered) serve(id, feed, effects);
  }
}

/// Effect: entries from the next one up to `last` are on their way; none is a question.
void Chain::send_entries(PrincipalId to, Feed& feed, Index last, Effects& effects) {
  const Index previous = feed.next - 1;
  Entries message{epoch(), previous, log_.time_at(previous), commit_, {}};
  for (Index index = feed.next; index <= last; ++index) {
    message.entries.push_back(log_.entry(index));
  }
  feed.next = last + 1;
  feed.commit_told = commit_;
  if (feed.probing) feed.answered = false;
  effects.push_back(message_to(to, message));
}

/// Effect: who lacks something and was not heard of since the last time is sent it again.
void Chain::resend(Effects& effects) {
  for (auto& [id, feed] : feeds_) {
    const bool lacks = feed.probing || feed.stable < verified_ || feed.next > feed.match + 1;
    if (!feed.answered && (lacks || feed.transfer)) {
      effects.push_back(Note{&options_.notes->resent, {id.value, feed.match + 1}});
      if (feed.transfer) {
        feed.transfer->sent = feed.transfer->acknowledged;
      } else {
        feed.next = std::min(feed.next, std::max(feed.match, log_.base()) + 1);
        feed.probing = true;
      }
      serve(id, feed, effects);
    }
    feed.answered = false;
  }
}

void Chain::on_received(PrincipalId issuer, Received message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  const auto found = feeds_.find(issuer);
  if (found == feeds_.end()) return late(issuer, Received::type, effects);
  Feed& feed = found->second;
  if (message.index > verified_) {
    // A log that is longer than this one's may be said not to fit, no more.
    if (message.matched) return malformed(issuer, Received::type, effects);
    message.index = verified_;
  }
  feed.answered = true;
  if (!message.matched) {
    const bool news = message.index + 1 < feed.next && message.index >= feed.match;
    if (!news || feed.transfer) return;
    feed.next = message.index + 1;
    feed.probing = true;
    return serve(issuer, feed, effects);
  }
  const Index before = stable();
  feed.match = std::max(feed.match, message.index);
  feed.stable = std::max(feed.stable, message.stable);
  feed.next = std::max(feed.next, feed.match + 1);
  feed.probing = false;
  serve(issuer, feed, effects);
  advance(before, effects);
}

/// Effect: what all members have is committed, and whoever feeds this node hears
/// of it. Entries of earlier epochs commit with one of this epoch after them.
void Chain::advance(Index stable_before, Effects& effects) {
  const Index index = stable();
  const bool knows = head_ || (links_members() && is_member());
  const bool own =
      index > 0 && (log_.time_at(std::max(index, log_.base())) == epoch() ||
                    mutated(Mutation::AcknowledgesInherited) || mutated(Mutation::NoBarrier));
  if (knows && own && index > commit_) {
    commit_to(index, effects);
    if (head_) answer_reads(effects);
    serve_all(effects);
  }
  if (!head_ && is_member() && index > stable_before) {
    effects.push_back(message_to(upstream(), Received{epoch(), true, verified_, index}));
  }
}

}  // namespace parley::chain
