// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/read_deployment.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "core/api/call.h"
#include "core/api/configuration.h"
#include "core/base/limits.h"
#include "core/base/prng.h"
#include "tests/unit/host/deployment/deployment_fixture.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::size_t errors_of(const DeploymentReading& reading) {
  return static_cast<std::size_t>(std::count_if(
      reading.diagnostics.begin(), reading.diagnostics.end(),
      [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::Error; }));
}

TEST(ReadDeploymentTest, AcceptsEveryTable) {
  const DeploymentReading reading = read_text(valid_deployment);
  ASSERT_TRUE(reading.ok()) << reading.report();
  const Deployment& deployment = *reading.deployment;
  EXPECT_EQ(deployment.name, "register");
  ASSERT_EQ(deployment.principals.size(), 4u);
  EXPECT_EQ(deployment.principals[3].address, "localhost:7104");
  EXPECT_EQ(deployment.principals[1].resp, "127.0.0.1:6402");
  EXPECT_EQ(deployment.links.at(0).clock_drift_max_ppm, 200u);
  EXPECT_EQ(deployment.authentication.at(1).mechanisms.at(1).name, "ed25519");
  EXPECT_EQ(deployment.dissemination.at(0).stages.at(0).escalate_after, 20ms);
  EXPECT_EQ(deployment.dissemination.at(0).stages.at(0).disseminator.config.integer("size"), 2);
  EXPECT_EQ(deployment.dissemination.at(0).stages.at(1).escalate_after, 50ms);
  EXPECT_EQ(deployment.objects.at(0).backend.config.duration("call_timeout"), 1s);
  EXPECT_EQ(deployment.limits.frame_bytes, std::size_t{1} << 20);
  EXPECT_EQ(deployment.log_level, "warn");
  EXPECT_EQ(deployment.key_epoch, 2u);
  EXPECT_EQ(deployment.resp.object, "decision");
  EXPECT_EQ(deployment.resp.request_timeout, 2s);
  EXPECT_EQ(deployment.resp.clients_max, 100u);
  EXPECT_EQ(deployment.resp.bulk_bytes_max, 64u << 10);
  EXPECT_EQ(deployment.resp.idle_timeout, 300s);
}

// Goal: principals are interned in the order of the file, and protocol order is
// what the file says, not the alphabet.
TEST(ReadDeploymentTest, KeepsTheOrderOfTheFile) {
  const std::string text = with(valid_deployment, "watcher = { address", "a_first = { address");
  const DeploymentReading reading =
      read_text(with(with(with(text, "\"watcher\"]\n\n", "\"a_first\"]\n\n"), "to = \"watcher\"",
                          "to = \"a_first\""),
                     "[\"watcher\"]\nmechanism", "[\"a_first\"]\nmechanism"));
  EXPECT_EQ(errors_of(reading), 1u);  // learners = ["watcher"] is left.
  const DeploymentReading right = read_text(valid_deployment);
  ASSERT_TRUE(right.ok());
  EXPECT_EQ(right.deployment->principals[0].name, "r1");
  EXPECT_EQ(right.deployment->principals[3].name, "watcher");
  EXPECT_THAT(right.deployment->objects[0].membership.order,
              ElementsAre(PrincipalId{2}, PrincipalId{0}, PrincipalId{1}));
}

TEST(ReadDeploymentTest, FillsEveryDeclaredKeyOfAPlugin) {
  const DeploymentReading reading = read_text(valid_deployment);
  ASSERT_TRUE(reading.ok());
  const Config& config = reading.deployment->authentication.at(0).mechanisms.at(0).config;
  EXPECT_TRUE(config.boolean("flag"));
  EXPECT_EQ(config.integer("count"), 3);
  EXPECT_EQ(config.integer("room"), 4096);
  EXPECT_EQ(config.duration("patience"), 30ms);
  EXPECT_EQ(config.text("remark"), "none");
  EXPECT_EQ(config.group("witnesses").size(), 4u);
}

TEST(ReadDeploymentTest, ResolvesPathsFromTheFolderOfTheFile) {
  const DeploymentReading reading = read_text(valid_deployment);
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading.deployment->data_dir, "configs/var/register");
  EXPECT_EQ(reading.deployment->trace.file, "configs/var/trace");
}

TEST(ReadDeploymentTest, RemembersTheLineOfEachRule) {
  const DeploymentReading reading = read_text(valid_deployment);
  ASSERT_TRUE(reading.ok());
  const FileLine& line = reading.deployment->authentication.at(0).scope.line;
  EXPECT_EQ(line.file, "configs/test.toml");
  EXPECT_EQ(line.line, 23u);
}

TEST(ReadDeploymentTest, TellsGivenValuesFromDefaults) {
  const DeploymentReading reading = read_text(
      "schema = 1\n[deployment]\nname = \"a\"\n"
      "data_dir = \"b\"\n[principals]\n"
      "r1 = { address = \"h:1\" }\n");
  ASSERT_TRUE(reading.ok()) << reading.report();
  const auto value = [&](const std::string& path) {
    for (const EffectiveValue& each : reading.values) {
      if (each.path == path) return each.value + '@' + std::to_string(each.line);
    }
    return std::string{"absent"};
  };
  EXPECT_EQ(value("deployment.name"), "\"a\"@3");
  EXPECT_EQ(value("principals.r1.address"), "\"h:1\"@6");
  EXPECT_EQ(value("log.level"), "\"info\"@0");
  EXPECT_EQ(value("limits.frame_size_max"), "\"16MiB\"@0");
}

TEST(ReadDeploymentTest, AcceptsAnExplorationOnlyMechanismWhenAskedTo) {
  const std::string text = with(valid_deployment, "hmac_sha256", "ideal");
  EXPECT_EQ(errors_of(read_text(text)), 1u);
  EXPECT_TRUE(read_text(text, {.exploration = true}).ok());
}

TEST(ReadDeploymentTest, AcceptsPlainOnPrivateLinks) {
  const std::string text = with(valid_deployment, "hmac_sha256", "plain");
  EXPECT_EQ(errors_of(read_text(text)), 1u);
  EXPECT_TRUE(read_text(with(text, "private = false", "private = true")).ok());
}

// Goal: a private link of some pairs does not excuse the others, and a rule is
// not blamed for pairs that an earlier one has taken.
TEST(ReadDeploymentTest, JudgesPlainPairByPair) {
  std::string text = with(valid_deployment, "between = \"everybody <-> everybody\"\nkind",
                          "between = \"r1 <-> r2\"\nkind");
  text = with(text, "private = false", "private = true");
  const std::string all_plain = with(text, "hmac_sha256", "plain");
  EXPECT_EQ(errors_of(read_text(all_plain)), 1u);
  const std::string some_plain =
      with(text, "[[authentication]]",
           "[[authentication]]\nbetween = \"r1 <-> r2\"\nmechanisms = [\"plain\"]\n\n"
           "[[authentication]]");
  EXPECT_TRUE(read_text(some_plain).ok()) << read_text(some_plain).report();
}

TEST(ReadDeploymentTest, FindsAllErrorsInOneRun) {
  std::string text = with(valid_deployment, "data_dir", "dta_dir");
  text = with(text, "\"127.0.0.1:7101\"", "\"127.0.0.1\"");
  text = with(text, "\"200ppm\"", "200");
  text = with(text, "\"single_paxos\"", "\"singel_paxos\"");
  text = with(text, "\"20ms\"", "\"20\"");
  text = with(text, "level = \"warn\"", "level = \"loud\"");
  text = with(text, "epoch = 2", "epoch = 0");
  const DeploymentReading reading = read_text(text);
  EXPECT_EQ(errors_of(reading), 7u) << reading.report();
  EXPECT_FALSE(reading.ok());
}

TEST(ReadDeploymentTest, NamesAFileThatCannotBeRead) {
  const PluginSchemas schemas = schemas_for_tests();
  const DeploymentReading reading = read_deployment(fs::path{"/nonexistent/x.toml"}, schemas);
  ASSERT_EQ(reading.diagnostics.size(), 1u);
  EXPECT_THAT(reading.report(), HasSubstr("D0001"));
  EXPECT_THAT(reading.report(), HasSubstr("/nonexistent/x.toml: No such file"));
  EXPECT_FALSE(read_deployment(fs::path{"/"}, schemas).ok());
}

TEST(ReadDeploymentTest, RefusesFilesOverFourMebibytes) {
  const std::string padding(limits::toml_size_max - valid_deployment.size(), '#');
  EXPECT_TRUE(read_text(valid_deployment + padding).ok());
  const DeploymentReading reading = read_text(valid_deployment + padding + '#');
  ASSERT_EQ(reading.diagnostics.size(), 1u);
  EXPECT_EQ(reading.diagnostics[0].code, "D0002");
}

TEST(ReadDeploymentTest, ReadsPluginDirectoriesOfAFaultyFile) {
  const fs::path file = fs::path{testing::TempDir()} / "directories.toml";
  std::ofstream{file} << "nonsense = 1\n[plugins]\ndirectories = [\"here\", 3, \"/there\"]\n";
  EXPECT_THAT(configured_plugin_directories(file),
              ElementsAre(fs::path{testing::TempDir()} / "here", fs::path{"/there"}));
  EXPECT_TRUE(configured_plugin_directories("/nonexistent").empty());
}

TEST(ReadDeploymentTest, RefusesASecretFileThatOthersCanRead) {
  const fs::path secret = fs::path{testing::TempDir()} / "password";
  std::ofstream{secret} << "x";
  const std::string text =
      with(valid_deployment, "count = 3", "count = 3, password_file = \"" + secret.string() + '"');
  fs::permissions(secret, fs::perms::owner_read | fs::perms::group_read);
  const DeploymentReading refused = read_text(text);
  ASSERT_EQ(errors_of(refused), 1u);
  EXPECT_THAT(refused.report(), HasSubstr("chmod 600 " + secret.string()));
  fs::permissions(secret, fs::perms::owner_read);
  EXPECT_TRUE(read_text(text).ok());
}

/// One key of the format, where it stands in the text.
struct KeyInText {
  std::size_t at;
  std::size_t size;
};

/// The keys that the schema names, as opposed to those that the user chose.
std::vector<KeyInText> schema_keys() {
  const std::vector<std::string> chosen = {"r1", "r2", "r3", "watcher", "replicas", "everybody"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  std::vector<KeyInText> keys;
  bool quoted = false;
  for (std::size_t i = 0; i < valid_deployment.size(); ++i) {
    if (valid_deployment[i] == '"') quoted = !quoted;
    const bool begins =
        !quoted && letter(valid_deployment[i]) && (i == 0 || !letter(valid_deployment[i - 1]));
    if (!begins) continue;
    std::size_t end = i;
    while (letter(valid_deployment[end])) ++end;
    const bool key = valid_deployment.compare(end, 2, " =") == 0 || valid_deployment[end] == ']';
    const std::string word = valid_deployment.substr(i, end - i);
    if (key && std::find(chosen.begin(), chosen.end(), word) == chosen.end()) {
      keys.push_back({i, end - i});
    }
    i = end - 1;
  }
  return keys;
}

/// One letter more, fewer, other, or exchanged with its neighbour.
std::string mistyped(std::string word, Prng& random) {
  const std::size_t at = random.below(word.size());
  const char letter = static_cast<char>('a' + random.below(26));
  switch (random.below(4)) {
    case 0:
      word.insert(at, 1, letter);
      break;
    case 1:
      if (word.size() > 2) word.erase(at, 1);
      break;
    case 2:
      word[at] = letter;
      break;
    default:
      if (at + 1 < word.size()) std::swap(word[at], word[at + 1]);
  }
  return word;
}

// Goal: one typing error is one error that names the key, wherever it happens;
// nothing is concluded from the key that seems to be missing.
TEST(ReadDeploymentTest, OneMistypedKeyIsOneError) {
  const std::vector<KeyInText> keys = schema_keys();
  ASSERT_GT(keys.size(), 45u);
  Prng random{1};
  for (int round = 0; round < 20; ++round) {
    for (const KeyInText& key : keys) {
      const std::string right = valid_deployment.substr(key.at, key.size);
      const std::string wrong = mistyped(right, random);
      std::string text = valid_deployment;
      text.replace(key.at, key.size, wrong);
      const DeploymentReading reading = read_text(text);
      if (reading.ok()) continue;  // The same word, or another valid one.
      // Several [[authentication]]: half of them misspelled is no longer one key.
      ASSERT_EQ(errors_of(reading), 1u) << wrong << '\n' << reading.report();
      EXPECT_THAT(reading.diagnostics[0].message, HasSubstr('\'' + wrong + '\''));
      EXPECT_THAT(reading.report(), HasSubstr("did you mean '" + right + "'?"));
    }
  }
}

TEST(ReadDeploymentTest, SurvivesMutations) {
  Prng random{2};
  for (int round = 0; round < 3000; ++round) {
    std::string text = valid_deployment;
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
      const std::size_t at = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, 1 + random.below(20));
          break;
        case 2:
          text.insert(at, valid_deployment.substr(random.below(text.size() / 2), 30));
          break;
        default:
          text[at] = "[]{}\"=.,\n"[random.below(9)];
      }
    }
    const DeploymentReading reading = read_text(std::move(text));
    EXPECT_EQ(reading.ok(), errors_of(reading) == 0);
    EXPECT_EQ(reading.report().empty(), reading.diagnostics.empty());
  }
}

TEST(ReadDeploymentTest, SurvivesRandomBytes) {
  Prng random{3};
  for (int round = 0; round < 2000; ++round) {
    std::string text(random.below(200), '\0');
    for (char& c : text) c = static_cast<char>(random.below(256));
    EXPECT_FALSE(read_text(std::move(text)).ok());
  }
}

// Goal: no nesting exhausts the stack, of dots or of brackets.
TEST(ReadDeploymentTest, SurvivesDeepNesting) {
  const auto repeated = [](const std::string& part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  EXPECT_FALSE(read_text(repeated("a.", 1'000'000) + "a = 1").ok());
  EXPECT_FALSE(read_text('[' + repeated("a.", 1'000'000) + "a]").ok());
  EXPECT_FALSE(read_text("a = " + repeated("[", 1'000'000)).ok());
  EXPECT_FALSE(read_text("a = " + repeated("{a=", 1'000'000)).ok());
  EXPECT_FALSE(read_text(repeated(repeated("a.", 128) + "a=[\n{", 100)).ok());
}

TEST(ReadDeploymentTest, BoundsTheNestingOfGroups) {
  std::string text = "schema = 1\n[principals]\nr1 = { address = \"h:1\" }\n[groups]\n";
  for (int i = 0; i < 5000; ++i) {
    text += 'g' + std::to_string(i) + " = [\"g" + std::to_string(i + 1) + "\"]\n";
  }
  EXPECT_FALSE(read_text(text + "g5000 = [\"r1\"]\n").ok());
}

// Goal: what a backend asks about its members reaches the object named for it.
TEST(ReadDeploymentTest, WiresAnObjectToItsConfigurationMaster) {
  const DeploymentReading reading = read_text(R"(schema = 1
[deployment]
name = "demo"
data_dir = "var"
[principals]
r1 = { address = "127.0.0.1:7101" }
r2 = { address = "127.0.0.1:7102" }
r3 = { address = "127.0.0.1:7103" }
[[authentication]]
between = "* <-> *"
mechanisms = ["hmac_sha256"]
[[object]]
name = "data"
type = "register"
members = ["r1", "r2"]
standby = ["r3"]
backend = "chain"
configuration = "master"
store = "memory"
[[object]]
name = "master"
type = "configuration"
members = "*"
backend = "multi_paxos"
store = "memory"
)");
  ASSERT_EQ(reading.report(), "");
  const ObjectEntry& data = reading.deployment->objects[0];
  EXPECT_EQ(data.standby, PrincipalSet{PrincipalId{2}});
  EXPECT_EQ(data.hosts().size(), 3u);
  ASSERT_EQ(data.wires.size(), 1u);
  EXPECT_EQ(data.wires[0].from, port_configuration);
  EXPECT_EQ(data.wires[0].to, object_instance(1));
  EXPECT_EQ(data.wires[0].port, port_call);
  EXPECT_TRUE(reading.deployment->objects[1].wires.empty());
}

}  // namespace
}  // namespace parley
