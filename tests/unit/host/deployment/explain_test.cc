// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/explain.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "core/host/deployment/json_schema.h"
#include "core/host/deployment/units.h"
#include "tests/unit/host/deployment/deployment_fixture.h"

namespace parley {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(ExplainTest, NamesTheLineOfTheRuleThatWins) {
  const DeploymentReading reading = read_text(valid_deployment);
  ASSERT_TRUE(reading.ok());
  const Deployment& deployment = *reading.deployment;
  const ExplainedPair pair = explain_pair(deployment, PrincipalId{0}, PrincipalId{3});
  EXPECT_EQ(explanation_text(deployment, pair),
            "r1 <-> watcher\n"
            "  link             tcp, not private, clock drift at most 200ppm  "
            "(configs/test.toml:17)\n"
            "r1 -> watcher\n"
            "  object decision\n"
            "    authentication   every_type { count = 3, flag = true, password_file = \"\", "
            "patience = 30ms, remark = \"none\", room = 4096, witnesses = [r1 r2 r3 watcher] }  "
            "(configs/test.toml:23)\n"
            "    non-repudiation  ed25519  (configs/test.toml:33)\n"
            "    dissemination    optimistic_quorum { size = 2 }, after 20ms unicast, after 50ms "
            "to all verifiers  (configs/test.toml:38)\n"
            "watcher -> r1\n"
            "  object decision\n"
            "    authentication   hmac_sha256, also accepts ed25519  (configs/test.toml:29)\n"
            "    non-repudiation  none  (default)\n"
            "    dissemination    to all verifiers at once  (default)\n");
}

TEST(ExplainTest, JsonSaysTheSame) {
  const DeploymentReading reading = read_text(valid_deployment);
  ASSERT_TRUE(reading.ok());
  const ExplainedPair pair = explain_pair(*reading.deployment, PrincipalId{0}, PrincipalId{1});
  const json found = json::parse(explanation_json(*reading.deployment, pair));
  EXPECT_EQ(found["link"]["line"], 17);
  EXPECT_EQ(found["directions"][0]["issuer"], "r1");
  const json& statements = found["directions"][1]["statements"][0];
  EXPECT_EQ(statements["object"], "decision");
  EXPECT_EQ(statements["authentication"]["line"], 29);
  EXPECT_FALSE(statements["non_repudiation"].contains("line"));
}

TEST(JsonSchemaTest, KnowsTablesAndPlugins) {
  const json schema = json::parse(deployment_json_schema(schemas_for_tests()));
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-04/schema#");
  EXPECT_FALSE(schema["additionalProperties"]);
  EXPECT_TRUE(schema["properties"].contains("non_repudiation"));
  EXPECT_FALSE(schema["properties"].contains("oracle"));  // Refused by this build.
  const json& backend = schema["definitions"]["backend"]["anyOf"];
  EXPECT_EQ(backend[0]["enum"], json::array({"chain", "multi_paxos", "single_paxos"}));
  EXPECT_TRUE(backend[3]["properties"].contains("call_timeout"));
  const json& stage = schema["definitions"]["disseminator"]["anyOf"][1];
  EXPECT_TRUE(stage["properties"].contains("escalate_after"));
  EXPECT_FALSE(stage["properties"].contains("target"));
}

/// As much of draft 4 as the schema uses.
bool conforms(const json& value, const json& rule, const json& root) {
  if (rule.contains("$ref")) {
    const std::string name = rule["$ref"].get<std::string>().substr(sizeof "#/definitions/" - 1);
    return conforms(value, root["definitions"][name], root);
  }
  if (rule.contains("anyOf")) {
    return std::any_of(rule["anyOf"].begin(), rule["anyOf"].end(),
                       [&](const json& each) { return conforms(value, each, root); });
  }
  if (rule.contains("enum")) {
    const json& words = rule["enum"];
    if (std::find(words.begin(), words.end(), value) == words.end()) return false;
  }
  if (!rule.contains("type")) return true;
  const std::string type = rule["type"];
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") {
    return value.is_number_integer() && (!rule.contains("minimum") || value >= rule["minimum"]) &&
           (!rule.contains("maximum") || value <= rule["maximum"]);
  }
  if (type == "string") {
    return value.is_string() && (!rule.contains("pattern") ||
                                 std::regex_search(value.get<std::string>(),
                                                   std::regex{rule["pattern"].get<std::string>()}));
  }
  if (type == "array") {
    return value.is_array() && std::all_of(value.begin(), value.end(), [&](const json& item) {
             return conforms(item, rule["items"], root);
           });
  }
  if (!value.is_object()) return false;
  for (const json& key : rule.value("required", json::array())) {
    if (!value.contains(key.get<std::string>())) return false;
  }
  for (const auto& [key, item] : value.items()) {
    const json* inner = nullptr;
    if (rule.contains("properties") && rule["properties"].contains(key)) {
      inner = &rule["properties"][key];
    }
    if (rule.contains("patternProperties")) inner = &*rule["patternProperties"].begin();
    if (inner == nullptr || !conforms(item, *inner, root)) return false;
  }
  return true;
}

// Goal: the schema that editors get and the reader accept the same keys.
TEST(JsonSchemaTest, AgreesWithTheReader) {
  const json schema = json::parse(deployment_json_schema(schemas_for_tests()));
  json deployment = json::parse(R"({
    "schema": 1, "deployment": {"name": "x", "data_dir": "y"},
    "principals": {"r1": {"address": "h:1"}}, "groups": {"g": ["r1"]},
    "link": [{"between": "g <-> g", "kind": "udp", "clock_drift_max": "5ppm", "private": true}],
    "authentication": [{"from": "g", "to": ["g"], "mechanisms": ["hmac_sha256",
      {"use": "every_type", "count": 3, "room": "4KiB", "patience": "20ms"}]}],
    "dissemination": [{"from": "g", "stages": ["unicast",
      {"use": "optimistic_quorum", "size": 2, "escalate_after": "20ms"}]}],
    "object": [{"name": "o", "type": "register", "members": "g",
      "backend": {"use": "single_paxos", "call_timeout": "1s"}, "store": "memory"}]})");
  EXPECT_TRUE(conforms(deployment, schema, schema));
  const std::vector<std::pair<std::string, json>> faults = {
      {"/schema", 2},
      {"/deployment/colour", 1},
      {"/principals/r1/adress", "h:1"},
      {"/link/0/kind", "pigeon"},
      {"/authentication/0/mechanisms/1/count", 11},
      {"/authentication/0/mechanisms/1/patience", 20},
      {"/authentication/0/mechanisms/0", "unheard_of"},
      {"/dissemination/0/stages/1/first", 1},
      {"/object/0/backend/call_timeout", "soon"},
  };
  for (const auto& [path, value] : faults) {
    json wrong = deployment;
    wrong[json::json_pointer{path}] = value;
    EXPECT_FALSE(conforms(wrong, schema, schema)) << path;
  }
}

TEST(UnitsTest, ParseWholeNumbersWithTheirUnit) {
  EXPECT_EQ(parse_duration("20ms"), 20ms);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_size("4KiB"), 4096);
  EXPECT_EQ(parse_drift("200ppm"), 200);
  for (const char* wrong : {"", "20", "ms", "-1ms", "+1ms", "1.5s", " 1s", "1s ", "1 s", "1S",
                            "9999999999999h", "99999999999999999999ns"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
  for (const char* wrong : {"4KB", "4kib", "4", "KiB", "9999999999GiB"}) {
    EXPECT_FALSE(parse_size(wrong)) << wrong;
  }
}

TEST(UnitsTest, PrintWhatParsesBack) {
  for (const Duration duration : {Duration{0}, Duration{1}, Duration{1500us}, Duration{90s},
                                  Duration{3600s}, Duration{3601s}}) {
    EXPECT_EQ(parse_duration(duration_text(duration)), duration) << duration_text(duration);
  }
  for (const std::int64_t size : {0, 1, 1023, 1024, 1536, 1 << 20, 1 << 30}) {
    EXPECT_EQ(parse_size(size_text(size)), size) << size_text(size);
  }
}

}  // namespace
}  // namespace parley
