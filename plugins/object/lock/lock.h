// SPDX-License-Identifier: Apache-2.0
//
// A lock that one named owner holds at a time, with a fencing token: a number that
// grows with every new hold, so that what the lock protects can refuse an owner
// that lost it. Acquire and release may be repeated harmlessly. It knows no time:
// an owner that dies holds it until somebody releases in its name.
#pragma once

#include "core/api/object.h"

namespace parley::lock {

inline constexpr std::size_t owner_size_max = 256;
inline constexpr std::uint64_t token_max = std::uint64_t{1} << 63;

/// method = 1 owner | 2 owner | 3    acquire, release, holder
/// result = 0 | 1 snapshot           not understood, the state after the method
/// snapshot = token:varint owner     no owner: free since the hold of that token
class Lock final : public Object {
 public:
  Bytes apply(ByteView method) override;
  void snapshot(Bytes& out) const override;
  bool restore(ByteView snapshot) override;
  std::unique_ptr<Object> clone() const override { return std::make_unique<Lock>(*this); }
  bool reads_only(ByteView method) const override;

  /// `acquire OWNER`, `release OWNER`, `holder`. OWNER is everything after one space.
  std::optional<Bytes> parse_method(std::string_view words) const override;
  std::string describe(ByteView result) const override;

 private:
  std::uint64_t token_ = 0;  ///< Of the last hold; 0: there was none.
  Bytes owner_{};            ///< Empty: free.
};

}  // namespace parley::lock
