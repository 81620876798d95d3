// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/lab/replay.h"
#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"
#include "core/base/limits.h"
#include "core/base/overloaded.h"

namespace parley::verbs {
namespace {

using Json = nlohmann::ordered_json;

/// The input's facts, without a deployment: numbers where names would need one.
Json input_json(const NodeInput& input) {
  return std::visit(
      overloaded{
          [](const Boot& boot) {
            Json recovered = Json::object();
            for (const auto& [instance, log] : boot.recovered) {
              recovered[std::to_string(instance.value)] = log.records.size();
            }
            return Json{{"input", "boot"}, {"recovered_records", recovered}};
          },
          [](const Arrived& arrived) {
            return Json{{"input", "arrived"},
                        {"from", arrived.from.value},
                        {"issuer", arrived.frame.issuer.value},
                        {"instance", arrived.frame.instance.value},
                        {"type", arrived.frame.type.value},
                        {"record", to_hex(arrived.frame.record)}};
          },
          [](const Dropped& dropped) {
            return Json{{"input", "dropped"},
                        {"from", dropped.from.value},
                        {"reason", dropped.reason->name}};
          },
          [](const Request& request) {
            return Json{{"input", "request"},
                        {"instance", request.instance.value},
                        {"port", request.port.value},
                        {"value", to_hex(request.value)}};
          },
          [](const NodeTimerFired& fired) {
            return Json{
                {"input", "timer"},
                {"instance", fired.key.instance.value},
                {"owner", fired.key.owner == TimerKey::Owner::Machine ? "machine" : "publication"},
                {"timer", fired.key.timer}};
          },
          [](const PeerRestarted& restarted) {
            return Json{{"input", "peer_restarted"}, {"peer", restarted.peer.value}};
          },
          [](const NodeMembershipChanged& change) {
            return Json{{"input", "membership_changed"},
                        {"instance", change.instance.value},
                        {"epoch", change.membership->epoch.value}};
          },
      },
      input);
}

Json event_json(std::uint64_t step, const TraceEvent& event) {
  Json line{{"step", step}, {"at_ns", event.at.count()}};
  const auto input = decode_input(event.input, limits::principals_count_max);
  line.update(input ? input_json(input->input) : Json{{"input", "undecodable"}});
  line["chosen"] = event.chosen;
  line["output_digest"] = fmt::format("{:016x}", event.output_digest);
  line["notes"] = Json::array();
  for (const TraceEvent::Named& note : event.notes) {
    line["notes"].push_back(
        {{"instance", note.instance.value}, {"name", note.name}, {"values", note.values}});
  }
  return line;
}

void print_words(std::uint64_t step, const TraceEvent& event) {
  // Without the deployment instances and principals are numbers.
  const Tables nameless;
  const auto input = decode_input(event.input, limits::principals_count_max);
  fmt::print("{:>8} {:>12.6f}s  {}\n", step, std::chrono::duration<double>(event.at).count(),
             input ? describe_input(nameless, input->input) : "undecodable input");
  for (const TraceEvent::Named& note : event.notes) {
    fmt::print("{:>24}{}\n", "", describe_note(note));
  }
}

int read_trace(const std::string& file, bool json) {
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    fmt::print(stderr, "parley: {}: cannot be read\n", file);
    return exit_code::io;
  }
  std::ostringstream content;
  content << in.rdbuf();
  const std::string bytes = content.str();
  Result<TraceReader> reader = TraceReader::open(view_of(bytes));
  if (!reader) {
    fmt::print(stderr, "parley: {}: {}\n", file, reader.error().message);
    return exit_code::of(reader.error().code);
  }
  if (!json) {
    fmt::print("deployment {}, principal {}\n", reader->header().deployment,
               reader->header().principal.value);
  }
  for (std::uint64_t step = 1;; ++step) {
    const Result<std::optional<TraceEvent>> event = reader->next();
    if (!event) {
      fmt::print(stderr, "parley: {}: {}\n", file, event.error().message);
      return exit_code::of(event.error().code);
    }
    if (!event.value()) break;
    if (json) {
      fmt::print("{}\n", event_json(step, **event).dump());
    } else {
      print_words(step, **event);
    }
  }
  if (reader->torn()) fmt::print(stderr, "parley: {}: the last event is torn\n", file);
  return exit_code::ok;
}

void add_export(CLI::App& trace, Action& action) {
  CLI::App* verb = trace.add_subcommand("export", "Print a trace as JSON lines, an event each");
  verb->footer("Example:\n  parley trace export --json var/register.r1.trace");
  auto file = std::make_shared<std::string>();
  verb->add_option("file", *file, "Trace file")->required();
  auto json = std::make_shared<bool>(true);
  verb->add_flag("--json", *json, "JSON lines, the default and only format");
  verb->callback([&action, file, json] { action = [file] { return read_trace(*file, true); }; });
}

void add_show(CLI::App& trace, Action& action) {
  CLI::App* verb = trace.add_subcommand("show", "Print a trace for people");
  verb->footer("Example:\n  parley trace show var/register.r1.trace");
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  verb->add_option("file", *file, "Trace file")->required();
  verb->add_flag("--json", *json, "Print JSON lines");
  verb->callback(
      [&action, file, json] { action = [file, json] { return read_trace(*file, *json); }; });
}

}  // namespace

void add_trace(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("trace", "Look into the trace of a node");
  verb->footer("Example:\n  parley trace show var/register.r1.trace");
  verb->require_subcommand(1);
  add_export(*verb, action);
  add_show(*verb, action);
}

}  // namespace parley::verbs
