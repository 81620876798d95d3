// SPDX-License-Identifier: Apache-2.0
//
// How machines and what serves them write their state down for comparison.
#pragma once

#include <vector>

#include "core/base/codec.h"
#include "core/base/ids.h"
#include "core/base/principal_set.h"

namespace parley {

/// A permutation of principals; those beyond its end stay as they are.
class Renaming {
 public:
  Renaming() = default;
  explicit Renaming(std::vector<PrincipalId> images) : images_(std::move(images)) {}

  PrincipalId operator()(PrincipalId principal) const {
    return principal.value < images_.size() ? images_[principal.value] : principal;
  }
  PrincipalSet operator()(const PrincipalSet& set) const {
    PrincipalSet image;
    set.for_each([&](PrincipalId member) { image.insert((*this)(member)); });
    return image;
  }
  const std::vector<PrincipalId>& images() const { return images_; }

 private:
  std::vector<PrincipalId> images_;
};

/// Where a machine writes its state. Principals are written through it, so that
/// an explorer can write the state as it would look with members exchanged.
class StateWriter : public Writer {
 public:
  explicit StateWriter(Bytes& out, const Renaming* renaming = nullptr)
      : Writer(out), renaming_(renaming) {}

  PrincipalId renamed(PrincipalId id) const { return renaming_ == nullptr ? id : (*renaming_)(id); }
  void principal(PrincipalId id) { varint(renamed(id).value); }
  void principals(const PrincipalSet& set) {
    Writer::principals(renaming_ == nullptr ? set : (*renaming_)(set));
  }

 private:
  const Renaming* renaming_;
};

}  // namespace parley
