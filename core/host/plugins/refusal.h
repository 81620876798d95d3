// SPDX-License-Identifier: Apache-2.0
//
// Why a file is not a usable plugin: the rungs of one ladder, from "not even a
// file" to "its factory returned null". Every refusal names the place, what was
// expected, what was found, and what to do about it.
#pragma once

#include <filesystem>
#include <string>

namespace parley {

enum class RefusalReason {
  Unreadable,
  NotRegularFile,
  WorldWritable,
  TooLarge,
  Empty,
  NotElf,
  Truncated,
  WrongMachine,
  ElfMalformed,
  NoNote,
  NoteMalformed,
  AbiMajorDiffers,
  AbiMinorNewer,
  KindUnknown,
  ApiDigestDiffers,
  ToolchainDiffers,
  Duplicate,
  ChangedSinceScan,
  LoadFailed,
  SymbolMissing,
  DescriptorDisagrees,
  FactoryMissing,
};

/// snake_case, for JSON.
const char* reason_name(RefusalReason reason);

struct RefusalGrounds {
  RefusalReason reason;
  std::string expected;
  std::string found;
  std::string help;
};

struct PluginRefusal {
  std::filesystem::path file;
  RefusalGrounds grounds;

  /// "expected …, found …; …" without the place.
  std::string reason() const;
  /// "<file>: expected …, found …; …"
  std::string message() const;
};

}  // namespace parley
