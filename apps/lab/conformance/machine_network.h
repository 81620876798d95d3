// SPDX-License-Identifier: Apache-2.0
//
// The members of one machine instance on a network and disks driven by hand: the
// caller decides what is delivered, lost, repeated, who crashes, which timer
// fires. Stands in for kernel and world where a rule is about machines alone:
// publications are repeated until progress or acknowledged by everybody, durable
// ones outlive a crash, a step's records are durable before its messages leave.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/lab/world/disk.h"
#include "core/api/machine.h"

namespace parley {

class MachineNetwork {
 public:
  struct Message {
    PrincipalId from{};
    PrincipalId to{};
    StatementType type{};
    SharedBytes record{};
    PublicationId acknowledges{};  ///< Not 0: the sender wants to know that it arrived.
  };

  /// Effect: every member is started. `make` is called again at each restart.
  MachineNetwork(std::function<std::unique_ptr<Machine>()> make, std::uint32_t members_count);

  /// Distinct from all that it gave before.
  RequestId new_request() { return RequestId{++requests_count_}; }
  void submit(PrincipalId member, RequestId request, PortId port, ByteView value = {});
  /// A statement from nowhere. No effect on a member that is down.
  void inject(PrincipalId from, PrincipalId to, StatementType type, ByteView record);

  std::size_t in_flight() const { return messages_.size(); }
  const Message& message(std::size_t index) const { return messages_[index]; }
  /// Effect: the message arrives, unless its receiver is down; with `keep` it
  /// stays in flight, to arrive again.
  void deliver(std::size_t index, bool keep = false);
  void lose(std::size_t index) {
    messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  /// Effect: messages arrive in their order until none is in flight, at most `limit`.
  void deliver_all(std::size_t limit = 100'000);
  /// Effect: the member's unfinished publications are sent again.
  void repeat_publications(PrincipalId member);

  bool up(PrincipalId member) const { return member_at(member).machine != nullptr; }
  void crash(PrincipalId member);
  void restart(PrincipalId member);
  /// Effect: one of the member's running timers fires. False when none runs.
  bool fire_timer(PrincipalId member);

  const Machine& machine(PrincipalId member) const { return *member_at(member).machine; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(members_.size()); }
  /// What the last step of any member did.
  const Effects& last_effects() const { return effects_; }

  /// Replies not yet taken, by request.
  std::map<RequestId, SharedBytes>& replies() { return replies_; }
  /// What the member's present life decided, by position.
  const std::map<std::uint64_t, SharedBytes>& decided(PrincipalId member) const {
    return member_at(member).decided;
  }
  /// What was ever decided by anybody, by position.
  const std::map<std::uint64_t, SharedBytes>& decided() const { return decided_; }
  /// Why the decisions so far cannot all be right; empty while they can.
  const std::string& disagreement() const { return disagreement_; }

 private:
  struct Member {
    std::unique_ptr<Machine> machine{};  ///< Null while down.
    Disk disk{};
    std::map<TimerId, SetTimer> timers{};
    std::map<PublicationId, Publish> publications{};
    std::map<PublicationId, PrincipalSet> owed{};
    std::map<std::uint64_t, SharedBytes> decided{};
  };

  Member& member_at(PrincipalId id) { return members_[id.value]; }
  const Member& member_at(PrincipalId id) const { return members_[id.value]; }
  void step(PrincipalId id, const Input& input);
  void perform(PrincipalId id, const Effects& effects);
  void persist(Member& member, const Effects& effects);
  void publish(PrincipalId id, const Publish& publish);
  void send_publication(PrincipalId id, const Publish& publish);
  void decide(PrincipalId id, const Decide& decide);
  void acknowledged(PrincipalId publisher, PublicationId publication, PrincipalId verifier);

  std::function<std::unique_ptr<Machine>()> make_;
  SharedMembership membership_;
  std::vector<Member> members_;
  std::deque<Message> messages_;
  std::map<RequestId, SharedBytes> replies_;
  std::uint64_t requests_count_ = 0;
  std::map<std::uint64_t, SharedBytes> decided_;
  std::string disagreement_;
  std::uint64_t draws_ = 0;
  Effects effects_;
};

}  // namespace parley
