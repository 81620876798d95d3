// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/host/plugins/plugin_files.h"

namespace parley {
namespace {

using plugin_files::fixture;
using plugin_files::TemporaryDirectory;
using Paths = std::vector<std::filesystem::path>;

std::vector<std::string> names(const PluginScan& scan) {
  std::vector<std::string> list;
  for (const PluginFile& file : scan.files) list.push_back(file.path.filename());
  return list;
}

TEST(PluginScanTest, FindsFilesFlatAndOneLevelDownInOrder) {
  const TemporaryDirectory directory;
  directory.copy("zebra.so", fixture("well_made"));
  directory.copy("component/apple.so", fixture("forgetful"));
  directory.write("README.md", view_of("not a plugin"));
  directory.copy("component/deeper/hidden.so", fixture("unresolved"));
  const PluginScan scan = scan_plugins(Paths{directory.path()});
  EXPECT_EQ(names(scan), (std::vector<std::string>{"apple.so", "zebra.so"}));
  EXPECT_TRUE(scan.directories.empty());
}

TEST(PluginScanTest, OneBadFileHarmsNoOther) {
  const TemporaryDirectory directory;
  directory.write("a_garbage.so", view_of("garbage"));
  directory.write("b_empty.so", {});
  directory.copy("c_stale.so", fixture("stale_digest"));
  directory.copy("d_good.so", fixture("well_made"));
  directory.copy("e_unresolved.so", fixture("unresolved"));
  std::filesystem::create_directory(directory.path() / "f_directory.so");
  const PluginScan scan = scan_plugins(Paths{directory.path()});
  ASSERT_EQ(scan.files.size(), 6u);
  const LoadedPlugins loaded = load_plugins(scan);
  EXPECT_NE(loaded.catalogue.component("well_made"), nullptr);
  ASSERT_EQ(loaded.refusals.size(), 1u);
  EXPECT_EQ(loaded.refusals[0].grounds.reason, RefusalReason::LoadFailed);
}

// A file that is refused for itself does not count as a second one of its name.
TEST(PluginScanTest, ARefusedFileIsNoDuplicate) {
  const TemporaryDirectory directory;
  directory.copy("old/well_made.so", fixture("well_made"));
  directory.copy("new.so", fixture("well_made"));
  std::filesystem::permissions(directory.path() / "new.so", std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const PluginScan scan = scan_plugins(Paths{directory.path()});
  EXPECT_NE(scan.find(PARLEY_KIND_COMPONENT, "well_made"), nullptr);
}

TEST(PluginScanTest, DirectoriesMayOverlap) {
  const TemporaryDirectory directory;
  directory.copy("component/well_made.so", fixture("well_made"));
  std::filesystem::create_symlink("component/well_made.so", directory.path() / "link.so");
  const PluginScan scan =
      scan_plugins(Paths{directory.path(), directory.path() / "component", directory.path() / "."});
  EXPECT_EQ(scan.files.size(), 1u);
  EXPECT_TRUE(scan.files[0].usable());
}

TEST(PluginScanTest, NamesDirectoriesThatAreNotThere) {
  const PluginScan scan = scan_plugins(Paths{"/nonexistent/plugins"});
  ASSERT_EQ(scan.directories.size(), 1u);
  EXPECT_EQ(scan.directories[0].message(),
            "/nonexistent/plugins: expected a readable directory, found No such file or directory; "
            "correct plugins.directories, PARLEY_PLUGIN_PATH or --directory");
}

TEST(PluginScanTest, LoadsOnlyWhatIsWanted) {
  const PluginScan scan = scan_plugins(Paths{fixture("x").parent_path()});
  const std::vector<PluginKey> wanted = {{PARLEY_KIND_COMPONENT, "well_made"}};
  const LoadedPlugins loaded = load_plugins(scan, wanted);
  EXPECT_TRUE(loaded.refusals.empty());
  EXPECT_EQ(loaded.catalogue.of_kind(PARLEY_KIND_COMPONENT).size(), 1u);
}

TEST(PluginScanTest, SaysWhyANameCannotBeUsed) {
  const TemporaryDirectory directory;
  const auto garbage = directory.write("broken.so", view_of("garbage"));
  const auto stale = directory.copy("x.so", fixture("stale_digest"));
  const PluginScan scan = scan_plugins(Paths{directory.path()});
  EXPECT_TRUE(scan.why_not(PARLEY_KIND_STORE, "broken").starts_with(garbage.string() + ": "));
  EXPECT_TRUE(
      scan.why_not(PARLEY_KIND_COMPONENT, "stale_digest").starts_with(stale.string() + ": "));
  EXPECT_EQ(scan.why_not(PARLEY_KIND_STORE, "missing"),
            "no store 'missing' in any plugin directory");
}

TEST(PluginScanTest, TheEnvironmentAddsToTheConfiguredDirectories) {
  ::setenv("PARLEY_PLUGIN_PATH", "/one::/two", 1);
  EXPECT_EQ(plugin_directories(Paths{"/configured"}), (Paths{"/configured", "/one", "/two"}));
  const Paths own = plugin_directories({});
  ASSERT_EQ(own.size(), 3u);
  EXPECT_EQ(own[1], "/one");
  ::unsetenv("PARLEY_PLUGIN_PATH");
  EXPECT_EQ(plugin_directories(Paths{"/configured"}), Paths{"/configured"});
}

}  // namespace
}  // namespace parley
