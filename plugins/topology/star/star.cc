// SPDX-License-Identifier: Apache-2.0
#include "plugins/topology/star/star.h"

namespace parley::star {
namespace {

// token = kind:u8 epoch:varint round:varint value:rest
// The value is empty in Collect, one member's in Contribution, all members' in Aggregate.
enum class TokenKind : std::uint8_t { Collect = 1, Contribution = 2, Aggregate = 3 };

SharedBytes encode_token(TokenKind kind, Version version, ByteView value = {}) {
  Bytes bytes;
  Writer out{bytes};
  out.u8(static_cast<std::uint8_t>(kind));
  out.varint(version.epoch.value);
  out.varint(version.round);
  out.raw(value);
  return SharedBytes{bytes};
}

}  // namespace

void Star::configure(PrincipalId self, SharedMembership membership) {
  // A configuration seen before must not begin its rounds again.
  if (membership_ != nullptr && membership->epoch <= membership_->epoch) return;
  self_ = self;
  membership_ = std::move(membership);
  round_ = 0;
  finished_ = 0;
  open_.reset();
  contribution_ = {};
}

void Star::tick(const Fold& fold, AggregationEffects& effects) {
  if (membership_ == nullptr || membership_->order.empty() || !leads()) return;
  if (!open_) begin_round(fold);
  const PrincipalSet missing = membership_->members - open_->contributors;
  if (missing.empty()) return end_round(effects);
  const SharedBytes collect = encode_token(TokenKind::Collect, {membership_->epoch, round_});
  missing.for_each([&](PrincipalId member) { effects.tokens.push_back({member, collect}); });
}

void Star::begin_round(const Fold& fold) {
  ++round_;
  open_ = Round{to_bytes(value_or_neutral(fold).view()), {self_}};
}

void Star::end_round(AggregationEffects& effects) {
  const Version version{membership_->epoch, round_};
  const SharedBytes aggregate{open_->partial};
  open_.reset();
  finished_ = round_;
  // Sent once: a member that misses it learns the fold of a later round.
  const SharedBytes token = encode_token(TokenKind::Aggregate, version, aggregate);
  (membership_->members - PrincipalSet{self_}).for_each([&](PrincipalId member) {
    effects.tokens.push_back({member, token});
  });
  effects.finished = AggregationEffects::Finished{version, aggregate, membership_->members};
}

void Star::on_token(PrincipalId from, ByteView token, const Fold& fold,
                    AggregationEffects& effects) {
  if (membership_ == nullptr || !membership_->members.contains(self_)) return;
  Reader in{token};
  const std::uint8_t kind = in.u8();
  const Epoch epoch{in.varint()};
  const std::uint64_t round = in.varint();
  const ByteView value = in.rest();
  if (!in.finished() || epoch != membership_->epoch || round == 0) return;
  if (leads()) {
    if (kind != static_cast<std::uint8_t>(TokenKind::Contribution)) return;
    return on_contribution(from, round, value, fold, effects);
  }
  if (from != membership_->order.front()) return;
  if (kind == static_cast<std::uint8_t>(TokenKind::Collect) && value.empty()) {
    on_collect(round, fold, effects);
  } else if (kind == static_cast<std::uint8_t>(TokenKind::Aggregate)) {
    on_aggregate(round, value, effects);
  }
}

void Star::on_collect(std::uint64_t round, const Fold& fold, AggregationEffects& effects) {
  if (round < round_) return;
  if (round > round_) {
    round_ = round;
    contribution_ = value_or_neutral(fold);
  }
  effects.tokens.push_back(
      {membership_->order.front(),
       encode_token(TokenKind::Contribution, {membership_->epoch, round_}, contribution_)});
}

void Star::on_contribution(PrincipalId from, std::uint64_t round, ByteView value, const Fold& fold,
                           AggregationEffects& effects) {
  if (!open_ || round != round_ || !membership_->members.contains(from)) return;
  if (!open_->contributors.insert(from)) return;
  open_->partial = fold.combine(open_->partial, value);
  if (open_->contributors == membership_->members) end_round(effects);
}

void Star::on_aggregate(std::uint64_t round, ByteView aggregate, AggregationEffects& effects) {
  if (round <= finished_) return;
  finished_ = round;
  effects.finished = AggregationEffects::Finished{
      {membership_->epoch, round}, SharedBytes{aggregate}, membership_->members};
}

SharedBytes Star::value_or_neutral(const Fold& fold) const {
  return value_ ? *value_ : SharedBytes{fold.neutral()};
}

void Star::encode(StateWriter& out) const {
  // The epoch stands for the membership: an entity has one for each.
  out.u8(membership_ != nullptr ? 1 : 0);
  if (membership_ != nullptr) {
    out.principal(self_);
    out.varint(membership_->epoch.value);
  }
  out.u8(value_ ? 1 : 0);
  if (value_) out.bytes(*value_);
  out.varint(round_);
  out.varint(finished_);
  out.bytes(contribution_);
  out.u8(open_ ? 1 : 0);
  if (open_) {
    out.bytes(open_->partial);
    out.principals(open_->contributors);
  }
}

}  // namespace parley::star
