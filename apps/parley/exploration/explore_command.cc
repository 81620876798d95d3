// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/exploration/explore_command.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "apps/parley/deployment/opened_deployment.h"
#include "apps/parley/exit_codes.h"
#include "apps/parley/exploration/explore_report.h"
#include "core/host/crypto/sha256.h"

namespace parley {
namespace {

using Clock = std::chrono::steady_clock;

int fail(int code, std::string_view message) {
  fmt::print(stderr, "{}{}", message, message.ends_with('\n') ? "" : "\n");
  return code;
}

/// What is wrong with the command line, not with the file.
Error usage(std::string message) {
  return {ErrorCode::Configuration, "parley explore: " + std::move(message)};
}

/// Principals by name: a group's members, or one.
Result<PrincipalSet> named(const Deployment& deployment, const std::string& name) {
  if (const auto group = deployment.groups.find(name); group != deployment.groups.end()) {
    return group->second;
  }
  for (std::uint32_t i = 0; i < deployment.principals.size(); ++i) {
    if (deployment.principals[i].name == name) return PrincipalSet{PrincipalId{i}};
  }
  return usage("expected a principal or group of the deployment, found '" + name + "'");
}

Result<std::vector<PrincipalId>> callers(const ExploreRequest& request,
                                         const Deployment& deployment, const ObjectEntry& object) {
  std::vector<PrincipalId> chosen;
  for (const std::string& name : request.clients) {
    Result<PrincipalSet> members = named(deployment, name);
    if (!members) return members.error();
    for (const PrincipalId member : members->members()) chosen.push_back(member);
  }
  if (!chosen.empty()) return chosen;
  const std::size_t wanted = request.methods.empty() ? 2 : request.methods.size();
  const auto& order = object.membership.order;
  chosen.assign(order.begin(),
                order.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, order.size())));
  return chosen;
}

std::string method_of(const ExploreRequest& request, std::size_t client) {
  if (!request.methods.empty()) return request.methods[client];
  return std::string{"put "} + static_cast<char>('a' + client % 26);
}

Status choose_clients(const ExploreRequest& request, const Deployment& deployment,
                      const ObjectEntry& object, const Object& initial, ExploreOptions& options) {
  const Result<std::vector<PrincipalId>> chosen = callers(request, deployment, object);
  if (!chosen) return chosen.error();
  if (!request.methods.empty() && request.methods.size() != chosen->size()) {
    return usage("--methods: expected one for each of " + std::to_string(chosen->size()) +
                 " clients, found " + std::to_string(request.methods.size()));
  }
  for (std::size_t i = 0; i < chosen->size(); ++i) {
    const std::string words = method_of(request, i);
    std::optional<Bytes> method = initial.parse_method(words);
    if (!method) {
      return usage("--methods: expected methods of object type '" + object.object.name +
                   "', found '" + words + "'");
    }
    options.clients.push_back({(*chosen)[i], std::move(*method)});
  }
  return {};
}

/// Effect: of the named principals those that run no client are interchangeable.
Status choose_symmetric(const ExploreRequest& request, const Deployment& deployment,
                        const ObjectEntry& object, ExploreOptions& options) {
  for (const std::string& name : request.symmetric) {
    Result<PrincipalSet> members = named(deployment, name);
    if (!members) return members.error();
    options.symmetric |= *members;
  }
  options.symmetric &= object.membership.members | object.membership.learners;
  for (const ExploreOptions::Client& client : options.clients) options.symmetric.erase(client.at);
  return {};
}

/// The position of the object to explore.
Result<std::size_t> object_of(const ExploreRequest& request, const Deployment& deployment) {
  const auto& objects = deployment.objects;
  if (objects.empty()) {
    return usage("expected a deployment with an [[object]], found none");
  }
  if (request.instance.empty()) return std::size_t{0};
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const ObjectEntry& object) {
    return object.name == request.instance;
  });
  if (found == objects.end()) {
    return usage("--instance: expected an [[object]] of the deployment, found '" +
                 request.instance + "'");
  }
  return static_cast<std::size_t>(found - objects.begin());
}

Result<ExploreOptions> options_of(const ExploreRequest& request, const Tables& tables,
                                  std::size_t position) {
  const Deployment& deployment = tables.deployment;
  const ObjectEntry& object = deployment.objects[position];
  ExploreOptions options;
  options.object = object_instance(position);
  options.attempts = request.attempts;
  options.crashes = request.crashes;
  options.duplicates = request.duplicates;
  options.timers = request.timers;
  options.refinement = request.refinement;
  options.depth_max = request.depth_max.value_or(options.depth_max);
  options.states_max = request.states_max.value_or(options.states_max);
  options.memory_max = request.memory_max;
  if (Status chosen =
          choose_clients(request, deployment, object, *tables.objects[position], options);
      !chosen) {
    return chosen.error();
  }
  if (Status chosen = choose_symmetric(request, deployment, object, options); !chosen) {
    return chosen.error();
  }
  return options;
}

/// Shows on a terminal how far it is, and stops when the time is over.
class Watch {
 public:
  explicit Watch(std::uint64_t time_limit)
      : time_limit_(time_limit), shown_(isatty(STDERR_FILENO) == 1) {}

  double seconds() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

  bool operator()(const Exploration& so_far) {
    if (shown_) {
      fmt::print(stderr, "\r\033[K{} states, depth {}, {} to look at, {} MiB", so_far.states,
                 so_far.depth, so_far.frontier, so_far.memory_bytes >> 20);
    }
    printed_ = shown_;
    return time_limit_ == 0 || seconds() < static_cast<double>(time_limit_);
  }
  void end() const {
    if (printed_) fmt::print(stderr, "\r\033[K");
  }

 private:
  Clock::time_point begun_ = Clock::now();
  std::uint64_t time_limit_;
  bool shown_;
  bool printed_ = false;
};

int deliver(const ExploreRequest& request, const ExploreReport& report) {
  const Exploration& found = report.found;
  if (!request.trace.empty() && found.counterexample) {
    std::ofstream out{request.trace, std::ios::binary};
    out << story_as_json(*found.counterexample);
    out.flush();
    if (!out) return fail(exit_code::io, request.trace + ": cannot be written");
  }
  fmt::print("{}", request.json ? as_json(report) : as_text(report));
  if (found.counterexample) return exit_code::check_failed;
  return found.exhausted() ? exit_code::ok : exit_code::undecided;
}

}  // namespace

int explore_deployment(const ExploreRequest& request) {
  const auto opening = open_deployment(
      request.file, {.directories = {request.directories.begin(), request.directories.end()},
                     .exploration = true});
  if (const int* exit = std::get_if<int>(&opening)) return *exit;
  const auto tables = std::get<OpenedDeployment>(opening).tables();
  if (!tables) return fail(exit_code::configuration, tables.error().message);

  const Result<std::size_t> position = object_of(request, (*tables)->deployment);
  if (!position) return fail(exit_code::usage, position.error().message);
  const Result<ExploreOptions> options = options_of(request, **tables, *position);
  if (!options) return fail(exit_code::usage, options.error().message);
  const System system = system_of(**tables, object_instance(*position));
  if (const auto fault = options_fault(system, *options)) {
    return fail(exit_code::usage, "parley explore: --" + *fault);
  }

  Watch watch{request.time_limit};
  ExploreReport report;
  report.instance = (*tables)->deployment.objects[*position].name;
  report.backend = (*tables)->deployment.objects[*position].backend.name;
  report.clients = options->clients.size();
  report.symmetric = options->symmetric.size() > 1;
  report.found = explore(system, *options, [&](const Exploration& found) { return watch(found); });
  report.seconds = watch.seconds();
  watch.end();
  return deliver(request, report);
}

}  // namespace parley
