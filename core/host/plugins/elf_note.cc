// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugins/elf_note.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/digest.h"

namespace parley {
namespace {

using Grounds = std::optional<RefusalGrounds>;

#if defined(__x86_64__)
constexpr std::uint16_t this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t this_machine = EM_AARCH64;
#else
#error "The plugin loader knows no ELF machine number for this processor"
#endif

constexpr const char* copy_again = "copy the file again and rename it into place when it is whole";
constexpr const char* build_again = "build the plugin for this machine";
constexpr const char* not_a_plugin = "build it with parley_add_plugin, or move it elsewhere";

/// A structure that lies at `offset`; the bytes need not be aligned.
template <class Structure>
std::optional<Structure> read_at(ByteView file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(Structure)) return std::nullopt;
  Structure structure;
  std::memcpy(&structure, file.data() + offset, sizeof structure);
  return structure;
}

bool inside(ByteView file, std::uint64_t offset, std::uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}

RefusalGrounds truncated(const std::string& what, std::uint64_t offset, std::uint64_t size,
                         ByteView file) {
  return {RefusalReason::Truncated,
          what + " of " + std::to_string(size) + " bytes at offset " + std::to_string(offset),
          "a file of " + std::to_string(file.size()) + " bytes", copy_again};
}

RefusalGrounds malformed(const std::string& expected, const std::string& found) {
  return {RefusalReason::ElfMalformed, expected, found, not_a_plugin};
}

RefusalGrounds wrong_machine(const std::string& expected, const std::string& found) {
  return {RefusalReason::WrongMachine, expected, found, build_again};
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

/// Not even ELF, or ELF of another machine: what the first bytes say.
Grounds check_identity(ByteView file) {
  if (file.empty()) {
    return RefusalGrounds{RefusalReason::Empty, "a shared object", "an empty file", copy_again};
  }
  const ByteView start = file.first(std::min<std::size_t>(file.size(), SELFMAG));
  if (!equal(start, view_of(std::string_view(ELFMAG, start.size())))) {
    return RefusalGrounds{RefusalReason::NotElf, "an ELF shared object",
                          "a file that starts with " + to_hex(start), not_a_plugin};
  }
  if (file.size() < sizeof(Elf64_Ehdr)) {
    return truncated("an ELF header", 0, sizeof(Elf64_Ehdr), file);
  }
  if (file[EI_CLASS] != ELFCLASS64) {
    return wrong_machine("a 64-bit file (class 2)", "class " + number(file[EI_CLASS]));
  }
  if (file[EI_DATA] != ELFDATA2LSB) {
    return wrong_machine("a little-endian file (data 1)", "data " + number(file[EI_DATA]));
  }
  return std::nullopt;
}

Grounds check_header(const Elf64_Ehdr& header) {
  if (header.e_machine != this_machine) {
    return wrong_machine("ELF machine " + number(this_machine),
                         "machine " + number(header.e_machine));
  }
  if (header.e_type != ET_DYN) {
    return malformed("a shared object (ELF type 3)", "ELF type " + number(header.e_type));
  }
  if (header.e_phentsize != sizeof(Elf64_Phdr)) {
    return malformed("program headers of 56 bytes", number(header.e_phentsize) + " bytes");
  }
  if (header.e_shnum != 0 && header.e_shentsize != sizeof(Elf64_Shdr)) {
    return malformed("section headers of 64 bytes", number(header.e_shentsize) + " bytes");
  }
  return std::nullopt;
}

/// Every segment that would be mapped or read lies inside the file.
Grounds check_segments(ByteView file, const Elf64_Ehdr& header) {
  const std::uint64_t table_size = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
  if (!inside(file, header.e_phoff, table_size)) {
    return truncated("program headers", header.e_phoff, table_size, file);
  }
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
    const std::uint32_t type = segment->p_type;
    if (type != PT_LOAD && type != PT_NOTE && type != PT_DYNAMIC) continue;
    if (!inside(file, segment->p_offset, segment->p_filesz)) {
      return truncated("segment " + number(i), segment->p_offset, segment->p_filesz, file);
    }
    if (segment->p_memsz < segment->p_filesz) {
      return malformed("segment " + number(i) + " at least as large in memory as in the file",
                       number(segment->p_memsz) + " bytes for " + number(segment->p_filesz));
    }
  }
  return std::nullopt;
}

/// Sections are not mapped, but they lie last: a cut-off tail shows here.
Grounds check_sections(ByteView file, const Elf64_Ehdr& header) {
  const std::uint64_t table_size = std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
  if (!inside(file, header.e_shoff, table_size)) {
    return truncated("section headers", header.e_shoff, table_size, file);
  }
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = read_at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section->sh_type == SHT_NOBITS || section->sh_type == SHT_NULL) continue;
    if (!inside(file, section->sh_offset, section->sh_size)) {
      return truncated("section " + number(i), section->sh_offset, section->sh_size, file);
    }
  }
  return std::nullopt;
}

RefusalGrounds bad_note(const std::string& expected, const std::string& found) {
  return {RefusalReason::NoteMalformed, expected, found, not_a_plugin};
}

struct NoteRange {
  std::uint64_t offset;
  std::uint64_t size;
  std::uint64_t alignment;  ///< gABI: aligned to 8 pads to 8, all others to 4.
};

/// Where notes lie. Sections first: mold joins notes of both alignments into one
/// segment, which then cannot be walked. Segments where sections were stripped.
std::vector<NoteRange> note_ranges(ByteView file, const Elf64_Ehdr& header) {
  std::vector<NoteRange> ranges;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = read_at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section->sh_type != SHT_NOTE) continue;
    ranges.push_back({section->sh_offset, section->sh_size, section->sh_addralign == 8 ? 8u : 4u});
  }
  for (std::uint64_t i = 0; header.e_shnum == 0 && i < header.e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment->p_type != PT_NOTE) continue;
    ranges.push_back({segment->p_offset, segment->p_filesz, segment->p_align == 8 ? 8u : 4u});
  }
  return ranges;
}

/// Adds the texts of the PARLEY notes of one section or segment.
Grounds collect_notes(ByteView range, std::uint64_t alignment,
                      std::vector<std::string_view>& texts) {
  constexpr std::string_view owner{"PARLEY\0", 7};
  const auto padded = [&](std::uint64_t size) {
    return (size + alignment - 1) / alignment * alignment;
  };
  // Each round takes at least a header, so the range bounds the loop.
  for (std::uint64_t at = 0; at < range.size();) {
    const auto note = read_at<Elf64_Nhdr>(range, at);
    if (!note) return bad_note("whole notes", "a cut-off note header");
    // Header and name are padded together, then the text.
    const std::uint64_t name_at = at + sizeof(Elf64_Nhdr);
    const std::uint64_t text_at = at + padded(sizeof(Elf64_Nhdr) + note->n_namesz);
    if (!inside(range, name_at, note->n_namesz) || !inside(range, text_at, note->n_descsz)) {
      return bad_note("whole notes",
                      "a note of " + number(note->n_descsz) + " bytes beyond its end");
    }
    const std::string_view name = text_of(range.subspan(name_at, note->n_namesz));
    if (name == owner && note->n_type == 1) {
      texts.push_back(text_of(range.subspan(text_at, note->n_descsz)));
    }
    at = text_at + padded(note->n_descsz);
  }
  return std::nullopt;
}

}  // namespace

std::variant<std::string_view, RefusalGrounds> find_plugin_note(ByteView file) {
  if (Grounds refusal = check_identity(file)) return *refusal;
  const Elf64_Ehdr header = *read_at<Elf64_Ehdr>(file, 0);
  if (Grounds refusal = check_header(header)) return *refusal;
  if (Grounds refusal = check_segments(file, header)) return *refusal;
  if (Grounds refusal = check_sections(file, header)) return *refusal;

  std::vector<std::string_view> texts;
  std::uint64_t walked = 0;
  for (const NoteRange& range : note_ranges(file, header)) {
    // Thousands of sections over the same bytes would cost their product.
    walked += range.size;
    if (walked > file.size()) return bad_note("notes that do not overlap", "overlapping ones");
    const ByteView notes = file.subspan(range.offset, range.size);
    if (Grounds refusal = collect_notes(notes, range.alignment, texts)) return *refusal;
  }
  if (texts.empty()) {
    return RefusalGrounds{RefusalReason::NoNote, "an ELF note 'PARLEY' of type 1", "none",
                          not_a_plugin};
  }
  if (texts.size() > 1) return bad_note("one PARLEY note", number(texts.size()) + " of them");
  return texts.front();
}

std::variant<PluginFacts, RefusalGrounds> read_plugin_facts(ByteView file) {
  const auto note = find_plugin_note(file);
  if (const auto* refusal = std::get_if<RefusalGrounds>(&note)) return *refusal;
  return parse_plugin_note(std::get<std::string_view>(note));
}

}  // namespace parley
