// SPDX-License-Identifier: Apache-2.0
//
// What the clients were told, judged: is the history linearizable, and is all
// there that was acknowledged?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/lab/history/check.h"
#include "apps/torture/history_file.h"
#include "apps/torture/ledger.h"
#include "core/base/result.h"

namespace parley::torture {

struct FinalReads {
  std::vector<std::string> lost;    ///< Acknowledged appends that are missing, or twice.
  std::vector<std::string> unread;  ///< Keys that could not be read.
};

/// Reads every key that was ever used once, at any of the addresses.
FinalReads read_everything(const std::vector<std::string>& addresses, std::int64_t process,
                           HistoryFile& file, Ledger& ledger);

struct Judged {
  history::Judgement judgement;
  std::size_t operations = 0;
  double seconds = 0;
  std::string violation;  ///< The answer that nothing explains, for people.
};

/// An error: the file is not a history, which is a fault of this program.
Result<Judged> judge(const std::string& file, std::uint64_t seconds_max);

}  // namespace parley::torture
