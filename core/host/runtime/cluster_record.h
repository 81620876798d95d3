// SPDX-License-Identifier: Apache-2.0
//
// What a node's data directory says about itself (`cluster.toml`): whose data it
// holds, and which backend and store wrote each object's. Data of another cluster
// or backend is refused, never reinterpreted.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/kernel/tables.h"

namespace parley {

struct ClusterRecord {
  std::string deployment;
  std::string node;
  struct Written {
    std::string type;
    std::string backend;
    std::string store;
    friend bool operator==(const Written&, const Written&) = default;
  };
  std::map<std::string, Written> objects;
  friend bool operator==(const ClusterRecord&, const ClusterRecord&) = default;
};

/// What the record of this node must say under `tables`.
ClusterRecord cluster_record(const Tables& tables, PrincipalId self);

std::string encode_cluster_record(const ClusterRecord& record);
/// nullopt: not as encode_cluster_record writes it.
std::optional<ClusterRecord> decode_cluster_record(std::string_view text);

/// Effect: compares with the directory's record and writes it anew when objects
/// were added. Objects that are no longer deployed stay recorded.
Status claim_directory(const std::filesystem::path& directory, const ClusterRecord& wanted);

}  // namespace parley
