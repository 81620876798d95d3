// SPDX-License-Identifier: Apache-2.0
//
// [principals] and [groups]: who there is.
#include <algorithm>
#include <functional>
#include <map>

#include "core/base/limits.h"
#include "core/host/deployment/reading.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

/// Every listener of every node, each address once.
class AddressBook {
 public:
  explicit AddressBook(Reading& reading) : reading_(reading) {}

  void add(const std::string& address, const std::string& owner, const TomlEntry* entry) {
    if (address.empty() || entry == nullptr) return;
    const auto [taken, is_new] = owners_.try_emplace(address, owner, entry->value.span);
    if (is_new) return;
    reading_.diagnostics
        .error(codes::address_taken, entry->value.span,
               owner + ": address '" + address + "' is taken by " + taken->second.first)
        .relate(taken->second.second, "taken here")
        .suggest("give each listener a port of its own");
  }

 private:
  Reading& reading_;
  std::map<std::string, std::pair<std::string, SourceSpan>> owners_;
};

void read_principal(Reading& reading, const TomlEntry& entry, AddressBook& addresses) {
  const std::string title = "principal '" + entry.key + '\'';
  check_name(reading, "principal", entry.key, entry.key_span);
  if (entry.value.kind != TomlValue::Kind::Table) {
    report_type(reading, title, "a table", entry.value)
        .suggest(entry.key + " = { address = \"127.0.0.1:7101\" }");
    reading.rules_doubtful = true;
    return;
  }
  const PrincipalId id{static_cast<std::uint32_t>(reading.deployment.principals.size())};
  reading.names.add(entry.key, {{id}, entry.key_span, false});
  TableReader reader{reading, entry.value,    "principals." + entry.key,
                     title,   entry.key_span, core_schema::table("principals").fields};
  PrincipalEntry principal{.name = entry.key,
                           .address = reader.text("address"),
                           .metrics = reader.text("metrics"),
                           .resp = reader.text("resp")};
  addresses.add(principal.address, entry.key + ".address", reader.entry("address"));
  addresses.add(principal.metrics, entry.key + ".metrics", reader.entry("metrics"));
  addresses.add(principal.resp, entry.key + ".resp", reader.entry("resp"));
  reader.finish();
  reading.deployment.principals.push_back(std::move(principal));
}

/// Groups may name groups, in any order.
class GroupResolver {
 public:
  GroupResolver(Reading& reading, const TomlValue& table) : reading_(reading), table_(table) {
    for (const TomlEntry& entry : table_.entries) entries_.emplace(entry.key, &entry);
  }

  void resolve_all() {
    for (const TomlEntry& entry : table_.entries) {
      check_name(reading_, "group", entry.key, entry.key_span);
      const Names::Known* taken = reading_.names.find(entry.key);
      if (taken != nullptr && !taken->group) {
        reading_.diagnostics
            .error(codes::name_taken, entry.key_span,
                   "group '" + entry.key + "' has the name of a principal")
            .relate(taken->place, "the principal");
        continue;
      }
      reading_.values.push_back(
          {"groups." + entry.key, toml_text(entry.value), entry.key_span.begin.line});
      resolve_group(entry);
    }
  }

 private:
  /// Depth is bounded by the number of groups on the path; a cycle ends it.
  void resolve_group(const TomlEntry& entry) {
    if (reading_.names.find(entry.key) != nullptr) return;
    if (path_.size() == group_depth_max) {
      reading_.diagnostics.error(
          codes::too_many, entry.key_span,
          "expected groups nested at most " + std::to_string(group_depth_max) + " deep");
      reading_.rules_doubtful = true;
      reading_.names.add(entry.key, {{}, entry.key_span, true});
      return;
    }
    path_.push_back(&entry);
    for (const TomlValue* item : items_of(entry.value)) {
      if (item->kind != TomlValue::Kind::String) continue;  // Reported by resolve_list.
      const auto named = entries_.find(item->text);
      if (named == entries_.end() || !is_group(*named->second)) continue;
      const TomlEntry* inner = named->second;
      if (std::find(path_.begin(), path_.end(), inner) != path_.end()) {
        report_cycle(*inner, item->span);
      } else {
        resolve_group(*inner);
      }
    }
    path_.pop_back();
    std::vector<PrincipalId> members =
        resolve_list(reading_, "group '" + entry.key + '\'', entry.value);
    reading_.names.add(entry.key, {std::move(members), entry.key_span, true});
    reading_.deployment.groups[entry.key] = set_of(reading_.names.find(entry.key)->members);
  }

  bool is_group(const TomlEntry& entry) const {
    const Names::Known* known = reading_.names.find(entry.key);
    return known == nullptr || known->group;
  }

  static std::vector<const TomlValue*> items_of(const TomlValue& value) {
    std::vector<const TomlValue*> items;
    if (value.kind == TomlValue::Kind::String) items.push_back(&value);
    for (const TomlValue& item : value.items) items.push_back(&item);
    return items;
  }

  void report_cycle(const TomlEntry& inner, SourceSpan span) {
    std::string circle;
    const auto from = std::find(path_.begin(), path_.end(), &inner);
    for (auto at = from; at != path_.end(); ++at) circle += (*at)->key + " -> ";
    reading_.diagnostics
        .error(codes::group_cycle, span, "a group contains itself: " + circle + inner.key)
        .relate(inner.key_span, "the circle begins here");
    reading_.rules_doubtful = true;
    // Its members are not known; without this its name would seem unknown as well.
    reading_.names.add(inner.key, {{}, inner.key_span, true});
  }

  static constexpr std::size_t group_depth_max = 64;

  Reading& reading_;
  const TomlValue& table_;
  std::map<std::string_view, const TomlEntry*> entries_;
  std::vector<const TomlEntry*> path_;
};

}  // namespace

void read_principals(Reading& reading, TableReader& root) {
  const TomlEntry* entry = root.entry("principals");
  if (entry == nullptr) return;  // Reported by the root.
  if (entry->value.kind != TomlValue::Kind::Table) {
    report_type(reading, "[principals]", "a table", entry->value);
    reading.rules_doubtful = true;
    return;
  }
  const auto& entries = entry->value.entries;
  if (entries.empty()) {
    reading.diagnostics
        .error(codes::empty_list, entry->key_span, "[principals] is empty: expected at least one")
        .suggest("r1 = { address = \"127.0.0.1:7101\" }");
    reading.rules_doubtful = true;
  }
  if (entries.size() > limits::principals_count_max) {
    reading.diagnostics.error(codes::too_many, entry->key_span,
                              "expected at most " + std::to_string(limits::principals_count_max) +
                                  " principals, found " + std::to_string(entries.size()));
    reading.rules_doubtful = true;
    return;
  }
  AddressBook addresses{reading};
  for (const TomlEntry& principal : entries) read_principal(reading, principal, addresses);
}

void read_groups(Reading& reading, TableReader& root) {
  const TomlEntry* entry = root.entry("groups");
  if (entry == nullptr) return;
  if (entry->value.kind != TomlValue::Kind::Table) {
    report_type(reading, "[groups]", "a table", entry->value);
    reading.rules_doubtful = true;
    return;
  }
  GroupResolver{reading, entry->value}.resolve_all();
}

bool valid_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= 63 && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '-'; });
}

void check_name(Reading& reading, std::string_view what, std::string_view name, SourceSpan span) {
  if (valid_name(name)) return;
  reading.diagnostics
      .error(
          codes::bad_name, span,
          std::string{what} + ": expected a name, found '" + std::string{name.substr(0, 80)} + '\'')
      .suggest("letters, digits, '_' and '-', at most 63");
}

std::optional<std::vector<PrincipalId>> resolve(Reading& reading, const std::string& name,
                                                SourceSpan span) {
  if (name == "*") {
    std::vector<PrincipalId> everybody;
    for (std::uint32_t id = 0; id < reading.deployment.principals.size(); ++id) {
      everybody.push_back(PrincipalId{id});
    }
    return everybody;
  }
  if (const Names::Known* known = reading.names.find(name)) return known->members;
  reading.unknown_names[name].push_back(span);
  reading.rules_doubtful = true;
  return std::nullopt;
}

std::vector<PrincipalId> resolve_list(Reading& reading, std::string_view what,
                                      const TomlValue& value) {
  std::vector<const TomlValue*> items;
  if (value.kind == TomlValue::Kind::Array) {
    for (const TomlValue& item : value.items) items.push_back(&item);
  } else {
    items.push_back(&value);
  }
  if (items.empty()) {
    reading.diagnostics.error(codes::empty_list, value.span,
                              std::string{what} + ": expected at least one name, found none");
    reading.rules_doubtful = true;
  }
  std::vector<PrincipalId> members;
  PrincipalSet seen;
  std::map<std::string_view, SourceSpan> named;
  for (const TomlValue* item : items) {
    if (item->kind != TomlValue::Kind::String) {
      report_type(reading, what, "the name of a principal or group", *item);
      reading.rules_doubtful = true;
      continue;
    }
    // Groups may overlap; the same name again is a slip, and one member less than it looks.
    if (const auto [first, is_new] = named.try_emplace(item->text, item->span); !is_new) {
      reading.diagnostics
          .error(codes::name_repeated, item->span,
                 std::string{what} + ": '" + item->text.substr(0, 80) + "' is listed twice")
          .relate(first->second, "the first");
      continue;
    }
    for (const PrincipalId id :
         resolve(reading, item->text, item->span).value_or(std::vector<PrincipalId>{})) {
      if (seen.insert(id)) members.push_back(id);
    }
  }
  return members;
}

PrincipalSet set_of(std::span<const PrincipalId> members) {
  PrincipalSet set;
  for (const PrincipalId member : members) set.insert(member);
  return set;
}

void report_unknown_names(Reading& reading) {
  const std::vector<std::string> known = reading.names.all();
  for (const auto& [name, places] : reading.unknown_names) {
    Diagnostic& error =
        reading.diagnostics.error(codes::unknown_name, places.front(),
                                  "no principal or group is named '" + name.substr(0, 80) + '\'');
    constexpr std::size_t related_max = 3;
    for (std::size_t i = 1; i < places.size() && i <= related_max; ++i) {
      error.relate(places[i], "also here");
    }
    error.suggest(did_you_mean(name, known));
    if (!known.empty()) error.note("known: " + listed(known));
  }
}

}  // namespace parley
