// SPDX-License-Identifier: Apache-2.0
//
// Aggregation over a star: the first member in order collects from all others
// and tells them the fold. Two message delays, 3(n-1) tokens a round, all of
// them at the leader: for entities of a few dozen members.
//
// Assumes that a leader which lost its memory comes back in a later epoch. A
// round ends only when every member of the epoch contributed; getting rid of a
// silent one is the membership's business.
#pragma once

#include <optional>

#include "core/api/topology.h"

namespace parley::star {

class Star final : public Aggregation {
 public:
  void configure(PrincipalId self, SharedMembership membership) override;
  void contribute(SharedBytes value, const Fold&, AggregationEffects&) override {
    value_ = std::move(value);
  }
  void tick(const Fold& fold, AggregationEffects& effects) override;
  void on_token(PrincipalId from, ByteView token, const Fold& fold,
                AggregationEffects& effects) override;
  void encode(StateWriter& out) const override;
  std::unique_ptr<Aggregation> clone() const override { return std::make_unique<Star>(*this); }

 private:
  /// What the leader has of the round that is under way.
  struct Round {
    Bytes partial;
    PrincipalSet contributors;
  };

  bool leads() const { return membership_->order.front() == self_; }
  SharedBytes value_or_neutral(const Fold& fold) const;
  void begin_round(const Fold& fold);
  void end_round(AggregationEffects& effects);
  void on_collect(std::uint64_t round, const Fold& fold, AggregationEffects& effects);
  void on_contribution(PrincipalId from, std::uint64_t round, ByteView value, const Fold& fold,
                       AggregationEffects& effects);
  void on_aggregate(std::uint64_t round, ByteView aggregate, AggregationEffects& effects);

  PrincipalId self_{};
  SharedMembership membership_;  ///< Null before the first configuration that has this member.
  std::optional<SharedBytes> value_;

  std::uint64_t round_ = 0;     ///< The latest begun (leader) or contributed to.
  std::optional<Round> open_;   ///< Leader only.
  SharedBytes contribution_;    ///< To `round_`; repeated, never renewed.
  std::uint64_t finished_ = 0;  ///< The latest round whose fold this member knows.
};

}  // namespace parley::star
