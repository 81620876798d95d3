// SPDX-License-Identifier: Apache-2.0
//
// Shell completion: the scripts ask the command itself (`parley __complete`), so
// they never go stale.
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"

namespace parley::verbs {
namespace {

constexpr std::string_view bash_script = R"sh(_parley() {
  local IFS=$'\n'
  local words
  words=$(parley __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _parley parley
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef parley
_parley() {
  local -a candidates
  candidates=("${(@f)$(parley __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $candidates
  _files
}
compdef _parley parley
)sh";

constexpr std::string_view fish_script =
    R"sh(complete -c parley \
  -a '(parley __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
)sh";

/// What may follow `words`, the last of which is being typed: verbs and options.
std::vector<std::string> candidates(const CLI::App& root, const std::vector<std::string>& words) {
  const CLI::App* at = &root;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    for (const CLI::App* verb : at->get_subcommands(nullptr)) {
      if (verb->check_name(words[i])) {
        at = verb;
        break;
      }
    }
  }
  std::vector<std::string> list;
  for (const CLI::App* verb : at->get_subcommands(nullptr)) {
    if (!verb->get_name().starts_with("__")) list.push_back(verb->get_name());
  }
  for (const CLI::Option* option : at->get_options()) {
    for (const std::string& name : option->get_lnames()) list.push_back("--" + name);
  }
  const std::string prefix = words.empty() ? "" : words.back();
  std::erase_if(list, [&](const std::string& word) { return !word.starts_with(prefix); });
  return list;
}

int print_script(const std::string& shell) {
  if (shell == "bash") fmt::print("{}", bash_script);
  if (shell == "zsh") fmt::print("{}", zsh_script);
  if (shell == "fish") fmt::print("{}", fish_script);
  return exit_code::ok;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("completion", "Print the completion script of a shell");
  verb->footer("Example:\n  parley completion bash > /etc/bash_completion.d/parley");
  auto shell = std::make_shared<std::string>();
  verb->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&action, shell] { action = [shell] { return print_script(*shell); }; });

  CLI::App* complete = app.add_subcommand("__complete", "")->group("");
  complete->prefix_command();
  complete->callback([&app, &action, complete] {
    action = [&app, words = complete->remaining()] {
      for (const std::string& word : candidates(app, words)) fmt::print("{}\n", word);
      return exit_code::ok;
    };
  });
}

}  // namespace parley::verbs
