// SPDX-License-Identifier: Apache-2.0
//
// One node, pure: the machine instances that a principal hosts, and between them
// and the network authentication, dissemination and local wiring. One NodeInput
// in, one NodeOutput out. Driven by the host in production, by the lab's world
// in simulation, by a recorded trace in replay; they differ in nothing else.
//
// The driver makes `persists` durable before it performs anything else of the
// same output, or of a later one.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/api/authenticator.h"
#include "core/api/disseminator.h"
#include "core/api/machine.h"
#include "core/api/store.h"
#include "core/kernel/frame.h"
#include "core/kernel/tables.h"

namespace parley {

/// The first input, once: what the stores recovered, per instance; instances
/// that are missing start empty.
struct Boot {
  std::map<InstanceId, Recovered> recovered;
};

/// A frame whose evidence was checked with Node::inspect and convinced this node.
struct Arrived {
  PrincipalId from;  ///< The link it came over.
  FrameView frame;   ///< Valid during the step.
};

/// A frame that inspect or its check refused: counted as a note, otherwise nothing.
struct Dropped {
  PrincipalId from;
  const NoteDeclaration* reason;  ///< One of kernel_notes::all.
};

/// A request from outside to one instance; answered by NodeOutput::replies.
struct Request {
  InstanceId instance;
  RequestId request;
  PortId port;
  ByteView value;
};

/// Whose timer: a machine's own, or the kernel's for one publication.
struct TimerKey {
  enum class Owner : std::uint8_t { Machine, Publication };
  InstanceId instance{};
  Owner owner = Owner::Machine;
  std::uint64_t timer = 0;
  friend auto operator<=>(const TimerKey&, const TimerKey&) = default;
};

struct NodeTimerFired {
  TimerKey key;
};

/// The link's hello showed a new incarnation: the peer forgot what it knew.
struct PeerRestarted {
  PrincipalId peer;
};

struct NodeMembershipChanged {
  InstanceId instance;
  SharedMembership membership;
};

using NodeInput = std::variant<Boot, Arrived, Dropped, Request, NodeTimerFired, PeerRestarted,
                               NodeMembershipChanged>;

struct NodeOutput {
  struct Outgoing {
    PrincipalId to;
    Frame frame;
  };
  struct TimerChange {
    TimerKey key;
    bool set = false;  ///< False: cancel.
    Duration min{};
    Duration max{};
    LeaseTag lease{};
  };
  struct Replied {
    InstanceId instance;
    RequestId request;
    SharedBytes value;
  };
  struct Decided {
    InstanceId instance;
    std::uint64_t position;
    SharedBytes value;
    SharedBytes partition{};
  };
  struct Noted {
    InstanceId instance;  ///< 0: the kernel itself.
    Note note;
  };

  std::vector<StoreChange> persists;
  std::vector<Outgoing> sends;
  std::vector<TimerChange> timers;
  std::vector<Replied> replies;
  std::vector<Decided> decides;
  std::vector<Noted> notes;

  void clear();
  bool empty() const;
};

/// Answers Draws: uniform in [0, bound). The driver's entropy, the world's
/// generator, the trace, or an explorer's next branch.
class Chooser {
 public:
  virtual ~Chooser() = default;
  virtual std::uint64_t choose(InstanceId instance, std::uint64_t bound) = 0;
};

/// A node's keys, one ring per mechanism. Owned by the driver; outlives the node.
class Keys {
 public:
  virtual ~Keys() = default;
  virtual const KeyRing& ring(std::uint8_t mechanism) const = 0;
};

/// Why a frame is not even worth checking.
struct Refusal {
  const NoteDeclaration* reason;  ///< One of kernel_notes::all; for Dropped.
  std::string message;            ///< What was expected and found.
};

/// What must be computed to believe a frame: pure, for any thread.
struct CheckJob {
  const Authenticator* authenticator;
  FrameView frame;
  bool costly;

  /// Whether the evidence convinces. Allocates only inside `scratch`.
  bool run(const SealDomain& domain, Bytes& scratch) const;
};

class Node {
 public:
  /// `tables`, `keys` and `chooser` outlive the node.
  Node(const Tables& tables, PrincipalId self, const Keys& keys, Chooser& chooser);
  ~Node();
  Node(Node&&) noexcept;

  /// Decodes a received frame and finds who could check it. Does not change the
  /// node; any thread, while it lives. `from` is the claimed other end of the link.
  std::variant<CheckJob, Refusal> inspect(PrincipalId from, ByteView frame) const;

  /// Effect: moves the node; `out` is overwritten with what is to be done.
  void step(const NodeInput& input, NodeOutput& out);

  PrincipalId self() const;
  /// The machine of an instance, for checkers; null when not hosted here.
  const Machine* machine(InstanceId instance) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley
