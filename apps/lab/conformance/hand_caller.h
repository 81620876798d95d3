// SPDX-License-Identifier: Apache-2.0
//
// A caller of one member of a MachineNetwork, driven call by call: what it asks
// for is delivered, by default all of it, before the call returns. Told who would
// serve it, it goes there for good.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "apps/lab/conformance/machine_network.h"
#include "core/api/object.h"

namespace parley {

class HandCaller {
 public:
  using Delivery = std::function<void(MachineNetwork&)>;

  /// `network` outlives it.
  HandCaller(
      MachineNetwork& network, PrincipalId member,
      Delivery delivery = [](MachineNetwork& all) { all.deliver_all(); })
      : network_(&network), member_(member), delivery_(std::move(delivery)) {}

  /// Each call gives nullopt when there is no answer, or none that is an Outcome.
  /// Effect: takes all replies of the network.
  std::optional<Outcome> call(PortId port, ByteView value) {
    const RequestId request = network_->new_request();
    network_->replies().clear();
    network_->submit(member_, request, port, value);
    delivery_(*network_);
    const auto reply = network_->replies().find(request);
    if (reply == network_->replies().end()) return std::nullopt;
    return decode_outcome(reply->second);
  }

  /// With the state. Effect: the branch is the one opened, or none.
  std::optional<Outcome> pull() {
    const Bytes with_state = encode_call(PullCall{.with_state = true});
    auto outcome = call(port_pull, with_state);
    if (outcome && outcome->owner && outcome->owner->value < network_->size() &&
        network_->up(*outcome->owner)) {
      member_ = *outcome->owner;
      outcome = call(port_pull, with_state);
    }
    branch_ = outcome && outcome->kind == OutcomeKind::Ok ? outcome->branch : 0;
    return outcome;
  }
  std::optional<Outcome> invoke(ByteView method) {
    return call(port_invoke, encode_call(InvokeCall{branch_, to_bytes(method)}));
  }
  std::optional<Outcome> invoke(std::string_view method) { return invoke(view_of(method)); }
  std::optional<Outcome> push() { return call(port_push, encode_call(PushCall{branch_})); }
  /// Pull, invoke and push, whatever each of them answers; the answer to the last.
  std::optional<Outcome> run(ByteView method) {
    pull();
    invoke(method);
    return push();
  }
  std::optional<Outcome> run(std::string_view method) { return run(view_of(method)); }

  Branch branch() const { return branch_; }

 private:
  MachineNetwork* network_;
  PrincipalId member_;
  Delivery delivery_;
  Branch branch_ = 0;
};

inline bool is_ok(const std::optional<Outcome>& outcome) {
  return outcome && outcome->kind == OutcomeKind::Ok;
}
inline bool is_stale(const std::optional<Outcome>& outcome) {
  return outcome && outcome->kind == OutcomeKind::Stale;
}

}  // namespace parley
