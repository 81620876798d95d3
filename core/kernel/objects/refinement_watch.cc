// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/refinement_watch.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/api/refinement.h"

namespace parley {
namespace {

/// Without elections there is no tree.
bool tells_refinement(const Tables& tables, const ObjectEntry& object) {
  const Plugin* plugin = tables.catalogue->find(PARLEY_KIND_BACKEND, object.backend.name);
  if (plugin == nullptr) return false;
  const auto* const notes = plugin->descriptor->notes;
  return std::any_of(notes, notes + plugin->descriptor->notes_count, [](const auto* note) {
    return std::string_view{note->name} == ado_notes::elected.name;
  });
}

}  // namespace

RefinementWatch::RefinementWatch(const Tables& tables, const Rules& rules) {
  for (std::size_t i = 0; i < tables.deployment.objects.size(); ++i) {
    if (!tells_refinement(tables, tables.deployment.objects[i])) continue;
    const InstanceId id = object_instance(i);
    const InstanceRoute* route = tables.instance(id);
    if (route == nullptr) continue;
    RefinementSetting setting{.members = route->membership->members,
                              .epoch = route->membership->epoch.value};
    if (const auto rule = rules.find(id); rule != rules.end()) setting.rule = rule->second;
    watched_.emplace(id, Refinement{std::move(setting)});
  }
}

std::optional<Violation> RefinementWatch::on_notes(PrincipalId node,
                                                   const std::vector<NodeOutput::Noted>& notes) {
  if (idle()) return std::nullopt;
  for (const NodeOutput::Noted& noted : notes) {
    const auto watched = watched_.find(noted.instance);
    if (watched == watched_.end()) continue;
    if (auto violation = watched->second.on_note(node, noted.note)) {
      violation->message =
          "instance " + std::to_string(noted.instance.value) + ": " + std::move(violation->message);
      return violation;
    }
  }
  return std::nullopt;
}

void RefinementWatch::on_restart(PrincipalId node) {
  for (auto& [id, refinement] : watched_) refinement.on_restart(node);
}

const Refinement* RefinementWatch::of(InstanceId instance) const {
  const auto found = watched_.find(instance);
  return found == watched_.end() ? nullptr : &found->second;
}

}  // namespace parley
