// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugins/refusal.h"

namespace parley {

const char* reason_name(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::Unreadable:
      return "unreadable";
    case RefusalReason::NotRegularFile:
      return "not_regular_file";
    case RefusalReason::WorldWritable:
      return "world_writable";
    case RefusalReason::TooLarge:
      return "too_large";
    case RefusalReason::Empty:
      return "empty";
    case RefusalReason::NotElf:
      return "not_elf";
    case RefusalReason::Truncated:
      return "truncated";
    case RefusalReason::WrongMachine:
      return "wrong_machine";
    case RefusalReason::ElfMalformed:
      return "elf_malformed";
    case RefusalReason::NoNote:
      return "no_note";
    case RefusalReason::NoteMalformed:
      return "note_malformed";
    case RefusalReason::AbiMajorDiffers:
      return "abi_major_differs";
    case RefusalReason::AbiMinorNewer:
      return "abi_minor_newer";
    case RefusalReason::KindUnknown:
      return "kind_unknown";
    case RefusalReason::ApiDigestDiffers:
      return "api_digest_differs";
    case RefusalReason::ToolchainDiffers:
      return "toolchain_differs";
    case RefusalReason::Duplicate:
      return "duplicate";
    case RefusalReason::ChangedSinceScan:
      return "changed_since_scan";
    case RefusalReason::LoadFailed:
      return "load_failed";
    case RefusalReason::SymbolMissing:
      return "symbol_missing";
    case RefusalReason::DescriptorDisagrees:
      return "descriptor_disagrees";
    case RefusalReason::FactoryMissing:
      return "factory_missing";
  }
  return "unknown";
}

std::string PluginRefusal::reason() const {
  return "expected " + grounds.expected + ", found " + grounds.found + "; " + grounds.help;
}

std::string PluginRefusal::message() const {
  return file.string() + ": " + reason();
}

}  // namespace parley
