// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugins/loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>

namespace parley {
namespace {

using Library = std::shared_ptr<boost::dll::shared_library>;

constexpr const char* symbol = "parley_plugin_v1";
constexpr const char* build_well = "build it with parley_add_plugin and PARLEY_EXPORT_PLUGIN";

PluginRefusal refuse(const PluginFile& file, RefusalReason reason, std::string expected,
                     std::string found, std::string help) {
  return {file.path, {reason, std::move(expected), std::move(found), std::move(help)}};
}

/// The dynamic linker's own words; Boost wraps them into a misleading errno.
std::string linker_words(const boost::dll::fs::system_error& error) {
  std::string words = error.what();
  const std::string_view marker =
      "boost::dll::shared_library::load() failed (dlerror system message: ";
  const std::size_t start = words.find(marker);
  if (start == std::string::npos) return words;
  words.erase(0, start + marker.size());
  return words.substr(0, words.rfind("): "));
}

std::variant<Library, PluginRefusal> map_library(const PluginFile& file) {
  // Never unmapped: notes, vtables and function pointers of a plugin may outlive
  // whatever made them.
  const auto never_unload = static_cast<boost::dll::load_mode::type>(RTLD_NODELETE);
  try {
    return std::make_shared<boost::dll::shared_library>(
        file.path,
        boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local | never_unload);
  } catch (const boost::dll::fs::system_error& error) {
    return refuse(file, RefusalReason::LoadFailed, "a library that the dynamic linker can load",
                  linker_words(error), "install what it needs, or link it into the plugin");
  }
}

std::variant<const parley_plugin*, PluginRefusal> find_descriptor(const PluginFile& file,
                                                                  const Library& library) {
  if (!library->has(symbol)) {
    return refuse(file, RefusalReason::SymbolMissing, "the exported symbol 'parley_plugin_v1'",
                  "none", build_well);
  }
  return &library->get<const parley_plugin>(symbol);
}

RefusalGrounds disagrees(const char* key, std::uint32_t expected, std::uint32_t found) {
  const std::string name{key};
  return {RefusalReason::DescriptorDisagrees, name + " " + std::to_string(expected),
          std::to_string(found) + " in the descriptor", build_well};
}

std::optional<RefusalGrounds> check_descriptor(const PluginFacts& note,
                                               const parley_plugin& descriptor) {
  if (descriptor.magic != parley_plugin_magic) {
    return disagrees("magic", parley_plugin_magic, descriptor.magic);
  }
  if (descriptor.struct_size != sizeof(parley_plugin)) {
    return disagrees("struct_size", sizeof(parley_plugin), descriptor.struct_size);
  }
  return first_difference(note, facts_of(descriptor));
}

/// Null, with the reason in `found`, when there is no factory to be had.
void* make_factory(const parley_plugin& descriptor, std::string& found) {
  found = "no create or no destroy function";
  if (descriptor.create == nullptr || descriptor.destroy == nullptr) return nullptr;
  try {
    found = "null from create";
    return descriptor.create();
  } catch (...) {
    found = "an exception from create";  // Against its contract; a stranger's code all the same.
    return nullptr;
  }
}

/// What was scanned is still what lies there.
std::optional<PluginRefusal> check_unchanged(const PluginFile& file) {
  const PluginFile again = scan_plugin(file.path);
  if (again.refusal) return PluginRefusal{file.path, *again.refusal};
  if (again.facts == file.facts) return std::nullopt;
  return refuse(file, RefusalReason::ChangedSinceScan, "the file that was scanned",
                "another one in its place", "start again");
}

}  // namespace

std::variant<Plugin, PluginRefusal> load_plugin(const PluginFile& file) {
  if (auto refusal = check_unchanged(file)) return *refusal;
  auto mapped = map_library(file);
  if (const auto* refusal = std::get_if<PluginRefusal>(&mapped)) return *refusal;
  const Library library = std::get<Library>(std::move(mapped));

  const auto found = find_descriptor(file, library);
  if (const auto* refusal = std::get_if<PluginRefusal>(&found)) return *refusal;
  const parley_plugin* descriptor = std::get<const parley_plugin*>(found);
  if (auto grounds = check_descriptor(*file.facts, *descriptor)) {
    return PluginRefusal{file.path, *grounds};
  }

  std::string instead;
  void* factory = make_factory(*descriptor, instead);
  if (factory == nullptr) {
    return refuse(file, RefusalReason::FactoryMissing, "a factory", instead,
                  "let create return a new factory and throw nothing");
  }
  return Plugin{descriptor, std::shared_ptr<void>(factory, [library, descriptor](void* made) {
                  descriptor->destroy(made);
                })};
}

LoadedPlugins load_plugins(const PluginScan& scan) {
  std::vector<PluginKey> all;
  for (const PluginFile& file : scan.files) {
    if (!file.usable()) continue;
    all.emplace_back(static_cast<parley_kind>(file.facts->kind), file.facts->name);
  }
  return load_plugins(scan, all);
}

LoadedPlugins load_plugins(const PluginScan& scan, std::span<const PluginKey> wanted) {
  LoadedPlugins loaded;
  for (const PluginFile& file : scan.files) {
    if (!file.usable()) continue;
    const PluginKey key{static_cast<parley_kind>(file.facts->kind), file.facts->name};
    if (std::find(wanted.begin(), wanted.end(), key) == wanted.end()) continue;
    auto result = load_plugin(file);
    if (auto* refusal = std::get_if<PluginRefusal>(&result)) {
      loaded.refusals.push_back(std::move(*refusal));
    } else {
      loaded.catalogue.add(std::get<Plugin>(std::move(result)));
    }
  }
  return loaded;
}

}  // namespace parley
