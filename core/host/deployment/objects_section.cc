// SPDX-License-Identifier: Apache-2.0
//
// [[object]]: what is replicated, by whom, on what.
#include <algorithm>
#include <map>

#include "core/api/call.h"
#include "core/api/configuration.h"
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
    read_members(table, object);
    const std::string master = table.text("configuration");
    if (!has_object || !has_backend || !has_store) return;
    if (const TomlEntry* entry = table.entry("configuration"); entry != nullptr) {
      masters_.try_emplace(reading_.deployment.objects.size(), Named{master, entry->value.span});
    }
    places_.push_back(table.place());
    const TomlEntry* members = table.entry("members");
    reading_.object_places.push_back(members == nullptr ? table.place() : members->value.span);
    reading_.deployment.objects.push_back(std::move(object));
  }

  /// Effect: what objects need of each other and of their backends is there, or said.
  void finish() {
    for (const auto& [position, named] : masters_) wire_master(position, named);
    for (std::size_t i = 0; i < reading_.deployment.objects.size(); ++i) check_needs(i);
  }

 private:
  struct Named {
    std::string name;
    SourceSpan place;
  };

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

  void read_members(TableReader& table, ObjectEntry& object) {
    Membership& membership = object.membership;
    membership.epoch = Epoch{1};
    if (const TomlEntry* entry = table.entry("members")) {
      table.record("members", entry);
      membership.order = resolve_list(reading_, "members", entry->value);
      membership.members = set_of(membership.order);
    }
    membership.learners = read_others(table, "learners", membership.members, "a learner");
    object.standby =
        read_others(table, "standby", membership.members | membership.learners, "standing by");
  }

  /// An optional list, none of whom may be among those listed before.
  PrincipalSet read_others(TableReader& table, std::string_view key, const PrincipalSet& before,
                           std::string_view what) {
    const TomlEntry* entry = table.entry(key);
    table.record(key, entry);
    if (entry == nullptr) return {};
    const TomlValue& value = entry->value;
    // "No learners" may be said.
    if (value.kind == TomlValue::Kind::Array && value.items.empty()) return {};
    const PrincipalSet others = set_of(resolve_list(reading_, key, value));
    const PrincipalSet both = others & before;
    if (!both.empty()) {
      reading_.diagnostics.error(
          codes::listed_twice, value.span,
          "principal '" + reading_.deployment.principals[both.members().front().value].name +
              "' is a member and " + std::string{what});
    }
    return others;
  }

  bool has(parley_kind kind, const PluginUse& use, parley_guarantee guarantee) const {
    const PluginSchema* schema = reading_.plugins.find(kind, use.name);
    return schema != nullptr && schema->has(guarantee);
  }

  /// Effect: the object's questions about its members go to the object named.
  void wire_master(std::size_t position, const Named& named) {
    ObjectEntry& object = reading_.deployment.objects[position];
    const auto& objects = reading_.deployment.objects;
    const auto error = [&](const std::string& text) -> Diagnostic& {
      return reading_.diagnostics.error(codes::bad_configuration, named.place,
                                        "object '" + object.name + "': " + text);
    };
    const auto master = std::find_if(objects.begin(), objects.end(), [&](const ObjectEntry& each) {
      return each.name == named.name;
    });
    if (master == objects.end() || master->object.name != "configuration") {
      error("expected an object of type 'configuration', found '" + named.name + '\'')
          .suggest("add an [[object]] of that type and name it here");
      return;
    }
    const PrincipalSet without = object.hosts() - master->hosts();
    if (!without.empty()) {
      error("'" + named.name + "' must be hosted by all nodes of it, and '" +
            reading_.deployment.principals[without.members().front().value].name + "' is not")
          .suggest("add it to the learners of '" + named.name + '\'');
      return;
    }
    object.wires.push_back(
        {.from = port_configuration,
         .to = object_instance(static_cast<std::size_t>(master - objects.begin())),
         .port = port_call});
  }

  void check_needs(std::size_t position) {
    const ObjectEntry& object = reading_.deployment.objects[position];
    if (has(PARLEY_KIND_BACKEND, object.backend, PARLEY_GUARANTEE_NEEDS_CONFIGURATION) &&
        !masters_.contains(position)) {
      reading_.diagnostics
          .error(codes::needs_configuration, places_[position],
                 "object '" + object.name + "': backend '" + object.backend.name +
                     "' leaves the choice of members to a configuration master, and none is named")
          .suggest("add configuration = \"NAME\", an object of type 'configuration'");
    }
    if (has(PARLEY_KIND_OBJECT, object.object, PARLEY_GUARANTEE_NEEDS_LOG) &&
        !has(PARLEY_KIND_BACKEND, object.backend, PARLEY_GUARANTEE_LOG)) {
      reading_.diagnostics
          .error(codes::needs_log, places_[position],
                 "object '" + object.name + "': type '" + object.object.name +
                     "' is of no use with a single method, and backend '" + object.backend.name +
                     "' commits no more")
          .suggest("use a backend that keeps a log, such as \"multi_paxos\"");
    }
  }

  Reading& reading_;
  std::map<std::string, SourceSpan> names_;
  std::map<std::size_t, Named> masters_;  ///< By position of the object that names one.
  std::vector<SourceSpan> places_;        ///< Of each object.
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
  section.finish();
}

}  // namespace parley
