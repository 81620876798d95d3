// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "apps/kv/resp_port.h"
#include "apps/parley/deployment/opened_deployment.h"
#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"
#include "core/api/toolchain.h"
#include "core/host/keys/generate_keys.h"
#include "core/host/keys/load_keys.h"
#include "core/host/runtime/host.h"
#include "core/host/runtime/log.h"
#include "core/host/runtime/socket.h"
#include "parley_version.h"

namespace parley::verbs {
namespace {

struct Options {
  std::string deployment;
  std::string node;
  std::vector<std::string> directories;
};

int fail(const Error& error) {
  fmt::print(stderr, "parley: {}\n", error.message);
  return exit_code::of(error.code);
}

bool on_loopback(const PrincipalEntry& principal) {
  const Result<SocketAddress> address = resolve_address(principal.address, true);
  return address && address->is_loopback();
}

/// The node that is named, or all of them when they all live on this machine.
Result<std::vector<PrincipalId>> chosen_nodes(const Deployment& deployment,
                                              const std::string& name) {
  const auto& principals = deployment.principals;
  std::vector<PrincipalId> all;
  std::string names;
  for (std::uint32_t i = 0; i < principals.size(); ++i) {
    if (principals[i].name == name) return std::vector{PrincipalId{i}};
    all.push_back(PrincipalId{i});
    names += (names.empty() ? "" : ", ") + principals[i].name;
  }
  if (!name.empty()) {
    return Error{ErrorCode::Configuration,
                 "--node: expected one of " + names + ", found '" + name + "'"};
  }
  const auto elsewhere = std::find_if_not(principals.begin(), principals.end(), on_loopback);
  if (elsewhere == principals.end()) return all;
  return Error{ErrorCode::Configuration, "expected --node with one of " + names + ": " +
                                             elsewhere->name + " at " + elsewhere->address +
                                             " is not on this machine's loopback"};
}

/// All nodes are ours, so nobody else has to agree to new keys.
Status make_missing_keys(const OpenedDeployment& opened) {
  const Result<GeneratedKeys> generated =
      generate_keys(opened.deployment, *opened.catalogue, std::nullopt);
  if (!generated) return generated.error();
  if (const std::size_t count = generated.value().made.size(); count > 0) {
    fmt::print(stderr, "made {} missing key files in {}/keys\n", count, opened.deployment.data_dir);
  }
  return {};
}

void announce(const PrincipalEntry& principal) {
  fmt::print("{} is up: link {}{}{}\n", principal.name, principal.address,
             principal.metrics.empty() ? "" : ", http://" + principal.metrics,
             principal.resp.empty() ? "" : ", redis://" + principal.resp);
  std::fflush(stdout);  // Whoever waits for the line reads a pipe.
}

int run(const Options& options) {
  const auto opening =
      open_deployment(options.deployment,
                      {.directories = {options.directories.begin(), options.directories.end()}});
  if (const int* exit = std::get_if<int>(&opening)) return *exit;
  const OpenedDeployment& opened = std::get<OpenedDeployment>(opening);
  const Deployment& deployment = opened.deployment;
  const auto tables = opened.tables();
  if (!tables) return fail(tables.error());
  set_log_level(deployment.log_level);
  const Result<std::vector<PrincipalId>> nodes = chosen_nodes(deployment, options.node);
  if (!nodes) return fail(nodes.error());
  if (options.node.empty()) {
    if (const Status made = make_missing_keys(opened); !made) return fail(made.error());
  }
  Result<std::unique_ptr<Host>> host = Host::open(
      {.tables = *tables,
       .nodes = *nodes,
       .keys = [&](PrincipalId node) { return load_keys(**tables, node, deployment.data_dir); },
       .process = {.version = PARLEY_VERSION,
                   .build = PARLEY_TOOLCHAIN,
                   .config_hash = opened.config_hash},
       .make_client_port = resp::make_resp_port,
       .ready = [&](PrincipalId node) { announce(deployment.principals[node.value]); }});
  if (!host) return fail(host.error());
  if (const Status done = (*host)->run(); !done) return fail(done.error());
  return exit_code::ok;
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("run", "Run the nodes of a deployment");
  verb->footer("Example:\n  parley run configs/register.toml --node r1");
  auto options = std::make_shared<Options>();
  verb->add_option("deployment", options->deployment, "Deployment file (TOML)")->required();
  verb->add_option("-n,--node", options->node,
                   "Run this node alone (default: all, when all addresses are on loopback)");
  add_directories(*verb, options->directories);
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace parley::verbs
