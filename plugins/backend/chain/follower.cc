// SPDX-License-Identifier: Apache-2.0
//
// Following the head's log, which is the truth of its epoch.
#include <algorithm>

#include "plugins/backend/chain/chain.h"

namespace parley::chain {

void Chain::on_entries(PrincipalId issuer, Entries message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  if (head_ || issuer != upstream()) return late(issuer, Entries::type, effects);
  if (issuer == head_id()) head_heard_ = true;
  const Index end = message.previous + message.entries.size();
  const bool below = end <= log_.base();  // All of it is committed, and in the base.
  const bool fits =
      message.previous < log_.base() ||
      (log_.reaches(message.previous) && log_.time_at(message.previous) == message.previous_time);
  if (!below && !fits) {
    effects.push_back(Note{&options_.notes->log_mismatch, {message.previous, log_.last()}});
    // Every head has what is committed here, so that there at the latest they agree.
    const Index hint = message.previous > log_.last() ? log_.last() : commit_;
    effects.push_back(message_to(issuer, Received{message.epoch, false, hint, 0}));
    return;
  }
  if (!below && !take_entries(issuer, message, effects)) return;
  verified_ = std::max(verified_, std::min(end, log_.last()));
  const Index index = stable();
  effects.push_back(
      message_to(issuer, Received{message.epoch, true, verified_, std::min(index, verified_)}));
  serve_all(effects);
  advance(index, effects);
  commit_to(std::min(message.commit, verified_), effects);
}

/// Effect: the log goes on with the entries that it does not have, which is
/// durable before anybody hears of it. False: they contradict what is committed.
/// Precondition: the logs agree at `previous`.
bool Chain::take_entries(PrincipalId issuer, const Entries& message, Effects& effects) {
  Index index = message.previous;
  Index first = 0;
  for (const Entry& entry : message.entries) {
    ++index;
    if (index <= log_.base()) continue;
    if (index <= log_.last()) {
      if (log_.time_at(index) == entry.time) continue;
      if (index <= commit_) {
        effects.push_back(Note{&options_.notes->conflict, {issuer.value, index}});
        return false;
      }
      truncate(index, effects);
    }
    if (first == 0) first = index;
    log_.append(entry);
  }
  if (first == 0) return true;
  changed_from(first);
  note_place(message.epoch, effects);
  return true;
}

/// A member's log that ends in an entry of the epoch votes for it; one that ends
/// in an older entry only carries it.
void Chain::note_place(Time voted, Effects& effects) const {
  const Position tip = log_.tip();
  if (tip.time == voted && is_member()) {
    effects.push_back(Note{&ado_notes::accept, {tip.time, tip.version, 0}});
  } else {
    effects.push_back(Note{&ado_notes::install, {epoch(), tip.time, tip.version, 0}});
  }
}

void Chain::on_heartbeat(PrincipalId issuer, Heartbeat message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  if (head_ || issuer != head_id()) return late(issuer, Heartbeat::type, effects);
  head_heard_ = true;
  effects.push_back(message_to(issuer, HeartbeatAnswer{message.epoch, message.round}));
  commit_to(std::min(message.commit, verified_), effects);
  resend(effects);
}

}  // namespace parley::chain
