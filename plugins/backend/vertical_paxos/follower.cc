// SPDX-License-Identifier: Apache-2.0
//
// Following the leader's log, which is the truth of its epoch.
#include <algorithm>

#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {

void VerticalPaxos::on_accept(PrincipalId issuer, Accept message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  const bool from_leader = issuer == leader_id() || message.epoch < epoch();
  if (!follows() || !from_leader) return late(issuer, Accept::type, effects);
  leader_heard_ = true;
  const Index end = message.previous + message.entries.size();
  const bool below = end <= log_.base();  // All of it is committed, and in the base.
  const bool fits =
      message.previous < log_.base() ||
      (log_.reaches(message.previous) && log_.time_at(message.previous) == message.previous_time);
  Accepted answer{message.epoch, message.round, below || fits, 0};
  if (answer.matched) {
    if (!below && !take_entries(issuer, message.previous, message.entries, effects)) return;
    if (changed_from_ > 0) note_place(message.epoch, effects);
    verified_ = std::max(verified_, std::min(end, log_.last()));
    if (incoming_ && incoming_->name.after <= verified_) incoming_.reset();
  } else {
    effects.push_back(Note{&notes::log_mismatch, {message.previous, log_.last()}});
    // What is lacking is on its way already, unless it was lost.
    answer.matched = incoming_.has_value();
    if (incoming_ && !std::exchange(incoming_->moved, false)) ask_portion(issuer, effects);
  }
  answer.index = verified_;
  effects.push_back(message_to(issuer, answer));
  commit_to(std::min(message.commit, verified_), effects);
}

/// Effect: the log goes on with the entries that it does not have, which is durable
/// before anybody hears of it. False: they contradict what is committed.
/// Precondition: the logs agree at `previous`.
bool VerticalPaxos::take_entries(PrincipalId issuer, Index previous, std::vector<Entry>& entries,
                                 Effects& effects) {
  Index index = previous;
  Index first = 0;
  for (Entry& entry : entries) {
    ++index;
    if (index <= log_.base()) continue;
    if (index <= log_.last()) {
      if (log_.time_at(index) == entry.time) continue;
      if (index <= commit_) {
        effects.push_back(Note{&notes::conflict, {issuer.value, index}});
        return false;
      }
      truncate(index, effects);
    }
    if (first == 0) first = index;
    log_.append(std::move(entry));
  }
  if (first > 0) changed_from(first);
  return true;
}

/// A member's log that ends in an entry of the epoch votes for it; one that ends
/// in an older entry only carries it.
void VerticalPaxos::note_place(Time voted, Effects& effects) const {
  const Position tip = log_.tip();
  if (tip.time == voted && is_member()) {
    effects.push_back(Note{&ado_notes::accept, {tip.time, tip.version, 0}});
  } else {
    effects.push_back(Note{&ado_notes::install, {epoch(), tip.time, tip.version, 0}});
  }
}

}  // namespace parley::vertical_paxos
