// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/cluster_record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace parley {
namespace {

constexpr const char* file_name = "cluster.toml";

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

/// The text in quotes at the start of `rest`, which is moved behind it.
std::optional<std::string> take_quoted(std::string_view& rest) {
  if (rest.empty() || rest.front() != '"') return std::nullopt;
  const std::size_t end = rest.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  std::string text{rest.substr(1, end - 1)};
  rest.remove_prefix(end + 1);
  return text;
}

bool skip(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

std::optional<std::string> take_value(std::string_view& rest, std::string_view before) {
  return skip(rest, before) ? take_quoted(rest) : std::nullopt;
}

Error unfit(const std::filesystem::path& directory, const std::string& why) {
  return {ErrorCode::Configuration,
          directory.string() + ": " + why +
              "; point data_dir elsewhere, or move the old data away: mv '" + directory.string() +
              "' '" + directory.string() + ".old'"};
}

/// Whether a store's directory in it has something in it.
bool holds_data(const std::filesystem::path& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    if (entry.is_directory(error) && !std::filesystem::is_empty(entry.path(), error)) return true;
  }
  return false;
}

Error unwritable(const std::filesystem::path& path) {
  return {ErrorCode::Io, path.string() + ": cannot write: " + std::strerror(errno)};
}

/// Durable and whole or not at all: written aside, synced, renamed.
Status replace_file(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path aside = path.string() + ".new";
  const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return unwritable(aside);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  ::close(fd);
  if (!written) return unwritable(aside);
  if (::rename(aside.c_str(), path.c_str()) != 0) return unwritable(path);
  const int folder = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return unwritable(path);
  const bool synced = ::fsync(folder) == 0;
  ::close(folder);
  if (!synced) return unwritable(path);
  return {};
}

}  // namespace

ClusterRecord cluster_record(const Tables& tables, PrincipalId self) {
  ClusterRecord record{.deployment = tables.deployment.name,
                       .node = tables.deployment.principals[self.value].name,
                       .objects = {}};
  for (const ObjectEntry& object : tables.deployment.objects) {
    const Membership& membership = object.membership;
    if (!membership.members.contains(self) && !membership.learners.contains(self)) continue;
    record.objects[object.name] = {object.object.name, object.backend.name, object.store.name};
  }
  return record;
}

std::string encode_cluster_record(const ClusterRecord& record) {
  std::ostringstream out;
  out << "# Written by parley: whose data this directory holds. Do not edit.\n"
      << "deployment = " << quoted(record.deployment) << "\nnode = " << quoted(record.node)
      << "\n[objects]\n";
  for (const auto& [name, object] : record.objects) {
    out << quoted(name) << " = { type = " << quoted(object.type)
        << ", backend = " << quoted(object.backend) << ", store = " << quoted(object.store)
        << " }\n";
  }
  return out.str();
}

std::optional<ClusterRecord> decode_cluster_record(std::string_view text) {
  const std::size_t comment_end = text.find('\n');
  if (!text.starts_with('#') || comment_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(comment_end + 1);
  const auto deployment = take_value(text, "deployment = ");
  const auto node = take_value(text, "\nnode = ");
  if (!deployment || !node || !skip(text, "\n[objects]\n")) return std::nullopt;
  ClusterRecord record{.deployment = *deployment, .node = *node, .objects = {}};
  while (!text.empty()) {
    const auto name = take_quoted(text);
    const auto type = take_value(text, " = { type = ");
    const auto backend = take_value(text, ", backend = ");
    const auto store = take_value(text, ", store = ");
    if (!name || !type || !backend || !store || !skip(text, " }\n")) return std::nullopt;
    record.objects[*name] = {*type, *backend, *store};
  }
  return record;
}

Status claim_directory(const std::filesystem::path& directory, const ClusterRecord& wanted) {
  const std::filesystem::path path = directory / file_name;
  ClusterRecord kept = wanted;
  if (std::ifstream file{path}) {
    std::ostringstream text;
    text << file.rdbuf();
    const auto found = decode_cluster_record(text.str());
    if (!found) return unfit(directory, std::string{file_name} + " is damaged");
    if (found->deployment != wanted.deployment || found->node != wanted.node) {
      return unfit(directory, "expected data of node " + wanted.node + " of deployment '" +
                                  wanted.deployment + "', found node " + found->node + " of '" +
                                  found->deployment + "'");
    }
    for (const auto& [name, written] : found->objects) {
      const auto object = wanted.objects.find(name);
      if (object != wanted.objects.end() && object->second != written) {
        return unfit(directory, "object " + name + ": expected " + object->second.type + " by " +
                                    object->second.backend + " in " + object->second.store +
                                    ", found " + written.type + " by " + written.backend + " in " +
                                    written.store);
      }
      kept.objects.emplace(name, written);
    }
    if (kept == *found) return {};
  } else if (holds_data(directory)) {
    return unfit(directory,
                 std::string{"there is data, but no "} + file_name + " that says whose it is");
  }
  return replace_file(path, encode_cluster_record(kept));
}

}  // namespace parley
