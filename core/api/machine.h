// SPDX-License-Identifier: Apache-2.0
//
// A protocol participant: a total function of its state and one input. The same
// object code runs in production, simulation, exploration and replay.
//
// A Machine has no clock, entropy, I/O, lock, thread or global. It may rely on:
// Start comes first and once; an issuer is authentic; a timer it cancelled does
// not fire. It may not rely on: order, single delivery, or delivery at all.
#pragma once

#include <memory>

#include "core/api/effects.h"
#include "core/api/input.h"
#include "core/api/state_writer.h"

namespace parley {

class Machine {
 public:
  virtual ~Machine() = default;

  /// Effect: moves the state and appends to `effects`, which it never reads.
  /// Total: any record a peer can send is dropped, noted or obeyed, never fatal.
  virtual void step(const Input& input, Effects& effects) = 0;

  /// Writes the whole state. Canonical: equal states give equal bytes, and
  /// states that behave differently give different bytes.
  virtual void encode(StateWriter& out) const = 0;

  /// A deep copy.
  virtual std::unique_ptr<Machine> clone() const = 0;

  /// The record with the principals inside it renamed. Machines whose records
  /// carry no principal keep this default.
  virtual SharedBytes rename(StatementType /*type*/, const SharedBytes& record,
                             const Renaming& /*renaming*/) const {
    return record;
  }

 protected:
  Machine() = default;
  Machine(const Machine&) = default;
  Machine& operator=(const Machine&) = default;
};

}  // namespace parley
