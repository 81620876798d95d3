// SPDX-License-Identifier: Apache-2.0
//
// Session: the commands that need nothing but the connection and the node.
#include <algorithm>

#include "apps/kv/session.h"

namespace parley::resp {
namespace {

/// The version of Redis whose form of these commands is served.
constexpr const char* redis_version = "7.0.0";
constexpr std::size_t names_bytes_max = 256;

/// Names end up in lines of CLIENT LIST.
bool is_plain(std::string_view text) {
  return text.size() <= names_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

CommandReply not_plain(const char* what) {
  return failure(std::string{"ERR "} + what + " cannot contain spaces, newlines or special " +
                 "characters, nor more than " + std::to_string(names_bytes_max) + " bytes");
}

/// Takes the same time wherever the difference is.
bool equal_secrets(std::string_view said, std::string_view secret) {
  std::size_t difference = said.size() ^ secret.size();
  for (std::size_t i = 0; i < said.size(); ++i) {
    const char expected = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(said[i] ^ expected);
  }
  return difference == 0;
}

std::uint64_t whole_seconds(Duration duration) {
  return static_cast<std::uint64_t>(duration.count() / Duration{1s}.count());
}

CommandReply text_reply(std::string text) {
  return {std::move(text)};
}

}  // namespace

CommandReply Session::answer_own(const OwnCommand& command, const Words& words) {
  using Id = OwnCommandId;
  switch (command.id) {
    case Id::Ping:
      return ping(words);
    case Id::Echo:
      return text_reply(words[1]);
    case Id::Client:
      return client(words);
    case Id::Command:
      return answer_command(facts_.commands, words);
    case Id::Config:
      return answer_config(words, facts_.clients_max, facts_.limits.bulk_max,
                           whole_seconds(facts_.idle_timeout));
    case Id::Info:
      return info(words);
    case Id::Status:
      return status();
    case Id::Select:
      return select(words);
    case Id::Unwatch:
      transaction_.unwatch();
      return ok_reply();
    default:
      return failure("ERR Command not allowed inside a transaction");
  }
}

CommandReply Session::ping(const Words& words) const {
  if (words.size() > 2) return failure("ERR wrong number of arguments for 'ping' command");
  return words.size() == 2 ? text_reply(words[1]) : CommandReply{CommandReply::Status{"PONG"}};
}

CommandReply Session::select(const Words& words) const {
  if (words[1] == "0") return ok_reply();
  return failure("ERR DB index is out of range: there is one database, 0");
}

CommandReply Session::client(const Words& words) {
  const std::string_view what = words[1];
  const bool alone = words.size() == 2;
  if (equal_words(what, "ID") && alone) return number_reply(id_);
  if (equal_words(what, "INFO") && alone) return text_reply(text() + '\n');
  if (equal_words(what, "LIST")) return text_reply(host_.clients_text());
  if (equal_words(what, "GETNAME") && alone) {
    return name_.empty() ? CommandReply{} : text_reply(name_);
  }
  if (equal_words(what, "SETNAME") && words.size() == 3) {
    if (!is_plain(words[2])) return not_plain("Client names");
    name_ = words[2];
    return ok_reply();
  }
  if (equal_words(what, "SETINFO") && words.size() == 4) return set_information(words);
  if ((equal_words(what, "NO-EVICT") || equal_words(what, "NO-TOUCH")) && words.size() == 3) {
    // Nothing is ever evicted.
    const bool known = equal_words(words[2], "ON") || equal_words(words[2], "OFF");
    return known ? ok_reply() : failure("ERR syntax error");
  }
  return failure(
      "ERR unknown subcommand or wrong number of arguments for 'client': expected ID, "
      "INFO, LIST, GETNAME, SETNAME, SETINFO, NO-EVICT, NO-TOUCH or REPLY");
}

CommandReply Session::set_information(const Words& words) {
  if (!is_plain(words[3])) return not_plain("Library names and versions");
  if (equal_words(words[2], "LIB-NAME")) {
    library_name_ = words[3];
  } else if (equal_words(words[2], "LIB-VER")) {
    library_version_ = words[3];
  } else {
    return failure("ERR Unrecognized option: expected LIB-NAME or LIB-VER");
  }
  return ok_reply();
}

void Session::client_replies(const Words& words) {
  const std::string_view mode = words.size() == 3 ? std::string_view{words[2]} : "";
  if (equal_words(mode, "ON")) {
    replies_ = Replies::On;
    reply(ok_reply());
  } else if (equal_words(mode, "OFF")) {
    replies_ = Replies::Off;
  } else if (equal_words(mode, "SKIP")) {
    if (replies_ != Replies::Off) replies_ = Replies::SkipNext;
  } else {
    refuse_command(ErrorKind::Command, "ERR CLIENT REPLY: expected ON, OFF or SKIP");
  }
}

std::string Session::text() const {
  const std::size_t queued = transaction_.items().size();
  return "id=" + std::to_string(id_) + " addr=" + peer_ + " laddr=" + facts_.address +
         " name=" + name_ +
         " db=0 sub=0 psub=0 multi=" + (transaction_.is_open() ? std::to_string(queued) : "-1") +
         " resp=" + std::to_string(static_cast<int>(protocol_)) + " lib-name=" + library_name_ +
         " lib-ver=" + library_version_;
}

CommandReply Session::info(const Words& words) const {
  const PortStatus now = host_.status();
  const auto line = [](const char* key, const auto& value) {
    if constexpr (std::is_convertible_v<decltype(value), std::string_view>) {
      return std::string{key} + ':' + std::string{value} + "\r\n";
    } else {
      return std::string{key} + ':' + std::to_string(value) + "\r\n";
    }
  };
  const std::pair<const char*, std::string> sections[] = {
      {"Server", line("redis_version", redis_version) + line("redis_mode", "standalone") +
                     line("parley_version", facts_.version) + line("loading", 0) +
                     line("uptime_in_seconds", now.uptime_seconds)},
      {"Clients", line("connected_clients", now.clients) + line("maxclients", facts_.clients_max)},
      {"Memory", line("used_memory", now.memory_bytes) + line("maxmemory", 0)},
      {"Persistence", line("loading", 0)},
      {"Stats", line("total_connections_received", now.clients_total) +
                    line("total_commands_processed", now.commands_total) +
                    line("rejected_connections", now.refused_clients_total)},
      // Any node takes any command, so to a client each is a master without replicas.
      {"Replication", line("role", "master") + line("connected_slaves", 0)},
      {"Parley", line("node", facts_.node) + line("deployment", facts_.deployment) +
                     line("object", facts_.object_name) + line("object_type", facts_.object_type) +
                     line("backend", facts_.backend) +
                     line("ready", now.unready_because.empty() ? 1 : 0) +
                     line("unready_because", now.unready_because)}};
  std::string out;
  for (const auto& [name, lines] : sections) {
    const bool asked = words.size() == 1 ||
                       std::any_of(words.begin() + 1, words.end(), [&, wanted = name](auto& word) {
                         return equal_words(word, wanted) || equal_words(word, "all") ||
                                equal_words(word, "everything") || equal_words(word, "default");
                       });
    if (asked) out += (out.empty() ? "# " : "\r\n# ") + std::string{name} + "\r\n" + lines;
  }
  return text_reply(std::move(out));
}

CommandReply Session::status() const {
  const PortStatus now = host_.status();
  CommandReply::Map map;
  const auto add = [&](const char* key, CommandReply value) {
    map.push_back({text_reply(key), std::move(value)});
  };
  add("node", text_reply(facts_.node));
  add("deployment", text_reply(facts_.deployment));
  add("object", text_reply(facts_.object_name));
  add("type", text_reply(facts_.object_type));
  add("backend", text_reply(facts_.backend));
  add("ready", {now.unready_because.empty()});
  add("unready_because", text_reply(now.unready_because));
  add("branch", number_reply(branch_));
  return {std::move(map)};
}

bool Session::check_password(std::string_view user, std::string_view password) {
  if (facts_.password.empty()) {
    refuse_command(ErrorKind::Authentication,
                   "ERR AUTH <password> called without any password configured for the default "
                   "user. Are you sure your configuration is correct?");
    return false;
  }
  if (user != "default" || !equal_secrets(password, facts_.password)) {
    refuse_command(ErrorKind::Authentication,
                   "WRONGPASS invalid username-password pair or user is disabled.");
    return false;
  }
  authenticated_ = true;
  use_limits();
  return true;
}

void Session::authenticate(const Words& words) {
  if (words.size() > 3) return refuse_command(ErrorKind::Command, "ERR syntax error");
  const std::string_view user = words.size() == 3 ? std::string_view{words[1]} : "default";
  if (check_password(user, words.back())) reply(ok_reply());
}

/// HELLO [version [AUTH user password] [SETNAME name]]
void Session::hello(const Words& words) {
  std::optional<Protocol> protocol;
  if (words.size() > 1) {
    if (words[1] == "2") protocol = Protocol::Resp2;
    if (words[1] == "3") protocol = Protocol::Resp3;
    if (!protocol) {
      return refuse_command(ErrorKind::Command, "NOPROTO unsupported protocol version");
    }
  }
  const std::string* name = nullptr;
  for (std::size_t i = 2; i < words.size();) {
    const std::size_t left = words.size() - i - 1;
    if (equal_words(words[i], "AUTH") && left >= 2) {
      if (!check_password(words[i + 1], words[i + 2])) return;
      i += 3;
    } else if (equal_words(words[i], "SETNAME") && left >= 1) {
      name = &words[i + 1];
      i += 2;
    } else {
      return refuse_command(ErrorKind::Command, "ERR Syntax error in HELLO option '" +
                                                    words[i].substr(0, names_bytes_max) + "'");
    }
  }
  if (!authenticated_) {
    return refuse_command(ErrorKind::Authentication,
                          "NOAUTH HELLO must be called with the client already authenticated, "
                          "otherwise the HELLO <proto> AUTH <user> <pass> option can be used to "
                          "authenticate the client and select the RESP protocol version at the "
                          "same time");
  }
  if (name != nullptr) {
    if (!is_plain(*name)) {
      host_.count_error(ErrorKind::Command);
      return reply(not_plain("Client names"));
    }
    name_ = *name;
  }
  if (protocol) protocol_ = *protocol;
  const auto entry = [](const char* key, CommandReply value) {
    return std::pair{text_reply(key), std::move(value)};
  };
  reply({CommandReply::Map{
      entry("server", text_reply("parley")), entry("version", text_reply(facts_.version)),
      entry("proto", number_reply(static_cast<std::uint64_t>(protocol_))),
      entry("id", number_reply(id_)), entry("mode", text_reply("standalone")),
      entry("role", text_reply("master")), entry("modules", {CommandReply::Array{}})}});
}

void Session::reset() {
  transaction_.end();
  branch_ = 0;
  name_.clear();
  protocol_ = Protocol::Resp2;
  replies_ = Replies::On;
  authenticated_ = facts_.password.empty();
  use_limits();
  reply({CommandReply::Status{"RESET"}});
}

}  // namespace parley::resp
