// SPDX-License-Identifier: Apache-2.0
//
// Plugins and a deployment for the tests of this folder, without any file.
#pragma once

#include <string>

#include "core/host/deployment/read_deployment.h"

namespace parley {

/// The plugins that come with Parley, by their declarations, and `every_type`,
/// an authenticator with a key of each type.
inline PluginSchemas schemas_for_tests() {
  PluginSchemas schemas;
  schemas.add(PARLEY_KIND_AUTHENTICATOR, "plain", PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK, {});
  schemas.add(PARLEY_KIND_AUTHENTICATOR, "hmac_sha256", PARLEY_GUARANTEE_AUTHENTICATES, {});
  schemas.add(PARLEY_KIND_AUTHENTICATOR, "ed25519",
              PARLEY_GUARANTEE_AUTHENTICATES | PARLEY_GUARANTEE_CONVINCES_AUDITORS, {});
  schemas.add(PARLEY_KIND_AUTHENTICATOR, "ideal",
              PARLEY_GUARANTEE_AUTHENTICATES | PARLEY_GUARANTEE_CONVINCES_AUDITORS |
                  PARLEY_GUARANTEE_EXPLORATION_ONLY,
              {});
  const parley_field every_type[] = {
      {"flag", PARLEY_FIELD_BOOL, 0, "true", 0, 0, "A flag."},
      {"count", PARLEY_FIELD_INT, 1, nullptr, 1, 10, "A count."},
      {"room", PARLEY_FIELD_SIZE, 0, "4KiB", 1024, 1'048'576, "A size."},
      {"patience", PARLEY_FIELD_DURATION, 0, "20ms", 1'000'000, 1'000'000'000, "A duration."},
      {"remark", PARLEY_FIELD_STRING, 0, "none", 0, 0, "A text."},
      {"witnesses", PARLEY_FIELD_GROUP, 0, "*", 0, 0, "A group."},
      {"password_file", PARLEY_FIELD_STRING, 0, "", 0, 0, "A secret."},
  };
  schemas.add(PARLEY_KIND_AUTHENTICATOR, "every_type", PARLEY_GUARANTEE_AUTHENTICATES, every_type);
  const parley_field faulty[] = {{"wait", PARLEY_FIELD_DURATION, 0, "soon", 0, 0, "A duration."}};
  schemas.add(PARLEY_KIND_AUTHENTICATOR, "bad_default", PARLEY_GUARANTEE_AUTHENTICATES, faulty);
  schemas.refuse(PARLEY_KIND_AUTHENTICATOR, "stale", "its api digest is that of another Parley");

  const parley_field quorum[] = {
      {"size", PARLEY_FIELD_INT, 0, "0", 0, 65'536, "Members asked first; 0 is a majority."}};
  schemas.add(PARLEY_KIND_DISSEMINATOR, "unicast", 0, {});
  schemas.add(PARLEY_KIND_DISSEMINATOR, "optimistic_quorum", 0, quorum);
  const parley_field paxos[] = {{"call_timeout", PARLEY_FIELD_DURATION, 0, "500ms", 1'000'000,
                                 60'000'000'000, "How long a call waits."}};
  schemas.add(PARLEY_KIND_BACKEND, "single_paxos", PARLEY_GUARANTEE_LINEARIZABLE, paxos);
  schemas.add(PARLEY_KIND_BACKEND, "multi_paxos",
              PARLEY_GUARANTEE_LINEARIZABLE | PARLEY_GUARANTEE_LOG, {});
  schemas.add(
      PARLEY_KIND_BACKEND, "chain",
      PARLEY_GUARANTEE_LINEARIZABLE | PARLEY_GUARANTEE_LOG | PARLEY_GUARANTEE_NEEDS_CONFIGURATION,
      {});
  schemas.add(PARLEY_KIND_OBJECT, "configuration", PARLEY_GUARANTEE_NEEDS_LOG, {});
  schemas.add(PARLEY_KIND_STORE, "memory", 0, {});
  schemas.add(PARLEY_KIND_STORE, "rocksdb", PARLEY_GUARANTEE_DURABLE, {});
  schemas.add(PARLEY_KIND_OBJECT, "register", 0, {});
  schemas.add(PARLEY_KIND_OBJECT, "kv", 0, {});
  return schemas;
}

/// Uses every table and most keys, and is right.
inline const std::string valid_deployment = R"(schema = 1

[deployment]
name = "register"
data_dir = "var/register"

[principals]
r1 = { address = "127.0.0.1:7101", metrics = "127.0.0.1:9401" }
r2 = { address = "127.0.0.1:7102", resp = "127.0.0.1:6402" }
r3 = { address = "[::1]:7103" }
watcher = { address = "localhost:7104" }

[groups]
replicas = ["r3", "r1", "r2"]
everybody = ["replicas", "watcher"]

[[link]]
between = "everybody <-> everybody"
kind = "tcp"
private = false
clock_drift_max = "200ppm"

[[authentication]]
from = "replicas"
to = "watcher"
types = ["decision"]
mechanisms = [{ use = "every_type", count = 3, patience = "30ms" }]

[[authentication]]
between = "everybody <-> everybody"
mechanisms = ["hmac_sha256", { use = "ed25519" }]

[[non_repudiation]]
from = "*"
to = ["watcher"]
mechanism = "ed25519"

[[dissemination]]
from = "replicas"
to = "*"
stages = [{ use = "optimistic_quorum", size = 2, escalate_after = "20ms" }, "unicast"]

[[object]]
name = "decision"
type = "register"
members = "replicas"
learners = ["watcher"]
backend = { use = "single_paxos", call_timeout = "1s" }
store = "rocksdb"

[limits]
frame_size_max = "1MiB"
link_queue_size_max = "8MiB"
publications_count_max = 1000

[log]
level = "warn"

[trace]
file = "var/trace"

[keys]
epoch = 2

[resp]
object = "decision"
request_timeout = "2s"
clients_max = 100
bulk_max = "64KiB"
idle_timeout = "5m"
)";

inline DeploymentReading read_text(std::string text, const ReadOptions& options = {}) {
  static const PluginSchemas schemas = schemas_for_tests();
  return read_deployment(SourceText{"configs/test.toml", std::move(text)}, schemas, options);
}

}  // namespace parley
