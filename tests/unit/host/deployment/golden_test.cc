// SPDX-License-Identifier: Apache-2.0
//
// Every diagnostic as the user sees it: tests/golden/config/NAME.toml must give
// NAME.txt, byte for byte. PARLEY_UPDATE_GOLDEN=1 writes the files anew.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <sstream>

#include "core/host/deployment/codes.h"
#include "core/host/plugins/loader.h"
#include "tests/unit/host/deployment/deployment_fixture.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path{PARLEY_SOURCE_DIR} / "tests/golden/config";

std::string content(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> inputs() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

DeploymentReading read_input(const fs::path& file) {
  const PluginSchemas schemas = schemas_for_tests();
  return read_deployment(SourceText{file.filename().string(), content(file)}, schemas);
}

TEST(ConfigGoldenTest, EveryFileGivesItsText) {
  ASSERT_FALSE(inputs().empty());
  for (const fs::path& input : inputs()) {
    const fs::path expected = fs::path{input}.replace_extension(".txt");
    const std::string found = read_input(input).report();
    if (std::getenv("PARLEY_UPDATE_GOLDEN") != nullptr) std::ofstream{expected} << found;
    EXPECT_EQ(content(expected), found) << input;
  }
}

// Goal: no code without an example of what it says.
TEST(ConfigGoldenTest, EveryCodeHasAnExample) {
  // Two that no file of the folder can show; their tests are in read_deployment_test.cc.
  std::set<std::string_view> seen{codes::unreadable, codes::file_too_large};
  std::vector<DeploymentReading> readings;
  for (const fs::path& input : inputs()) {
    readings.push_back(read_input(input));
    for (const Diagnostic& each : readings.back().diagnostics) seen.insert(each.code);
  }
  for (const std::string_view code : codes::all) EXPECT_TRUE(seen.contains(code)) << code;
}

// Goal: the document explains every code.
TEST(ConfigGoldenTest, EveryCodeIsDocumented) {
  const std::string document = content(fs::path{PARLEY_SOURCE_DIR} / "docs/deployment.md");
  for (const std::string_view code : codes::all) {
    EXPECT_NE(document.find(code), std::string::npos) << code;
  }
}

TEST(ConfigsTest, EveryShippedDeploymentIsRight) {
  const fs::path built{PARLEY_BUILD_DIR "/plugins"};
  const PluginSchemas schemas = schemas_of(scan_plugins(std::span{&built, 1}));
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{fs::path{PARLEY_SOURCE_DIR} / "configs"}) {
    if (entry.path().extension() != ".toml") continue;
    ++count;
    EXPECT_EQ(read_deployment(entry.path(), schemas).report(), "") << entry.path();
  }
  EXPECT_GE(count, 3u);
}

}  // namespace
}  // namespace parley
