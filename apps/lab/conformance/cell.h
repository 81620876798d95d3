// SPDX-License-Identifier: Apache-2.0
//
// The object that the suite of backends serves: a write-once cell, which every
// backend can, for its first method decides everything.
#pragma once

#include "core/api/object.h"

namespace parley {

/// The empty method reads; any other writes itself, once.
class Cell final : public Object {
 public:
  Bytes apply(ByteView method) override {
    if (value_.empty()) value_ = to_bytes(method);
    return value_;
  }
  void snapshot(Bytes& out) const override { out.insert(out.end(), value_.begin(), value_.end()); }
  bool restore(ByteView snapshot) override {
    value_ = to_bytes(snapshot);
    return true;
  }
  std::unique_ptr<Object> clone() const override { return std::make_unique<Cell>(*this); }
  bool reads_only(ByteView method) const override { return method.empty(); }
  /// It is one part, so that backends which keep parts apart can serve it too.
  std::optional<Bytes> partition(ByteView /*method*/) const override { return Bytes{}; }
  std::optional<Bytes> parse_method(std::string_view words) const override {
    return to_bytes(words);
  }
  std::string describe(ByteView result) const override { return std::string{text_of(result)}; }

 private:
  Bytes value_;
};

}  // namespace parley
