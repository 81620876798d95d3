// SPDX-License-Identifier: Apache-2.0
#include "apps/demo/check.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include "apps/demo/journal.h"

namespace parley::demo {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t batch_size = 100;
constexpr std::size_t shown_max = 5;
constexpr int tries_max = 20;

using Entry = Journal::Entry;

std::optional<std::vector<Entry>> read_journal(const std::string& path) {
  std::ifstream in{path};
  if (!in) return std::nullopt;
  std::vector<Entry> entries;
  for (Entry entry; in >> entry.first >> entry.second;) entries.push_back(entry);
  return entries;
}

/// Answers of a node that is there: what it refuses, as it may while another leads,
/// is asked again.
std::vector<Answer> ask(RedisClient& client, const Target& target,
                        const std::vector<Words>& commands) {
  for (int tries = 1;; ++tries) {
    std::vector<Answer> answers = client.call(commands);
    const bool served = std::none_of(answers.begin(), answers.end(), [](const Answer& each) {
      return each.kind == Answer::Kind::Failed || each.kind == Answer::Kind::Broken;
    });
    if (served || tries == tries_max) return answers;
    std::this_thread::sleep_for(100ms);
    client.connect(target);
  }
}

}  // namespace

int check(const std::string& journal_path, const Target& target) {
  const auto entries = read_journal(journal_path);
  if (!entries) {
    std::fprintf(stderr, "kv_load: cannot read %s\n", journal_path.c_str());
    return 74;
  }
  RedisClient client;
  client.connect(target);
  std::size_t found = 0;
  std::size_t wrong = 0;
  for (std::size_t from = 0; from < entries->size(); from += batch_size) {
    const std::size_t to = std::min(from + batch_size, entries->size());
    std::vector<Words> commands;
    for (std::size_t i = from; i < to; ++i) commands.push_back({"GET", (*entries)[i].first});
    const std::vector<Answer> answers = ask(client, target, commands);
    for (std::size_t i = from; i < to; ++i) {
      const Answer& answer = answers[i - from];
      const auto& [key, value] = (*entries)[i];
      if (answer.kind == Answer::Kind::Value && answer.text == value) {
        ++found;
      } else if (++wrong <= shown_max) {
        std::printf("  %s: LOST %s, acknowledged as '%s', found '%s'\n", target.node.c_str(),
                    key.c_str(), value.c_str(), answer.text.c_str());
      }
    }
  }
  std::printf("  %s: %zu of %zu acknowledged writes are there, with their values\n",
              target.node.c_str(), found, entries->size());
  return found == entries->size() && found > 0 ? 0 : 1;
}

}  // namespace parley::demo
