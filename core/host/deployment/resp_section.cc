// SPDX-License-Identifier: Apache-2.0
//
// [resp]: the object that nodes serve over the Redis protocol, and how.
#include "core/host/deployment/reading.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

Duration duration_of(TableReader& table, std::string_view key) {
  const std::optional<ConfigValue> found = table.value(key);
  return found ? std::get<Duration>(*found) : Duration{};
}

void read_keys(TableReader& table, Deployment::Resp& resp) {
  resp.object = table.text("object");
  resp.request_timeout = duration_of(table, "request_timeout");
  resp.clients_max = static_cast<std::size_t>(table.integer("clients_max"));
  resp.bulk_bytes_max = static_cast<std::size_t>(table.integer("bulk_max"));
  resp.idle_timeout = duration_of(table, "idle_timeout");
  resp.auth_file = table.text("auth_file");
}

const ObjectEntry* find_object(const Deployment& deployment, std::string_view name) {
  for (const ObjectEntry& object : deployment.objects) {
    if (object.name == name) return &object;
  }
  return nullptr;
}

/// Precondition: every object of the file was read.
void check_object(Reading& reading, TableReader& table, const std::string& name) {
  const TomlEntry* entry = table.entry("object");
  if (entry == nullptr || name.empty()) return;
  const ObjectEntry* object = find_object(reading.deployment, name);
  if (object == nullptr) {
    reading.diagnostics
        .error(codes::unknown_instance, entry->value.span, "no object is named '" + name + '\'')
        .suggest(did_you_mean(name, reading.instances));
    return;
  }
  const auto& principals = reading.deployment.principals;
  for (std::uint32_t id = 0; id < principals.size(); ++id) {
    const Membership& membership = object->membership;
    const PrincipalId node{id};
    if (principals[id].resp.empty() || membership.members.contains(node) ||
        membership.learners.contains(node)) {
      continue;
    }
    reading.diagnostics
        .error(codes::bad_scope, entry->value.span,
               "principal '" + principals[id].name + "' has a Redis port at " +
                   principals[id].resp + " but no replica of object '" + name + '\'')
        .suggest("remove its resp, or make it a member or learner of the object");
  }
}

}  // namespace

void read_resp(Reading& reading, TableReader& root) {
  if (root.entry("resp") != nullptr) {
    read_table(reading, root, "resp", [&](TableReader& table) {
      read_keys(table, reading.deployment.resp);
      if (!reading.rules_doubtful) check_object(reading, table, reading.deployment.resp.object);
    });
    return;
  }
  for (const PrincipalEntry& principal : reading.deployment.principals) {
    if (principal.resp.empty() || reading.rules_doubtful) continue;
    const Names::Known* known = reading.names.find(principal.name);
    reading.diagnostics
        .error(codes::missing_key, known == nullptr ? SourceSpan{} : known->place,
               "principal '" + principal.name + "' has a Redis port at " + principal.resp +
                   ", and no [resp] says which object it serves")
        .suggest("[resp]\nobject = \"NAME\"");
    return;
  }
}

}  // namespace parley
