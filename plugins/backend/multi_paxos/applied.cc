// SPDX-License-Identifier: Apache-2.0
//
// The log, the members it names, and the state that committed entries make.
#include <algorithm>

#include "core/api/reconfigure.h"
#include "core/base/assert.h"
#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {

/// Effect: the entry ends the log; new members are in force from here on.
void MultiPaxos::append(Entry entry) {
  if (entry.kind == EntryKind::Configuration) {
    std::optional<Membership> next = decode_reconfiguration(entry.bytes);
    PARLEY_ASSERT(next.has_value());  // Decoders of entries refuse any other.
    configs_.push_back({log_.last() + 1, std::make_shared<const Membership>(*std::move(next))});
  }
  log_.append(std::move(entry));
}

/// Effect: this entry and all after it are gone, with the members they named.
/// Precondition: nothing of it is committed.
void MultiPaxos::truncate(Index index, Effects& effects) {
  PARLEY_ASSERT(index > commit_);
  effects.push_back(Note{&notes::suffix_dropped, {index, log_.last()}});
  log_.truncate(index);
  verified_ = std::min(verified_, index - 1);
  while (configs_.back().index >= index) configs_.pop_back();
}

/// Effect: tells the node who its members are, if that changed.
void MultiPaxos::announce_members(Effects& effects) {
  const SharedMembership& now = configs_.back().membership;
  const bool same =
      now == told_ || (now->members == told_->members && now->learners == told_->learners &&
                       now->order == told_->order);
  told_ = now;
  if (same) return;
  // A suffix that is dropped brings earlier members back, but epochs only grow.
  told_epoch_ = std::max(Epoch{told_epoch_.value + 1}, now->epoch);
  Membership membership = *now;
  membership.epoch = told_epoch_;
  effects.push_back(ChangeMembership{std::make_shared<const Membership>(std::move(membership))});
  effects.push_back(Note{&notes::members_changed, {configs_.back().index, now->members.size()}});
  if (!std::holds_alternative<Leader>(role_)) set_election_timer(effects);
}

PrincipalSet MultiPaxos::peers() const {
  PrincipalSet others = membership().members | membership().learners;
  others.erase(self_);
  return others;
}

/// Effect: everything up to `index` is applied. Precondition: the log has it.
void MultiPaxos::commit_to(Index index, Effects& effects) {
  if (index <= commit_) return;
  PARLEY_ASSERT(index <= log_.last());
  const Position place = log_.position_at(index);
  effects.push_back(Note{&ado_notes::commit_claim, {place.time, place.version, 0}});
  while (commit_ < index) apply(commit_ + 1, effects);
}

void MultiPaxos::apply(Index index, Effects& effects) {
  const Entry entry = log_.entry(index);
  commit_ = index;
  Bytes result;
  if (entry.kind == EntryKind::Method) {
    result = state_->apply(entry.bytes);
    effects.push_back(Decide{++methods_, entry.bytes});
  }
  Leader* role = std::get_if<Leader>(&role_);
  if (role == nullptr || role->pushes.empty() || role->pushes.front().index != index) return;
  reply(role->pushes.front().request,
        {.position = log_.position_at(index), .value = std::move(result)}, effects);
  role->pushes.pop_front();
}

/// Effect: the state, the log and the members are those of the image, and what the
/// log has after it. False, and no effect, if the object does not understand it.
/// Precondition: the image is of the committed state beyond this member's.
bool MultiPaxos::take_image(const Image& image, Effects& effects) {
  OwnObject state{initial_};
  if (!state->restore(image.object)) return false;
  state_ = std::move(state);
  methods_ = image.methods;
  commit_ = image.index;
  snapshot_index_ = image.index;
  const bool continues =
      log_.reaches(image.index) && log_.position_at(image.index) == image.position;
  if (continues) {
    log_.drop_through(image.index);
  } else {
    log_.reset(image.index, image.position);
  }
  std::erase_if(configs_,
                [&](const Config& config) { return !continues || config.index <= image.index; });
  configs_.insert(configs_.begin(),
                  Config{image.index, std::make_shared<const Membership>(image.membership)});
  announce_members(effects);
  return true;
}

}  // namespace parley::multi_paxos
