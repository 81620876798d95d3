// SPDX-License-Identifier: Apache-2.0
//
// parley_torture: runs a replicated key-value store as real processes, hurts them
// while clients write and read, and judges what the clients were told.
// docs/torture.md says how to use it.
#include <fmt/core.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "apps/parley/exit_codes.h"
#include "apps/torture/cluster.h"
#include "apps/torture/judge.h"
#include "apps/torture/nemesis.h"
#include "apps/torture/network.h"
#include "apps/torture/options.h"
#include "apps/torture/workload.h"

namespace parley::torture {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t judging_seconds_max = 300;

std::atomic<bool> interrupted{false};

void on_signal(int /*number*/) {
  interrupted = true;
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

/// A folder of its own, gone with the object unless it is kept.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "parley_torture.XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!kept_ && !path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const fs::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  fs::path path_;
  bool kept_ = false;
};

double seconds_of(Clock::duration span) {
  return std::chrono::duration<double>(span).count();
}

/// "median 0.12 s, longest 0.80 s".
std::string spans_text(std::vector<Clock::duration> spans) {
  if (spans.empty()) return "none";
  std::sort(spans.begin(), spans.end());
  return fmt::format("median {:.2f} s, longest {:.2f} s", seconds_of(spans[spans.size() / 2]),
                     seconds_of(spans.back()));
}

void print_operations(const HistoryFile& file) {
  fmt::print("operations     ok      fail   unknown\n");
  for (const auto& [name, count] : file.outcomes()) {
    fmt::print("  {:<8} {:>8} {:>9} {:>9}\n", name, count.ok, count.fail, count.info);
  }
}

void print_faults(const Nemesis& nemesis) {
  fmt::print("faults; time to the first write after it began, and after it was healed\n");
  for (const auto& [name, record] : nemesis.records()) {
    fmt::print("  {:>4} {:<24} held: {} ({} of {}); healed: {}\n", record.count, name,
               spans_text(record.while_held), record.while_held.size(), record.count,
               spans_text(record.after_healed));
  }
  for (const std::string& skipped : nemesis.skipped()) fmt::print("  SKIPPED {}\n", skipped);
}

/// Prints a heading and what is under it, if there is any. Whether there is none.
bool print_findings(const char* heading, const std::vector<std::string>& findings) {
  constexpr std::size_t shown_max = 20;
  if (findings.empty()) return true;
  fmt::print("{}: {}\n", heading, findings.size());
  for (std::size_t i = 0; i < std::min(findings.size(), shown_max); ++i) {
    fmt::print("  {}\n", findings[i]);
  }
  return false;
}

int code_of(history::Verdict verdict) {
  switch (verdict) {
    case history::Verdict::Linearizable:
      return exit_code::ok;
    case history::Verdict::Violated:
      return exit_code::check_failed;
    case history::Verdict::Undecided:
      return exit_code::undecided;
  }
  return exit_code::undecided;
}

int judge_and_print(const std::string& file) {
  const Result<Judged> judged = judge(file, judging_seconds_max);
  if (!judged) {
    fmt::print("parley_torture: {}\n", judged.error().message);
    return exit_code::check_failed;
  }
  const history::Judgement& judgement = judged->judgement;
  const char* verdicts[] = {"linearizable", "NOT LINEARIZABLE", "undecided"};
  fmt::print("history: {} operations, {} partitions: {} ({:.1f} s{}{})\n", judged->operations,
             judgement.partitions, verdicts[static_cast<std::size_t>(judgement.verdict)],
             judged->seconds, judgement.stopped_by.empty() ? "" : ", ran out of ",
             judgement.stopped_by);
  if (!judged->violation.empty()) fmt::print("{}", judged->violation);
  return code_of(judgement.verdict);
}

/// What came of a campaign, apart from its history.
struct Campaign {
  FinalReads reads;
  bool whole = false;  ///< It ran to its end.
};

Campaign hurt(const Options& options, Cluster& cluster, Network& network, HistoryFile& file,
              Ledger& ledger) {
  Prng prng{options.seed};
  Campaign campaign;
  Nemesis nemesis{options, cluster, network, ledger, prng.fork()};
  Workload workload{options.clients, prng.fork(), cluster.addresses(), file, ledger};
  nemesis.run(Clock::now() + std::chrono::seconds{options.seconds}, interrupted);
  workload.stop();
  if (interrupted) return campaign;
  if (Status serving = cluster.await_serving(); !serving) cluster.note(serving.error().message);
  const auto process = static_cast<std::int64_t>(options.clients) + 1;
  campaign.reads = read_everything(cluster.addresses(), process, file, ledger);
  cluster.stop_all();
  campaign.whole = true;
  print_operations(file);
  print_faults(nemesis);
  return campaign;
}

int report(const Campaign& campaign, const Cluster& cluster, const Ledger& ledger,
           const std::string& history) {
  std::vector<std::string> errors;
  for (const auto& [message, count] : ledger.errors()) {
    errors.push_back(fmt::format("{} times: {}", count, message));
  }
  fmt::print("acknowledged appends: {}, lost or applied twice: {}\n", ledger.appends_acknowledged(),
             campaign.reads.lost.size());
  bool well = print_findings("LOST", campaign.reads.lost);
  well = print_findings("UNREAD KEYS", campaign.reads.unread) && well;
  well = print_findings("UNEXPECTED", cluster.unexpected()) && well;
  well = print_findings("ERRORS THAT A CLIENT SHOULD NOT SEE", errors) && well;
  const int judged = judge_and_print(history);
  return well ? judged : exit_code::check_failed;
}

int torture(const Options& options) {
  Scratch scratch;
  if (scratch.path().empty()) {
    fmt::print(stderr, "parley_torture: no temporary folder can be made\n");
    return exit_code::io;
  }
  const std::string history = scratch.path() / "history.jsonl";
  Network network{options.has(FaultClass::Partition) ? options.nodes : 0, scratch.path()};
  fmt::print("seed {}; to repeat: {}\n", options.seed, options.as_command());
  std::fflush(stdout);
  int code = exit_code::check_failed;
  {
    Cluster cluster{options, scratch.path(), network};
    HistoryFile file{history};
    Ledger ledger;
    Status ready = cluster.start_all();
    if (ready) ready = cluster.await_serving();
    if (!ready) {
      fmt::print("parley_torture: {}\n", ready.error().message);
      scratch.keep();
    } else if (const Campaign campaign = hurt(options, cluster, network, file, ledger);
               !campaign.whole) {
      fmt::print("interrupted: nothing was judged\n");
      code = exit_code::undecided;
    } else if (!file.flush()) {
      fmt::print("parley_torture: {}: cannot be written\n", history);
    } else {
      code = report(campaign, cluster, ledger, history);
      if (options.keep || code != exit_code::ok) scratch.keep();
    }
  }
  fmt::print("{}\n", code == exit_code::ok ? "all was well" : "NOT ALL WAS WELL");
  if (fs::exists(history) && (options.keep || code == exit_code::check_failed)) {
    fmt::print("kept in {}; see parley verify history {} --model kv --html timeline.html\n",
               scratch.path().string(), history);
  }
  return code;
}

}  // namespace
}  // namespace parley::torture

int main(int count, char** words) {
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  const auto options =
      parley::torture::parse_options({words + 1, words + count}, self.parent_path().string());
  if (!options) {
    fmt::print(stderr, "parley_torture: {}\n", options.error().message);
    return parley::exit_code::usage;
  }
  if (options->help) {
    fmt::print("{}", parley::torture::usage());
    return parley::exit_code::ok;
  }
  parley::torture::catch_signals();
  return parley::torture::torture(*options);
}
