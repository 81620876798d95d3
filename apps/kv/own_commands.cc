// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/own_commands.h"

#include <algorithm>

#include "apps/kv/reply_encoder.h"

namespace parley::resp {
namespace {

using Id = OwnCommandId;
using Array = CommandReply::Array;
using Map = CommandReply::Map;

constexpr OwnCommand table[] = {
    {Id::Auth, "auth", -2, true, false, "Authenticates the connection."},
    {Id::Client, "client", -2, false, true, "Names and lists connections."},
    {Id::Command, "command", -1, false, true, "Describes commands."},
    {Id::Config, "config", -2, false, true, "Reads settings."},
    {Id::Discard, "discard", 1, false, true, "Forgets a transaction."},
    {Id::Echo, "echo", 2, false, true, "Answers its argument."},
    {Id::Exec, "exec", 1, false, true, "Runs a transaction as one method."},
    {Id::Hello, "hello", -1, true, false, "Chooses the protocol's version."},
    {Id::Info, "info", -1, false, true, "Tells about the node."},
    {Id::Multi, "multi", 1, false, true, "Begins a transaction."},
    {Id::Invoke, "parley.invoke", -2, false, false, "Adds a command to the branch pulled."},
    {Id::Pull, "parley.pull", -1, false, false, "Opens a branch of the object."},
    {Id::Push, "parley.push", 1, false, false, "Commits the branch."},
    {Id::Status, "parley.status", 1, false, true, "Tells about node, object and backend."},
    {Id::Ping, "ping", -1, false, true, "Answers PONG."},
    {Id::Quit, "quit", -1, true, true, "Ends the connection."},
    {Id::Reset, "reset", 1, true, true, "Makes the connection as new."},
    {Id::Select, "select", 2, false, true, "Chooses the database; there is one, 0."},
    {Id::Unwatch, "unwatch", 1, false, true, "Watches no key any more."},
    {Id::Watch, "watch", -2, false, false, "Makes EXEC depend on keys being as they are."},
};

CommandReply entry_of(const OwnCommand& command) {
  return {Array{{std::string{command.name}},
                {command.arity},
                {Array{{CommandReply::Status{"fast"}}}},
                {std::int64_t{0}},
                {std::int64_t{0}},
                {std::int64_t{0}},
                {Array{}},
                {Array{}},
                {Array{}},
                {Array{}}}};
}

std::string name_of(const CommandReply& entry) {
  const auto* items = std::get_if<Array>(&entry.value);
  const auto* name = items == nullptr || items->empty()
                         ? nullptr
                         : std::get_if<std::string>(&items->front().value);
  return name == nullptr ? std::string{} : *name;
}

Array all_entries(const DataCommands& data) {
  const CommandReply answer = data.ask_empty({"COMMAND"});
  Array entries;
  if (const auto* theirs = std::get_if<Array>(&answer.value)) entries = *theirs;
  // The port's own answer is the one that clients get.
  std::erase_if(entries, [](const CommandReply& entry) {
    return find_own_command(name_of(entry)) != nullptr;
  });
  for (const OwnCommand& command : table) entries.push_back(entry_of(command));
  return entries;
}

CommandReply info_of(const Array& entries, const Words& words) {
  if (words.size() == 2) return {entries};
  Array found;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto entry = std::find_if(entries.begin(), entries.end(), [&](const CommandReply& each) {
      return equal_words(name_of(each), words[i]);
    });
    found.push_back(entry == entries.end() ? CommandReply{} : *entry);
  }
  return {std::move(found)};
}

CommandReply docs_of(const DataCommands& data, const Words& words) {
  const CommandReply answer = data.ask_empty(words);
  Map docs;
  if (const auto* theirs = std::get_if<Map>(&answer.value)) docs = *theirs;
  std::erase_if(docs, [](const auto& each) {
    const auto* name = std::get_if<std::string>(&each.first.value);
    return name != nullptr && find_own_command(*name) != nullptr;
  });
  for (const OwnCommand& command : table) {
    const bool asked = words.size() == 2 ||
                       std::any_of(words.begin() + 2, words.end(), [&](const std::string& word) {
                         return equal_words(word, command.name);
                       });
    if (!asked) continue;
    docs.push_back({{std::string{command.name}},
                    {Map{{{std::string{"summary"}}, {std::string{command.summary}}},
                         {{std::string{"group"}}, {std::string{"connection"}}},
                         {{std::string{"arity"}}, {command.arity}}}}});
  }
  return {std::move(docs)};
}

}  // namespace

std::span<const OwnCommand> own_commands() {
  return table;
}

const OwnCommand* find_own_command(std::string_view name) {
  constexpr std::size_t name_max = 16;
  if (name.size() > name_max) return nullptr;
  const std::string wanted = lower_case(name);
  const auto found = std::lower_bound(
      std::begin(table), std::end(table), wanted,
      [](const OwnCommand& each, const std::string& text) { return each.name < text; });
  return found == std::end(table) || found->name != wanted ? nullptr : found;
}

CommandReply answer_command(const DataCommands& data, const Words& words) {
  if (words.size() == 1) return {all_entries(data)};
  const std::string_view what = words[1];
  if (equal_words(what, "DOCS")) return docs_of(data, words);
  const Array entries = all_entries(data);
  if (equal_words(what, "INFO")) return info_of(entries, words);
  if (equal_words(what, "COUNT") && words.size() == 2) return number_reply(entries.size());
  if (equal_words(what, "LIST") && words.size() == 2) {
    Array names;
    for (const CommandReply& entry : entries) names.push_back({name_of(entry)});
    return {std::move(names)};
  }
  return data.ask_empty(words);
}

CommandReply answer_config(const Words& words, std::size_t clients_max, std::size_t bulk_max,
                           std::uint64_t idle_seconds) {
  if (!equal_words(words[1], "GET")) {
    return failure("ERR only CONFIG GET is served: settings are those of the deployment file");
  }
  if (words.size() < 3) {
    return failure("ERR wrong number of arguments for 'config|get' command");
  }
  // A write is acknowledged when a quorum's stores have it, whatever these say.
  const std::pair<std::string_view, std::string> settings[] = {
      {"appendonly", "no"},
      {"databases", "1"},
      {"maxclients", std::to_string(clients_max)},
      {"maxmemory", "0"},
      {"maxmemory-policy", "noeviction"},
      {"proto-max-bulk-len", std::to_string(bulk_max)},
      {"save", ""},
      {"timeout", std::to_string(idle_seconds)}};
  Map found;
  for (const auto& [name, value] : settings) {
    const std::string_view setting = name;
    const bool asked = std::any_of(words.begin() + 2, words.end(), [&](const std::string& word) {
      return matches(lower_case(word), setting);
    });
    if (asked) found.push_back({{std::string{name}}, {value}});
  }
  return {std::move(found)};
}

bool matches(std::string_view pattern, std::string_view text) {
  // The last star and where it has matched up to: a mismatch lets it take one more.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace parley::resp
