// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "core/host/plugins/elf_note.h"
#include "core/host/plugins/loader.h"
#include "core/host/plugins/plugin_file.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> listed_in_environment() {
  std::vector<fs::path> directories;
  const char* variable = std::getenv("PARLEY_PLUGIN_PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (end > 0) directories.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return directories;
}

/// Beside the build tree's bin/, or where `cmake --install` puts them.
fs::path own_directory() {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = executable.parent_path().parent_path() / "plugins";
  if (fs::is_directory(beside, error)) return beside;
  return executable.parent_path().parent_path() / "lib" / "parley" / "plugins";
}

/// The entries of a directory by name. Errors leave what was read so far.
std::vector<fs::path> sorted_entries(const fs::path& directory, std::error_code& error) {
  std::vector<fs::path> entries;
  fs::directory_iterator position{directory, error};
  for (; !error && position != fs::directory_iterator{}; position.increment(error)) {
    entries.push_back(position->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

class Scanner {
 public:
  void scan_directory(const fs::path& directory) {
    std::error_code error;
    const std::vector<fs::path> entries = sorted_entries(fs::absolute(directory, error), error);
    if (error) return refuse_directory(directory, error);
    for (const fs::path& entry : entries) {
      if (entry.extension() == ".so") {
        add(entry);
      } else if (fs::is_directory(entry, error)) {
        scan_kind_directory(entry);
      }
    }
  }

  PluginScan finish() {
    refuse_duplicates();
    return std::move(scan_);
  }

 private:
  /// One level down: `<directory>/<kind>/<name>.so`.
  void scan_kind_directory(const fs::path& directory) {
    std::error_code error;
    const std::vector<fs::path> entries = sorted_entries(directory, error);
    if (error) return refuse_directory(directory, error);
    for (const fs::path& entry : entries) {
      if (entry.extension() == ".so") add(entry);
    }
  }

  void refuse_directory(const fs::path& directory, const std::error_code& error) {
    scan_.directories.push_back(
        {directory,
         {RefusalReason::Unreadable, "a readable directory", error.message(),
          "correct plugins.directories, PARLEY_PLUGIN_PATH or --directory"}});
  }

  void add(const fs::path& file) {
    std::error_code error;
    const fs::path identity = fs::canonical(file, error);
    // Directories may overlap and links may meet: one file is one plugin.
    if (!error && !seen_.insert(identity).second) return;
    scan_.files.push_back(scan_plugin(file));
  }

  void refuse_duplicates() {
    std::map<std::pair<std::uint32_t, std::string>, std::vector<PluginFile*>> files_by_name;
    for (PluginFile& file : scan_.files) {
      if (file.usable()) files_by_name[{file.facts->kind, file.facts->name}].push_back(&file);
    }
    for (const auto& [key, files] : files_by_name) {
      if (files.size() < 2) continue;
      for (PluginFile* file : files)
        refuse_duplicate(*file, file == files[0] ? *files[1] : *files[0]);
    }
  }

  static void refuse_duplicate(PluginFile& file, const PluginFile& other) {
    file.refusal = RefusalGrounds{
        RefusalReason::Duplicate,
        "one file for " + kind_words(file.facts->kind) + " '" + file.facts->name + "'",
        "another one, " + other.path.string(), "remove one of the two"};
  }

  PluginScan scan_;
  std::set<fs::path> seen_;
};

}  // namespace

std::vector<fs::path> plugin_directories(std::span<const fs::path> configured) {
  std::vector<fs::path> directories{configured.begin(), configured.end()};
  if (directories.empty()) directories.push_back(own_directory());
  for (fs::path& directory : listed_in_environment()) directories.push_back(std::move(directory));
  return directories;
}

PluginFile scan_plugin(const fs::path& file) {
  std::error_code error;
  PluginFile result{.path = fs::absolute(file, error)};
  if (error) result.path = file;
  const auto bytes = read_plugin_file(result.path);
  if (const auto* refusal = std::get_if<RefusalGrounds>(&bytes)) {
    result.refusal = *refusal;
    return result;
  }
  auto facts = read_plugin_facts(std::get<Bytes>(bytes));
  if (const auto* refusal = std::get_if<RefusalGrounds>(&facts)) {
    result.refusal = *refusal;
    return result;
  }
  result.facts = std::get<PluginFacts>(std::move(facts));
  result.refusal = judge(*result.facts);
  return result;
}

PluginScan scan_plugins(std::span<const fs::path> directories) {
  Scanner scanner;
  for (const fs::path& directory : directories) scanner.scan_directory(directory);
  return scanner.finish();
}

const PluginFile* PluginScan::find(parley_kind kind, std::string_view name) const {
  for (const PluginFile& file : files) {
    if (file.usable() && file.facts->kind == kind && file.facts->name == name) return &file;
  }
  return nullptr;
}

std::string PluginScan::why_not(parley_kind kind, std::string_view name) const {
  for (const PluginFile& file : files) {
    if (file.usable()) continue;
    const bool named_inside = file.facts && file.facts->kind == kind && file.facts->name == name;
    // A file too broken to say its name may still be called by it.
    if (named_inside || (!file.facts && file.path.stem() == name)) {
      return PluginRefusal{file.path, *file.refusal}.message();
    }
  }
  return "no " + kind_words(kind) + " '" + std::string(name) + "' in any plugin directory";
}

}  // namespace parley
