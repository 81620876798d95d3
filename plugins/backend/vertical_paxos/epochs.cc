// SPDX-License-Identifier: Apache-2.0
//
// From one epoch to the next: suspicion, the configuration master, obedience.
#include <algorithm>

#include "core/api/call.h"
#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {
namespace {

/// The master does not list the deployment's epoch, which nobody proposed.
std::optional<History> history_of(ConfigurationAnswer answer, const Membership& first) {
  History history{std::move(answer.epochs)};
  if (history.epochs.empty() || answer.completed == first.epoch) {
    history.epochs.insert(history.epochs.begin(), first);
  }
  if (!is_sound(history) || history.completed() != answer.completed.value) return std::nullopt;
  return history;
}

}  // namespace

/// Who is a member in that epoch or a later one.
PrincipalSet VerticalPaxos::members_since(Time since) const {
  PrincipalSet members;
  for (const Membership& each : history_.epochs) {
    if (each.epoch.value >= since) members |= each.members;
  }
  return members;
}

/// Whether these hold a read quorum of each of the first so many epochs since the
/// last completed one.
bool VerticalPaxos::reads_all(const PrincipalSet& present, std::size_t epochs_count) const {
  const bool last_only = mutated(Mutation::ConsultsLastEpochOnly) && epochs_count > 0;
  for (std::size_t i = last_only ? epochs_count - 1 : 0; i < epochs_count; ++i) {
    const PrincipalSet& members = history_.epochs[i].members;
    const std::size_t needed = read_size(options_.write_quorum, members.size()) -
                               (mutated(Mutation::SmallerReadQuorum) ? 1 : 0);
    if ((present & members).size() < needed) return false;
  }
  return true;
}

void VerticalPaxos::ask_master(ConfigurationCall call, Effects& effects) {
  call.instance = options_.instance;
  asking_ = ask_patience;
  effects.push_back(Note{&notes::asked_master, {static_cast<std::uint64_t>(call.kind)}});
  // Every call is idempotent, so that it may be tried again by whoever makes it.
  effects.push_back(Local{
      port_configuration, RequestId{++questions_},
      SharedBytes{encode_call(Call{.mode = CallMode::AtLeastOnce,
                                   .timeout = std::max(options_.call_timeout, call_timeout_min),
                                   .method = encode_configuration(call)})}});
}

/// Effect: the master is asked what is decided, unless a question is under way.
void VerticalPaxos::look_for_epoch(Effects& effects) {
  if (asking_ == 0) ask_master({}, effects);
}

/// Effect: asks the master for an epoch of these members, the first to lead it. Not
/// if it could not begin: who is left must hold a read quorum of all epochs so far.
void VerticalPaxos::propose(const PrincipalSet& suspects, std::vector<PrincipalId> order,
                            Effects& effects) {
  if (asking_ > 0) return;
  const PrincipalSet present = members_since(history_.completed()) - suspects;
  if (order.size() < options_.members_min || !reads_all(present, history_.epochs.size())) {
    effects.push_back(Note{&notes::no_read_quorum, {epoch()}});
    return look_for_epoch(effects);
  }
  suspects.for_each([&](PrincipalId member) {
    effects.push_back(Note{&notes::suspected, {epoch(), member.value}});
  });
  effects.push_back(Note{&notes::proposed, {epoch(), order.size()}});
  ask_master({.kind = ConfigurationCallKind::Propose,
              .epoch = Epoch{epoch()},
              .order = std::move(order),
              .learners = membership().learners.members()},
             effects);
}

void VerticalPaxos::on_answered(const Answered& answered, Effects& effects) {
  asking_ = 0;
  const std::optional<CallResult> result = decode_result(answered.value);
  std::optional<ConfigurationAnswer> answer = result && result->kind == CallResultKind::Ok
                                                  ? decode_configuration_answer(result->value)
                                                  : std::nullopt;
  std::optional<History> history = answer ? history_of(*std::move(answer), *first_) : std::nullopt;
  if (!history) {
    const std::uint64_t kind = result ? static_cast<std::uint64_t>(result->kind) : 255;
    effects.push_back(Note{&notes::master_unavailable, {kind}});
    return;
  }
  learn(*std::move(history), effects);
}

/// Effect: a later epoch is obeyed; of the same one it may be news that an earlier
/// one is completed, so that fewer need be asked.
void VerticalPaxos::learn(History history, Effects& effects) {
  if (history.latest().epoch.value < epoch()) return;
  std::erase_if(history.epochs,
                [&](const Membership& each) { return each.epoch.value < history_.completed(); });
  if (history.latest().epoch.value > epoch()) return adopt(std::move(history), effects);
  if (history.completed() == history_.completed()) return;
  history_ = std::move(history);
  try_to_lead(effects);
}

void VerticalPaxos::note_promise(Effects& effects) const {
  const Position tip = log_.tip();
  effects.push_back(
      Note{&ado_notes::promise, {epoch(), leader_id().value, tip.time, tip.version, 0}});
}

/// Effect: nothing of an earlier epoch is obeyed any more, which is durable with
/// this step, and the new leader is promised it.
void VerticalPaxos::adopt(History history, Effects& effects) {
  history_ = std::move(history);
  history_changed_ = true;
  incoming_.reset();
  outgoing_.reset();
  effects.push_back(
      Note{&notes::epoch_adopted, {epoch(), leader_id().value, membership().order.size()}});
  announce_members(effects);
  note_promise(effects);
  give_up_reads(effects);
  drop_branches();
  if (leader_id() == self_) {
    effects.push_back(CancelTimer{timer_watch});
    return begin_gathering(effects);
  }
  give_up_pushes(effects);
  effects.push_back(CancelTimer{timer_beat});
  role_ = Follower{};
  leader_heard_ = false;
  verified_ = commit_;  // Every later leader has what is committed.
  watch(effects);
  effects.push_back(message_to(leader_id(), Promise{epoch(), log_.tip()}));
}

void VerticalPaxos::give_up_reads(Effects& effects) {
  Leader* leader = leading();
  if (leader == nullptr) return;
  for (const Read& read : leader->reads) {
    reply(read.request, {.kind = OutcomeKind::Stale}, effects);
  }
  leader->reads.clear();
}

/// A leader that leads the next epoch too, on its own log, keeps its pushes.
void VerticalPaxos::give_up_pushes(Effects& effects) {
  for (const Push& push : pushes_) {
    effects.push_back(Note{&notes::push_unknown, {push.index}});
    reply(push.request, {.kind = OutcomeKind::Unknown}, effects);
  }
  pushes_.clear();
}

void VerticalPaxos::announce_members(Effects& effects) const {
  effects.push_back(ChangeMembership{std::make_shared<const Membership>(membership())});
}

void VerticalPaxos::watch(Effects& effects) const {
  effects.push_back(SetTimer{timer_watch, options_.suspect_after,
                             options_.suspect_after + options_.suspect_after / 2});
}

void VerticalPaxos::on_watch_timer(Effects& effects) {
  if (!follows()) return;
  watch(effects);
  // Who is no member asks to be caught up; a member, to be believed alive.
  effects.push_back(message_to(leader_id(), Hello{epoch()}));
  if (std::exchange(leader_heard_, false)) return;
  if (!is_member()) return look_for_epoch(effects);
  std::vector<PrincipalId> order{self_};
  for (const PrincipalId member : membership().order) {
    if (member != self_ && member != leader_id()) order.push_back(member);
  }
  propose(PrincipalSet{leader_id()}, std::move(order), effects);
}

void VerticalPaxos::on_epochs(PrincipalId issuer, Epochs message, Effects& effects) {
  const Time said = message.history.latest().epoch.value;
  if (said < epoch()) {
    effects.push_back(Note{&notes::fenced, {issuer.value, said}});
    effects.push_back(message_to(issuer, Epochs{history_}));
    return;
  }
  const bool news = said > epoch();
  learn(std::move(message.history), effects);
  if (!follows() || issuer != leader_id()) return;
  leader_heard_ = true;
  if (!news) effects.push_back(message_to(issuer, Promise{epoch(), log_.tip()}));
}

void VerticalPaxos::on_hello(PrincipalId issuer, Hello message, Effects& effects) {
  if (message.epoch != epoch()) return static_cast<void>(current(issuer, message.epoch, effects));
  Leader* leader = leading();
  if (leader == nullptr) return;
  const auto peer = leader->peers.find(issuer);
  if (peer != leader->peers.end()) {
    peer->second.silent = 0;
    return;
  }
  // Its place is free if somebody of the first epoch left.
  const auto followers = leader->peers.size() - (membership().learners.size());
  if (followers + 1 >= first_->order.size() || membership().learners.contains(issuer)) return;
  effects.push_back(Note{&notes::joiner, {issuer.value}});
  Peer& joiner = leader->peers.emplace(issuer, Peer{.next = log_.last() + 1}).first->second;
  heartbeat(issuer, joiner, effects);
}

}  // namespace parley::vertical_paxos
