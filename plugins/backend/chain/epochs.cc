// SPDX-License-Identifier: Apache-2.0
//
// From one epoch to the next: suspicion, the configuration master, taking over.
#include <algorithm>

#include "core/api/call.h"
#include "plugins/backend/chain/chain.h"

namespace parley::chain {
namespace {

/// The latest epoch of the answer, and who was a member in all it names.
std::optional<EpochFacts> facts_of(const ConfigurationAnswer& answer, const Membership& first) {
  if (answer.epochs.empty()) return std::nullopt;
  EpochFacts facts{answer.epochs.back(), answer.completed.value, answer.epochs.back().members};
  const Time epoch = facts.membership.epoch.value;
  if (epoch <= first.epoch.value || epoch > time_max || facts.membership.members.empty()) {
    return std::nullopt;
  }
  for (const Membership& each : answer.epochs) facts.eligible = facts.eligible & each.members;
  if (answer.completed <= first.epoch) facts.eligible = facts.eligible & first.members;
  return facts;
}

}  // namespace

void Chain::ask_master(ConfigurationCall call, Effects& effects) {
  call.instance = options_.instance;
  asking_ = ask_patience;
  effects.push_back(Note{&options_.notes->asked_master, {static_cast<std::uint64_t>(call.kind)}});
  // Every call is idempotent, so that it may be tried again by whoever makes it.
  effects.push_back(Local{
      port_configuration, RequestId{++questions_},
      SharedBytes{encode_call(Call{.mode = CallMode::AtLeastOnce,
                                   .timeout = std::max(options_.call_timeout, call_timeout_min),
                                   .method = encode_configuration(call)})}});
}

/// Effect: the master is asked what is decided, unless a question is under way.
void Chain::look_for_epoch(Effects& effects) {
  if (asking_ == 0) ask_master({}, effects);
}

/// Effect: asks the master for an epoch of these members. False, and no effect,
/// where its head might lack what is committed.
bool Chain::propose(std::vector<PrincipalId> order, Effects& effects) {
  if (order.size() < options_.members_min || !facts_.eligible.contains(order.front())) return false;
  effects.push_back(Note{&options_.notes->proposed, {epoch(), order.size()}});
  ask_master({.kind = ConfigurationCallKind::Propose,
              .epoch = Epoch{epoch()},
              .order = std::move(order),
              .learners = membership().learners.members()},
             effects);
  return true;
}

/// Survivors keep their order, so that in a chain the longest log goes first.
void Chain::propose_without(const PrincipalSet& suspects, Effects& effects) {
  std::vector<PrincipalId> order;
  for (const PrincipalId member : membership().order) {
    if (!suspects.contains(member)) order.push_back(member);
  }
  if (mutated(Mutation::ShufflesOrder)) std::reverse(order.begin(), order.end());
  if (asking_ > 0) return;
  suspects.for_each([&](PrincipalId member) {
    effects.push_back(Note{&options_.notes->suspected, {epoch(), member.value}});
  });
  if (order.empty() || !propose(std::move(order), effects)) {
    effects.push_back(Note{&options_.notes->no_successor, {epoch()}});
    look_for_epoch(effects);
  }
}

void Chain::on_answered(const Answered& answered, Effects& effects) {
  asking_ = 0;
  const std::optional<CallResult> result = decode_result(answered.value);
  const std::optional<ConfigurationAnswer> answer = result && result->kind == CallResultKind::Ok
                                                        ? decode_configuration_answer(result->value)
                                                        : std::nullopt;
  if (!answer) {
    const std::uint64_t kind = result ? static_cast<std::uint64_t>(result->kind) : 255;
    effects.push_back(Note{&options_.notes->master_unavailable, {kind}});
    return;
  }
  std::optional<EpochFacts> facts = facts_of(*answer, *first_);
  if (!facts || facts->membership.epoch.value < epoch()) return;
  if (facts->membership.epoch.value > epoch()) return adopt(*std::move(facts), effects);
  if (facts->completed <= facts_.completed) return;
  facts_.completed = facts->completed;
  facts_.eligible = facts->eligible;
}

void Chain::note_promise(Effects& effects) const {
  const Position tip = log_.tip();
  effects.push_back(
      Note{&ado_notes::promise, {epoch(), head_id().value, tip.time, tip.version, 0}});
}

/// Effect: nothing of an earlier epoch is obeyed any more, which is durable with
/// this step; the new epoch's head goes on with its log.
void Chain::adopt(EpochFacts facts, Effects& effects) {
  facts_ = std::move(facts);
  epoch_changed_ = true;
  incoming_.reset();
  effects.push_back(
      Note{&options_.notes->epoch_adopted, {epoch(), head_id().value, membership().order.size()}});
  announce_members(effects);
  note_promise(effects);
  const bool heads = head_id() == self_;
  give_up_calls(heads, effects);
  if (heads) {
    effects.push_back(CancelTimer{timer_watch});
    verified_ = log_.last();
    take_over(effects);
  } else {
    if (head_) effects.push_back(CancelTimer{timer_heartbeat});
    head_.reset();
    verified_ = commit_;  // Every later head has what is committed.
    head_heard_ = false;
    watch(effects);
    effects.push_back(message_to(head_id(), Hello{epoch()}));
  }
  begin_feeds();
  serve_all(effects);
  if (heads) begin_round(effects);
  advance(0, effects);
}

/// Effect: this node owns its epoch. Its own vote is enough: it was a member of
/// every epoch in which something may have been committed that is not in its log.
void Chain::take_over(Effects& effects) {
  const Position base = log_.tip();
  Bytes voters;
  Writer{voters}.principals(PrincipalSet{self_});
  effects.push_back(
      Note{&ado_notes::elected, {epoch(), base.time, base.version, 0}, SharedBytes{voters}});
  std::deque<Push> pushes;
  if (head_) pushes = std::move(head_->pushes);
  head_ = Head{.first = log_.last() + 1, .pushes = std::move(pushes)};
  effects.push_back(Note{&options_.notes->took_over, {epoch(), head_->first}});
  if (!mutated(Mutation::NoBarrier)) append_own(EntryKind::Barrier, {{}}, effects);
  effects.push_back(SetTimer{timer_heartbeat, options_.heartbeat, options_.heartbeat});
}

/// A head that stays one keeps its pushes: what it has, its epoch will commit.
void Chain::give_up_calls(bool still_head, Effects& effects) {
  if (!head_) return;
  for (const Read& read : head_->reads) {
    reply(read.request, {.kind = OutcomeKind::Stale}, effects);
  }
  head_->reads.clear();
  if (still_head) return;
  for (const Push& push : head_->pushes) {
    effects.push_back(Note{&options_.notes->push_unknown, {push.index}});
    reply(push.request, {.kind = OutcomeKind::Unknown}, effects);
  }
  head_->pushes.clear();
  branches_.clear();
  branches_bytes_ = 0;
}

/// Members of the first epoch that lost their seat are told to the node as learners:
/// they go on hearing and being heard, and may come back.
void Chain::announce_members(Effects& effects) const {
  Membership told = membership();
  told.learners |= first_->members - told.members;
  effects.push_back(ChangeMembership{std::make_shared<const Membership>(std::move(told))});
}

void Chain::watch(Effects& effects) const {
  effects.push_back(SetTimer{timer_watch, options_.suspect_after,
                             options_.suspect_after + options_.suspect_after / 2});
}

void Chain::on_watch_timer(Effects& effects) {
  if (head_) return;
  watch(effects);
  if (asking_ > 0) --asking_;
  // Who is no member asks the head to be caught up; a member, to be believed alive.
  effects.push_back(message_to(head_id(), Hello{epoch()}));
  const bool heard = head_heard_;
  head_heard_ = false;
  if (heard) return;
  if (is_member()) return propose_without(PrincipalSet{head_id()}, effects);
  look_for_epoch(effects);
}

void Chain::on_hello(PrincipalId issuer, Hello message, Effects& effects) {
  if (message.epoch != epoch()) return static_cast<void>(current(issuer, message.epoch, effects));
  if (!head_) return;
  const auto member = head_->members.find(issuer);
  if (member != head_->members.end()) {
    member->second.silent = 0;
    return;
  }
  const auto joiner = head_->joiners.find(issuer);
  if (joiner != head_->joiners.end()) {
    joiner->second.silent = 0;
    return;
  }
  // Its place is free if somebody of the first epoch left.
  const bool vacancy = membership().order.size() + head_->joiners.size() < first_->order.size();
  if (!vacancy || membership().learners.contains(issuer)) return;
  effects.push_back(Note{&options_.notes->joiner, {issuer.value}});
  head_->joiners.emplace(issuer, Listener{});
  Feed& feed = feeds_.insert_or_assign(issuer, Feed{.next = verified_ + 1}).first->second;
  serve(issuer, feed, effects);
}

}  // namespace parley::chain
