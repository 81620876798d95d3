// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugins/elf_note.h"

#include <elf.h>

#include "core/base/codec.h"
#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {
namespace {

template <class Structure>
void append(Bytes& out, const Structure& structure) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(&structure);
  out.insert(out.end(), start, start + sizeof structure);
}

Bytes note_of(std::string_view text) {
  Bytes note;
  append(note,
         Elf64_Nhdr{.n_namesz = 7, .n_descsz = static_cast<Elf64_Word>(text.size()), .n_type = 1});
  Writer(note).raw(view_of(std::string_view("PARLEY\0\0", 8)));
  Writer(note).raw(view_of(text));
  note.resize((note.size() + 3) / 4 * 4);
  return note;
}

/// The smallest shared object that carries a note: two headers and the note.
Bytes library_with(std::string_view text) {
  const Bytes note = note_of(text);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
#if defined(__aarch64__)
  header.e_machine = EM_AARCH64;
#else
  header.e_machine = EM_X86_64;
#endif
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  segment.p_filesz = note.size();
  segment.p_memsz = note.size();
  segment.p_align = 4;

  Bytes file;
  append(file, header);
  append(file, segment);
  Writer(file).raw(note);
  return file;
}

constexpr std::string_view whole_note =
    "abi_major=1\nabi_minor=0\nkind=4\nname=first_vote\nversion=0.1.0\nmaturity=1\n"
    "fault_model=1\nguarantees=64\napi_digest=0123456789abcdef\ntoolchain=gcc-12 c++202002L\n"
    "summary=Agreement by first-heard vote.\n"
    "field=ballots_max|2|0|1024|1|65536|Ballots kept in memory.\n"
    "note=first_vote_cast|voter|A vote was cast.\n";

bool lies_in(std::string_view text, ByteView file) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(text.data());
  return start >= file.data() && start + text.size() <= file.data() + file.size();
}

}  // namespace

int fuzz_elf_note(ByteView bytes) {
  const auto note = find_plugin_note(bytes);
  if (const auto* refusal = std::get_if<RefusalGrounds>(&note)) {
    return refusal->expected.empty() || refusal->found.empty() ? 1 : refused;
  }
  const auto text = std::get<std::string_view>(note);
  if (!lies_in(text, bytes)) return 2;
  const auto facts = parse_plugin_note(text);
  if (const auto* refusal = std::get_if<RefusalGrounds>(&facts)) {
    return refusal->expected.empty() || refusal->found.empty() ? 3 : refused;
  }
  return std::get<PluginFacts>(facts).name.empty() ? 4 : accepted;
}

std::vector<Bytes> elf_note_seeds() {
  return {library_with(whole_note)};
}

}  // namespace parley::fuzz
