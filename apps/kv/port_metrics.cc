// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/port_metrics.h"

#include <map>

#include "apps/kv/own_commands.h"

namespace parley::resp {

PortMetrics::PortMetrics(const DataCommands& commands)
    : commands_(commands),
      own_commands_(own_commands().size()),
      data_commands_(commands.names().size() + 1) {}

void PortMetrics::add_to(MetricsText& out, std::size_t connections) const {
  out.gauge("parley_resp_connections", "Clients connected to the Redis port.", {},
            static_cast<double>(connections));
  out.counter("parley_resp_connections_total", "Clients that have connected.", {},
              static_cast<double>(clients_total_));
  std::map<std::string, std::uint64_t> by_name;
  for (std::size_t i = 0; i < own_commands_.size(); ++i) {
    by_name[std::string{own_commands()[i].name}] += own_commands_[i];
  }
  for (std::size_t i = 0; i < commands_.names().size(); ++i) {
    by_name[commands_.names()[i]] += data_commands_[i];
  }
  by_name["unknown"] += data_commands_.back();
  for (const auto& [name, count] : by_name) {
    out.counter("parley_resp_commands_total", "Commands received.", {{"command", name}},
                static_cast<double>(count));
  }
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    out.counter("parley_resp_errors_total", "Errors told to clients, by kind.",
                {{"kind", error_kind_words[i]}}, static_cast<double>(errors_[i]));
  }
  out.histogram("parley_resp_command_seconds",
                "From the submission of a command, or of a batch, to its answer.", call_seconds_);
}

}  // namespace parley::resp
