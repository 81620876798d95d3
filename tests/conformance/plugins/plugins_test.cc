// SPDX-License-Identifier: Apache-2.0
//
// Every built plugin keeps the rules of its kind, whatever its name.
#include <gtest/gtest.h>

#include <filesystem>

#include "apps/lab/conformance/conformance.h"
#include "core/host/plugins/loader.h"

namespace parley {
namespace {

std::filesystem::path built(const char* folder) {
  return std::filesystem::path(PARLEY_BUILD_DIR) / folder;
}

std::vector<PluginFile> built_plugins() {
  return scan_plugins(std::vector{built("plugins")}).files;
}

std::string failures(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (!finding.passed) text += finding.rule + ": " + finding.detail + "\n";
  }
  return text;
}

class PluginConformanceTest : public testing::TestWithParam<PluginFile> {};

TEST_P(PluginConformanceTest, KeepsTheRulesOfItsKind) {
  const PluginFile& file = GetParam();
  ASSERT_TRUE(file.usable()) << (PluginRefusal{file.path, *file.refusal}.message());
  const auto loaded = load_plugin(file);
  if (const auto* refusal = std::get_if<PluginRefusal>(&loaded)) FAIL() << refusal->message();
  const Findings findings = run_conformance(std::get<Plugin>(loaded));
  EXPECT_FALSE(findings.empty());
  EXPECT_EQ(failures(findings), "");
}

std::string test_name(const testing::TestParamInfo<PluginFile>& info) {
  return info.param.path.parent_path().filename().string() + "_" + info.param.path.stem().string();
}

INSTANTIATE_TEST_SUITE_P(Built, PluginConformanceTest, testing::ValuesIn(built_plugins()),
                         test_name);

// The suites themselves must be able to fail.
TEST(ConformanceTest, ASuiteFindsWhatIsBroken) {
  const auto directory = built("fixtures/plugins");
  const auto loaded = load_plugin(scan_plugin(directory / "forgetful.so"));
  ASSERT_TRUE(std::holds_alternative<Plugin>(loaded));
  const std::string found = failures(run_conformance(std::get<Plugin>(loaded)));
  EXPECT_NE(found.find("equal calls give equal answers"), std::string::npos) << found;
}

}  // namespace
}  // namespace parley
