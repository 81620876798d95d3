// SPDX-License-Identifier: Apache-2.0
//
// Every known mistake of vertical_paxos (mutation.h), built as a module of its own,
// is found within few storms. Prints by what and how soon.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "core/host/plugins/loader.h"
#include "tests/unit/plugins/backend/vertical_paxos_storm.h"

namespace parley::vertical_paxos {
namespace {

constexpr std::uint64_t seeds_max = 40;

struct Mistake {
  const char* name;
  WriteQuorum quorum;  ///< Under which it is looked for.
};

constexpr Mistake mistakes[] = {
    {"ConsultsLastEpochOnly", WriteQuorum::Majority},
    {"CompletesBeforeTransfer", WriteQuorum::Majority},
    {"AdoptsOwnLog", WriteQuorum::Majority},
    {"AcceptsBelowEpoch", WriteQuorum::Majority},
    {"SmallerWriteQuorum", WriteQuorum::All},
    {"SmallerReadQuorum", WriteQuorum::One},
    {"NoBarrier", WriteQuorum::All},
    {"ReadsUnconfirmed", WriteQuorum::Majority},
    {"ForgetsEntries", WriteQuorum::Majority},
    {"ForgetsEpoch", WriteQuorum::All},
    {"TrimsWithoutSnapshot", WriteQuorum::Majority},
    {"SnapshotWithoutTail", WriteQuorum::Majority},
    {"PushesOnMovedBase", WriteQuorum::Majority},
    {"SharesBranch", WriteQuorum::One},
};

/// The first fault, and the seed that shows it; 1 for what needs no storm.
std::pair<std::uint64_t, std::string> first_fault(const BackendFactory& factory,
                                                  WriteQuorum quorum) {
  const ClusterOptions calm{.write_quorum = quorum, .factory = &factory};
  if (const std::string fault = read_at_replaced_leader(calm);
      fault.find("past") != std::string::npos) {
    return {1, fault};
  }
  for (std::uint64_t seed = 1; seed <= seeds_max; ++seed) {
    Storm storm{{.write_quorum = quorum, .factory = &factory}, seed, 20};
    storm.rage(4s);
    if (!storm.cluster().fault().empty()) return {seed, storm.cluster().fault()};
  }
  return {0, ""};
}

TEST(VerticalPaxosMutationsTest, EveryKnownMistakeIsFound) {
  for (const Mistake& mistake : mistakes) {
    const std::filesystem::path module =
        std::filesystem::path{PARLEY_BUILD_DIR "/tests/mutations"} / mistake.name /
        "vertical_paxos.so";
    const auto loaded = load_plugin(scan_plugin(module));
    const auto* plugin = std::get_if<Plugin>(&loaded);
    ASSERT_NE(plugin, nullptr) << module;
    const auto& factory = *static_cast<const BackendFactory*>(plugin->factory.get());
    const auto [seed, fault] = first_fault(factory, mistake.quorum);
    EXPECT_GT(seed, 0u) << mistake.name << " was not found";
    std::printf("%-24s seed %2llu  %s\n", mistake.name, static_cast<unsigned long long>(seed),
                fault.substr(0, 90).c_str());
  }
}

}  // namespace
}  // namespace parley::vertical_paxos
