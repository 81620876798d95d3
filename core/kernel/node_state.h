// SPDX-License-Identifier: Apache-2.0
//
// The inside of Node: hosted instances, the effects of a step turned into
// output. For node.cc and node_effects.cc only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/kernel/dissemination.h"
#include "core/kernel/local_request.h"
#include "core/kernel/log_entry.h"
#include "core/kernel/node.h"
#include "core/kernel/sealer.h"

namespace parley {

struct Node::State {
  State(const Tables& deployment_tables, PrincipalId principal, const Keys& keys,
        Chooser& draw_chooser);

  struct Hosted {
    InstanceId id;
    const InstanceRoute* route;  ///< Null for the Machine part of a mechanism.
    std::unique_ptr<Machine> machine;
    SharedMembership membership;
    std::vector<PublicationId> finished{};  ///< Durable ones ended since its last record.
  };

  // Inputs.
  void boot(const Boot& boot);
  void start(Hosted& hosted, const Boot& boot, std::vector<PublicationKey>& resumed);
  void arrived(const Arrived& arrived);
  void request(const Request& request);
  void timer_fired(const NodeTimerFired& fired);
  void peer_restarted(const PeerRestarted& restarted);
  void membership_changed(const NodeMembershipChanged& change);

  /// Steps the machine, and then whatever its Local effects reach.
  void drive(Hosted& first, const Input& input);
  void drain_locals();
  void step_machine(Hosted& hosted, const Input& input);
  void answer_draws(Hosted& hosted, std::size_t first);

  // Effects.
  void perform(Hosted& hosted, std::vector<Effect>& effects);
  void persist(Hosted& hosted, Persist& persist, bool last_append);
  LogHead take_head(Hosted& hosted);
  void publish(Hosted& hosted, Publish& publish);
  void send(Hosted& hosted, Send& send);
  void reply(Hosted& hosted, Reply& reply);
  void local(Hosted& hosted, Local& local);

  // Dissemination.
  void begin(PublicationKey key);
  void finish(PublicationKey key);
  void spread(PublicationKey key, const Spread& spread);
  void send_publication(const Publication& publication, const PrincipalSet& targets);
  bool seal_publication(PublicationKey key, Publication& publication);
  void acknowledge(const FrameView& frame);
  void take_acknowledgement(const FrameView& frame);

  // Sealing.
  void seal_and_send(const Statement& statement, PrincipalId to);
  void ask_machine_part(std::uint8_t mechanism, SharedBytes body, PrincipalSet verifiers,
                        std::optional<PublicationKey> key);
  void evidence_ready(const Reply& reply);

  Hosted* hosted(InstanceId id);
  void note(const NoteDeclaration& declaration, std::initializer_list<std::uint64_t> values);

  const Tables& tables;
  PrincipalId self;
  const Keys& keys;
  Chooser& chooser;
  Sealer sealer;
  Dissemination dissemination;
  std::vector<Hosted> instances;  ///< Sorted by id.

  /// A Local effect on its way to its instance, or its answer on the way back,
  /// in the same batch.
  struct PendingLocal {
    InstanceId to;
    RequestId request;
    std::optional<PortId> port;  ///< None: an answer.
    SharedBytes value;
  };
  std::deque<PendingLocal> locals;

  /// A body whose evidence a mechanism's Machine part is still working on.
  struct AwaitedEvidence {
    std::uint8_t mechanism;
    SharedBytes body;
    PrincipalSet verifiers;
    std::optional<PublicationKey> key;  ///< None: a single send.
  };
  std::map<std::uint64_t, AwaitedEvidence> awaited;
  std::uint64_t next_awaited = 1;

  NodeOutput* out = nullptr;                      ///< Of the step that is running.
  std::vector<Effect> effects;                    ///< Scratch of the machine step that is running.
  std::vector<PublicationKey> step_publications;  ///< Durable ones of that step.
};

}  // namespace parley
