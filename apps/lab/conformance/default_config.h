// SPDX-License-Identifier: Apache-2.0
//
// A configuration made of nothing but a plugin's own field table, so that a
// suite can make an instance of a plugin it has never seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/api/config.h"
#include "core/api/plugin.h"

namespace parley {

/// Every field of the plugin: its default where there is one; for a required
/// field its lower bound, false, the empty text, or the group {0, 1, 2}.
Config default_config(const parley_plugin& plugin);

/// The value of `field` written as `text` (a TOML value without quotes), with
/// the field's bounds. nullopt: not of the field's type or outside its bounds.
/// A group's text is not resolved: every group is {0, 1, 2}.
std::optional<ConfigValue> field_value(const parley_field& field, std::string_view text);

}  // namespace parley
