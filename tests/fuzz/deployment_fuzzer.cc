// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/read_deployment.h"
#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {
namespace {

constexpr std::string_view whole_deployment = R"(schema = 1
[deployment]
name = "kv"
data_dir = "var/kv"
[plugins]
directories = ["."]
[principals]
r1 = { address = "127.0.0.1:7101", metrics = "127.0.0.1:9401" }
r2 = { address = "127.0.0.1:7102", metrics = "127.0.0.1:9402" }
r3 = { address = "127.0.0.1:7103", metrics = "127.0.0.1:9403" }
[groups]
replicas = ["r1", "r2", "r3"]
[limits]
frame_size_max = "1MiB"
[[link]]
between = "replicas <-> replicas"
kind = "tcp"
clock_drift_max = "200ppm"
[[authentication]]
between = "replicas <-> replicas"
mechanisms = ["mac"]
[[dissemination]]
from = "replicas"
stages = [{ use = "quorum", first = "replicas", escalate_after = "20ms" }]
[[object]]
name = "cell"
type = "cell"
members = "replicas"
backend = { use = "paxos", call_timeout = "500ms" }
store = { use = "log" }
)";

/// Plugins that exist only as field tables, one of each type of field.
const PluginSchemas& plugins() {
  static const PluginSchemas* const schemas = [] {
    constexpr parley_field first[] = {
        {"first", PARLEY_FIELD_GROUP, 1, nullptr, 0, 0, "Where to."}};
    constexpr parley_field timeout[] = {
        {"call_timeout", PARLEY_FIELD_DURATION, 0, "500ms", 1'000'000, 3'600'000'000'000, "Wait."},
        {"ballots_max", PARLEY_FIELD_INT, 0, "16", 1, 1024, "Kept."},
        {"log_bytes", PARLEY_FIELD_SIZE, 0, "4KiB", 0, 0, "Kept."},
        {"strict", PARLEY_FIELD_BOOL, 0, "true", 0, 0, "Refuse more."},
        {"label", PARLEY_FIELD_STRING, 0, "", 0, 0, "Shown."}};
    auto* made = new PluginSchemas();
    made->add(PARLEY_KIND_AUTHENTICATOR, "mac", PARLEY_GUARANTEE_AUTHENTICATES, {});
    made->add(PARLEY_KIND_DISSEMINATOR, "quorum", 0, first);
    made->add(PARLEY_KIND_BACKEND, "paxos", PARLEY_GUARANTEE_LINEARIZABLE, timeout);
    made->add(PARLEY_KIND_STORE, "log", PARLEY_GUARANTEE_DURABLE, {});
    made->add(PARLEY_KIND_OBJECT, "cell", 0, {});
    return made;
  }();
  return *schemas;
}

DeploymentReading read(ByteView bytes) {
  return read_deployment(SourceText{"fuzzed.toml", std::string(text_of(bytes))}, plugins());
}

}  // namespace

int fuzz_deployment(ByteView bytes) {
  const DeploymentReading reading = read(bytes);
  bool has_errors = false;
  for (const Diagnostic& diagnostic : reading.diagnostics) {
    if (diagnostic.message.empty() || diagnostic.code.empty()) return 1;
    has_errors = has_errors || diagnostic.severity == Severity::Error;
  }
  // A file is a deployment or there is an error to read, never both or neither.
  if (reading.ok() == has_errors) return 2;
  if (has_errors) return reading.report().empty() ? 3 : refused;
  for (const ObjectEntry& object : reading.deployment->objects) {
    if (object.membership.members.empty()) return 4;
  }
  return accepted;
}

std::vector<Bytes> deployment_seeds() {
  return {to_bytes(whole_deployment)};
}

}  // namespace parley::fuzz
