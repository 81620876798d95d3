// SPDX-License-Identifier: Apache-2.0
//
// The state that committed entries make.
#include "core/base/assert.h"
#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {

/// Effect: this entry and all after it are gone. Precondition: nothing of it is
/// committed.
void VerticalPaxos::truncate(Index index, Effects& effects) {
  PARLEY_ASSERT(index > commit_);
  effects.push_back(Note{&notes::suffix_dropped, {index, log_.last()}});
  log_.truncate(index);
  verified_ = std::min(verified_, log_.last());
}

/// Effect: everything up to `index` is applied. Precondition: the log has it.
void VerticalPaxos::commit_to(Index index, Effects& effects) {
  if (index <= commit_) return;
  PARLEY_ASSERT(index <= log_.last());
  const Position place = log_.position_at(index);
  effects.push_back(Note{&ado_notes::commit_claim, {place.time, place.version, 0}});
  while (commit_ < index) apply(commit_ + 1, effects);
}

void VerticalPaxos::apply(Index index, Effects& effects) {
  const Entry entry = log_.entry(index);
  commit_ = index;
  Bytes result;
  if (entry.kind == EntryKind::Method) {
    result = state_->apply(entry.bytes);
    effects.push_back(Decide{++methods_, entry.bytes});
  }
  if (pushes_.empty() || pushes_.front().index != index) return;
  reply(pushes_.front().request, {.position = log_.position_at(index), .value = std::move(result)},
        effects);
  pushes_.pop_front();
}

/// Effect: the state is that of the image, and the log what it has after it. False,
/// and no effect, if the object does not understand it. Precondition: the image is
/// of the committed state beyond this node's.
bool VerticalPaxos::take_image(const Image& image) {
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
  return true;
}

}  // namespace parley::vertical_paxos
