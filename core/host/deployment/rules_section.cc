// SPDX-License-Identifier: Apache-2.0
//
// [[link]], [[authentication]], [[non_repudiation]], [[dissemination]]: rules
// with a scope, of which the first that matches wins.
#include <algorithm>

#include "core/host/deployment/reading.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

constexpr std::string_view arrow = "<->";

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The place of a part of a one-line string without escapes; else all of it.
SourceSpan span_within(const TomlValue& value, std::string_view part) {
  SourceSpan span = value.span;
  const auto offset = static_cast<std::uint32_t>(part.data() - value.text.data());
  const bool plain = span.begin.line == span.end.line &&
                     span.end.column - span.begin.column == value.text.size() + 2;
  if (!plain) return span;
  span.begin.column += 1 + offset;
  span.end.column = span.begin.column + static_cast<std::uint32_t>(part.size());
  return span;
}

class RulesSection {
 public:
  explicit RulesSection(Reading& reading) : reading_(reading) {}

  void read_link(TableReader& table) {
    LinkRule rule{.scope = read_scope(table, false)};
    const std::string kind = table.text("kind");
    rule.kind = kind == "udp"         ? LinkKind::Udp
                : kind == "multicast" ? LinkKind::Multicast
                                      : LinkKind::Tcp;
    rule.is_private = table.boolean("private");
    rule.clock_drift_max_ppm = static_cast<std::uint32_t>(table.integer("clock_drift_max"));
    reading_.deployment.links.push_back(std::move(rule));
  }

  void read_authentication(TableReader& table) {
    AuthenticationRule rule{.scope = read_scope(table, true), .mechanisms = {}};
    if (const TomlEntry* entry = table.entry("mechanisms")) {
      table.record("mechanisms", entry);
      read_mechanisms(table, *entry, rule);
      reading_.authentication_places.push_back(entry->value.span);
    } else {
      reading_.authentication_places.push_back(table.place());
    }
    reading_.deployment.authentication.push_back(std::move(rule));
  }

  void read_non_repudiation(TableReader& table) {
    AuthenticationRule rule{.scope = read_scope(table, true), .mechanisms = {}};
    const TomlEntry* one = table.entry("mechanism");
    const TomlEntry* several = table.entry("mechanisms");
    if (one != nullptr && several != nullptr) {
      reading_.diagnostics
          .error(codes::bad_plugin_use, several->key_span,
                 table.title() + " has both 'mechanism' and 'mechanisms'")
          .relate(one->key_span, "the other");
    }
    if (one == nullptr && several == nullptr) {
      reading_.diagnostics.error(codes::missing_key, table.place(),
                                 "missing key 'mechanism' in " + table.title());
      reading_.rules_doubtful = true;
    }
    if (one != nullptr) {
      table.record("mechanism", one);
      add_mechanism(one->value, table.path() + ".mechanism", rule);
    } else if (several != nullptr) {
      table.record("mechanisms", several);
      read_mechanisms(table, *several, rule);
    }
    check_auditable(table, rule, one != nullptr ? one : several);
    reading_.deployment.non_repudiation.push_back(std::move(rule));
  }

  void read_dissemination(TableReader& table) {
    DisseminationRule rule{.scope = read_scope(table, true), .stages = {}};
    const TomlEntry* entry = table.entry("stages");
    if (entry != nullptr && entry->value.kind != TomlValue::Kind::Array) {
      report_type(reading_, "stages", "an array", entry->value)
          .suggest("stages = [{ use = \"unicast\" }]");
    } else if (entry != nullptr) {
      table.record("stages", entry);
      std::size_t position = 0;
      for (const TomlValue& item : entry->value.items) {
        read_stage(item, table.path() + ".stages[" + std::to_string(position++) + ']', rule);
      }
    }
    reading_.deployment.dissemination.push_back(std::move(rule));
  }

 private:
  RuleScope read_scope(TableReader& table, bool with_types) {
    RuleScope scope{.line = reading_.line_of(table.place())};
    const TomlEntry* between = table.entry("between");
    const TomlEntry* from = table.entry("from");
    const TomlEntry* to = table.entry("to");
    if (between != nullptr) {
      table.record("between", between);
      read_pair(*between, scope);
      for (const TomlEntry* other : {from, to}) {
        if (other == nullptr) continue;
        reading_.diagnostics
            .error(codes::bad_scope, other->key_span,
                   "'between' and '" + other->key + "' in one rule")
            .relate(between->key_span, "this says both directions")
            .suggest("keep 'between', or write 'from' and 'to' for one direction");
      }
    } else if (from == nullptr && to == nullptr) {
      reading_.diagnostics
          .error(codes::bad_scope, table.place(), table.title() + " does not say for whom it is")
          .suggest("add between = \"a <-> b\", or from and to; \"*\" is everybody");
      reading_.rules_doubtful = true;
    } else {
      scope.from = read_side(table, "from", from);
      scope.to = read_side(table, "to", to);
    }
    if (with_types) read_types(table, scope);
    return scope;
  }

  PrincipalSet read_side(TableReader& table, std::string_view key, const TomlEntry* entry) {
    table.record(key, entry);
    if (entry != nullptr) return set_of(resolve_list(reading_, key, entry->value));
    return set_of(resolve(reading_, "*", {}).value_or(std::vector<PrincipalId>{}));
  }

  void read_pair(const TomlEntry& entry, RuleScope& scope) {
    scope.both_ways = true;
    const TomlValue& value = entry.value;
    if (value.kind != TomlValue::Kind::String) {
      report_type(reading_, "between", "a string such as \"a <-> b\"", value);
      reading_.rules_doubtful = true;
      return;
    }
    const std::string_view text = value.text;
    const std::size_t at = text.find(arrow);
    const std::string_view left = trimmed(text.substr(0, std::min(at, text.size())));
    const std::string_view right =
        at == std::string_view::npos ? std::string_view{} : trimmed(text.substr(at + arrow.size()));
    if (left.empty() || right.empty()) {
      reading_.diagnostics
          .error(codes::bad_scope, value.span,
                 "between: expected two names with <-> between them, found " + toml_text(value))
          .suggest("between = \"replicas <-> replicas\"");
      reading_.rules_doubtful = true;
      return;
    }
    const auto side = [&](std::string_view name) {
      return set_of(resolve(reading_, std::string{name}, span_within(value, name))
                        .value_or(std::vector<PrincipalId>{}));
    };
    scope.from = side(left);
    scope.to = side(right);
  }

  void read_types(TableReader& table, RuleScope& scope) {
    const TomlEntry* entry = table.entry("types");
    table.record("types", entry);
    if (entry == nullptr) return;
    if (entry->value.kind != TomlValue::Kind::Array) {
      report_type(reading_, "types", "an array of names", entry->value);
      return;
    }
    const std::vector<std::string>& known = reading_.instances;
    for (const TomlValue& item : entry->value.items) {
      if (item.kind != TomlValue::Kind::String) {
        report_type(reading_, "types", "the name of an object", item);
        continue;
      }
      scope.types.push_back(item.text);
      if (std::find(known.begin(), known.end(), item.text) != known.end()) continue;
      reading_.rules_doubtful = true;
      Diagnostic& error = reading_.diagnostics.error(
          codes::unknown_instance, item.span,
          "types: no object is named '" + item.text.substr(0, 80) + '\'');
      error.suggest(did_you_mean(item.text, known));
      if (!known.empty()) error.note("known: " + listed(known));
    }
  }

  void read_mechanisms(TableReader& table, const TomlEntry& entry, AuthenticationRule& rule) {
    if (entry.value.kind != TomlValue::Kind::Array) {
      report_type(reading_, "mechanisms", "an array", entry.value)
          .suggest("mechanisms = [" + toml_text(entry.value) + ']');
      reading_.rules_doubtful = true;
      return;
    }
    if (entry.value.items.empty()) {
      reading_.diagnostics
          .error(codes::empty_list, entry.value.span,
                 "mechanisms: expected at least one authenticator, found none")
          .note("known: " + listed(reading_.plugins.names(PARLEY_KIND_AUTHENTICATOR)));
      reading_.rules_doubtful = true;
    }
    std::size_t position = 0;
    for (const TomlValue& item : entry.value.items) {
      add_mechanism(item, table.path() + ".mechanisms[" + std::to_string(position++) + ']', rule);
    }
  }

  void add_mechanism(const TomlValue& value, const std::string& path, AuthenticationRule& rule) {
    std::optional<PluginUse> use =
        read_plugin_use(reading_, value, PARLEY_KIND_AUTHENTICATOR, path);
    if (!use) return;
    const PluginSchema* plugin = reading_.plugins.find(PARLEY_KIND_AUTHENTICATOR, use->name);
    if (plugin->has(PARLEY_GUARANTEE_EXPLORATION_ONLY) && !reading_.options.exploration) {
      reading_.diagnostics
          .error(codes::exploration_only, value.span,
                 "mechanism '" + use->name + "' proves nothing: only simulate and explore take it")
          .suggest("use \"" + authenticating_mechanism(reading_.plugins) + "\" to run it");
    }
    rule.mechanisms.push_back(std::move(*use));
  }

  void check_auditable(TableReader& table, const AuthenticationRule& rule, const TomlEntry* entry) {
    for (const PluginUse& use : rule.mechanisms) {
      const PluginSchema* plugin = reading_.plugins.find(PARLEY_KIND_AUTHENTICATOR, use.name);
      if (plugin->has(PARLEY_GUARANTEE_CONVINCES_AUDITORS)) continue;
      std::vector<std::string> fit;
      for (const PluginSchema* other : reading_.plugins.of_kind(PARLEY_KIND_AUTHENTICATOR)) {
        if (other->has(PARLEY_GUARANTEE_CONVINCES_AUDITORS)) fit.push_back(other->name);
      }
      reading_.diagnostics
          .error(codes::not_auditable, entry == nullptr ? table.place() : entry->value.span,
                 "mechanism '" + use.name + "' convinces its verifiers, but no third party")
          .suggest(fit.empty() ? std::string{} : "these do: " + listed(fit));
    }
  }

  void read_stage(const TomlValue& item, const std::string& path, DisseminationRule& rule) {
    if (item.kind == TomlValue::Kind::String) {
      TomlValue table{.kind = TomlValue::Kind::Table, .span = item.span};
      table.entries.push_back({"use", item.span, item});
      read_stage(table, path, rule);
      return;
    }
    if (item.kind != TomlValue::Kind::Table) {
      reading_.diagnostics
          .error(codes::bad_plugin_use, item.span,
                 std::string{"stages: expected a disseminator, found "} + described(item.kind))
          .suggest("{ use = \"unicast\" }");
      return;
    }
    TableReader reader{reading_, item, path, "a stage", item.span, core_schema::stage_fields()};
    std::optional<PluginUse> use = read_plugin_keys(reader, PARLEY_KIND_DISSEMINATOR);
    const std::optional<ConfigValue> wait = reader.value("escalate_after");
    if (use || reader.entry("use") == nullptr) reader.finish();
    if (!use || !wait) return;
    rule.stages.push_back({std::move(*use), std::get<Duration>(*wait)});
  }

  Reading& reading_;
};

}  // namespace

void read_rules(Reading& reading, TableReader& root) {
  RulesSection section{reading};
  read_array(reading, root, "link", [&](TableReader& table) { section.read_link(table); });
  read_array(reading, root, "authentication",
             [&](TableReader& table) { section.read_authentication(table); });
  read_array(reading, root, "non_repudiation",
             [&](TableReader& table) { section.read_non_repudiation(table); });
  read_array(reading, root, "dissemination",
             [&](TableReader& table) { section.read_dissemination(table); });
}

}  // namespace parley
