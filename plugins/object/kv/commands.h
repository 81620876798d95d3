// SPDX-License-Identifier: Apache-2.0
//
// The table of all commands, which drives everything that is the same for each:
// how many words it takes, which of them are keys, whether it may write, and what
// COMMAND tells clients.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/object/kv/arguments.h"
#include "plugins/object/kv/keys.h"

namespace parley::kv {

/// One command at work. Its words are of the number its specification wants.
struct Call {
  State& state;
  Keys keys;
  Words words;             ///< The command's name first.
  std::string_view name;   ///< In lower case.
  std::size_t& room_left;  ///< Of reply_size_max.

  /// Whether a reply of that many bytes more is possible. Effect: if so, they are
  /// counted.
  bool take_room(std::size_t bytes);
};

/// What a command may do; several are one word.
enum CommandFlag : std::uint8_t {
  reads = 1,
  writes = 2,
  grows = 4,   ///< Writes, and may use more memory.
  fast = 8,    ///< Takes constant or logarithmic time.
  nests = 16,  ///< Its words are commands: PARLEY.EXEC, PARLEY.BATCH.
};

struct CommandSpec {
  std::string_view name;  ///< In lower case.
  std::int8_t arity;      ///< Words with the name; -n: at least n.
  std::uint8_t flags;
  std::int8_t first_key;  ///< 0: none.
  std::int8_t last_key;   ///< -1: the last word.
  std::int8_t key_step;
  CommandReply (*run)(Call& call);
  std::string_view group;
  std::string_view summary;
};

/// By name.
std::span<const CommandSpec> command_table();
/// Null if there is none. Precondition: there is a word.
const CommandSpec* find_command(std::string_view name);
bool has_arity(const CommandSpec& spec, std::size_t words_count);

/// Whether the words, run as a command, can never change a state.
bool only_reads(Words words);
/// The one key that the words, run as a command, are about; nullopt if they are
/// about none, more than one, or all.
std::optional<std::string_view> only_key(Words words);

/// Effect: runs the words as a command at that moment. `nested`: inside another.
/// Precondition: there is a word, and now_ms is not before the state's.
CommandReply run_command(State& state, std::int64_t now_ms, Words words, std::size_t& room_left,
                         bool nested = false);

/// The words of PARLEY.EXEC, or of PARLEY.BATCH, which watches nothing.
struct Transaction {
  std::vector<std::pair<std::string_view, std::int64_t>> watched{};  ///< Keys and versions.
  std::vector<Words> commands{};
};
std::optional<Transaction> parse_transaction(Words words);

// Strings.
CommandReply run_get(Call& call);
CommandReply run_set(Call& call);
CommandReply run_setnx(Call& call);
CommandReply run_setex(Call& call);
CommandReply run_psetex(Call& call);
CommandReply run_getset(Call& call);
CommandReply run_getdel(Call& call);
CommandReply run_getex(Call& call);
CommandReply run_mget(Call& call);
CommandReply run_mset(Call& call);
CommandReply run_msetnx(Call& call);
CommandReply run_incr(Call& call);
CommandReply run_decr(Call& call);
CommandReply run_incrby(Call& call);
CommandReply run_decrby(Call& call);
CommandReply run_append(Call& call);
CommandReply run_strlen(Call& call);
CommandReply run_getrange(Call& call);
CommandReply run_setrange(Call& call);
CommandReply run_cas(Call& call);

// Keys.
CommandReply run_del(Call& call);
CommandReply run_exists(Call& call);
CommandReply run_type(Call& call);
CommandReply run_rename(Call& call);
CommandReply run_renamenx(Call& call);
CommandReply run_copy(Call& call);
CommandReply run_scan(Call& call);
CommandReply run_keys(Call& call);
CommandReply run_randomkey(Call& call);
CommandReply run_dbsize(Call& call);
CommandReply run_flush(Call& call);

// Deadlines of keys.
CommandReply run_expire(Call& call);
CommandReply run_pexpire(Call& call);
CommandReply run_expireat(Call& call);
CommandReply run_pexpireat(Call& call);
CommandReply run_ttl(Call& call);
CommandReply run_pttl(Call& call);
CommandReply run_expiretime(Call& call);
CommandReply run_pexpiretime(Call& call);
CommandReply run_persist(Call& call);

// About commands, and several as one.
CommandReply run_command_command(Call& call);
CommandReply run_parley_version(Call& call);
CommandReply run_parley_batch(Call& call);
CommandReply run_parley_exec(Call& call);

/// The deadline that a time in an option or argument means. Precondition: the unit
/// is 1 or 1000 milliseconds. nullopt: not in the future of 1970, or too far.
std::optional<std::int64_t> deadline_of(std::int64_t time, std::int64_t unit_ms,
                                        std::int64_t base_ms);

}  // namespace parley::kv
