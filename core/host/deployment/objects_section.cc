// SPDX-License-Identifier: Apache-2.0
//
// [[object]]: what is replicated, by whom, on what.
#include <map>

#include "core/base/limits.h"
#include "core/host/deployment/reading.h"

namespace parley {
namespace {

class ObjectsSection {
 public:
  explicit ObjectsSection(Reading& reading) : reading_(reading) {}

  void read(TableReader& table) {
    ObjectEntry object{.line = reading_.line_of(table.place())};
    object.name = table.text("name");
    claim_name(table, object.name);
    // All three are read, so that one's errors do not hide another's.
    const bool has_object = plugin(table, "type", object.object);
    const bool has_backend = plugin(table, "backend", object.backend);
    const bool has_store = plugin(table, "store", object.store);
    read_members(table, object.membership);
    if (!has_object || !has_backend || !has_store) return;
    const TomlEntry* members = table.entry("members");
    reading_.object_places.push_back(members == nullptr ? table.place() : members->value.span);
    reading_.deployment.objects.push_back(std::move(object));
  }

 private:
  void claim_name(TableReader& table, const std::string& name) {
    const TomlEntry* entry = table.entry("name");
    if (entry == nullptr || name.empty()) return;
    const auto [taken, is_new] = names_.try_emplace(name, entry->value.span);
    reading_.instances.push_back(name);
    if (is_new) return;
    reading_.diagnostics
        .error(codes::name_taken, entry->value.span, "two objects are named '" + name + '\'')
        .relate(taken->second, "the first");
  }

  bool plugin(TableReader& table, std::string_view key, PluginUse& use) {
    const TomlEntry* entry = table.entry(key);
    if (entry == nullptr) return false;
    table.record(key, entry);
    std::optional<PluginUse> found =
        read_plugin_use(reading_, entry->value, core_schema::plugin_kind_of(key),
                        table.path() + '.' + std::string{key});
    if (found) use = std::move(*found);
    return found.has_value();
  }

  void read_members(TableReader& table, Membership& membership) {
    membership.epoch = Epoch{1};
    if (const TomlEntry* entry = table.entry("members")) {
      table.record("members", entry);
      membership.order = resolve_list(reading_, "members", entry->value);
      membership.members = set_of(membership.order);
    }
    const TomlEntry* learners = table.entry("learners");
    table.record("learners", learners);
    if (learners == nullptr) return;
    const TomlValue& value = learners->value;
    // "No learners" may be said.
    if (value.kind == TomlValue::Kind::Array && value.items.empty()) return;
    membership.learners = set_of(resolve_list(reading_, "learners", value));
    const PrincipalSet both = membership.learners & membership.members;
    if (both.empty()) return;
    reading_.diagnostics.error(
        codes::listed_twice, value.span,
        "principal '" + reading_.deployment.principals[both.members().front().value].name +
            "' is a member and a learner");
  }

  Reading& reading_;
  std::map<std::string, SourceSpan> names_;
};

}  // namespace

void read_objects(Reading& reading, TableReader& root) {
  const TomlEntry* entry = root.entry("object");
  if (entry != nullptr && entry->value.items.size() > limits::instances_count_max) {
    reading.diagnostics.error(codes::too_many, entry->key_span,
                              "expected at most " + std::to_string(limits::instances_count_max) +
                                  " objects, found " + std::to_string(entry->value.items.size()));
    reading.rules_doubtful = true;
    return;
  }
  ObjectsSection section{reading};
  read_array(reading, root, "object", [&](TableReader& table) { section.read(table); });
}

}  // namespace parley
