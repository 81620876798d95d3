// SPDX-License-Identifier: Apache-2.0
//
// What the checker of deployments knows of the plugins at hand: their keys and
// guarantees, taken from ELF notes or from a catalogue. No code of theirs runs.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/plugin.h"
#include "core/kernel/catalogue.h"

namespace parley {

struct PluginScan;

struct PluginSchema {
  std::string name;
  std::uint64_t guarantees = 0;        ///< parley_guarantee bits.
  std::vector<parley_field> fields{};  ///< Strings live as long as the PluginSchemas.

  bool has(parley_guarantee guarantee) const { return (guarantees & guarantee) != 0; }
};

class PluginSchemas {
 public:
  PluginSchemas() = default;
  PluginSchemas(PluginSchemas&&) = default;
  PluginSchemas& operator=(PluginSchemas&&) = default;

  /// Effect: adds a plugin with copies of its fields; the first of a name stays.
  void add(parley_kind kind, std::string_view name, std::uint64_t guarantees,
           std::span<const parley_field> fields);
  /// Effect: remembers why a file of that name cannot be used.
  void refuse(parley_kind kind, std::string_view name, std::string reason);

  const PluginSchema* find(parley_kind kind, std::string_view name) const;
  /// Why there is none; empty when no file has that name.
  std::string_view why_not(parley_kind kind, std::string_view name) const;
  std::vector<std::string> names(parley_kind kind) const;
  std::vector<const PluginSchema*> of_kind(parley_kind kind) const;

 private:
  using Key = std::pair<parley_kind, std::string>;

  const char* keep(std::string_view text);

  std::map<Key, PluginSchema> schemas_;
  std::map<Key, std::string> refusals_;
  std::deque<std::string> strings_;  ///< Addresses stay when it grows or moves.
};

PluginSchemas schemas_of(const Catalogue& catalogue);
/// The usable files of a scan, and why the others are not.
PluginSchemas schemas_of(const PluginScan& scan);

}  // namespace parley
