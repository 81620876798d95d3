// SPDX-License-Identifier: Apache-2.0
//
// NodeService::metrics: a node's counters as Prometheus names. Label values are
// bounded: instances, plugins, reasons, and peers of small deployments.
#include <array>
#include <set>

#include "core/host/runtime/metrics.h"
#include "core/host/runtime/node_service.h"
#include "core/kernel/kernel_notes.h"
#include "core/kernel/objects/engine_notes.h"

namespace parley {
namespace {

constexpr std::size_t labelled_peers_max = 64;

constexpr std::array<const char*, std::variant_size_v<NodeInput>> input_words = {
    "boot", "arrived", "dropped", "request", "timer", "peer_restarted", "membership_changed"};

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

void add_information(MetricsText& out, const Tables& tables, PrincipalId self,
                     const ProcessFacts& process) {
  out.gauge("parley_build_info", "The version that runs.",
            {{"version", process.version},
             {"build", process.build},
             {"abi", std::to_string(parley_abi_major) + "." + std::to_string(parley_abi_minor)}},
            1);
  out.gauge("parley_node_info", "Which node of which deployment this is.",
            {{"node", tables.deployment.principals[self.value].name},
             {"deployment", tables.deployment.name}},
            1);
  out.gauge("parley_config_hash_info", "Digest of the deployment; differs where files differ.",
            {{"hash", process.config_hash}}, 1);
  for (std::uint32_t kind = PARLEY_KIND_AUTHENTICATOR; kind <= PARLEY_KIND_COMPONENT; ++kind) {
    for (const Plugin* plugin : tables.catalogue->of_kind(static_cast<parley_kind>(kind))) {
      out.gauge("parley_plugin_info", "The plugins that are loaded.",
                {{"plugin", plugin->descriptor->name},
                 {"kind", kind_name(plugin->descriptor->kind)},
                 {"version", plugin->descriptor->version}},
                1);
    }
  }
}

void add_steps(MetricsText& out, const DriverStatistics& driver) {
  for (std::size_t i = 0; i < input_words.size(); ++i) {
    out.counter("parley_inputs_total", "Steps of the node, by what caused them.",
                {{"input", input_words[i]}}, number(driver.inputs[i]));
  }
  const std::pair<const char*, std::uint64_t> effects[] = {
      {"persist", driver.persists}, {"send", driver.sends},     {"timer", driver.timer_changes},
      {"reply", driver.replies},    {"decide", driver.decides}, {"draw", driver.draws}};
  for (const auto& [word, count] : effects) {
    out.counter("parley_effects_total", "What the node's steps did.", {{"effect", word}},
                number(count));
  }
  out.counter("parley_requests_expired_total", "Requests that nothing answered in time.", {},
              number(driver.requests_expired));
  out.histogram("parley_step_seconds", "Time of one step, of every 64th.", driver.step_seconds);
  out.histogram("parley_fsync_seconds", "Time to append one batch to the store and sync it.",
                driver.commit_seconds);
}

/// Every note that could be emitted here, so that a rate has a zero to start at.
std::set<std::pair<InstanceId, const NoteDeclaration*>> possible_notes(const Tables& tables,
                                                                       PrincipalId self) {
  std::set<std::pair<InstanceId, const NoteDeclaration*>> notes;
  for (const NoteDeclaration* note : kernel_notes::all) notes.emplace(InstanceId{}, note);
  const auto add = [&](InstanceId instance, parley_kind kind, const std::string& name) {
    const Plugin* plugin = tables.catalogue->find(kind, name);
    if (plugin == nullptr) return;
    for (std::uint32_t i = 0; i < plugin->descriptor->notes_count; ++i) {
      notes.emplace(instance, plugin->descriptor->notes[i]);
    }
  };
  for (std::size_t i = 0; i < tables.deployment.objects.size(); ++i) {
    const InstanceId instance = object_instance(i);
    if (!tables.instance(instance)->hosts.contains(self)) continue;
    for (const NoteDeclaration* note : engine_notes::all) notes.emplace(instance, note);
    add(instance, PARLEY_KIND_BACKEND, tables.deployment.objects[i].backend.name);
  }
  for (std::size_t i = 0; i < tables.mechanisms.size(); ++i) {
    add(mechanism_instance(static_cast<std::uint8_t>(i)), PARLEY_KIND_AUTHENTICATOR,
        tables.mechanisms[i].name);
  }
  return notes;
}

std::string instance_word(const Tables& tables, InstanceId instance) {
  if (const InstanceRoute* route = tables.instance(instance)) return route->name;
  if (!is_mechanism_instance(instance)) return "kernel";
  return tables.mechanisms[static_cast<std::size_t>(instance.value - mechanism_instance_first)]
      .name;
}

void add_notes(MetricsText& out, const Tables& tables, PrincipalId self,
               const DriverStatistics& driver) {
  auto notes = possible_notes(tables, self);
  for (const auto& [key, count] : driver.notes) notes.insert(key);
  // By name first: samples of one family must follow each other.
  std::map<std::pair<std::string, InstanceId>, const NoteDeclaration*> ordered;
  for (const auto& [instance, note] : notes) ordered.emplace(std::pair{note->name, instance}, note);
  for (const auto& [key, note] : ordered) {
    const auto found = driver.notes.find({key.second, note});
    out.counter("parley_" + key.first + "_total", note->help,
                {{"instance", instance_word(tables, key.second)}},
                found == driver.notes.end() ? 0 : number(found->second));
  }
}

struct LinkMetric {
  const char* name;
  const char* help;
  std::uint64_t LinkCounters::*value;
};

constexpr LinkMetric link_metrics[] = {
    {"parley_link_sent_frames_total", "Frames queued for a peer.", &LinkCounters::sent_frames},
    {"parley_link_sent_bytes_total", "Bytes written to a peer.", &LinkCounters::sent_bytes},
    {"parley_link_received_frames_total", "Frames read from a peer.",
     &LinkCounters::received_frames},
    {"parley_link_received_bytes_total", "Bytes of the frames read from a peer.",
     &LinkCounters::received_bytes},
    {"parley_link_queue_full_drops_total", "Frames dropped because the link's queue was full.",
     &LinkCounters::dropped_queue_full},
    {"parley_link_oversize_drops_total", "Frames dropped because they are too long for the link.",
     &LinkCounters::dropped_too_long},
    {"parley_link_connects_total", "Links made to a peer.", &LinkCounters::connects},
    {"parley_link_connect_failures_total", "Links to a peer that failed or were lost.",
     &LinkCounters::connect_failures},
    {"parley_link_peer_restarts_total", "New incarnations seen of a peer.",
     &LinkCounters::restarts},
};

void add_links(MetricsText& out, const Tables& tables, PrincipalId self, const Links& links) {
  const LinkStatistics& statistics = links.statistics();
  const bool labelled = statistics.peers.size() <= labelled_peers_max;
  const auto each_peer = [&](auto&& visit) {
    for (std::uint32_t peer = 0; peer < statistics.peers.size(); ++peer) {
      if (PrincipalId{peer} != self) visit(peer, tables.deployment.principals[peer].name);
    }
  };
  const auto sum_of = [&](std::uint64_t LinkCounters::*value) {
    std::uint64_t sum = 0;
    for (const LinkCounters& peer : statistics.peers) sum += peer.*value;
    return number(sum);
  };
  for (const LinkMetric& metric : link_metrics) {
    if (!labelled) {
      out.counter(metric.name, metric.help, {}, sum_of(metric.value));
      continue;
    }
    each_peer([&](std::uint32_t peer, const std::string& name) {
      out.counter(metric.name, metric.help, {{"peer", name}},
                  number(statistics.peers[peer].*metric.value));
    });
  }
  out.gauge("parley_link_queue_bytes", "Bytes that wait for all links.", {},
            sum_of(&LinkCounters::queue_bytes));
  std::uint64_t up = 0;
  each_peer([&](std::uint32_t peer, const std::string&) {
    up += links.linked(PrincipalId{peer}) ? 1 : 0;
  });
  out.gauge("parley_links_up", "Peers that this node can send to.", {}, number(up));
  const LinkRefusals& refusals = statistics.refusals;
  const std::pair<const char*, std::uint64_t> reasons[] = {
      {"hello", refusals.hello},          {"corrupt", refusals.corrupt},
      {"too_long", refusals.too_long},    {"crowded", refusals.crowded},
      {"silent", refusals.silent},        {"outlived", refusals.outlived},
      {"unfinished", refusals.unfinished}};
  for (const auto& [reason, count] : reasons) {
    out.counter("parley_link_refused_total", "Connections and datagrams refused, by reason.",
                {{"reason", reason}}, number(count));
  }
}

}  // namespace

std::string NodeService::metrics() const {
  const DriverStatistics& driver = driver_.statistics();
  MetricsText out;
  add_information(out, tables_, self_, process_);
  out.gauge("parley_ready", "1 when the node can serve.", {}, unready_because().empty() ? 1 : 0);
  add_steps(out, driver);
  out.gauge("parley_requests_pending", "Requests that wait for an answer.", {},
            static_cast<double>(driver_.requests_count()));
  out.gauge("parley_timers_pending", "Timers that are set.", {},
            static_cast<double>(driver_.timers_count()));
  for (const auto& [instance, position] : driver.decided_position) {
    out.gauge("parley_decided_position", "The highest position known to be decided.",
              {{"instance", instance_word(tables_, instance)}}, number(position));
  }
  add_notes(out, tables_, self_, driver);
  add_links(out, tables_, self_, links_);
  if (client_port_ != nullptr) client_port_->add_metrics(out);
  out.process();
  return out.text();
}

}  // namespace parley
