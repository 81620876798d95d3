// SPDX-License-Identifier: Apache-2.0
//
// The suite of objects must find one that says more of its methods than is true.
#include <gtest/gtest.h>

#include <set>

#include "apps/lab/conformance/conformance.h"

namespace parley {
namespace {

enum class Fault { None, CallsWritesReads, SplitsWhatIsOne };

/// Two registers, named by the method's first byte; the rest is put, if there is any.
class Pair final : public Object {
 public:
  explicit Pair(Fault fault) : fault_(fault) {}

  Bytes apply(ByteView method) override {
    if (method.empty()) return {};
    const std::size_t which = method[0] % 2;
    if (method.size() > 1) registers_[which] = to_bytes(method.subspan(1));
    Bytes result = registers_[which];
    if (fault_ == Fault::SplitsWhatIsOne) {
      result.insert(result.end(), registers_[1 - which].begin(), registers_[1 - which].end());
    }
    return result;
  }
  void snapshot(Bytes& out) const override {
    Writer writer{out};
    for (const Bytes& each : registers_) writer.bytes(each);
  }
  bool restore(ByteView snapshot) override {
    Reader reader{snapshot};
    const Bytes first = to_bytes(reader.bytes());
    const Bytes second = to_bytes(reader.bytes());
    if (!reader.finished()) return false;
    registers_[0] = first;
    registers_[1] = second;
    return true;
  }
  std::unique_ptr<Object> clone() const override { return std::make_unique<Pair>(*this); }
  bool reads_only(ByteView method) const override {
    return method.size() < 2 || fault_ == Fault::CallsWritesReads;
  }
  std::optional<Bytes> partition(ByteView method) const override {
    if (method.empty()) return std::nullopt;
    return Bytes{static_cast<std::uint8_t>(method[0] % 2)};
  }
  std::optional<Bytes> parse_method(std::string_view words) const override {
    return to_bytes(words);
  }
  std::string describe(ByteView result) const override { return std::string{text_of(result)}; }

 private:
  Fault fault_;
  Bytes registers_[2];
};

class PairFactory final : public ObjectFactory {
 public:
  explicit PairFactory(Fault fault) : fault_(fault) {}
  std::unique_ptr<Object> create(const Config& /*config*/) const override {
    return std::make_unique<Pair>(fault_);
  }

 private:
  Fault fault_;
};

std::set<std::string> broken(Fault fault) {
  parley_plugin descriptor{};
  descriptor.kind = PARLEY_KIND_OBJECT;
  descriptor.name = "faulty";
  std::set<std::string> rules;
  for (const Finding& finding :
       run_conformance({&descriptor, std::make_shared<PairFactory>(fault)})) {
    if (!finding.passed) rules.insert(finding.rule);
  }
  return rules;
}

TEST(ObjectTeethTest, FalsePromisesOfMethodsAreFound) {
  EXPECT_EQ(broken(Fault::None), std::set<std::string>{});
  EXPECT_EQ(broken(Fault::CallsWritesReads),
            std::set<std::string>{"a method that only reads changes nothing"});
  EXPECT_EQ(
      broken(Fault::SplitsWhatIsOne),
      std::set<std::string>{"a method of one part answers the same whatever other parts hold"});
}

}  // namespace
}  // namespace parley
