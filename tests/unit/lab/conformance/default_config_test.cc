// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/default_config.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

parley_field field(parley_field_type type, std::int64_t min = 0, std::int64_t max = 0) {
  return {"x", type, 0, "", min, max, "Help."};
}

std::int64_t number(const std::optional<ConfigValue>& value) {
  return value ? std::get<std::int64_t>(*value) : -1;
}

TEST(DefaultConfigTest, ReadsValuesWithTheirUnits) {
  EXPECT_EQ(number(field_value(field(PARLEY_FIELD_INT), "42")), 42);
  EXPECT_EQ(number(field_value(field(PARLEY_FIELD_SIZE), "4KiB")), 4'096);
  EXPECT_EQ(number(field_value(field(PARLEY_FIELD_SIZE), "2 MiB")), 2 << 20);
  const auto duration = field_value(field(PARLEY_FIELD_DURATION), "20ms");
  ASSERT_TRUE(duration.has_value());
  EXPECT_EQ(std::get<Duration>(*duration), Duration{20'000'000});
}

TEST(DefaultConfigTest, RefusesWhatIsNotOfItsTypeOrRange) {
  EXPECT_FALSE(field_value(field(PARLEY_FIELD_BOOL), "yes"));
  EXPECT_FALSE(field_value(field(PARLEY_FIELD_INT), "4 apples"));
  EXPECT_FALSE(field_value(field(PARLEY_FIELD_INT, 1, 9), "10"));
  EXPECT_FALSE(field_value(field(PARLEY_FIELD_DURATION), "20"));
  EXPECT_FALSE(field_value(field(PARLEY_FIELD_SIZE), "99999999999GiB"));
}

TEST(DefaultConfigTest, EveryFieldHasAValue) {
  const parley_field fields[] = {
      {"count", PARLEY_FIELD_INT, 0, "7", 0, 0, "Help."},
      {"wait", PARLEY_FIELD_DURATION, 1, nullptr, 5, 9, "Help."},
      {"name", PARLEY_FIELD_STRING, 1, nullptr, 0, 0, "Help."},
      {"audience", PARLEY_FIELD_GROUP, 1, nullptr, 0, 0, "Help."},
  };
  parley_plugin plugin{};
  plugin.fields = fields;
  plugin.fields_count = 4;
  const Config config = default_config(plugin);
  EXPECT_EQ(config.integer("count"), 7);
  EXPECT_EQ(config.duration("wait"), Duration{5});
  EXPECT_EQ(config.text("name"), "");
  EXPECT_EQ(config.group("audience"),
            (PrincipalSet{PrincipalId{0}, PrincipalId{1}, PrincipalId{2}}));
}

}  // namespace
}  // namespace parley
