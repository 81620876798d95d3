// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/base/prng.h"
#include "core/host/plugins/elf_note.h"
#include "parley_api_digest.h"
#include "tests/unit/host/plugins/plugin_files.h"

namespace parley {
namespace {

using plugin_files::contents;
using plugin_files::fixture;

bool refused(ByteView file) {
  return std::holds_alternative<RefusalGrounds>(read_plugin_facts(file));
}

std::vector<std::filesystem::path> built_plugins() {
  std::vector<std::filesystem::path> files;
  for (const char* root : {"plugins", "fixtures/plugins"}) {
    const auto directory = std::filesystem::path(PARLEY_BUILD_DIR) / root;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, error)) {
      if (entry.path().extension() == ".so") files.push_back(entry.path());
    }
  }
  return files;
}

TEST(ElfNoteTest, ReadsEveryFactOfAPlugin) {
  const auto result = read_plugin_facts(contents(fixture("well_made")));
  ASSERT_TRUE(std::holds_alternative<PluginFacts>(result));
  const auto& facts = std::get<PluginFacts>(result);
  EXPECT_EQ(facts.abi_major, 1);
  EXPECT_EQ(facts.abi_minor, 0);
  EXPECT_EQ(facts.kind, PARLEY_KIND_COMPONENT);
  EXPECT_EQ(facts.name, "well_made");
  EXPECT_EQ(facts.version, "1.2.3");
  EXPECT_EQ(facts.maturity, PARLEY_MATURITY_BETA);
  EXPECT_EQ(facts.fault_model, PARLEY_FAULT_MODEL_ANY);
  EXPECT_EQ(facts.api_digest, PARLEY_API_DIGEST);
  EXPECT_EQ(facts.summary, "A fixture.");
  const PluginField words{"words", PARLEY_FIELD_INT, false, "8", 1, 64, "Words it repeats."};
  const PluginField audience{"audience", PARLEY_FIELD_GROUP, true, "", 0, 0, "Who listens."};
  EXPECT_EQ(facts.fields, (std::vector{words, audience}));
  const PluginNote echoed{"well_made_echoed", "size", "An argument was echoed."};
  EXPECT_EQ(facts.notes, std::vector{echoed});
}

// dlopen of a truncated file raises SIGBUS, so no proper prefix may pass.
TEST(ElfNoteTest, RefusesEveryPrefixOfAPlugin) {
  const Bytes file = contents(fixture("well_made"));
  ASSERT_FALSE(refused(file));
  for (std::size_t size = 0; size < file.size(); ++size) {
    ASSERT_TRUE(refused(ByteView{file}.first(size))) << size;
  }
}

TEST(ElfNoteTest, RefusesPrefixesOfEveryBuiltPlugin) {
  for (const auto& path : built_plugins()) {
    const Bytes file = contents(path);
    const std::size_t step = file.size() / 500 + 1;
    for (std::size_t size = 0; size < file.size(); size += step) {
      ASSERT_TRUE(refused(ByteView{file}.first(size))) << path << " " << size;
    }
    ASSERT_TRUE(refused(ByteView{file}.first(file.size() - 1))) << path;
  }
}

TEST(ElfNoteTest, SurvivesAnyBytesInTheHeaders) {
  Prng random{2'026};
  for (const auto& path : built_plugins()) {
    const Bytes file = contents(path);
    const std::size_t headers = std::min<std::size_t>(file.size(), 1'024);
    for (int round = 0; round < 500; ++round) {
      Bytes hostile = file;
      for (std::uint64_t flips = 1 + random.below(8); flips > 0; --flips) {
        hostile[random.below(headers)] = static_cast<std::uint8_t>(random.next());
      }
      read_plugin_facts(hostile);  // Any answer, and no crash.
    }
  }
}

TEST(ElfNoteTest, SurvivesAnyBytesInTheSectionTable) {
  Prng random{7};
  const Bytes file = contents(fixture("well_made"));
  for (int round = 0; round < 5'000; ++round) {
    Bytes hostile = file;
    for (int flips = 0; flips < 4; ++flips) {
      const std::size_t tail = std::min<std::size_t>(file.size(), 2'048);
      hostile[file.size() - 1 - random.below(tail)] = static_cast<std::uint8_t>(random.next());
    }
    read_plugin_facts(hostile);
  }
}

}  // namespace
}  // namespace parley
