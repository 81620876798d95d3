// SPDX-License-Identifier: Apache-2.0
//
// Finds plugin files and turns those a deployment names into a catalogue.
// Scanning reads; loading runs code. One bad file never harms the others: it is
// a refusal beside them. Libraries stay mapped for the life of the process.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/host/plugins/facts.h"
#include "core/host/plugins/refusal.h"
#include "core/kernel/catalogue.h"

namespace parley {

/// What is known of one file without running its code.
struct PluginFile {
  std::filesystem::path path;               ///< Absolute.
  std::optional<PluginFacts> facts{};       ///< Also of files refused later on the ladder.
  std::optional<RefusalGrounds> refusal{};  ///< Empty: may be loaded.

  bool usable() const { return !refusal.has_value(); }
};

struct PluginScan {
  /// Every `.so` of every directory: directories as given, names in order.
  std::vector<PluginFile> files;
  /// Directories that could not be read.
  std::vector<PluginRefusal> directories;

  /// The usable file of that kind and name; null when there is none.
  const PluginFile* find(parley_kind kind, std::string_view name) const;
  /// Why it is unusable or missing, for a deployment that names it.
  std::string why_not(parley_kind kind, std::string_view name) const;
};

/// `plugins.directories` as given, or when there are none the directory that
/// belongs to this executable (`../plugins` beside it, `../lib/parley/plugins`
/// when installed); then those of PARLEY_PLUGIN_PATH.
std::vector<std::filesystem::path> plugin_directories(
    std::span<const std::filesystem::path> configured);

/// Judges every `.so` in the directories and one level below them. Two files
/// with one (kind, name) refuse each other; the same file seen twice is one.
PluginScan scan_plugins(std::span<const std::filesystem::path> directories);

/// Judges one file.
PluginFile scan_plugin(const std::filesystem::path& file);

/// Effect: maps the library and runs its code. Reads the file again first: what
/// was scanned may have changed. Precondition: file.usable().
std::variant<Plugin, PluginRefusal> load_plugin(const PluginFile& file);

struct LoadedPlugins {
  Catalogue catalogue;
  std::vector<PluginRefusal> refusals;
};

/// A plugin that a deployment names.
using PluginKey = std::pair<parley_kind, std::string>;

/// Loads every usable file, or of those only the ones in `wanted`.
LoadedPlugins load_plugins(const PluginScan& scan);
LoadedPlugins load_plugins(const PluginScan& scan, std::span<const PluginKey> wanted);

}  // namespace parley
