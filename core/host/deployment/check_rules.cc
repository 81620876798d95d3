// SPDX-License-Identifier: Apache-2.0
//
// What only the whole file can show: pairs that no rule covers, mechanisms on
// links that they are too weak for, rules that never match.
#include <algorithm>

#include "core/host/deployment/reading.h"

namespace parley {
namespace {

constexpr std::size_t principals_for_shadow_check_max = 1'024;

/// Whom the issuer's statements reach under this scope.
PrincipalSet verifiers_of(const RuleScope& scope, PrincipalId issuer) {
  PrincipalSet set;
  if (scope.from.contains(issuer)) set |= scope.to;
  if (scope.both_ways && scope.to.contains(issuer)) set |= scope.from;
  set.erase(issuer);
  return set;
}

/// A link has no direction.
PrincipalSet peers_of(const RuleScope& scope, PrincipalId end) {
  PrincipalSet set = verifiers_of(scope, end);
  if (scope.to.contains(end)) set |= scope.from;
  set.erase(end);
  return set;
}

bool concerns(const RuleScope& scope, const std::string& instance) {
  return scope.types.empty() ||
         std::find(scope.types.begin(), scope.types.end(), instance) != scope.types.end();
}

class RulesCheck {
 public:
  explicit RulesCheck(Reading& reading) : reading_(reading), deployment_(reading.deployment) {}

  void run() {
    check_coverage();
    check_private_links(deployment_.authentication, "[[authentication]]");
    check_private_links(deployment_.non_repudiation, "[[non_repudiation]]");
    if (deployment_.principals.size() > principals_for_shadow_check_max) return;
    check_shadowed(deployment_.links, "[[link]]");
    check_shadowed(deployment_.authentication, "[[authentication]]");
    check_shadowed(deployment_.dissemination, "[[dissemination]]");
  }

 private:
  const std::string& name(PrincipalId id) const { return deployment_.principals[id.value].name; }

  /// The whole line: a rule's header.
  SourceSpan place(const FileLine& line) const { return {0, {line.line, 1}, {line.line + 1, 1}}; }

  PrincipalSet authenticated(const ObjectEntry& object, PrincipalId issuer) const {
    PrincipalSet covered;
    for (const auto* rules : {&deployment_.authentication, &deployment_.non_repudiation}) {
      for (const AuthenticationRule& rule : *rules) {
        if (concerns(rule.scope, object.name)) covered |= verifiers_of(rule.scope, issuer);
      }
    }
    return covered;
  }

  void check_coverage() {
    for (std::size_t i = 0; i < deployment_.objects.size(); ++i) {
      const ObjectEntry& object = deployment_.objects[i];
      const PrincipalSet hosts = object.hosts();
      std::size_t uncovered = 0;
      PrincipalId issuer{};
      PrincipalId verifier{};
      hosts.for_each([&](PrincipalId each) {
        PrincipalSet missing = hosts - authenticated(object, each);
        missing.erase(each);
        if (missing.empty()) return;
        if (uncovered == 0) {
          issuer = each;
          verifier = missing.members().front();
        }
        uncovered += missing.size();
      });
      if (uncovered != 0) report_uncovered(i, hosts, issuer, verifier, uncovered);
    }
  }

  void report_uncovered(std::size_t position, const PrincipalSet& hosts, PrincipalId issuer,
                        PrincipalId verifier, std::size_t count) {
    const ObjectEntry& object = deployment_.objects[position];
    Diagnostic& error = reading_.diagnostics.error(
        codes::not_authenticated, reading_.object_places[position],
        "object '" + object.name + "': no [[authentication]] rule covers statements from '" +
            name(issuer) + "' to '" + name(verifier) + '\'');
    if (count > 1) error.note("nor " + std::to_string(count - 1) + " other pairs of its members");
    const std::string who = name_of(hosts);
    const std::string mechanism = cheapest_mechanism();
    if (mechanism.empty()) return;
    error.suggest("add\n[[authentication]]\nbetween = \"" + who + " <-> " + who +
                  "\"\nmechanisms = [\"" + mechanism + "\"]");
  }

  std::string name_of(const PrincipalSet& hosts) const {
    for (const auto& [group, members] : deployment_.groups) {
      if (members == hosts) return group;
    }
    return "*";
  }

  /// What the deployment uses already, or the cheapest there is.
  std::string cheapest_mechanism() const {
    for (const AuthenticationRule& rule : deployment_.authentication) {
      if (!rule.mechanisms.empty()) return rule.mechanisms.front().name;
    }
    return authenticating_mechanism(reading_.plugins);
  }

  PrincipalSet private_peers(PrincipalId end) const {
    PrincipalSet decided;
    PrincipalSet peers;
    for (const LinkRule& rule : deployment_.links) {
      const PrincipalSet matched = peers_of(rule.scope, end) - decided;
      decided |= matched;
      if (rule.is_private) peers |= matched;
    }
    return peers;
  }

  const PluginUse* needs_private_link(const AuthenticationRule& rule) const {
    for (const PluginUse& use : rule.mechanisms) {
      const PluginSchema* plugin = reading_.plugins.find(PARLEY_KIND_AUTHENTICATOR, use.name);
      if (plugin != nullptr && plugin->has(PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK)) return &use;
    }
    return nullptr;
  }

  void check_private_links(const std::vector<AuthenticationRule>& rules, std::string_view title) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const PluginUse* weak = needs_private_link(rules[i]);
      if (weak == nullptr) continue;
      for (std::uint32_t id = 0; id < deployment_.principals.size(); ++id) {
        const PrincipalId issuer{id};
        PrincipalSet exposed = verifiers_of(rules[i].scope, issuer) - private_peers(issuer);
        // Pairs that an earlier rule has taken never use this one.
        for (std::size_t j = 0; j < i; ++j) {
          if (rules[j].scope.types.empty()) exposed -= verifiers_of(rules[j].scope, issuer);
        }
        if (exposed.empty()) continue;
        report_exposed(rules[i], title, *weak, issuer, exposed.members().front());
        break;
      }
    }
  }

  void report_exposed(const AuthenticationRule& rule, std::string_view title, const PluginUse& weak,
                      PrincipalId issuer, PrincipalId verifier) {
    reading_.diagnostics
        .error(codes::needs_private_link, place(rule.scope.line),
               std::string{title} + ": mechanism '" + weak.name +
                   "' needs a private link, and that of '" + name(issuer) + "' and '" +
                   name(verifier) + "' is not declared private")
        .note("whoever reads or writes on the link could speak for either of them")
        .suggest(
            "use a mechanism that authenticates, or, if nobody else can reach the link, add\n"
            "[[link]]\nbetween = \"" +
            name(issuer) + " <-> " + name(verifier) + "\"\nprivate = true");
  }

  template <class Rule>
  bool shadowed(const std::vector<Rule>& rules, std::size_t position) const {
    bool matches_anything = false;
    for (std::uint32_t id = 0; id < deployment_.principals.size(); ++id) {
      PrincipalSet left = verifiers_of(rules[position].scope, PrincipalId{id});
      matches_anything = matches_anything || !left.empty();
      for (std::size_t j = 0; j < position && !left.empty(); ++j) {
        const PrincipalSet earlier = verifiers_of(rules[j].scope, PrincipalId{id});
        if (!rules[j].scope.types.empty()) continue;
        // A publication has one dissemination rule for all its verifiers.
        if (!std::is_same_v<Rule, DisseminationRule> || earlier.includes(left)) left -= earlier;
      }
      if (!left.empty()) return false;
    }
    return matches_anything;
  }

  template <class Rule>
  void check_shadowed(const std::vector<Rule>& rules, std::string_view title) {
    for (std::size_t i = 1; i < rules.size(); ++i) {
      if (!shadowed(rules, i)) continue;
      reading_.diagnostics
          .warning(codes::rule_never_matches, place(rules[i].scope.line),
                   std::string{title} + ": this rule never matches")
          .relate(place(rules[0].scope.line), "earlier rules have every pair of it")
          .suggest("the first rule that matches wins: put the narrower one first");
    }
  }

  Reading& reading_;
  const Deployment& deployment_;
};

}  // namespace

std::string authenticating_mechanism(const PluginSchemas& plugins) {
  // A MAC is the cheapest; else whatever may be run.
  if (plugins.find(PARLEY_KIND_AUTHENTICATOR, "hmac_sha256") != nullptr) return "hmac_sha256";
  for (const PluginSchema* plugin : plugins.of_kind(PARLEY_KIND_AUTHENTICATOR)) {
    if (plugin->has(PARLEY_GUARANTEE_AUTHENTICATES) &&
        !plugin->has(PARLEY_GUARANTEE_EXPLORATION_ONLY)) {
      return plugin->name;
    }
  }
  return {};
}

void check_rules(Reading& reading) {
  RulesCheck{reading}.run();
}

}  // namespace parley
