// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "plugins/object/kv/commands.h"

namespace parley::kv {
namespace {

constexpr std::size_t name_size_max = 32;
constexpr const char* string = "string";
constexpr const char* generic = "generic";
constexpr const char* server = "server";
constexpr const char* transactions = "transactions";

// Arities and places of keys are those of Redis 7 for the commands it has.
constexpr std::array table = std::to_array<CommandSpec>({
    {"append", 3, writes | grows | fast, 1, 1, 1, run_append, string, "Appends to a value."},
    {"cas", 4, writes | grows | fast, 1, 1, 1, run_cas, string,
     "Sets the value of a key if it is the expected one."},
    {"command", -1, reads, 0, 0, 0, run_command_command, server, "Tells about commands."},
    {"copy", -3, writes | grows, 1, 2, 1, run_copy, generic,
     "Copies the value of a key to another key."},
    {"dbsize", 1, reads | fast, 0, 0, 0, run_dbsize, server, "Counts the keys."},
    {"decr", 2, writes | grows | fast, 1, 1, 1, run_decr, string, "Decrements a number by one."},
    {"decrby", 3, writes | grows | fast, 1, 1, 1, run_decrby, string, "Decrements a number."},
    {"del", -2, writes, 1, -1, 1, run_del, generic, "Deletes keys."},
    {"exists", -2, reads | fast, 1, -1, 1, run_exists, generic, "Counts the keys that exist."},
    {"expire", -3, writes | fast, 1, 1, 1, run_expire, generic,
     "Sets the time to live of a key in seconds."},
    {"expireat", -3, writes | fast, 1, 1, 1, run_expireat, generic,
     "Sets the deadline of a key as a Unix time."},
    {"expiretime", 2, reads | fast, 1, 1, 1, run_expiretime, generic,
     "Returns the deadline of a key as a Unix time."},
    {"flushall", -1, writes, 0, 0, 0, run_flush, server, "Deletes all keys."},
    {"flushdb", -1, writes, 0, 0, 0, run_flush, server, "Deletes all keys."},
    {"get", 2, reads | fast, 1, 1, 1, run_get, string, "Returns the value of a key."},
    {"getdel", 2, writes | fast, 1, 1, 1, run_getdel, string,
     "Returns the value of a key and deletes it."},
    {"getex", -2, writes | fast, 1, 1, 1, run_getex, string,
     "Returns the value of a key and changes its deadline."},
    {"getrange", 4, reads, 1, 1, 1, run_getrange, string, "Returns a part of the value of a key."},
    {"getset", 3, writes | grows | fast, 1, 1, 1, run_getset, string,
     "Returns the value of a key and sets another."},
    {"incr", 2, writes | grows | fast, 1, 1, 1, run_incr, string, "Increments a number by one."},
    {"incrby", 3, writes | grows | fast, 1, 1, 1, run_incrby, string, "Increments a number."},
    {"keys", 2, reads, 0, 0, 0, run_keys, generic, "Returns the keys that match a pattern."},
    {"mget", -2, reads | fast, 1, -1, 1, run_mget, string, "Returns the values of keys."},
    {"mset", -3, writes | grows, 1, -1, 2, run_mset, string, "Sets the values of keys."},
    {"msetnx", -3, writes | grows, 1, -1, 2, run_msetnx, string,
     "Sets the values of keys if none of them exists."},
    {"parley.batch", -1, writes | nests, 0, 0, 0, run_parley_batch, transactions, "Runs commands."},
    {"parley.exec", -2, writes | nests, 0, 0, 0, run_parley_exec, transactions,
     "Runs commands as one if keys still have the versions watched."},
    {"parley.version", -2, reads | fast, 1, -1, 1, run_parley_version, transactions,
     "Returns the versions of keys."},
    {"persist", 2, writes | fast, 1, 1, 1, run_persist, generic, "Removes the deadline of a key."},
    {"pexpire", -3, writes | fast, 1, 1, 1, run_pexpire, generic,
     "Sets the time to live of a key in milliseconds."},
    {"pexpireat", -3, writes | fast, 1, 1, 1, run_pexpireat, generic,
     "Sets the deadline of a key as a Unix time in milliseconds."},
    {"pexpiretime", 2, reads | fast, 1, 1, 1, run_pexpiretime, generic,
     "Returns the deadline of a key as a Unix time in milliseconds."},
    {"psetex", 4, writes | grows, 1, 1, 1, run_psetex, string,
     "Sets a value and its time to live in milliseconds."},
    {"pttl", 2, reads | fast, 1, 1, 1, run_pttl, generic,
     "Returns the time to live of a key in milliseconds."},
    {"randomkey", 1, reads, 0, 0, 0, run_randomkey, generic, "Returns some key."},
    {"rename", 3, writes, 1, 2, 1, run_rename, generic, "Renames a key."},
    {"renamenx", 3, writes | fast, 1, 2, 1, run_renamenx, generic,
     "Renames a key if the new name is free."},
    {"scan", -2, reads, 0, 0, 0, run_scan, generic, "Returns keys in portions."},
    {"set", -3, writes | grows, 1, 1, 1, run_set, string, "Sets the value of a key."},
    {"setex", 4, writes | grows, 1, 1, 1, run_setex, string,
     "Sets a value and its time to live in seconds."},
    {"setnx", 3, writes | grows | fast, 1, 1, 1, run_setnx, string,
     "Sets the value of a key that does not exist."},
    {"setrange", 4, writes | grows, 1, 1, 1, run_setrange, string,
     "Overwrites a part of the value of a key."},
    {"strlen", 2, reads | fast, 1, 1, 1, run_strlen, string, "Returns the length of a value."},
    {"touch", -2, reads | fast, 1, -1, 1, run_exists, generic, "Counts the keys that exist."},
    {"ttl", 2, reads | fast, 1, 1, 1, run_ttl, generic,
     "Returns the time to live of a key in seconds."},
    {"type", 2, reads | fast, 1, 1, 1, run_type, generic, "Returns the type of a key's value."},
    {"unlink", -2, writes | fast, 1, -1, 1, run_del, generic, "Deletes keys."},
});

static_assert(std::is_sorted(table.begin(), table.end(),
                             [](const CommandSpec& a, const CommandSpec& b) {
                               return a.name < b.name;
                             }));

}  // namespace

std::span<const CommandSpec> command_table() {
  return table;
}

const CommandSpec* find_command(std::string_view name) {
  if (name.size() > name_size_max) return nullptr;
  const std::string wanted = lower_case(name);
  const auto found =
      std::lower_bound(table.begin(), table.end(), wanted,
                       [](const CommandSpec& spec, std::string_view of) { return spec.name < of; });
  return found != table.end() && found->name == wanted ? &*found : nullptr;
}

bool has_arity(const CommandSpec& spec, std::size_t words_count) {
  const auto count = static_cast<std::int64_t>(words_count);
  return spec.arity >= 0 ? count == spec.arity : count >= -spec.arity;
}

}  // namespace parley::kv
