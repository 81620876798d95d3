// SPDX-License-Identifier: Apache-2.0
//
// Every rung of the ladder of refusals, with its exact words.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/api/toolchain.h"
#include "parley_api_digest.h"
#include "tests/unit/host/plugins/plugin_files.h"

namespace parley {
namespace {

using plugin_files::contents;
using plugin_files::fixture;
using plugin_files::load_reason;
using plugin_files::static_reason;
using plugin_files::TemporaryDirectory;

constexpr const char* copy_again =
    "; copy the file again and rename it into place when it is whole";
constexpr const char* not_a_plugin = "; build it with parley_add_plugin, or move it elsewhere";

TEST(PluginLadderTest, TakesAWellMadeFile) {
  EXPECT_EQ(static_reason(fixture("well_made")), "");
  EXPECT_EQ(load_reason(fixture("well_made")), "");
}

TEST(PluginLadderTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(static_reason("/nonexistent/nothing.so"),
            "expected a readable file, found No such file or directory; check that it exists and "
            "that this user may read it");
}

TEST(PluginLadderTest, RefusesADirectory) {
  const TemporaryDirectory directory;
  EXPECT_EQ(static_reason(directory.path()),
            "expected a regular file, found a directory; move it out of the plugin directory");
}

// Opening a FIFO that nobody writes to must not wait.
TEST(PluginLadderTest, RefusesAFifoWithoutWaiting) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "fifo.so";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(static_reason(path),
            "expected a regular file, found a FIFO; move it out of the plugin directory");
}

TEST(PluginLadderTest, RefusesAFileThatEverybodyMayWrite) {
  const TemporaryDirectory directory;
  const auto path = directory.copy("open.so", fixture("well_made"));
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(static_reason(path),
            "expected a file that others cannot write, found a world-writable one; run chmod o-w "
            "on it");
}

TEST(PluginLadderTest, RefusesAnEmptyFile) {
  const TemporaryDirectory directory;
  EXPECT_EQ(static_reason(directory.write("empty.so", {})),
            std::string("expected a shared object, found an empty file") + copy_again);
}

TEST(PluginLadderTest, RefusesText) {
  const TemporaryDirectory directory;
  EXPECT_EQ(static_reason(directory.write("text.so", view_of("hello"))),
            std::string("expected an ELF shared object, found a file that starts with 68656c6c") +
                not_a_plugin);
}

TEST(PluginLadderTest, RefusesAFileCutOffInItsHeader) {
  const TemporaryDirectory directory;
  Bytes bytes = contents(fixture("well_made"));
  bytes.resize(40);
  EXPECT_EQ(
      static_reason(directory.write("cut.so", bytes)),
      std::string("expected an ELF header of 64 bytes at offset 0, found a file of 40 bytes") +
          copy_again);
}

TEST(PluginLadderTest, RefusesAFileCutOffInItsSegments) {
  const TemporaryDirectory directory;
  Bytes bytes = contents(fixture("well_made"));
  bytes.resize(100);
  const std::string reason = static_reason(directory.write("cut.so", bytes));
  EXPECT_TRUE(reason.starts_with("expected program headers of ")) << reason;
  EXPECT_TRUE(
      reason.ends_with(std::string(" at offset 64, found a file of 100 bytes") + copy_again))
      << reason;
}

TEST(PluginLadderTest, RefusesAnotherWordSize) {
  const TemporaryDirectory directory;
  Bytes bytes = contents(fixture("well_made"));
  bytes[4] = 1;
  EXPECT_EQ(static_reason(directory.write("small.so", bytes)),
            "expected a 64-bit file (class 2), found class 1; build the plugin for this machine");
}

TEST(PluginLadderTest, RefusesAnotherByteOrder) {
  const TemporaryDirectory directory;
  Bytes bytes = contents(fixture("well_made"));
  bytes[5] = 2;
  EXPECT_EQ(static_reason(directory.write("big.so", bytes)),
            "expected a little-endian file (data 1), found data 2; build the plugin for this "
            "machine");
}

TEST(PluginLadderTest, RefusesAnotherMachine) {
  const TemporaryDirectory directory;
  Bytes bytes = contents(fixture("well_made"));
  const std::string ours = std::to_string(bytes[18] + 256 * bytes[19]);
  bytes[18] = 8;  // MIPS
  bytes[19] = 0;
  EXPECT_EQ(
      static_reason(directory.write("mips.so", bytes)),
      "expected ELF machine " + ours + ", found machine 8; build the plugin for this machine");
}

TEST(PluginLadderTest, RefusesAnObjectFile) {
  const TemporaryDirectory directory;
  Bytes bytes = contents(fixture("well_made"));
  bytes[16] = 1;  // ET_REL
  EXPECT_EQ(static_reason(directory.write("object.so", bytes)),
            std::string("expected a shared object (ELF type 3), found ELF type 1") + not_a_plugin);
}

TEST(PluginLadderTest, RefusesALibraryThatIsNoPlugin) {
  EXPECT_EQ(static_reason("/proc/self/exe"),
            std::string("expected an ELF note 'PARLEY' of type 1, found none") + not_a_plugin);
}

TEST(PluginLadderTest, RefusesAMalformedNote) {
  EXPECT_EQ(static_reason(fixture("malformed_note")),
            "expected abi_minor from 0 to 65535 in line 2 of its note, found 'zero'; build it with "
            "PARLEY_EXPORT_PLUGIN of core/api/plugin_export.h");
}

TEST(PluginLadderTest, RefusesTwoNotes) {
  EXPECT_EQ(static_reason(fixture("two_notes")),
            std::string("expected one PARLEY note, found 2 of them") + not_a_plugin);
}

TEST(PluginLadderTest, RefusesAnUnknownKind) {
  EXPECT_EQ(static_reason(fixture("unknown_kind")),
            "expected a kind from 1 (authenticator) to 8 (component), found kind 42; correct the "
            "kind in its PluginDescription");
}

TEST(PluginLadderTest, RefusesAnotherMajorAbi) {
  EXPECT_EQ(static_reason(fixture("other_abi")),
            "expected plugin ABI 1.0, found plugin ABI 2.0; build the plugin against this Parley");
}

TEST(PluginLadderTest, RefusesANewerMinorAbi) {
  EXPECT_EQ(static_reason(fixture("newer_abi")),
            "expected plugin ABI 1.0 or an older minor, found plugin ABI 1.7; use a newer Parley, "
            "or build the plugin against this one");
}

TEST(PluginLadderTest, RefusesAStaleDigest) {
  EXPECT_EQ(static_reason(fixture("stale_digest")),
            "expected api digest " PARLEY_API_DIGEST
            ", found 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef; build the "
            "plugin against this Parley's headers");
}

TEST(PluginLadderTest, RefusesAnotherToolchain) {
  EXPECT_EQ(static_reason(fixture("other_toolchain")),
            "expected toolchain '" PARLEY_TOOLCHAIN
            "', found 'cfront-3 c++98'; build the plugin with the compiler and flags of this "
            "Parley");
}

TEST(PluginLadderTest, RefusesTwoFilesOfOneNameAndNamesBoth) {
  const TemporaryDirectory directory;
  const auto first = directory.copy("a.so", fixture("well_made"));
  const auto second = directory.copy("b.so", fixture("well_made"));
  const PluginScan scan = scan_plugins(std::vector{directory.path()});
  ASSERT_EQ(scan.files.size(), 2u);
  ASSERT_TRUE(scan.files[0].refusal && scan.files[1].refusal);
  EXPECT_EQ((PluginRefusal{scan.files[0].path, *scan.files[0].refusal}.message()),
            first.string() + ": expected one file for component 'well_made', found another one, " +
                second.string() + "; remove one of the two");
  EXPECT_EQ((PluginRefusal{scan.files[1].path, *scan.files[1].refusal}.message()),
            second.string() + ": expected one file for component 'well_made', found another one, " +
                first.string() + "; remove one of the two");
}

TEST(PluginLadderTest, RefusesAFileThatChangedSinceItWasScanned) {
  const TemporaryDirectory directory;
  const auto path = directory.copy("plugin.so", fixture("well_made"));
  const PluginFile scanned = scan_plugin(path);
  directory.copy("plugin.so", fixture("forgetful"));
  const auto loaded = load_plugin(scanned);
  ASSERT_TRUE(std::holds_alternative<PluginRefusal>(loaded));
  EXPECT_EQ(std::get<PluginRefusal>(loaded).reason(),
            "expected the file that was scanned, found another one in its place; start again");
}

// A file that was whole when it was scanned is not mapped when it no longer is.
TEST(PluginLadderTest, RefusesAFileThatWasCutOffSinceItWasScanned) {
  const TemporaryDirectory directory;
  const auto path = directory.copy("plugin.so", fixture("well_made"));
  const PluginFile scanned = scan_plugin(path);
  std::filesystem::resize_file(path, 4'096);
  const auto loaded = load_plugin(scanned);
  ASSERT_TRUE(std::holds_alternative<PluginRefusal>(loaded));
  EXPECT_EQ(std::get<PluginRefusal>(loaded).grounds.reason, RefusalReason::Truncated);
}

TEST(PluginLadderTest, RefusesWhatTheLinkerCannotLoad) {
  EXPECT_EQ(load_reason(fixture("unresolved")),
            "expected a library that the dynamic linker can load, found " +
                fixture("unresolved").string() +
                ": undefined symbol: parley_fixture_nobody_has_this; install what it needs, or "
                "link it into the plugin");
}

TEST(PluginLadderTest, RefusesALibraryWithoutTheSymbol) {
  EXPECT_EQ(load_reason(fixture("missing_symbol")),
            "expected the exported symbol 'parley_plugin_v1', found none; build it with "
            "parley_add_plugin and PARLEY_EXPORT_PLUGIN");
}

TEST(PluginLadderTest, RefusesAnotherMagic) {
  EXPECT_EQ(load_reason(fixture("other_magic")),
            "expected magic 1498174032, found 7 in the descriptor; build it with "
            "parley_add_plugin and PARLEY_EXPORT_PLUGIN");
}

TEST(PluginLadderTest, RefusesAShortDescriptor) {
  EXPECT_EQ(load_reason(fixture("short_descriptor")),
            "expected struct_size 112, found 16 in the descriptor; build it with "
            "parley_add_plugin and PARLEY_EXPORT_PLUGIN");
}

TEST(PluginLadderTest, RefusesADescriptorThatDisagreesWithItsNote) {
  EXPECT_EQ(load_reason(fixture("lying_descriptor")),
            "expected version '1.2.3' as in the ELF note, found '9.9.9' in the descriptor; the "
            "file was tampered with or built wrongly: build it with parley_add_plugin");
}

TEST(PluginLadderTest, RefusesAFactoryThatIsNull) {
  EXPECT_EQ(load_reason(fixture("null_factory")),
            "expected a factory, found null from create; let create return a new factory and "
            "throw nothing");
}

TEST(PluginLadderTest, RefusesAFactoryThatThrows) {
  EXPECT_EQ(load_reason(fixture("throwing_factory")),
            "expected a factory, found an exception from create; let create return a new factory "
            "and throw nothing");
}

}  // namespace
}  // namespace parley
