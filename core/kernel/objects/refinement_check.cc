// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/refinement_check.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/codec.h"

namespace parley {
namespace {

using Kind = RefinementEvent::Kind;

Violation violation(const char* invariant, const RefinementEvent& event,
                    const std::string& expected, const std::string& found) {
  return {invariant, event.in_words() + ": expected " + expected + ", found " + found};
}

std::string time_text(std::uint64_t time) {
  return "time " + std::to_string(time);
}

}  // namespace

RefinementCheck::RefinementCheck(const QuorumRule& rule, Configuration initial,
                                 CacheTree::Keep keep)
    : rule_(&rule), tree_(std::move(initial), keep) {}

bool RefinementCheck::ready(const RefinementEvent& event) const {
  switch (event.kind) {
    case Kind::Elected: {
      if (event.time <= votes_forgotten_ || tree_.term(event.time) != nullptr) return true;
      const auto votes = votes_.find(event.time);
      bool all = true;
      event.principals.for_each([&](PrincipalId voter) {
        all = all && votes != votes_.end() && votes->second.contains(voter);
      });
      return all;
    }
    case Kind::Accept:
    case Kind::Install:
      return tree_.exists(event.place);
    case Kind::Promise:
    case Kind::Append:
    case Kind::Reconfigure:
    case Kind::CommitClaim:
      break;
  }
  return true;
}

std::optional<Violation> RefinementCheck::on_event(const RefinementEvent& event) {
  switch (event.kind) {
    case Kind::Promise:
      return on_promise(event);
    case Kind::Elected:
      return on_elected(event);
    case Kind::Append:
      return on_append(event);
    case Kind::Reconfigure:
      return on_reconfigure(event);
    case Kind::Accept:
      return on_accept(event);
    case Kind::Install:
      return on_install(event);
    case Kind::CommitClaim:
      return on_commit_claim(event);
  }
  return std::nullopt;
}

std::optional<Violation> RefinementCheck::on_promise(const RefinementEvent& event) {
  Replica& replica = replicas_[event.node];
  if (event.time <= replica.time) {
    return violation("I9_monotone_times", event, "a time after " + std::to_string(replica.time),
                     time_text(event.time));
  }
  if (event.place != replica.log) {
    return violation("I11_log_match", event, "its log to end at " + in_words(replica.log),
                     in_words(event.place));
  }
  replica.time = event.time;
  if (tree_.term(event.time) != nullptr || event.time <= votes_forgotten_) return std::nullopt;
  votes_[event.time][event.node] = {event.candidate, event.place};
  if (votes_.size() > candidacies_max) {
    votes_forgotten_ = votes_.begin()->first;
    votes_.erase(votes_.begin());
  }
  return std::nullopt;
}

std::optional<Violation> RefinementCheck::on_elected(const RefinementEvent& event) {
  if (const CacheTree::Term* owned = tree_.term(event.time); owned != nullptr) {
    return violation(
        "I2_unique_leader", event, "a time that nobody owns",
        "it owned by node " + std::to_string(owned->leader.value) + " on " + in_words(owned->base));
  }
  if (event.time <= tree_.forgotten()) return std::nullopt;
  if (event.place.time >= event.time || !tree_.exists(event.place)) {
    return violation("I1_tree_order", event, "an earlier base that was appended",
                     in_words(event.place));
  }
  if (auto found = check_voters(event)) return found;
  if (auto found = check_votes(event)) return found;
  tree_.elect(event.time, event.node, event.place, event.principals);
  votes_.erase(event.time);
  if (auto fault = check_follows_commits(event.time)) {
    return violation("I5_election_follows_commit", event, fault->expected, fault->found);
  }
  if (auto fault = check_single_owner()) {
    return violation("I14_single_live_owner", event, fault->expected, fault->found);
  }
  prune();
  return std::nullopt;
}

/// Whether those who voted may, and are enough.
std::optional<Violation> RefinementCheck::check_voters(const RefinementEvent& event) const {
  const Configuration& configuration = tree_.configuration(event.place);
  const PrincipalSet electors = rule_->electors(event.time, event.place, configuration);
  if (!electors.includes(event.principals)) {
    return violation("I8_quorum_evidence", event, "voters among " + in_words(electors),
                     in_words(event.principals));
  }
  if (!event.principals.contains(event.node)) {
    return violation("I8_quorum_evidence", event, "the owner among its voters",
                     in_words(event.principals));
  }
  for (const Quorum& quorum : rule_->electing(event.time, event.place, configuration)) {
    if (quorum.holds(event.principals)) continue;
    return violation("I8_quorum_evidence", event, "the votes of " + in_words(quorum),
                     in_words(event.principals));
  }
  return std::nullopt;
}

/// Whether each voter promised, and the base is no less than its log.
std::optional<Violation> RefinementCheck::check_votes(const RefinementEvent& event) const {
  if (event.time <= votes_forgotten_) return std::nullopt;
  std::optional<Violation> found;
  const auto votes = votes_.find(event.time);
  event.principals.for_each([&](PrincipalId voter) {
    if (found) return;
    const std::string name = "node " + std::to_string(voter.value);
    const Vote* vote = nullptr;
    if (votes != votes_.end()) {
      const auto cast = votes->second.find(voter);
      if (cast != votes->second.end()) vote = &cast->second;
    }
    if (vote == nullptr || vote->candidate != event.node) {
      found = violation("I7_times_of_supporters", event, "a promise of " + name + " to it",
                        vote == nullptr ? "none for this time"
                                        : "one to node " + std::to_string(vote->candidate.value));
    } else if (event.place < vote->last) {
      found = violation("I17_elect_maximum", event,
                        "a base of at least " + in_words(vote->last) + ", the log of " + name,
                        in_words(event.place));
    }
  });
  return found;
}

std::optional<RefinementCheck::Fault> RefinementCheck::check_follows_commits(
    std::uint64_t time) const {
  // The latest commit before it is enough: earlier ones are its ancestors (I4).
  for (auto at = tree_.terms().lower_bound(time); at != tree_.terms().begin();) {
    --at;
    if (at->second.committed == 0) continue;
    const Position last{at->first, at->second.committed};
    if (tree_.anc_or_eq(last, {time, 0})) return std::nullopt;
    return Fault{"a branch through " + in_words(last) + ", which is committed",
                 "one from " + in_words(tree_.term(time)->base)};
  }
  return std::nullopt;
}

std::optional<RefinementCheck::Fault> RefinementCheck::check_single_owner() const {
  const auto newest = std::prev(tree_.terms().end());
  for (const auto& [time, term] : tree_.terms()) {
    if (time == 0 || time == newest->first || term.settled) continue;
    if (!can_commit(time, term)) continue;
    return Fault{"nobody but the owner of " + time_text(newest->first) + " to be able to commit",
                 in_words(rule_->committing(time, tree_.configuration(tree_.tip(time)))) +
                     " free to for " + time_text(time)};
  }
  return std::nullopt;
}

bool RefinementCheck::can_commit(std::uint64_t time, const CacheTree::Term& term) const {
  const Quorum quorum = rule_->committing(time, tree_.configuration({time, term.latest}));
  PrincipalSet free = quorum.among;
  for (const auto& [node, replica] : replicas_) {
    if (replica.time > time) free.erase(node);
  }
  return quorum.holds(free);
}

std::optional<Violation> RefinementCheck::check_appended(const RefinementEvent& event) const {
  const CacheTree::Term* term = tree_.term(event.time);
  if (term == nullptr || event.time == 0) {
    return violation("I3_contiguous_term", event, "an owner of that time", "nobody elected");
  }
  if (term->leader != event.node) {
    return violation("I3_contiguous_term", event,
                     "its owner to append, node " + std::to_string(term->leader.value),
                     "node " + std::to_string(event.node.value));
  }
  if (event.place.version == term->latest + 1) return std::nullopt;
  const SharedBytes* there = tree_.method(event.place);
  if (event.place.version <= term->latest && there != nullptr && *there != event.detail) {
    return violation("I15_commit_immutability", event, "the method that is there", "another one");
  }
  return violation("I3_contiguous_term", event, "version " + std::to_string(term->latest + 1),
                   "version " + std::to_string(event.place.version));
}

std::optional<Violation> RefinementCheck::on_append(const RefinementEvent& event) {
  if (tree_.term(event.time) == nullptr && event.time <= tree_.forgotten()) return std::nullopt;
  if (auto found = check_appended(event)) return found;
  tree_.append(event.time, event.detail);
  return std::nullopt;
}

std::optional<Violation> RefinementCheck::on_reconfigure(const RefinementEvent& event) {
  if (tree_.term(event.time) == nullptr && event.time <= tree_.forgotten()) return std::nullopt;
  if (auto found = check_appended(event)) return found;
  if (auto found = check_guards(event)) return found;
  tree_.reconfigure(event.time, {event.principals, event.epoch}, event.detail);
  return std::nullopt;
}

/// Adore's guards, with the owner's own last place inspected too: read with proper
/// ancestors only, R2 lets one change follow another that nobody committed.
std::optional<Violation> RefinementCheck::check_guards(const RefinementEvent& event) const {
  const CacheTree::Term& term = *tree_.term(event.time);
  const Configuration& now = tree_.configuration(tree_.tip(event.time));
  if (!rule_->may_follow(now, {event.principals, event.epoch})) {
    return violation("I18_reconfiguration_r1", event,
                     "members that may follow " + in_words(now.members),
                     in_words(event.principals));
  }
  // With a commit of its own time on the branch (R3), an uncommitted change can
  // only be one of its own after that commit (R2).
  const auto uncommitted = term.changes.upper_bound(term.committed);
  if (uncommitted != term.changes.end()) {
    return violation("I18_reconfiguration_r2", event, "no change of members that is not committed",
                     "one at " + in_words(Position{event.time, uncommitted->first}));
  }
  if (term.committed == 0) {
    return violation("I18_reconfiguration_r3", event, "a commit of its own time before",
                     "none since its election");
  }
  return std::nullopt;
}

std::optional<Violation> RefinementCheck::on_accept(const RefinementEvent& event) {
  Replica& replica = replicas_[event.node];
  if (event.place.version == 0) {
    return violation("I6_commit_parent", event, "a method to accept", "an election");
  }
  if (event.time < replica.time) {
    return violation("I9_monotone_times", event,
                     "a time of at least " + std::to_string(replica.time) + ", its promise",
                     time_text(event.time));
  }
  if (!tree_.exists(event.place)) {
    return violation("I3_contiguous_term", event, "a place that its owner appended",
                     "nothing appended there");
  }
  if (event.place < replica.log) {
    return violation("I12_push_maximum", event, "a place from " + in_words(replica.log) + " on",
                     in_words(event.place));
  }
  replica.time = event.time;
  replica.log = event.place;
  const CacheTree::Term* term = tree_.term(event.time);
  if (term == nullptr || term->settled) return std::nullopt;
  if (term->committed > 0) {
    const Position made{event.time, std::min(term->committed, event.place.version)};
    replica.committed = std::max(replica.committed, made);
  }
  tree_.accept(event.time, event.node, event.place.version);
  return commit_if_quorum(event.time);
}

PrincipalSet RefinementCheck::accepted_at_least(const CacheTree::Term& term,
                                                std::uint32_t version) const {
  PrincipalSet acceptors;
  for (const auto& [node, accepted] : term.accepted) {
    if (accepted >= version) acceptors.insert(node);
  }
  return acceptors;
}

/// Effect: the latest place of that time that a quorum accepted is committed. Who
/// accepts a place accepts the earlier ones of its time, so that only the ends of
/// what nodes accepted, and of what one configuration decides, need be looked at.
std::optional<Violation> RefinementCheck::commit_if_quorum(std::uint64_t time) {
  const CacheTree::Term& term = *tree_.term(time);
  std::set<std::uint32_t> ends;
  for (const auto& [node, accepted] : term.accepted) ends.insert(accepted);
  for (const auto& [version, change] : term.changes) ends.insert(version - 1);
  for (auto end = ends.rbegin(); end != ends.rend() && *end > term.committed; ++end) {
    const Position place{time, *end};
    const Quorum quorum = rule_->committing(time, tree_.configuration(place));
    if (quorum.holds(accepted_at_least(term, *end))) return commit(place);
  }
  return std::nullopt;
}

std::optional<Violation> RefinementCheck::commit(Position place) {
  const Position latest = tree_.latest_committed();
  const bool linear = place < latest ? tree_.committed(place) : tree_.anc_or_eq(latest, place);
  if (!linear) {
    return Violation{"I4_linear_log", in_words(place) + " is committed: expected it to be on one " +
                                          "branch with " + in_words(latest) +
                                          ", which is committed, found it on another"};
  }
  const CacheTree::Term& term = *tree_.term(place.time);
  for (const auto& [node, accepted] : term.accepted) {
    if (accepted < place.version) continue;
    Replica& replica = replicas_[node];
    replica.committed = std::max(replica.committed, place);
  }
  for (auto at = tree_.terms().upper_bound(place.time); at != tree_.terms().end(); ++at) {
    if (at->second.settled || tree_.anc_or_eq(place, {at->first, 0})) continue;
    return Violation{"I5_election_follows_commit",
                     in_words(place) + " is committed: expected the owner of " +
                         time_text(at->first) + " to build on it, found it on " +
                         in_words(at->second.base)};
  }
  tree_.commit(place);
  return std::nullopt;
}

std::optional<Violation> RefinementCheck::on_install(const RefinementEvent& event) {
  Replica& replica = replicas_[event.node];
  if (!tree_.exists(event.place)) {
    return violation("I3_contiguous_term", event, "a place that its owner appended",
                     "nothing appended there");
  }
  replica.time = std::max(replica.time, event.time);
  if (event.place < replica.log) {
    // A new owner's log may be shorter; what else shortens one loses a vote.
    const CacheTree::Term* owner = tree_.term(replica.time);
    if (owner == nullptr || !tree_.anc_or_eq(event.place, tree_.tip(replica.time))) {
      return violation("I9_monotone_logs", event,
                       "a place from " + in_words(replica.log) + " on, or on the branch of " +
                           time_text(replica.time),
                       in_words(event.place));
    }
  }
  if (!tree_.anc_or_eq(replica.committed, event.place)) {
    return violation("I10_log_holds_commits", event,
                     "a branch through " + in_words(replica.committed) + ", which it committed",
                     in_words(event.place));
  }
  replica.log = event.place;
  return std::nullopt;
}

std::optional<Violation> RefinementCheck::on_commit_claim(const RefinementEvent& event) const {
  if (tree_.exists(event.place) && tree_.committed(event.place)) return std::nullopt;
  std::string found = "nothing appended there";
  if (tree_.exists(event.place)) {
    const CacheTree::Term* term = tree_.term(event.time);
    const PrincipalSet acceptors =
        term == nullptr ? PrincipalSet{} : accepted_at_least(*term, event.place.version);
    found = "it accepted in its own time by " + in_words(acceptors) + ", and " +
            in_words(tree_.latest_committed()) + " as the latest commit";
  }
  return violation("I8_quorum_evidence", event, "a commit at or after it on its branch", found);
}

/// Now and then, so that its cost is small against what it looks at.
void RefinementCheck::prune() {
  const std::size_t live = tree_.terms().size() - tree_.summaries();
  if (live < prune_at_) return;
  std::vector<Position> needed;
  for (const auto& [node, replica] : replicas_) needed.push_back(replica.log);
  needed.push_back(std::prev(tree_.terms().end())->second.base);
  const std::uint64_t newest = std::prev(tree_.terms().end())->first;
  tree_.prune(needed, [&](std::uint64_t time, const CacheTree::Term& term) {
    if (time == newest) return false;
    const Quorum quorum = rule_->committing(time, tree_.configuration({time, term.latest}));
    // Only what is not committed yet could still be.
    const std::uint32_t done = std::max(term.committed, term.trunk);
    PrincipalSet possible = quorum.among;
    for (const auto& [node, replica] : replicas_) {
      const auto accepted = term.accepted.find(node);
      const bool counts = accepted != term.accepted.end() && accepted->second > done;
      if (replica.time > time && !counts) possible.erase(node);
    }
    return !quorum.holds(possible);
  });
  prune_at_ = 2 * (tree_.terms().size() - tree_.summaries()) + 32;
}

void RefinementCheck::encode(Bytes& out) const {
  tree_.encode(out);
  Writer writer{out};
  const auto place = [&](Position at) {
    writer.varint(at.time);
    writer.varint(at.version);
  };
  writer.varint(replicas_.size());
  for (const auto& [node, replica] : replicas_) {
    writer.varint(node.value);
    writer.varint(replica.time);
    place(replica.log);
    place(replica.committed);
  }
  writer.varint(votes_forgotten_);
  writer.varint(votes_.size());
  for (const auto& [time, votes] : votes_) {
    writer.varint(time);
    writer.varint(votes.size());
    for (const auto& [node, vote] : votes) {
      writer.varint(node.value);
      writer.varint(vote.candidate.value);
      place(vote.last);
    }
  }
}

}  // namespace parley
