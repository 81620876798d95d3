// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"
#include "core/api/plugin.h"
#include "core/api/toolchain.h"
#include "parley_api_digest.h"
#include "parley_version.h"

namespace parley::verbs {
namespace {

int print_version(bool json) {
  if (json) {
    const nlohmann::ordered_json facts{{"version", PARLEY_VERSION},
                                       {"abi_major", parley_abi_major},
                                       {"abi_minor", parley_abi_minor},
                                       {"api_digest", PARLEY_API_DIGEST},
                                       {"toolchain", PARLEY_TOOLCHAIN}};
    fmt::print("{}\n", facts.dump(2));
    return exit_code::ok;
  }
  fmt::print("parley {}\nplugin ABI {}.{}\napi digest {}\ntoolchain {}\n", PARLEY_VERSION,
             parley_abi_major, parley_abi_minor, PARLEY_API_DIGEST, PARLEY_TOOLCHAIN);
  return exit_code::ok;
}

}  // namespace

void add_version(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("version", "Print version, plugin ABI and toolchain");
  verb->footer("Example:\n  parley version --json");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Print JSON");
  verb->callback([&action, json] { action = [json] { return print_version(*json); }; });
}

}  // namespace parley::verbs
