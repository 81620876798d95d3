// SPDX-License-Identifier: Apache-2.0
//
// Finds what an encoding leaves out: two machines whose bytes are equal, but whose
// histories are not, are put the same inputs and must do the same. An explorer
// takes such machines for one, and would miss whatever only the other does.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/api/machine.h"

namespace parley {

/// An input that owns what it shows.
struct OwnedInput {
  SharedBytes bytes{};
  Input input;  ///< Views `bytes`.
};

/// The machines of one member, over all its lives.
class EqualStates {
 public:
  /// Compares the machine with earlier ones of equal bytes. Of each input that
  /// `next` gives, both take it and the same answers to what they draw. Returns
  /// the first difference, in words.
  std::optional<std::string> add(const Machine& machine, const std::function<OwnedInput()>& next);

 private:
  struct Seen {
    std::unique_ptr<Machine> first;
    std::unique_ptr<Machine> latest;
  };
  std::map<Bytes, Seen> seen_;
};

/// The machine's bytes.
Bytes encoded(const Machine& machine);

}  // namespace parley
