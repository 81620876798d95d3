// SPDX-License-Identifier: Apache-2.0
//
// Both stores pass the suite of their kind, and the suite finds a store that
// forgets, tears batches or lies about durability.
#include <gtest/gtest.h>

#include "apps/lab/conformance/conformance.h"
#include "plugins/store/memory/memory.h"
#include "plugins/store/rocksdb/rocksdb.h"

namespace parley {
namespace {

using Strings = std::vector<std::string>;

Strings broken_rules(std::shared_ptr<StoreFactory> factory, std::uint64_t guarantees) {
  static constexpr parley_field fields[] = {
      {"segment_size", PARLEY_FIELD_SIZE, 0, "128KiB", 64 << 10, 1 << 30, "Small: many segments."},
  };
  parley_plugin descriptor{};
  descriptor.kind = PARLEY_KIND_STORE;
  descriptor.name = "tested";
  descriptor.guarantees = guarantees;
  descriptor.fields = fields;
  descriptor.fields_count = 1;
  Strings broken;
  for (const Finding& finding : check_store({&descriptor, std::move(factory)})) {
    if (!finding.passed) broken.push_back(finding.rule + ": " + finding.detail);
  }
  return broken;
}

bool mentions(const Strings& rules, std::string_view words) {
  for (const std::string& rule : rules) {
    if (rule.find(words) != std::string::npos) return true;
  }
  return false;
}

TEST(StoreSuiteTest, OursPass) {
  EXPECT_EQ(broken_rules(std::make_shared<memory::Factory>(), 0), Strings{});
  EXPECT_EQ(broken_rules(std::make_shared<rocksdb::Factory>(), PARLEY_GUARANTEE_DURABLE),
            Strings{});
}

/// The memory store with a flaw in what it passes on, and a claim of its own.
class Flawed final : public Store {
 public:
  using Distort = std::vector<StoreChange> (*)(std::span<const StoreChange>);
  Flawed(std::unique_ptr<Store> sound, Distort distort)
      : sound_(std::move(sound)), distort_(distort) {}

  Result<Recovered> recover(InstanceId instance) override { return sound_->recover(instance); }
  Status append(std::span<const StoreChange> changes) override {
    return sound_->append(distort_(changes));
  }
  Status sync() override { return sound_->sync(); }

 private:
  std::unique_ptr<Store> sound_;
  Distort distort_;
};

class FlawedFactory final : public StoreFactory {
 public:
  FlawedFactory(bool durable, Flawed::Distort distort) : durable_(durable), distort_(distort) {}
  bool durable() const override { return durable_; }
  Result<std::unique_ptr<Store>> open(const std::filesystem::path& directory,
                                      const Config& config) const override {
    return std::unique_ptr<Store>{
        std::make_unique<Flawed>(memory::Factory{}.open(directory, config).value(), distort_)};
  }

 private:
  bool durable_;
  Flawed::Distort distort_;
};

std::vector<StoreChange> unchanged(std::span<const StoreChange> changes) {
  return {changes.begin(), changes.end()};
}

std::vector<StoreChange> without_truncations(std::span<const StoreChange> changes) {
  std::vector<StoreChange> kept = unchanged(changes);
  std::erase_if(kept, [](const StoreChange& change) {
    return std::holds_alternative<TruncateSuffix>(change.persist.change);
  });
  return kept;
}

TEST(StoreSuiteTest, FindsAStoreThatIgnoresTruncation) {
  EXPECT_TRUE(mentions(broken_rules(std::make_shared<FlawedFactory>(false, without_truncations), 0),
                       "without gaps"));
}

TEST(StoreSuiteTest, FindsFalseClaimsOfDurability) {
  const auto forgetful = std::make_shared<FlawedFactory>(true, unchanged);
  EXPECT_TRUE(mentions(broken_rules(forgetful, PARLEY_GUARANTEE_DURABLE), "loses nothing"));
  EXPECT_TRUE(mentions(broken_rules(forgetful, 0), "the factory agree"));
}

}  // namespace
}  // namespace parley
