// SPDX-License-Identifier: Apache-2.0
//
// A deployment as a value: what the TOML file says, resolved and checked. Parsed
// by the host, given to kernel and lab; nothing here reads a file. Principals
// are interned by their position, instances by their position plus one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/api/config.h"
#include "core/api/membership.h"
#include "core/base/duration.h"
#include "core/base/ids.h"
#include "core/base/limits.h"

namespace parley {

/// Where in the deployment file something was said, for `config explain`.
struct FileLine {
  std::string file;
  std::uint32_t line = 0;
};

struct PrincipalEntry {
  std::string name;
  std::string address;  ///< "host:port" of the node's link listener.
  std::string metrics;  ///< "host:port" of its HTTP listener; empty: none.
  std::string resp;     ///< "host:port" of its Redis port; empty: none.
};

/// `use = "name"` and the keys beside it.
struct PluginUse {
  std::string name;
  Config config;
};

enum class LinkKind : std::uint8_t { Tcp, Udp, Multicast };

/// Who is meant by a rule: statements from `from` to `to`, of these instances or
/// statement types (empty: all). First rule that matches wins.
struct RuleScope {
  PrincipalSet from;
  PrincipalSet to;
  bool both_ways = false;
  std::vector<std::string> types;
  FileLine line;

  bool covers(PrincipalId issuer, PrincipalId verifier) const {
    return (from.contains(issuer) && to.contains(verifier)) ||
           (both_ways && from.contains(verifier) && to.contains(issuer));
  }
};

struct LinkRule {
  RuleScope scope;
  LinkKind kind = LinkKind::Tcp;
  bool is_private = false;
  std::uint32_t clock_drift_max_ppm = 0;
};

/// The first mechanism seals, all listed are accepted.
struct AuthenticationRule {
  RuleScope scope;
  std::vector<PluginUse> mechanisms;
};

struct DisseminationStage {
  PluginUse disseminator;
  Duration escalate_after{};
};

struct DisseminationRule {
  RuleScope scope;
  std::vector<DisseminationStage> stages;
};

/// Where the Local effects that an instance emits on a port go.
struct Wire {
  PortId from;
  InstanceId to;
  PortId port;
};

/// An object with its backend, replicated by its members.
struct ObjectEntry {
  std::string name;
  PluginUse object;
  PluginUse backend;
  PluginUse store;
  Membership membership;
  PrincipalSet standby{};  ///< Host it, and may become members.
  std::vector<Wire> wires{};
  FileLine line{};

  PrincipalSet hosts() const { return membership.members | membership.learners | standby; }
};

struct Deployment {
  std::string name;
  std::string data_dir;
  std::vector<std::string> plugin_directories;
  std::vector<PrincipalEntry> principals;
  std::map<std::string, PrincipalSet, std::less<>> groups;
  std::vector<LinkRule> links;
  std::vector<AuthenticationRule> authentication;
  std::vector<AuthenticationRule> non_repudiation;
  std::vector<DisseminationRule> dissemination;
  std::vector<ObjectEntry> objects;
  std::uint64_t key_epoch = 1;

  struct Limits {
    std::size_t frame_bytes = limits::frame_size_max;
    std::size_t link_queue_bytes = limits::link_queue_bytes_max;
    std::size_t publications = limits::publications_count_max;
  } limits;
  struct Trace {
    std::string file;  ///< Empty: no trace.
  } trace;
  std::string log_level = "info";
  /// The Redis port of every node that has an address for one.
  struct Resp {
    std::string object;  ///< Empty: no node has a port.
    Duration request_timeout{};
    std::size_t clients_max = 0;
    std::size_t bulk_bytes_max = 0;
    Duration idle_timeout{};  ///< 0: clients may be silent for ever.
    std::string auth_file;    ///< Empty: no password.
  } resp;
};

/// The instance of the deployment's object number `position`.
inline InstanceId object_instance(std::size_t position) {
  return InstanceId{static_cast<std::uint16_t>(position + 1)};
}

}  // namespace parley
