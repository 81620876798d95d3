// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "apps/parley/history/verify_command.h"
#include "apps/parley/verbs/verb.h"

namespace parley::verbs {
namespace {

void add_history(CLI::App& verify, Action& action) {
  CLI::App* verb =
      verify.add_subcommand("history", "Is a recorded history linearizable? Says why not");
  verb->footer(
      "Examples:\n"
      "  parley verify history run.jsonl --model kv\n"
      "  parley verify history run.jsonl --model queue --html timeline.html\n"
      "  parley verify history run.jsonl --model lock --time-limit 60 --json\n\n"
      "FILE has one JSON object a line, an event each: what a process invoked, and how it\n"
      "was answered. Models: kv, register, queue, lock. Exit codes: 0 linearizable,\n"
      "1 a violation, 2 usage, 3 a limit was hit before it was known, 65 the file is\n"
      "wrong, 74 it cannot be read. See docs/verification.md.");
  auto request = std::make_shared<VerifyRequest>();
  verb->add_option("file", request->file, "History, JSON lines")->required();
  verb->add_option("-m,--model", request->model, "What was called: kv, register, queue or lock");
  verb->add_option("--time-limit", request->time_limit, "Stop after so many seconds");
  verb->add_option("--states-max", request->states_max,
                   "Stop at so many configurations of one partition")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{4'000'000'000}))
      ->capture_default_str();
  verb->add_option("--memory-max", request->memory_max, "Stop at so much memory (default: 4GiB)")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--html", request->html, "Write a timeline to this file");
  verb->add_flag("--json", request->json, "Print JSON");
  verb->callback([&action, request] { action = [request] { return verify_history(*request); }; });
}

}  // namespace

void add_verify(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("verify", "Check what a system did against what it should");
  verb->footer("Example:\n  parley verify history run.jsonl --model kv");
  verb->require_subcommand(1);
  add_history(*verb, action);
}

}  // namespace parley::verbs
