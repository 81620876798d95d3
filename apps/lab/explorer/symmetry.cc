// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/symmetry.h"

#include <algorithm>
#include <tuple>

#include "core/base/assert.h"

namespace parley {
namespace {

std::uint32_t& entry(std::vector<std::uint32_t>& images, std::uint32_t id, std::uint32_t unknown) {
  if (id >= images.size()) images.resize(id + 1, unknown);
  return images[id];
}

auto order_of(const GlobalState& state) {
  return std::tie(state.locals, state.messages);
}

}  // namespace

Symmetry::Symmetry(Transitions& transitions, const PrincipalSet& group,
                   std::size_t principals_count)
    : transitions_(transitions) {
  PARLEY_ASSERT(group.size() <= group_size_max);
  const std::vector<PrincipalId> members = group.members();
  std::vector<PrincipalId> arrangement = members;
  do {
    std::vector<PrincipalId> images(principals_count);
    for (std::uint32_t i = 0; i < principals_count; ++i) images[i] = PrincipalId{i};
    for (std::size_t i = 0; i < members.size(); ++i) images[members[i].value] = arrangement[i];
    permutations_.push_back({Renaming{std::move(images)}, 0, {}, {}});
  } while (std::next_permutation(arrangement.begin(), arrangement.end()));
  for (Permutation& permutation : permutations_) {
    const auto& images = permutation.renaming.images();
    std::vector<PrincipalId> inverse(images.size());
    for (std::uint32_t i = 0; i < images.size(); ++i) inverse[images[i].value] = PrincipalId{i};
    const auto found = std::find_if(
        permutations_.begin(), permutations_.end(),
        [&](const Permutation& candidate) { return candidate.renaming.images() == inverse; });
    permutation.inverse = static_cast<std::uint32_t>(found - permutations_.begin());
  }
}

Symmetry::Reduced Symmetry::reduce(const GlobalState& state, GlobalState& least) {
  least = state;
  std::uint32_t best = 0;
  std::uint64_t stabiliser = 1;
  for (std::uint32_t i = 1; i < permutations_.size(); ++i) {
    apply(i, state, image_);
    if (image_ == state) ++stabiliser;
    if (order_of(image_) < order_of(least)) {
      std::swap(image_, least);
      best = i;
    }
  }
  return {best, permutations_.size() / stabiliser};
}

void Symmetry::undo(std::uint32_t permutation, const GlobalState& least, GlobalState& state) {
  apply(permutations_[permutation].inverse, least, state);
}

void Symmetry::apply(std::uint32_t permutation, const GlobalState& state, GlobalState& image) {
  image.history = state.history;
  image.crashes_left = state.crashes_left;
  image.locals.resize(state.locals.size());
  for (std::uint32_t i = 0; i < state.locals.size(); ++i) {
    const PrincipalId place = permutations_[permutation].renaming(PrincipalId{i});
    image.locals[place.value] = local_image(permutation, state.locals[i]);
  }
  image.messages.clear();
  for (const MessageId message : state.messages) {
    image.messages.push_back(message_image(permutation, message));
  }
  std::sort(image.messages.begin(), image.messages.end());
}

LocalId Symmetry::local_image(std::uint32_t number, LocalId local) {
  if (number == 0) return local;
  Permutation& permutation = permutations_[number];
  const LocalId known = entry(permutation.locals, local, unknown);
  if (known != unknown) return known;
  const LocalId image = transitions_.renamed_local(local, permutation.renaming);
  entry(permutation.locals, local, unknown) = image;
  // The image may have no machine of its own to be renamed back from.
  entry(permutations_[permutation.inverse].locals, image, unknown) = local;
  return image;
}

MessageId Symmetry::message_image(std::uint32_t number, MessageId message) {
  if (number == 0) return message;
  Permutation& permutation = permutations_[number];
  const MessageId known = entry(permutation.messages, message, unknown);
  if (known != unknown) return known;
  const MessageId image = transitions_.renamed_message(message, permutation.renaming);
  entry(permutation.messages, message, unknown) = image;
  entry(permutations_[permutation.inverse].messages, image, unknown) = message;
  return image;
}

}  // namespace parley
