// SPDX-License-Identifier: Apache-2.0
//
// What the benchmarks of this program share: the plugins as the loader finds
// them beside the executable, and which figures are set against which.
#pragma once

#include <string>
#include <vector>

#include "core/kernel/catalogue.h"
#include "core/kernel/deployment.h"

namespace parley::bench {

/// The usable plugins of the build; loaded once, never unloaded.
const Catalogue& catalogue();

/// A register of three members on a memory store, sealed by `mechanism`; every
/// plugin at its default configuration.
Deployment register_of_three(const char* mechanism);

/// Two benchmarks of one run whose speeds are to be compared.
struct Ratio {
  std::string label;     ///< "rocksdb / bare write+fdatasync, 16 a batch".
  std::string measured;  ///< A benchmark's full name.
  std::string baseline;
};

/// Called by the parts before the benchmarks run; each adds what it has.
void register_frames();
void register_authenticators();
void register_stores(std::vector<Ratio>& ratios);
void register_plugins(std::vector<Ratio>& ratios);
void register_machines(std::vector<Ratio>& ratios);
void register_simulator(std::vector<Ratio>& ratios);
void register_explorer();

}  // namespace parley::bench
