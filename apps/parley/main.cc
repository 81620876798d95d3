// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"
#include "core/lang/suggestion.h"

namespace {

/// Help that starts with what to type. The footer is that example; what follows
/// its first empty line comes last.
class ExampleFirst final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    const std::string footer = app->get_footer();
    const std::string example = footer.substr(0, footer.find("\n\n"));
    return example + "\n\n" + CLI::Formatter::make_help(app, std::move(name), mode);
  }

  std::string make_footer(const CLI::App* app) const override {
    const std::string footer = app->get_footer();
    const std::size_t gap = footer.find("\n\n");
    return gap == std::string::npos ? "" : footer.substr(gap + 2) + '\n';
  }
};

void add_verbs(CLI::App& app, parley::verbs::Action& action) {
  parley::verbs::add_run(app, action);
  parley::verbs::add_simulate(app, action);
  parley::verbs::add_explore(app, action);
  parley::verbs::add_replay(app, action);
  parley::verbs::add_plugins(app, action);
  parley::verbs::add_config(app, action);
  parley::verbs::add_keys(app, action);
  parley::verbs::add_trace(app, action);
  parley::verbs::add_verify(app, action);
  parley::verbs::add_version(app, action);
  parley::verbs::add_completion(app, action);
}

/// CLI11 says only that a verb is required; a typo deserves better.
bool refused_unknown_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    if (verb->check_name(argv[1])) return false;
    if (!verb->get_name().starts_with("__")) names.push_back(verb->get_name());
  }
  const std::string nearest = parley::did_you_mean(argv[1], names);
  fmt::print(stderr, "parley: expected a verb, found '{}'; {}\n", argv[1],
             nearest.empty() ? "parley --help lists them" : nearest);
  return true;
}

/// `code`, unless the result that it speaks of did not arrive.
int delivered(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fputs("parley: standard output cannot be written\n", stderr);
  return parley::exit_code::io;
}

int run_action(const parley::verbs::Action& action) {
  try {
    return delivered(action());
  } catch (const std::system_error& error) {  // How fmt says that a stream is broken.
    if (std::ferror(stdout) == 0) {
      std::fputs(("parley: " + std::string{error.what()} + '\n').c_str(), stderr);
    }
    return delivered(parley::exit_code::io);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Compose, run, simulate and explore distributed protocols"};
  app.name("parley");
  app.require_subcommand(1);
  app.formatter(std::make_shared<ExampleFirst>());
  app.footer("Example:\n  parley run configs/register.toml");
  parley::verbs::Action action;
  add_verbs(app, action);
  if (refused_unknown_verb(app, argc, argv)) return parley::exit_code::usage;

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 exits with 0 for --help and with codes of its own otherwise.
    const bool helped = app.exit(error) == 0;
    return helped ? delivered(parley::exit_code::ok) : parley::exit_code::usage;
  }
  return run_action(action);
}
