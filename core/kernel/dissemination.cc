// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/dissemination.h"

#include <algorithm>

#include "core/base/assert.h"

namespace parley {
namespace {

// First repetition after about a loopback or LAN round trip under load, then
// doubling, so that a dead verifier costs little.
constexpr Duration repeat_first = 50ms;
constexpr std::uint32_t repeat_doublings_max = 5;

Spread jittered(PrincipalSet targets, Duration wait) {
  return {std::move(targets), wait - wait / 4, wait + wait / 4};
}

}  // namespace

Publication* Dissemination::find(PublicationKey key) {
  const auto found = publications_.find(key);
  return found == publications_.end() ? nullptr : &found->second;
}

Publication& Dissemination::add(PublicationKey key, Publication publication) {
  publication.owed = publication.statement.verifiers;
  return publications_.insert_or_assign(key, std::move(publication)).first->second;
}

Spread Dissemination::begin(PublicationKey key) {
  Publication* publication = find(key);
  PARLEY_ASSERT(publication != nullptr);
  return spread(*publication, key);
}

Spread Dissemination::escalate(PublicationKey key) {
  Publication* publication = find(key);
  PARLEY_ASSERT(publication != nullptr);
  const DisseminationRoute& chain = route(*publication);
  if (publication->stage < chain.stages.size()) {
    PrincipalSet silent;
    const auto hearing = hearing_.find(key.instance);
    publication->targeted.for_each([&](PrincipalId peer) {
      if (hearing == hearing_.end()) return static_cast<void>(silent.insert(peer));
      const auto latest = hearing->second.latest.find(peer);
      if (latest == hearing->second.latest.end() || latest->second <= publication->heard_at) {
        silent.insert(peer);
      }
    });
    disseminator(key.instance, chain.stages[publication->stage]).on_escalation(silent);
    ++publication->stage;
  }
  return spread(*publication, key);
}

Spread Dissemination::spread(Publication& publication, PublicationKey key) {
  const DisseminationRoute& chain = route(publication);
  // A publication that waits for progress needs answers, not acknowledgements.
  const PrincipalSet& wanted =
      publication.until_progress ? publication.statement.verifiers : publication.owed;
  publication.heard_at = heard_count(key.instance);
  if (publication.stage < chain.stages.size()) {
    const StageRoute& stage = chain.stages[publication.stage];
    publication.targeted = disseminator(key.instance, stage).targets(wanted) & wanted;
    return jittered(publication.targeted, stage.escalate_after);
  }
  publication.targeted = wanted;
  const std::uint32_t doublings = std::min(publication.repeats++, repeat_doublings_max);
  return jittered(wanted, repeat_first * (1u << doublings));
}

std::vector<PublicationKey> Dissemination::forget(PrincipalId peer) {
  std::vector<PublicationKey> again;
  for (auto& [key, publication] : publications_) {
    if (!publication.statement.verifiers.contains(peer)) continue;
    publication.owed.insert(peer);
    again.push_back(key);
  }
  return again;
}

bool Dissemination::acknowledged(PublicationKey key, PrincipalId verifier) {
  Publication* publication = find(key);
  if (publication == nullptr || !publication->owed.contains(verifier)) return false;
  publication->owed.erase(verifier);
  return publication->owed.empty() && !publication->until_progress;
}

void Dissemination::heard(InstanceId instance, PrincipalId peer) {
  if (publications_.empty()) return;
  Hearing& hearing = hearing_[instance];
  hearing.latest[peer] = ++hearing.count;
  for (Learner& learner : learners_) {
    if (learner.instance == instance) learner.disseminator->on_answer(peer);
  }
}

std::uint64_t Dissemination::heard_count(InstanceId instance) const {
  const auto hearing = hearing_.find(instance);
  return hearing == hearing_.end() ? 0 : hearing->second.count;
}

Disseminator& Dissemination::disseminator(InstanceId instance, const StageRoute& stage) {
  const auto found = std::find_if(learners_.begin(), learners_.end(), [&](const Learner& learner) {
    return learner.instance == instance && learner.stage == &stage;
  });
  if (found != learners_.end()) return *found->disseminator;
  learners_.push_back({instance, &stage, stage.factory->create(self_, stage.config)});
  return *learners_.back().disseminator;
}

std::vector<std::pair<PublicationKey, const Publication*>> Dissemination::durable_of(
    InstanceId instance) const {
  std::vector<std::pair<PublicationKey, const Publication*>> list;
  for (auto at = publications_.lower_bound({instance, PublicationId{0}});
       at != publications_.end() && at->first.instance == instance; ++at) {
    if (at->second.durable) list.emplace_back(at->first, &at->second);
  }
  return list;
}

void encode_publications(
    Writer& out, const std::vector<std::pair<PublicationKey, const Publication*>>& publications) {
  out.varint(publications.size());
  for (const auto& [key, publication] : publications) {
    out.varint(key.id.value);
    out.u16(publication->statement.type.value);
    out.u8(publication->until_progress ? 1 : 0);
    out.principals(publication->statement.verifiers);
    out.principals(publication->statement.auditors);
    out.bytes(publication->statement.record);
  }
}

std::vector<std::pair<PublicationKey, Publication>> decode_publications(
    Reader& in, InstanceId instance, PrincipalId self, std::uint32_t principals_count) {
  std::vector<std::pair<PublicationKey, Publication>> list;
  for (std::uint64_t left = in.varint(); left > 0; --left) {
    const PublicationKey key{instance, PublicationId{in.varint()}};
    Publication publication;
    publication.durable = true;
    publication.statement.instance = instance;
    publication.statement.issuer = self;
    publication.statement.type = StatementType{in.u16()};
    publication.until_progress = in.u8() == 1;
    publication.statement.verifiers = in.principals(principals_count);
    publication.statement.auditors = in.principals(principals_count);
    publication.statement.record = SharedBytes{in.bytes()};
    PARLEY_ASSERT(in.ok());
    list.emplace_back(key, std::move(publication));
  }
  return list;
}

}  // namespace parley
