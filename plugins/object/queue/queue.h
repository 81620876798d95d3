// SPDX-License-Identifier: Apache-2.0
//
// A first-in, first-out queue of values. Neither push nor pop may be repeated
// harmlessly: call them exactly once, or at most once.
#pragma once

#include <deque>

#include "core/api/object.h"

namespace parley::queue {

inline constexpr std::size_t value_size_max = std::size_t{64} << 10;
inline constexpr std::size_t values_count_max = 65'536;

/// method = 1 value | 2 | 3 | 4                     push, pop, peek, len
/// result = 0 | 1 value | 2 count:varint | 3 | 4    empty, a value, how many there
///                                                  are, full, not understood
/// snapshot = count:varint value*
class Queue final : public Object {
 public:
  Bytes apply(ByteView method) override;
  void snapshot(Bytes& out) const override;
  bool restore(ByteView snapshot) override;
  /// Shares the values.
  std::unique_ptr<Object> clone() const override { return std::make_unique<Queue>(*this); }
  bool reads_only(ByteView method) const override;

  /// `push VALUE`, where VALUE is everything after one space, `pop`, `peek`, `len`.
  std::optional<Bytes> parse_method(std::string_view words) const override;
  std::string describe(ByteView result) const override;

 private:
  Bytes push(ByteView value);

  std::deque<SharedBytes> values_;
};

}  // namespace parley::queue
