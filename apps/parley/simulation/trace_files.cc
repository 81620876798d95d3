// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/simulation/trace_files.h"

#include <fstream>

#include "core/kernel/trace.h"

namespace parley {

TraceFiles::TraceFiles(const Tables& tables)
    : tables_(tables),
      latest_(tables.deployment.principals.size()),
      boots_(tables.deployment.principals.size()) {}

void TraceFiles::on_step(PrincipalId node, Duration at, const NodeInput& input,
                         const std::vector<std::uint64_t>& chosen, const NodeOutput& output) {
  if (std::holds_alternative<Boot>(input)) {
    latest_[node.value] = lives_.size();
    lives_.push_back({node, ++boots_[node.value], at, {}});
    append_header(lives_.back().trace, {node, tables_.deployment.name});
  }
  Life& life = lives_[latest_[node.value]];
  TraceEvent event{.at = at - life.began,
                   .input = encode_input(input),
                   .chosen = chosen,
                   .output_digest = digest_of(output)};
  for (const NodeOutput::Noted& noted : output.notes) {
    event.notes.push_back({noted.instance,
                           noted.note.declaration->name,
                           {noted.note.values.begin(), noted.note.values.end()}});
  }
  append_event(life.trace, event);
}

Result<std::vector<std::filesystem::path>> TraceFiles::write(
    const std::filesystem::path& path) const {
  std::vector<std::filesystem::path> files;
  for (const Life& life : lives_) {
    files.push_back(path.string() + '.' + tables_.deployment.principals[life.node.value].name +
                    '.' + std::to_string(life.number));
    std::ofstream out{files.back(), std::ios::binary};
    out.write(reinterpret_cast<const char*>(life.trace.data()),
              static_cast<std::streamsize>(life.trace.size()));
    out.close();
    if (!out) return Error{ErrorCode::Io, files.back().string() + ": cannot be written"};
  }
  return files;
}

}  // namespace parley
