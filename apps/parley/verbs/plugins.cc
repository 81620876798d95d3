// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "apps/parley/plugins/listing.h"
#include "apps/parley/plugins/validation.h"
#include "apps/parley/template/plugin_template.h"
#include "apps/parley/verbs/verb.h"

namespace parley::verbs {
namespace {

void add_list(CLI::App& plugins, Action& action) {
  CLI::App* verb =
      plugins.add_subcommand("list", "List every plugin file and whether it is usable");
  verb->footer("Example:\n  parley plugins list --directory build/plugins --json");
  auto directories = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  verb->add_option("-d,--directory", *directories,
                   "Directory to search (repeatable; default: beside this command)")
      ->allow_extra_args(false);
  verb->add_flag("--json", *json, "Print JSON");
  verb->callback([&action, directories, json] {
    action = [directories, json] {
      return list_plugins({directories->begin(), directories->end()}, *json);
    };
  });
}

void add_inspect(CLI::App& plugins, Action& action) {
  CLI::App* verb = plugins.add_subcommand("inspect", "Print what a file says of itself");
  verb->footer("Example:\n  parley plugins inspect build/plugins/store/memory.so");
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  verb->add_option("file", *file, "Plugin file")->required();
  verb->add_flag("--json", *json, "Print JSON");
  verb->callback(
      [&action, file, json] { action = [file, json] { return inspect_plugin(*file, *json); }; });
}

void add_validate(CLI::App& plugins, Action& action) {
  CLI::App* verb =
      plugins.add_subcommand("validate", "Load files and run their kind's conformance suite");
  verb->footer("Example:\n  parley plugins validate build/plugins/store/memory.so");
  struct Options {
    std::vector<std::string> files;
    bool json = false;
    unsigned time_limit = 120;
    std::string child;
  };
  auto options = std::make_shared<Options>();
  verb->add_option("file", options->files, "Plugin files")->required();
  verb->add_flag("--json", options->json, "Print JSON instead of TAP");
  verb->add_option("--time-limit", options->time_limit, "Seconds for each file")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  // How this command calls itself: one file, in this process.
  verb->add_option("--child", options->child)->group("");
  verb->callback([&action, options] {
    action = [options] {
      if (!options->child.empty()) {
        return validate_in_child(options->files.front(), options->child);
      }
      return validate_plugins({{options->files.begin(), options->files.end()},
                               options->json,
                               std::chrono::seconds{options->time_limit}});
    };
  });
}

void add_new(CLI::App& plugins, Action& action) {
  CLI::App* verb = plugins.add_subcommand("new", "Write the template of a plugin of any kind");
  verb->footer("Example:\n  parley plugins new --kind object counter --directory counter");
  auto request = std::make_shared<PluginTemplate>();
  auto directory = std::make_shared<std::string>();
  verb->add_option("-k,--kind", request->kind, "Kind of the plugin")
      ->required()
      ->check(CLI::IsMember(template_kinds()));
  verb->add_option("name", request->name, "Name of the plugin, in snake_case")->required();
  verb->add_option("-d,--directory", *directory, "Where to write it (default: ./NAME)");
  verb->callback([&action, request, directory] {
    action = [request, directory] {
      request->directory = directory->empty() ? request->name : *directory;
      return write_plugin_template(*request);
    };
  });
}

}  // namespace

void add_plugins(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("plugins", "List, inspect, validate and begin plugins");
  verb->footer("Example:\n  parley plugins list");
  verb->require_subcommand(1);
  add_list(*verb, action);
  add_inspect(*verb, action);
  add_validate(*verb, action);
  add_new(*verb, action);
}

}  // namespace parley::verbs
