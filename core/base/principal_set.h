// SPDX-License-Identifier: Apache-2.0
//
// A set of principals as a bitset: issuers, verifiers, auditors, quorums.
// Sets of up to 64 principals live in one word; larger ones in a vector.
// Trailing zero words are never kept, so equal sets are equal words.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/base/ids.h"

namespace parley {

class PrincipalSet {
 public:
  PrincipalSet() = default;
  PrincipalSet(std::initializer_list<PrincipalId> members) {
    for (const PrincipalId member : members) insert(member);
  }

  /// Effect: adds the member. Returns whether it was new.
  bool insert(PrincipalId member) {
    if (contains(member)) return false;
    word_for(member.value / bits) |= bit(member);
    return true;
  }

  void erase(PrincipalId member) {
    if (!contains(member)) return;
    word_for(member.value / bits) &= ~bit(member);
    trim();
  }

  bool contains(PrincipalId member) const { return (word(member.value / bits) & bit(member)) != 0; }

  std::size_t size() const {
    auto count = static_cast<std::size_t>(std::popcount(first_));
    for (const std::uint64_t more : rest_) count += static_cast<std::size_t>(std::popcount(more));
    return count;
  }
  bool empty() const { return first_ == 0 && rest_.empty(); }
  void clear() {
    first_ = 0;
    rest_.clear();
  }

  /// Union, intersection, difference.
  PrincipalSet& operator|=(const PrincipalSet& other) {
    first_ |= other.first_;
    if (rest_.size() < other.rest_.size()) rest_.resize(other.rest_.size());
    for (std::size_t i = 0; i < other.rest_.size(); ++i) rest_[i] |= other.rest_[i];
    return *this;
  }
  PrincipalSet& operator&=(const PrincipalSet& other) {
    first_ &= other.first_;
    if (rest_.size() > other.rest_.size()) rest_.resize(other.rest_.size());
    for (std::size_t i = 0; i < rest_.size(); ++i) rest_[i] &= other.rest_[i];
    trim();
    return *this;
  }
  PrincipalSet& operator-=(const PrincipalSet& other) {
    first_ &= ~other.first_;
    const std::size_t shared = std::min(rest_.size(), other.rest_.size());
    for (std::size_t i = 0; i < shared; ++i) rest_[i] &= ~other.rest_[i];
    trim();
    return *this;
  }
  friend PrincipalSet operator|(PrincipalSet left, const PrincipalSet& right) {
    return left |= right;
  }
  friend PrincipalSet operator&(PrincipalSet left, const PrincipalSet& right) {
    return left &= right;
  }
  friend PrincipalSet operator-(PrincipalSet left, const PrincipalSet& right) {
    return left -= right;
  }

  bool includes(const PrincipalSet& other) const { return (other - *this).empty(); }
  friend bool operator==(const PrincipalSet&, const PrincipalSet&) = default;
  friend auto operator<=>(const PrincipalSet&, const PrincipalSet&) = default;

  /// Visits the members in ascending order.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    visit_word(first_, 0, visit);
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      visit_word(rest_[i], static_cast<std::uint32_t>(i + 1) * bits, visit);
    }
  }

  std::vector<PrincipalId> members() const {
    std::vector<PrincipalId> list;
    list.reserve(size());
    for_each([&](PrincipalId member) { list.push_back(member); });
    return list;
  }

 private:
  static constexpr std::uint32_t bits = 64;

  static std::uint64_t bit(PrincipalId member) { return std::uint64_t{1} << (member.value % bits); }

  std::uint64_t word(std::uint32_t index) const {
    if (index == 0) return first_;
    return index <= rest_.size() ? rest_[index - 1] : 0;
  }
  std::uint64_t& word_for(std::uint32_t index) {
    if (index == 0) return first_;
    if (index > rest_.size()) rest_.resize(index);
    return rest_[index - 1];
  }
  void trim() {
    while (!rest_.empty() && rest_.back() == 0) rest_.pop_back();
  }

  template <class Visitor>
  static void visit_word(std::uint64_t word, std::uint32_t base, Visitor& visit) {
    for (; word != 0; word &= word - 1) {
      visit(PrincipalId{base + static_cast<std::uint32_t>(std::countr_zero(word))});
    }
  }

  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> rest_;
};

}  // namespace parley
