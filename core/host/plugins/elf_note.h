// SPDX-License-Identifier: Apache-2.0
//
// Reads a plugin's facts out of the bytes of a file, without running its code
// and without trusting a byte of it. Refuses whatever would hurt the process at
// dlopen: mapping a truncated file raises SIGBUS, so every segment and section
// must lie inside the file. The file layer is plugin_file.h.
#pragma once

#include <string_view>
#include <variant>

#include "core/base/bytes.h"
#include "core/host/plugins/facts.h"

namespace parley {

/// Total: any bytes may come. Facts of a plugin that this Parley may not load
/// (judge) are facts all the same.
std::variant<PluginFacts, RefusalGrounds> read_plugin_facts(ByteView file);

/// The text of the one PARLEY note; a view into `file`.
std::variant<std::string_view, RefusalGrounds> find_plugin_note(ByteView file);

/// The note's text as facts: fixed keys in fixed order, then fields, then notes.
std::variant<PluginFacts, RefusalGrounds> parse_plugin_note(std::string_view text);

}  // namespace parley
