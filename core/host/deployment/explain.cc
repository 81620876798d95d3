// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/explain.h"

#include <algorithm>

#include "core/base/overloaded.h"
#include "core/host/deployment/units.h"
#include "core/lang/json_writer.h"

namespace parley {
namespace {

class Explainer {
 public:
  explicit Explainer(const Deployment& deployment) : deployment_(deployment) {}

  ExplainedChoice link(PrincipalId first, PrincipalId second) const {
    for (const LinkRule& rule : deployment_.links) {
      if (!rule.scope.covers(first, second) && !rule.scope.covers(second, first)) continue;
      return {link_text(rule), rule.scope.line};
    }
    return {link_text({}), {}};
  }

  ExplainedDirection direction(PrincipalId issuer, PrincipalId verifier) const {
    ExplainedDirection direction{issuer, verifier, {}};
    for (const ObjectEntry& object : deployment_.objects) {
      const PrincipalSet hosts = object.membership.members | object.membership.learners;
      if (!hosts.contains(issuer) || !hosts.contains(verifier)) continue;
      direction.statements.push_back(statements(issuer, verifier, object.name));
    }
    if (direction.statements.empty()) {
      direction.statements.push_back(statements(issuer, verifier, {}));
    }
    return direction;
  }

 private:
  template <class Rule>
  static const Rule* first_match(const std::vector<Rule>& rules, PrincipalId issuer,
                                 PrincipalId verifier, const std::string& instance) {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) {
      const auto& types = rule.scope.types;
      return rule.scope.covers(issuer, verifier) &&
             (types.empty() || std::find(types.begin(), types.end(), instance) != types.end());
    });
    return found == rules.end() ? nullptr : &*found;
  }

  ExplainedStatements statements(PrincipalId issuer, PrincipalId verifier,
                                 const std::string& instance) const {
    const auto* sealed = first_match(deployment_.authentication, issuer, verifier, instance);
    const auto* audited = first_match(deployment_.non_repudiation, issuer, verifier, instance);
    const auto* spread = first_match(deployment_.dissemination, issuer, verifier, instance);
    // What convinces auditors convinces the verifier too.
    if (sealed == nullptr) sealed = audited;
    ExplainedStatements explained{instance,
                                  {"none: such statements cannot be sent", {}},
                                  {"none", {}},
                                  {"to all verifiers at once", {}}};
    if (sealed != nullptr)
      explained.authentication = {mechanisms_text(*sealed), sealed->scope.line};
    if (audited != nullptr) {
      explained.non_repudiation = {mechanisms_text(*audited), audited->scope.line};
    }
    if (spread != nullptr) explained.dissemination = {stages_text(*spread), spread->scope.line};
    return explained;
  }

  static std::string link_text(const LinkRule& rule) {
    std::string text = rule.kind == LinkKind::Udp         ? "udp"
                       : rule.kind == LinkKind::Multicast ? "multicast"
                                                          : "tcp";
    text += rule.is_private ? ", private" : ", not private";
    return text + ", clock drift at most " + std::to_string(rule.clock_drift_max_ppm) + "ppm";
  }

  std::string mechanisms_text(const AuthenticationRule& rule) const {
    std::string text;
    for (const PluginUse& use : rule.mechanisms) {
      text += (text.empty() ? "" : ", also accepts ") + use_text(use);
    }
    return text;
  }

  std::string stages_text(const DisseminationRule& rule) const {
    std::string text;
    for (const DisseminationStage& stage : rule.stages) {
      text += use_text(stage.disseminator) + ", after " + duration_text(stage.escalate_after) + ' ';
    }
    return text + "to all verifiers";
  }

  std::string use_text(const PluginUse& use) const {
    std::string keys;
    for (const auto& [name, value] : use.config.values()) {
      keys += (keys.empty() ? "" : ", ") + name + " = " + value_text(value);
    }
    return keys.empty() ? use.name : use.name + " { " + keys + " }";
  }

  std::string value_text(const ConfigValue& value) const {
    return std::visit(overloaded{[](bool flag) { return std::string{flag ? "true" : "false"}; },
                                 [](std::int64_t number) { return std::to_string(number); },
                                 [](const std::string& text) { return '"' + text + '"'; },
                                 [](Duration duration) { return duration_text(duration); },
                                 [&](const PrincipalSet& set) { return names_of(set); }},
                      value);
  }

  std::string names_of(const PrincipalSet& set) const {
    std::string text;
    set.for_each([&](PrincipalId id) {
      text += (text.empty() ? "" : " ") + deployment_.principals[id.value].name;
    });
    return '[' + text + ']';
  }

  const Deployment& deployment_;
};

std::string place_text(const FileLine& line) {
  return line.line == 0 ? "default" : line.file + ':' + std::to_string(line.line);
}

void append_choice(std::string& out, const std::string& indent, const std::string& what,
                   const ExplainedChoice& choice) {
  constexpr std::size_t what_width = 17;
  out += indent + what + std::string(what_width - what.size(), ' ') + choice.value + "  (" +
         place_text(choice.line) + ")\n";
}

void write_choice(JsonWriter& json, std::string_view key, const ExplainedChoice& choice) {
  json.key(key).begin_object().key("value").text(choice.value);
  if (choice.line.line != 0) {
    json.key("file").text(choice.line.file).key("line").number(choice.line.line);
  }
  json.end_object();
}

}  // namespace

ExplainedPair explain_pair(const Deployment& deployment, PrincipalId first, PrincipalId second) {
  const Explainer explainer{deployment};
  return {explainer.link(first, second),
          {explainer.direction(first, second), explainer.direction(second, first)}};
}

std::string explanation_text(const Deployment& deployment, const ExplainedPair& pair) {
  const auto name = [&](PrincipalId id) { return deployment.principals[id.value].name; };
  const ExplainedDirection& there = pair.directions.front();
  std::string out = name(there.issuer) + " <-> " + name(there.verifier) + '\n';
  append_choice(out, "  ", "link", pair.link);
  for (const ExplainedDirection& direction : pair.directions) {
    out += name(direction.issuer) + " -> " + name(direction.verifier) + '\n';
    for (const ExplainedStatements& each : direction.statements) {
      out +=
          each.instance.empty() ? "  they share no object\n" : "  object " + each.instance + '\n';
      append_choice(out, "    ", "authentication", each.authentication);
      append_choice(out, "    ", "non-repudiation", each.non_repudiation);
      append_choice(out, "    ", "dissemination", each.dissemination);
    }
  }
  return out;
}

std::string explanation_json(const Deployment& deployment, const ExplainedPair& pair) {
  JsonWriter json;
  json.begin_object();
  write_choice(json, "link", pair.link);
  json.key("directions").begin_array();
  for (const ExplainedDirection& direction : pair.directions) {
    json.begin_object();
    json.key("issuer").text(deployment.principals[direction.issuer.value].name);
    json.key("verifier").text(deployment.principals[direction.verifier.value].name);
    json.key("statements").begin_array();
    for (const ExplainedStatements& each : direction.statements) {
      json.begin_object();
      if (!each.instance.empty()) json.key("object").text(each.instance);
      write_choice(json, "authentication", each.authentication);
      write_choice(json, "non_repudiation", each.non_repudiation);
      write_choice(json, "dissemination", each.dissemination);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace parley
