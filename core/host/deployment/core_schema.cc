// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/core_schema.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/base/limits.h"

namespace parley::core_schema {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t hour = 3'600'000 * millisecond;

constexpr parley_field deployment_fields[] = {
    {"name", type_name, 1, nullptr, 0, 0, "Name of the deployment; part of every evidence."},
    {"data_dir", type_path, 1, nullptr, 0, 0, "Where stores and keys live, one folder per node."},
};

constexpr parley_field plugins_fields[] = {
    {"directories", type_paths, 0, "[]", 0, 0,
     "Where plugin files are; empty: those that came with this parley."},
};

constexpr parley_field principal_fields[] = {
    {"address", type_address, 1, nullptr, 0, 0, "host:port of the node's link listener."},
    {"metrics", type_address, 0, "", 0, 0, "host:port of its HTTP listener; none without it."},
    {"resp", type_address, 0, "", 0, 0, "host:port of its Redis port; none without it."},
};

constexpr parley_field link_fields[] = {
    {"between", type_pair, 0, "", 0, 0, "Both directions: \"a <-> b\"."},
    {"from", type_groups, 0, "*", 0, 0, "Principals or groups that send."},
    {"to", type_groups, 0, "*", 0, 0, "Principals or groups that receive."},
    {"kind", type_choice, 0, "tcp", 0, 0, "What carries the frames."},
    {"private", PARLEY_FIELD_BOOL, 0, "false", 0, 0,
     "Nobody else can read or write on this link (same host, cable, tunnel)."},
    {"clock_drift_max", type_drift, 0, "0ppm", 0, 1'000'000,
     "How much faster one end's clock may run than the other's."},
};

constexpr parley_field authentication_fields[] = {
    {"between", type_pair, 0, "", 0, 0, "Both directions: \"a <-> b\"."},
    {"from", type_groups, 0, "*", 0, 0, "Principals or groups that issue."},
    {"to", type_groups, 0, "*", 0, 0, "Principals or groups that verify."},
    {"types", type_instances, 0, "[]", 0, 0, "Objects whose statements are meant; empty: all."},
    {"mechanisms", type_plugins, 1, nullptr, 0, 0, "The first seals, all listed are accepted."},
};

constexpr parley_field non_repudiation_fields[] = {
    {"between", type_pair, 0, "", 0, 0, "Both directions: \"a <-> b\"."},
    {"from", type_groups, 0, "*", 0, 0, "Principals or groups that issue."},
    {"to", type_groups, 0, "*", 0, 0, "Principals or groups that verify."},
    {"types", type_instances, 0, "[]", 0, 0, "Objects whose statements are meant; empty: all."},
    {"mechanism", type_plugin, 0, "", 0, 0, "The one mechanism; or `mechanisms`."},
    {"mechanisms", type_plugins, 0, "[]", 0, 0, "The first seals, all listed are accepted."},
};

constexpr parley_field dissemination_fields[] = {
    {"between", type_pair, 0, "", 0, 0, "Both directions: \"a <-> b\"."},
    {"from", type_groups, 0, "*", 0, 0, "Principals or groups that publish."},
    {"to", type_groups, 0, "*", 0, 0, "Principals or groups that verify."},
    {"types", type_instances, 0, "[]", 0, 0, "Objects whose statements are meant; empty: all."},
    {"stages", type_stages, 1, nullptr, 0, 0, "Tried in turn; then to all verifiers, always."},
    {"batch", type_later, 0, "", 0, 0, "Several statements in one."},
    {"references", type_later, 0, "", 0, 0, "Statements by digest."},
    {"compress", type_later, 0, "", 0, 0, "Compressed records."},
    {"collect", type_later, 0, "", 0, 0, "Answers collected on the way."},
};

constexpr parley_field stage_fields_table[] = {
    {"use", type_name, 1, nullptr, 0, 0, "Name of a disseminator plugin."},
    {"escalate_after", PARLEY_FIELD_DURATION, 0, "50ms", millisecond, hour,
     "Without progress for this long, the next stage begins."},
    {"target", type_later, 0, "", 0, 0, "Where the stage goes first."},
};

constexpr parley_field use_fields_table[] = {
    {"use", type_name, 1, nullptr, 0, 0, "Name of a plugin."},
};

constexpr parley_field object_fields[] = {
    {"name", type_name, 1, nullptr, 0, 0, "Name of the object, unique in the deployment."},
    {"type", type_plugin, 1, nullptr, 0, 0, "Object plugin: its methods and state."},
    {"members", type_groups, 1, nullptr, 0, 0, "Replicas, in protocol order."},
    {"learners", type_groups, 0, "[]", 0, 0, "Nodes that follow and count in no quorum."},
    {"standby", type_groups, 0, "[]", 0, 0,
     "Nodes that host it and may become members in place of others."},
    {"backend", type_plugin, 1, nullptr, 0, 0, "Consensus backend plugin."},
    {"configuration", PARLEY_FIELD_STRING, 0, "", 0, 0,
     "Object of type configuration that decides its members, for backends that need one."},
    {"store", type_plugin, 1, nullptr, 0, 0, "Store plugin of each replica."},
};

constexpr parley_field limits_fields[] = {
    {"frame_size_max", PARLEY_FIELD_SIZE, 0, "16MiB", 1024,
     static_cast<std::int64_t>(limits::frame_size_max), "Largest frame sent or accepted."},
    {"link_queue_size_max", PARLEY_FIELD_SIZE, 0, "64MiB", 65'536,
     static_cast<std::int64_t>(limits::link_queue_bytes_max), "Bytes waiting for one peer."},
    {"publications_count_max", PARLEY_FIELD_INT, 0, "65536", 16,
     static_cast<std::int64_t>(limits::publications_count_max),
     "Unfinished publications of a node."},
};

constexpr parley_field log_fields[] = {
    {"level", type_choice, 0, "info", 0, 0, "Least severe messages written."},
};

constexpr parley_field trace_fields[] = {
    {"file", type_path, 0, "", 0, 0, "Binary trace of every input and effect; none without it."},
};

constexpr parley_field keys_fields[] = {
    {"epoch", PARLEY_FIELD_INT, 0, "1", 1, 1'000'000, "Raise it to make all keys anew."},
};

constexpr parley_field resp_fields[] = {
    {"object", type_name, 1, nullptr, 0, 0, "Object that the Redis ports serve."},
    {"request_timeout", PARLEY_FIELD_DURATION, 0, "5s", millisecond, hour,
     "A command is answered by then, whatever became of it."},
    {"clients_max", PARLEY_FIELD_INT, 0, "10000", 1, 1'000'000, "Connections of one node."},
    {"bulk_max", PARLEY_FIELD_SIZE, 0, "1MiB", 1024, std::int64_t{4} << 20,
     "Largest key, value or other word of a command."},
    {"idle_timeout", PARLEY_FIELD_DURATION, 0, "0s", 0, 24 * hour,
     "A client that says nothing for so long is left; 0s: never."},
    {"auth_file", PARLEY_FIELD_STRING, 0, "", 0, 0,
     "File with the password that clients must say; without it, none."},
    {"tls_certificate_file", type_later, 0, "", 0, 0, "Certificate chain (PEM)."},
    {"tls_key_file", type_later, 0, "", 0, 0, "Private key of the certificate (PEM)."},
};

constexpr std::string_view needs_checking = "online checking";
constexpr std::string_view needs_programs = "programs";
constexpr std::string_view needs_topologies = "topologies";
constexpr std::string_view needs_oracle = "the membership Oracle";

constexpr CoreTable all_tables[] = {
    {"deployment", TableForm::Table, true, deployment_fields, "Identity."},
    {"plugins", TableForm::Table, false, plugins_fields, "Plugin files."},
    {"principals", TableForm::NamedTables, true, principal_fields,
     "One line a node: its listeners."},
    {"groups", TableForm::NamedLists, false, {}, "Named sets of principals and groups."},
    {"link", TableForm::Array, false, link_fields, "Links between nodes; the first match wins."},
    {"authentication", TableForm::Array, false, authentication_fields,
     "How statements convince verifiers; the first match wins."},
    {"non_repudiation", TableForm::Array, false, non_repudiation_fields,
     "How statements convince auditors; the first match wins."},
    {"dissemination", TableForm::Array, false, dissemination_fields,
     "Where publications go first; the first match wins."},
    {"object", TableForm::Array, false, object_fields, "Replicated objects."},
    {"limits", TableForm::Table, false, limits_fields, "Bounds."},
    {"log", TableForm::Table, false, log_fields, "Messages."},
    {"trace", TableForm::Table, false, trace_fields, "Trace file."},
    {"keys", TableForm::Table, false, keys_fields, "Key files."},
    {"check", TableForm::Table, false, {}, "Online checking.", needs_checking},
    {"resp", TableForm::Table, false, resp_fields, "Redis protocol."},
    {"program", TableForm::Array, false, {}, "Programs.", needs_programs},
    {"topology", TableForm::Array, false, {}, "Aggregation topologies.", needs_topologies},
    {"oracle", TableForm::Table, false, {}, "Membership Oracle.", needs_oracle},
};

constexpr std::string_view link_kinds[] = {"tcp", "udp", "multicast"};
constexpr std::string_view log_levels[] = {"trace", "debug", "info", "warn", "error"};

}  // namespace

std::span<const CoreTable> tables() {
  return all_tables;
}

const CoreTable& table(std::string_view name) {
  const auto found = std::find_if(std::begin(all_tables), std::end(all_tables),
                                  [&](const CoreTable& entry) { return entry.name == name; });
  PARLEY_ASSERT(found != std::end(all_tables));
  return *found;
}

std::span<const parley_field> stage_fields() {
  return stage_fields_table;
}

std::span<const parley_field> use_fields() {
  return use_fields_table;
}

std::span<const std::string_view> choices_of(std::string_view key) {
  if (key == "kind") return link_kinds;
  PARLEY_ASSERT(key == "level");
  return log_levels;
}

parley_kind plugin_kind_of(std::string_view key) {
  if (key == "type") return PARLEY_KIND_OBJECT;
  if (key == "backend") return PARLEY_KIND_BACKEND;
  if (key == "store") return PARLEY_KIND_STORE;
  if (key == "stages") return PARLEY_KIND_DISSEMINATOR;
  PARLEY_ASSERT(key == "mechanism" || key == "mechanisms");
  return PARLEY_KIND_AUTHENTICATOR;
}

}  // namespace parley::core_schema
