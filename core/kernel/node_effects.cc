// SPDX-License-Identifier: Apache-2.0
//
// How a machine's effects become a node's output.
#include <algorithm>

#include "core/base/digest.h"
#include "core/base/overloaded.h"
#include "core/kernel/kernel_notes.h"
#include "core/kernel/log_entry.h"
#include "core/kernel/node_state.h"

namespace parley {
namespace {

bool is_append(const Effect& effect) {
  const Persist* persist = std::get_if<Persist>(&effect);
  return persist != nullptr && std::holds_alternative<Append>(persist->change);
}

/// What an acknowledgement is of; ids may be reused.
std::uint64_t acknowledged_as(StatementType type, ByteView record) {
  Fingerprint sum;
  sum.add(type.value);
  sum.add(record);
  return sum.value();
}

TimerKey machine_timer(InstanceId instance, TimerId timer) {
  return {instance, TimerKey::Owner::Machine, timer.value};
}

TimerKey publication_timer(PublicationKey key) {
  return {key.instance, TimerKey::Owner::Publication, key.id.value};
}

}  // namespace

void Node::State::perform(Hosted& hosted, std::vector<Effect>& list) {
  // Publications first, in their order with Progress: the durable ones are
  // written with the step's last record.
  step_publications.clear();
  std::size_t last_append = list.size();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (is_append(list[i])) last_append = i;
    if (Publish* effect = std::get_if<Publish>(&list[i])) publish(hosted, *effect);
    if (const Progress* done = std::get_if<Progress>(&list[i])) finish({hosted.id, done->id});
  }
  PARLEY_ASSERT(step_publications.empty() || last_append != list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::visit(overloaded{
                   [](Publish&) {},
                   [](Draw&) { PARLEY_ASSERT(false && "draws were answered before"); },
                   [](Progress&) {},
                   [&](Send& effect) { send(hosted, effect); },
                   [&](Local& effect) { local(hosted, effect); },
                   [&](Persist& effect) { persist(hosted, effect, i == last_append); },
                   [&](SetTimer& timer) {
                     PARLEY_ASSERT(timer.min >= Duration::zero() && timer.min <= timer.max);
                     out->timers.push_back({machine_timer(hosted.id, timer.timer), true, timer.min,
                                            timer.max, timer.lease});
                   },
                   [&](CancelTimer& timer) {
                     out->timers.push_back({.key = machine_timer(hosted.id, timer.timer)});
                   },
                   [&](ChangeMembership& change) {
                     PARLEY_ASSERT(change.membership->epoch > hosted.membership->epoch);
                     hosted.membership = std::move(change.membership);
                   },
                   [&](Decide& decide) {
                     out->decides.push_back({hosted.id, decide.position, std::move(decide.value),
                                             std::move(decide.partition)});
                   },
                   [&](Reply& effect) { reply(hosted, effect); },
                   [&](Note& effect) {
                     out->notes.push_back({hosted.id, std::move(effect)});
                   },
               },
               list[i]);
  }
}

void Node::State::persist(Hosted& hosted, Persist& persist, bool last_append) {
  if (Append* append = std::get_if<Append>(&persist.change)) {
    append->record = wrap(last_append ? take_head(hosted) : LogHead{}, append->record);
  } else if (Snapshot* snapshot = std::get_if<Snapshot>(&persist.change)) {
    // Stands for every record before it, so what ended needs no mention.
    hosted.finished.clear();
    snapshot->chunks.insert(snapshot->chunks.begin(),
                            wrap({{}, dissemination.durable_of(hosted.id)}, {}));
  }
  out->persists.push_back({hosted.id, std::move(persist)});
}

LogHead Node::State::take_head(Hosted& hosted) {
  LogHead head{std::exchange(hosted.finished, {}), {}};
  for (const PublicationKey& key : step_publications) {
    const Publication* publication = dissemination.find(key);
    if (publication != nullptr) head.begun.emplace_back(key, publication);
  }
  return head;
}

void Node::State::publish(Hosted& hosted, Publish& effect) {
  const PublicationKey key{hosted.id, effect.id};
  if (dissemination.find(key) == nullptr &&
      dissemination.size() >= tables.deployment.limits.publications) {
    return note(kernel_notes::publication_refused, {hosted.id.value, effect.id.value});
  }
  Publication publication;
  publication.statement = {.instance = hosted.id,
                           .type = effect.type,
                           .issuer = self,
                           .verifiers = std::move(effect.verifiers),
                           .auditors = std::move(effect.auditors),
                           .record = std::move(effect.record)};
  publication.statement.verifiers.erase(self);
  publication.until_progress = effect.until_progress;
  publication.durable = effect.durable;
  finish(key);                                          // Reusing an id replaces what had it.
  if (publication.statement.verifiers.empty()) return;  // Nobody else is meant.
  if (publication.durable) step_publications.push_back(key);
  dissemination.add(key, std::move(publication));
  begin(key);
}

void Node::State::begin(PublicationKey key) {
  if (seal_publication(key, *dissemination.find(key))) spread(key, dissemination.begin(key));
}

void Node::State::finish(PublicationKey key) {
  const Publication* publication = dissemination.find(key);
  if (publication == nullptr) return;
  if (publication->durable) hosted(key.instance)->finished.push_back(key.id);
  dissemination.remove(key);
  out->timers.push_back({.key = publication_timer(key)});
}

void Node::State::spread(PublicationKey key, const Spread& next) {
  const Publication* publication = dissemination.find(key);
  PARLEY_ASSERT(publication != nullptr);
  send_publication(*publication, next.targets);
  out->timers.push_back({publication_timer(key), true, next.wait_min, next.wait_max, {}});
}

void Node::State::send_publication(const Publication& publication, const PrincipalSet& targets) {
  for (const SealedBody& sealed : publication.sealed) {
    (sealed.verifiers & targets).for_each([&](PrincipalId to) {
      if (sealed.evidence) {
        out->sends.push_back({to, {sealed.body, *sealed.evidence}});
      } else if (sealer.seals_per_verifier(sealed.mechanism)) {
        const std::optional<SharedBytes> evidence =
            sealer.seal(sealed.mechanism, sealed.body, PrincipalSet{to});
        PARLEY_ASSERT(evidence.has_value());
        out->sends.push_back({to, {sealed.body, *evidence}});
      }
      // Otherwise its evidence is still being made; evidence_ready sends it.
    });
  }
}

/// Effect: encodes one body per mechanism and makes what evidence is shared.
/// Returns whether anything can be sent at once.
bool Node::State::seal_publication(PublicationKey key, Publication& publication) {
  const Statement& statement = publication.statement;
  publication.sealed.clear();
  statement.verifiers.for_each([&](PrincipalId to) {
    const auto mechanism =
        sealer.mechanism_for(to, statement.instance, !statement.auditors.empty());
    if (!mechanism) return note(kernel_notes::no_route, {to.value});
    const auto same =
        std::find_if(publication.sealed.begin(), publication.sealed.end(),
                     [&](const SealedBody& sealed) { return sealed.mechanism == *mechanism; });
    if (same != publication.sealed.end()) return static_cast<void>(same->verifiers.insert(to));
    const FrameHeader header{.mechanism = *mechanism,
                             .acknowledge = !publication.until_progress,
                             .publication = key.id.value};
    publication.sealed.push_back(
        {*mechanism, PrincipalSet{to}, encode_body(statement, header), std::nullopt});
  });
  bool sendable = publication.sealed.empty();
  for (SealedBody& sealed : publication.sealed) {
    if (sealer.seals_per_verifier(sealed.mechanism)) {
      sendable = true;
      continue;
    }
    sealed.evidence = sealer.seal(sealed.mechanism, sealed.body, sealed.verifiers);
    if (sealed.evidence) {
      sendable = true;
    } else {
      ask_machine_part(sealed.mechanism, sealed.body, sealed.verifiers, key);
    }
  }
  return sendable;
}

void Node::State::acknowledge(const FrameView& frame) {
  Bytes record;
  Writer writer{record};
  writer.varint(frame.publication);
  writer.u64(acknowledged_as(frame.type, frame.record));
  seal_and_send({.instance = frame.instance,
                 .type = type_acknowledgement,
                 .issuer = self,
                 .verifiers = {frame.issuer},
                 .auditors = {},
                 .record = SharedBytes{record}},
                frame.issuer);
}

void Node::State::take_acknowledgement(const FrameView& frame) {
  Reader reader{frame.record};
  const PublicationKey key{frame.instance, PublicationId{reader.varint()}};
  const std::uint64_t record = reader.u64();
  if (!reader.finished()) return note(kernel_notes::frame_malformed, {frame.issuer.value});
  const Publication* publication = dissemination.find(key);
  // A late acknowledgement of what had this id before says nothing of its successor.
  if (publication == nullptr) return;
  const Statement& statement = publication->statement;
  if (acknowledged_as(statement.type, statement.record) != record) return;
  if (dissemination.acknowledged(key, frame.issuer)) finish(key);
}

void Node::State::send(Hosted& hosted, Send& effect) {
  PARLEY_ASSERT(effect.to != self);
  seal_and_send({.instance = hosted.id,
                 .type = effect.type,
                 .issuer = self,
                 .verifiers = {effect.to},
                 .auditors = {},
                 .record = std::move(effect.record)},
                effect.to);
}

void Node::State::seal_and_send(const Statement& statement, PrincipalId to) {
  const auto mechanism = sealer.mechanism_for(to, statement.instance, false);
  if (!mechanism) return note(kernel_notes::no_route, {to.value});
  SharedBytes body = encode_body(statement, {.mechanism = *mechanism});
  const std::optional<SharedBytes> evidence = sealer.seal(*mechanism, body, statement.verifiers);
  if (!evidence) return ask_machine_part(*mechanism, body, statement.verifiers, std::nullopt);
  out->sends.push_back({to, {std::move(body), *evidence}});
}

void Node::State::ask_machine_part(std::uint8_t mechanism, SharedBytes body, PrincipalSet verifiers,
                                   std::optional<PublicationKey> key) {
  if (!key && awaited.size() >= tables.deployment.limits.publications) {
    return note(kernel_notes::publication_refused, {0, 0});  // A send may be lost.
  }
  const std::uint64_t number = next_awaited++;
  SealCall call{.message = {}, .verifiers = verifiers};
  tables.seal_domain.message(body, call.message);
  locals.push_back({mechanism_instance(mechanism), local_request({}, RequestId{number}), port_seal,
                    SharedBytes{encode_seal(call)}});
  awaited.emplace(number, AwaitedEvidence{mechanism, std::move(body), std::move(verifiers), key});
}

void Node::State::evidence_ready(const Reply& reply) {
  const std::optional<LocalRequest> asked = local_request_of(reply.request);
  const auto found = asked ? awaited.find(asked->request.value) : awaited.end();
  if (found == awaited.end()) return;
  const AwaitedEvidence ready = std::move(found->second);
  awaited.erase(found);
  const std::optional<SealAnswer> answer = decode_seal_answer(reply.value);
  PARLEY_ASSERT(answer.has_value() && "a mechanism answers with a SealAnswer");
  if (!answer->evidence) return note(kernel_notes::not_sealed, {ready.mechanism});
  const SharedBytes evidence{*answer->evidence};
  if (!ready.key) {
    ready.verifiers.for_each([&](PrincipalId to) {
      out->sends.push_back({to, {ready.body, evidence}});
    });
    return;
  }
  Publication* publication = dissemination.find(*ready.key);
  if (publication == nullptr) return;  // Finished before it could be sealed.
  for (SealedBody& sealed : publication->sealed) {
    if (sealed.mechanism == ready.mechanism && sealed.body == ready.body) {
      sealed.evidence = evidence;
      spread(*ready.key, dissemination.begin(*ready.key));
    }
  }
}

void Node::State::reply(Hosted& hosted, Reply& effect) {
  if (is_mechanism_instance(hosted.id)) return evidence_ready(effect);
  if (const std::optional<LocalRequest> asked = local_request_of(effect.request)) {
    locals.push_back({asked->asker, asked->request, std::nullopt, std::move(effect.value)});
    return;
  }
  out->replies.push_back({hosted.id, effect.request, std::move(effect.value)});
}

void Node::State::local(Hosted& hosted, Local& effect) {
  if (hosted.route == nullptr) return;
  for (const Wire& wire : hosted.route->wires) {
    if (wire.from != effect.port) continue;
    locals.push_back({wire.to, local_request(hosted.id, effect.request), wire.port, effect.value});
  }
}

}  // namespace parley
