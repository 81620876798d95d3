// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/quorum_rule.h"

#include "core/api/membership.h"
#include "core/base/assert.h"

namespace parley {

std::vector<Quorum> MajorityRule::electing(std::uint64_t time, Position /*base*/,
                                           const Configuration& configuration) const {
  return {committing(time, configuration)};
}

Quorum MajorityRule::committing(std::uint64_t /*time*/, const Configuration& configuration) const {
  return {configuration.members, majority(configuration.members.size())};
}

PrincipalSet MajorityRule::electors(std::uint64_t /*time*/, Position /*base*/,
                                    const Configuration& configuration) const {
  return configuration.members;
}

bool MajorityRule::may_follow(const Configuration& now, const Configuration& next) const {
  const std::size_t added = (next.members - now.members).size();
  const std::size_t removed = (now.members - next.members).size();
  return !next.members.empty() && added + removed <= 1;
}

std::vector<Quorum> SizedRule::electing(std::uint64_t /*time*/, Position /*base*/,
                                        const Configuration& configuration) const {
  return {{configuration.members, elect_}};
}

Quorum SizedRule::committing(std::uint64_t /*time*/, const Configuration& configuration) const {
  return {configuration.members, commit_};
}

PrincipalSet SizedRule::electors(std::uint64_t /*time*/, Position /*base*/,
                                 const Configuration& configuration) const {
  return configuration.members;
}

bool SizedRule::may_follow(const Configuration& now, const Configuration& next) const {
  return now.members == next.members;
}

void TimedRule::configure(std::uint64_t time, PrincipalSet members, std::size_t commit) {
  PARLEY_ASSERT(commit >= 1 && commit <= members.size());
  timed_.insert_or_assign(time, Timed{std::move(members), commit});
}

const TimedRule::Timed* TimedRule::at(std::uint64_t time) const {
  const auto after = timed_.upper_bound(time);
  return after == timed_.begin() ? nullptr : &std::prev(after)->second;
}

// Vertical Paxos I: a read quorum of every configuration in which something may
// have been committed and that the base does not show.
std::vector<Quorum> TimedRule::electing(std::uint64_t time, Position base,
                                        const Configuration& /*configuration*/) const {
  std::vector<Quorum> needed;
  const std::uint64_t shown = completed_ < time ? std::max(base.time, completed_) : base.time;
  auto from = timed_.upper_bound(shown);
  if (from != timed_.begin()) --from;
  for (; from != timed_.end() && from->first < time; ++from) {
    const Timed& earlier = from->second;
    needed.push_back({earlier.members, earlier.members.size() - earlier.commit + 1});
  }
  return needed;
}

Quorum TimedRule::committing(std::uint64_t time, const Configuration& configuration) const {
  const Timed* timed = at(time);
  if (timed == nullptr) return {configuration.members, configuration.members.size()};
  return {timed->members, timed->commit};
}

PrincipalSet TimedRule::electors(std::uint64_t time, Position base,
                                 const Configuration& configuration) const {
  PrincipalSet electors;
  for (const Quorum& quorum : electing(time, base, configuration)) electors |= quorum.among;
  if (const Timed* timed = at(time); timed != nullptr) electors |= timed->members;
  return electors;
}

std::string in_words(const PrincipalSet& set) {
  std::string text = "{";
  set.for_each([&](PrincipalId member) {
    if (text.size() > 1) text += ' ';
    text += std::to_string(member.value);
  });
  return text + "}";
}

std::string in_words(const Quorum& quorum) {
  return std::to_string(quorum.least) + " of " + in_words(quorum.among);
}

}  // namespace parley
