// SPDX-License-Identifier: Apache-2.0
//
// Who hurts the cluster: one fault after the other, drawn from the seed, each
// held for a while, healed, and waited for until a write succeeds again.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/torture/cluster.h"
#include "apps/torture/ledger.h"
#include "core/base/prng.h"

namespace parley::torture {

/// How long writes were away, over all faults of one name.
struct FaultRecord {
  std::uint64_t count = 0;
  std::vector<Clock::duration> while_held;    ///< Fault to first write; none came: left out.
  std::vector<Clock::duration> after_healed;  ///< Healing to first write.
};

class Nemesis {
 public:
  Nemesis(const Options& options, Cluster& cluster, Network& network, Ledger& ledger, Prng prng);

  /// Effect: faults until then, or until `stopping`; everything is healed in the end.
  void run(Clock::time_point end, const std::atomic<bool>& stopping);

  const std::map<std::string, FaultRecord>& records() const { return records_; }
  /// Faults that were asked for and cannot be had here, and why.
  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  struct Fault {
    std::string name;
    std::function<void()> apply;
    std::function<void()> heal;
  };

  void add_classes();
  void suffer(const Fault& fault, const std::atomic<bool>& stopping);
  void sleep(Clock::duration span, const std::atomic<bool>& stopping);

  std::vector<std::size_t> some_nodes(std::size_t at_most);
  Fault kill(const std::vector<std::size_t>& nodes, const std::string& name);
  Fault pause();
  Fault partition();
  Fault disk();
  Fault small_disk();
  Fault slow_disk();
  Fault clock();

  const Options& options_;
  Cluster& cluster_;
  Network& network_;
  Ledger& ledger_;
  Prng prng_;
  std::vector<std::function<Fault()>> classes_;
  std::map<std::string, FaultRecord> records_;
  std::vector<std::string> skipped_;
};

}  // namespace parley::torture
