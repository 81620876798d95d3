// SPDX-License-Identifier: Apache-2.0
//
// What can be wrong with a deployment file. Numbers are for ever: they stand in
// documents and in other people's scripts. docs/deployment.md explains each.
#pragma once

#include <string_view>

namespace parley::codes {

inline constexpr std::string_view unreadable = "D0001";
inline constexpr std::string_view file_too_large = "D0002";
inline constexpr std::string_view syntax = "D0003";
inline constexpr std::string_view too_deep = "D0004";
inline constexpr std::string_view schema_version = "D0005";

inline constexpr std::string_view unknown_key = "D0010";
inline constexpr std::string_view missing_key = "D0011";
inline constexpr std::string_view wrong_type = "D0012";
inline constexpr std::string_view out_of_range = "D0013";
inline constexpr std::string_view bad_unit = "D0014";
inline constexpr std::string_view bad_choice = "D0015";
inline constexpr std::string_view later_work = "D0016";
inline constexpr std::string_view bad_plugin_use = "D0017";
inline constexpr std::string_view empty_list = "D0018";

inline constexpr std::string_view bad_name = "D0020";
inline constexpr std::string_view name_taken = "D0021";
inline constexpr std::string_view bad_address = "D0022";
inline constexpr std::string_view address_taken = "D0023";
inline constexpr std::string_view unknown_name = "D0024";
inline constexpr std::string_view group_cycle = "D0025";
inline constexpr std::string_view listed_twice = "D0026";
inline constexpr std::string_view too_many = "D0027";
inline constexpr std::string_view name_repeated = "D0028";

inline constexpr std::string_view bad_scope = "D0030";
inline constexpr std::string_view unknown_instance = "D0031";
inline constexpr std::string_view unknown_plugin = "D0032";
inline constexpr std::string_view plugin_directory = "D0033";
inline constexpr std::string_view secret_file = "D0034";

inline constexpr std::string_view not_authenticated = "D0040";
inline constexpr std::string_view needs_private_link = "D0041";
inline constexpr std::string_view exploration_only = "D0042";
inline constexpr std::string_view not_auditable = "D0043";
inline constexpr std::string_view rule_never_matches = "D0044";
inline constexpr std::string_view bad_plugin_default = "D0045";
inline constexpr std::string_view needs_configuration = "D0046";
inline constexpr std::string_view bad_configuration = "D0047";
inline constexpr std::string_view needs_log = "D0048";

/// All of them, for the test that wants an example of each.
inline constexpr std::string_view all[] = {
    unreadable,         file_too_large,      syntax,
    too_deep,           schema_version,      unknown_key,
    missing_key,        wrong_type,          out_of_range,
    bad_unit,           bad_choice,          later_work,
    bad_plugin_use,     empty_list,          bad_name,
    name_taken,         bad_address,         address_taken,
    unknown_name,       group_cycle,         listed_twice,
    too_many,           name_repeated,       bad_scope,
    unknown_instance,   unknown_plugin,      plugin_directory,
    secret_file,        not_authenticated,   needs_private_link,
    exploration_only,   not_auditable,       rule_never_matches,
    bad_plugin_default, needs_configuration, bad_configuration,
    needs_log};

}  // namespace parley::codes
