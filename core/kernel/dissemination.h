// SPDX-License-Identifier: Apache-2.0
//
// A node's unfinished publications: who still has to hear of each, which stage
// of its chain it is in, when it is finished. Decides; the node seals and sends.
//
// A publication goes to its first stage's targets, escalates stage by stage, and
// after the last is sent to every verifier that is still owed it, again and
// again at growing intervals: liveness never depends on a disseminator.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/api/disseminator.h"
#include "core/api/effects.h"
#include "core/api/statement.h"
#include "core/base/codec.h"
#include "core/kernel/frame.h"
#include "core/kernel/tables.h"

namespace parley {

struct PublicationKey {
  InstanceId instance;
  PublicationId id;
  friend auto operator<=>(const PublicationKey&, const PublicationKey&) = default;
};

/// A body as one mechanism seals it, for the verifiers that take that mechanism.
/// `evidence` is kept only where it is the same for all of them.
struct SealedBody {
  std::uint8_t mechanism;
  PrincipalSet verifiers;
  SharedBytes body;
  std::optional<SharedBytes> evidence;
};

struct Publication {
  Statement statement;
  bool until_progress = false;
  bool durable = false;
  PrincipalSet owed;      ///< Verifiers that have not acknowledged.
  PrincipalSet targeted;  ///< Where the current stage went.
  std::size_t stage = 0;
  std::uint32_t repeats = 0;   ///< Times it was sent to everybody still owed.
  std::uint64_t heard_at = 0;  ///< The instance's arrival count when the stage began.
  std::vector<SealedBody> sealed;
};

/// What to do next about one publication.
struct Spread {
  PrincipalSet targets;
  Duration wait_min;  ///< Until the timer that leads to the next one.
  Duration wait_max;
};

class Dissemination {
 public:
  /// `tables` outlives it.
  Dissemination(const Tables& tables, PrincipalId self) : tables_(tables), self_(self) {}

  std::size_t size() const { return publications_.size(); }
  Publication* find(PublicationKey key);

  /// Effect: holds the publication, replacing one of the same key.
  Publication& add(PublicationKey key, Publication publication);
  /// Effect: forgets it. False if it was not there.
  bool remove(PublicationKey key) { return publications_.erase(key) != 0; }

  /// Where a new publication goes first.
  Spread begin(PublicationKey key);
  /// Its timer fired: the next stage, or a repetition to all that are owed.
  Spread escalate(PublicationKey key);
  /// The peer forgot what it knew: it is owed again whatever is unfinished.
  /// Returns the publications to send to it once more.
  std::vector<PublicationKey> forget(PrincipalId peer);

  /// `verifier` has it. Returns whether that finishes the publication.
  bool acknowledged(PublicationKey key, PrincipalId verifier);
  /// Something of `instance` arrived from `peer`: it is alive and answers.
  void heard(InstanceId instance, PrincipalId peer);

  /// The durable ones of one instance, for its log and snapshots.
  std::vector<std::pair<PublicationKey, const Publication*>> durable_of(InstanceId instance) const;

 private:
  Spread spread(Publication& publication, PublicationKey key);
  Disseminator& disseminator(InstanceId instance, const StageRoute& stage);
  const DisseminationRoute& route(const Publication& publication) const {
    return tables_.dissemination(self_, publication.statement.instance,
                                 publication.statement.verifiers);
  }
  std::uint64_t heard_count(InstanceId instance) const;

  const Tables& tables_;
  PrincipalId self_;
  std::map<PublicationKey, Publication> publications_;
  /// One per instance and stage, shared by its publications so that it can learn.
  struct Learner {
    InstanceId instance;
    const StageRoute* stage;
    std::unique_ptr<Disseminator> disseminator;
  };
  std::vector<Learner> learners_;
  /// Arrivals per instance, and each peer's latest, while anything is unfinished.
  struct Hearing {
    std::uint64_t count = 0;
    std::map<PrincipalId, std::uint64_t> latest;
  };
  std::map<InstanceId, Hearing> hearing_;
};

/// Durable publications of one step or snapshot, as they lie in an instance's log.
void encode_publications(
    Writer& out, const std::vector<std::pair<PublicationKey, const Publication*>>& publications);
/// Precondition: our own store's bytes. Asserts on malformed ones.
std::vector<std::pair<PublicationKey, Publication>> decode_publications(
    Reader& in, InstanceId instance, PrincipalId self, std::uint32_t principals_count);

}  // namespace parley
