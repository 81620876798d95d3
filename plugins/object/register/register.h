// SPDX-License-Identifier: Apache-2.0
//
// A write-once register: the first value put stays, for ever. Every later put is
// a no-op that answers with that value, which is what makes it the object that a
// backend of a single decision can serve.
#pragma once

#include <optional>

#include "core/api/object.h"

namespace parley::write_once_register {

inline constexpr std::size_t value_size_max = std::size_t{64} << 10;

/// method = 1 value | 2          put, get
/// result = 0 | 1 value | 2      unwritten, written, method not understood
/// A snapshot is encoded as a result.
class Register final : public Object {
 public:
  Bytes apply(ByteView method) override;
  void snapshot(Bytes& out) const override;
  bool restore(ByteView snapshot) override;
  std::unique_ptr<Object> clone() const override { return std::make_unique<Register>(*this); }

  /// `put VALUE`, where VALUE is everything after one space, and `get`.
  std::optional<Bytes> parse_method(std::string_view words) const override;
  std::string describe(ByteView result) const override;

 private:
  std::optional<Bytes> value_;
};

}  // namespace parley::write_once_register
