// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/judge.h"

#include <fmt/core.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "apps/lab/history/history.h"
#include "apps/lab/history/model.h"
#include "apps/torture/workload.h"

namespace parley::torture {
namespace {

constexpr std::chrono::seconds read_patience{30};
constexpr std::size_t piece_size = std::size_t{1} << 20;

/// Tries until it is answered; false when that takes unreasonably long.
bool read_key(const std::string& key, const std::vector<std::string>& addresses,
              std::int64_t process, std::size_t& turn, RespClient& client, HistoryFile& file,
              Ledger& ledger, RespReply& reply) {
  const Clock::time_point end = Clock::now() + read_patience;
  while (Clock::now() < end) {
    if (client.connected() ||
        client.connect(addresses[turn % addresses.size()], std::chrono::milliseconds{500})) {
      if (perform({.f = "get", .key = key, .argument = {}, .expected = {}}, process, client, file,
                  ledger, reply) == Outcome::Ok) {
        return true;
      }
    }
    client.close();
    ++turn;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

std::string describe(const history::History& history, const history::Counterexample& found) {
  std::string text;
  for (const std::size_t position : found.minimal) {
    const history::Operation& operation = history.operations[position];
    text += fmt::format("    {} {} {} {} -> {}\n", operation.invoke.process, operation.invoke.f,
                        operation.invoke.key ? history::as_json(*operation.invoke.key) : "",
                        operation.invoke.value ? history::as_json(*operation.invoke.value) : "",
                        !operation.answer         ? "unknown"
                        : operation.answer->value ? history::as_json(*operation.answer->value)
                                                  : "ok");
    if (text.size() > 4'000) return text + "    and so on\n";
  }
  return text;
}

}  // namespace

FinalReads read_everything(const std::vector<std::string>& addresses, std::int64_t process,
                           HistoryFile& file, Ledger& ledger) {
  FinalReads reads;
  RespClient client;
  std::size_t turn = 0;
  for (const std::string& key : ledger.keys()) {
    RespReply reply;
    if (!read_key(key, addresses, process, turn, client, file, ledger, reply)) {
      reads.unread.push_back(key);
      continue;
    }
    if (key.front() != 'l') continue;
    for (std::string& fault : ledger.faults_of(key, reply.text)) {
      reads.lost.push_back(std::move(fault));
    }
  }
  return reads;
}

Result<Judged> judge(const std::string& file, std::uint64_t seconds_max) {
  const Clock::time_point begin = Clock::now();
  Diagnostics faults;
  history::Reader reader{faults};
  std::ifstream in{file, std::ios::binary};
  std::string piece(piece_size, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    reader.feed(std::string_view{piece}.substr(0, static_cast<std::size_t>(in.gcount())));
  }
  if (!in.eof()) return Error{ErrorCode::Io, file + ": cannot be read"};
  const history::History history = reader.finish();
  history::Problem problem = history::understand(history, history::Model::KeyValue, faults);
  if (faults.has_errors()) {
    return Error{ErrorCode::BadSource, file + ": " + faults.sorted().front().message};
  }
  const auto end = begin + std::chrono::seconds{seconds_max};
  Judged judged;
  judged.operations = history.operations.size();
  history::Budget budget;
  budget.go_on = [end] { return Clock::now() < end; };
  judged.judgement = history::check(problem, budget);
  judged.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (judged.judgement.counterexample) {
    judged.violation = describe(history, *judged.judgement.counterexample);
  }
  return judged;
}

}  // namespace parley::torture
