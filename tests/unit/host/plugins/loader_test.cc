// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/host/plugins/plugin_files.h"

namespace parley {
namespace {

using plugin_files::fixture;

Plugin load_well_made() {
  auto loaded = load_plugin(scan_plugin(fixture("well_made")));
  return std::get<Plugin>(std::move(loaded));
}

TEST(LoaderTest, TheFactoryMakesWhatItsKindPromises) {
  const Plugin plugin = load_well_made();
  EXPECT_STREQ(plugin.descriptor->name, "well_made");
  const auto* factory = static_cast<const ComponentFactory*>(plugin.factory.get());
  const auto component = factory->create(PrincipalId{0}, Config{});
  EXPECT_EQ(component->call("echo", view_of("hello")), to_bytes("hello"));
}

// Notes are counted and printed long after whatever emitted them is gone.
TEST(LoaderTest, WhatThePluginDeclaredOutlivesIt) {
  const NoteDeclaration* note = nullptr;
  {
    const Plugin plugin = load_well_made();
    ASSERT_EQ(plugin.descriptor->notes_count, 1u);
    note = plugin.descriptor->notes[0];
  }
  EXPECT_STREQ(note->name, "well_made_echoed");
}

TEST(LoaderTest, ALoadedDescriptorSaysWhatItsNoteSays) {
  const PluginFile file = scan_plugin(fixture("well_made"));
  EXPECT_EQ(facts_of(*load_well_made().descriptor), *file.facts);
}

TEST(LoaderTest, GuaranteesHaveWords) {
  EXPECT_EQ(guarantee_words(PARLEY_GUARANTEE_AUTHENTICATES | PARLEY_GUARANTEE_INTERACTIVE),
            (std::vector<std::string>{"authenticates", "interactive"}));
  EXPECT_EQ(guarantee_words(1ull << 40), std::vector<std::string>{"bit 40"});
  EXPECT_TRUE(guarantee_words(0).empty());
}

}  // namespace
}  // namespace parley
