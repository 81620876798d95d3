// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/history/history.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/lang/suggestion.h"

namespace parley::history {
namespace {

constexpr std::array<std::string_view, 6> member_names = {"process", "type",  "f",
                                                          "key",     "value", "time"};

SourceSpan span_of(std::uint32_t line, Field at) {
  return {0, {line, at.begin}, {line, std::max(at.end, at.begin + 1)}};
}

const JsonMember* member(const std::vector<JsonMember>& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const JsonMember& one) { return one.name == name; });
  return found == members.end() ? nullptr : &*found;
}

/// The scalar of this type, or null.
template <class T>
const T* scalar_of(const JsonMember& member) {
  return member.value.scalar() == nullptr ? nullptr : std::get_if<T>(member.value.scalar());
}

std::optional<EventType> type_named(std::string_view name) {
  for (const EventType type :
       {EventType::Invoke, EventType::Ok, EventType::Fail, EventType::Info}) {
    if (name_of(type) == name) return type;
  }
  return std::nullopt;
}

std::string shown(const Event& event) {
  return "'" + event.f + "'" + (event.key ? " of key " + as_json(*event.key) : "");
}

/// Makes an event of an object's members.
class EventMaker {
 public:
  EventMaker(const std::vector<JsonMember>& members, std::uint32_t line, Diagnostics& faults)
      : members_(members), line_(line), faults_(faults) {}

  std::optional<Event> make() {
    Event event;
    event.line = line_;
    check_names();
    if (const auto* process = required<std::int64_t>("process", "an integer")) {
      event.process = *process;
    }
    if (const auto* type = required<std::string>("type", "a text")) take_type(event, *type);
    if (const auto* f = required<std::string>("f", "the name of an operation")) {
      event.f = *f;
      event.f_at = member(members_, "f")->value_at;
    }
    if (const JsonMember* key = member(members_, "key")) {
      event.key = key->value;
      event.key_at = key->value_at;
    }
    if (const JsonMember* value = member(members_, "value")) {
      event.value = value->value;
      event.value_at = value->value_at;
    }
    take_time(event);
    return good_ ? std::optional{std::move(event)} : std::nullopt;
  }

 private:
  Diagnostic& refuse(Field at, std::string message) {
    good_ = false;
    return faults_.error(code::field, span_of(line_, at), std::move(message));
  }

  void check_names() {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const std::string& name = members_[i].name;
      if (std::find(member_names.begin(), member_names.end(), name) == member_names.end()) {
        const std::vector<std::string> names(member_names.begin(), member_names.end());
        // Jepsen writes an index, and recorders add what they like: no harm, unless misspelt.
        const std::string meant = did_you_mean(name, names);
        if (meant.empty()) continue;
        refuse(members_[i].name_at, "expected " + listed(names) + ", found '" + name + "'")
            .suggest(meant);
      } else if (member(members_, name) != &members_[i]) {
        refuse(members_[i].name_at, "expected one '" + name + "', found a second");
      }
    }
  }

  template <class T>
  const T* required(std::string_view name, std::string_view expected) {
    const JsonMember* found = member(members_, name);
    if (found == nullptr) {
      refuse({1, 2}, "expected a member '" + std::string{name} + "', found none");
      return nullptr;
    }
    const T* value = scalar_of<T>(*found);
    if (value == nullptr) {
      refuse(found->value_at, std::string{name} + ": expected " + std::string{expected} +
                                  ", found " + as_json(found->value));
    }
    return value;
  }

  void take_type(Event& event, const std::string& name) {
    if (const auto type = type_named(name)) {
      event.type = *type;
      return;
    }
    const std::vector<std::string> names = {"invoke", "ok", "fail", "info"};
    refuse(member(members_, "type")->value_at,
           "type: expected " + listed(names) + ", found '" + name + "'")
        .suggest(did_you_mean(name, names));
  }

  void take_time(Event& event) {
    const JsonMember* time = member(members_, "time");
    if (time == nullptr) return;
    if (const auto* nanoseconds = scalar_of<std::int64_t>(*time); nanoseconds != nullptr) {
      event.time = *nanoseconds;
    } else {
      refuse(time->value_at, "time: expected nanoseconds, found " + as_json(time->value));
    }
  }

  const std::vector<JsonMember>& members_;
  std::uint32_t line_;
  Diagnostics& faults_;
  bool good_ = true;
};

}  // namespace

SourceSpan Reader::place(Field at) const {
  return span_of(line_number_, at);
}

void Reader::feed(std::string_view text) {
  bytes_ += text.size();
  while (!stopped_ && !text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    if (line_.size() + piece.size() > line_size_max) {
      line_too_long_ = true;
    } else {
      line_ += piece;
    }
    if (end == std::string_view::npos) break;
    end_line();
    text.remove_prefix(end + 1);
  }
}

void Reader::end_line() {
  ++line_number_;
  std::string line;
  line.swap(line_);
  if (std::exchange(line_too_long_, false)) {
    faults_.error(code::limit, place({1, 2}),
                  "expected a line of at most " + std::to_string(line_size_max) +
                      " bytes, found a longer one");
    return;
  }
  if (over_limit()) return;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.find_first_not_of(" \t") == std::string::npos) return;
  JsonLine parsed = parse_json_line(line);
  if (const auto* fault = std::get_if<JsonFault>(&parsed)) {
    faults_.error(code::syntax, place(fault->at), fault->message);
  } else {
    take_members(std::get<std::vector<JsonMember>>(parsed));
  }
}

bool Reader::over_limit() {
  const auto refuse = [&](const std::string& limit) {
    faults_.error(code::limit, place({1, 2}), "expected a history of at most " + limit)
        .suggest("split the history by key: each key is judged alone");
    stopped_ = true;
  };
  if (history_.events >= events_count_max) {
    refuse(std::to_string(events_count_max) + " events, found more");
  } else if (bytes_ > history_bytes_max) {
    refuse(std::to_string(history_bytes_max >> 30) + " GiB, found more");
  }
  return stopped_;
}

void Reader::take_members(const std::vector<JsonMember>& members) {
  std::optional<Event> event = EventMaker{members, line_number_, faults_}.make();
  if (event && check_time(*event)) take(*std::move(event));
}

bool Reader::check_time(const Event& event) {
  if (!event.time) return true;
  if (last_time_ && *event.time < *last_time_) {
    faults_
        .error(code::order, place({1, 2}),
               "time: expected not before " + std::to_string(*last_time_) +
                   ", which an earlier line has, found " + std::to_string(*event.time))
        .suggest("write events in the order in which they happened; sort merged files by time");
    return false;
  }
  last_time_ = event.time;
  return true;
}

void Reader::take(Event event) {
  const std::size_t position = history_.events++;
  if (event.type != EventType::Invoke) return take_answer(std::move(event));
  const auto open = open_.find(event.process);
  if (open != open_.end() && !open->second.given_up) {
    const Event& earlier = history_.operations[open->second.operation].invoke;
    faults_
        .error(code::pairing, place(event.f_at),
               "expected an answer to " + shown(earlier) + " of process " +
                   std::to_string(event.process) + ", found another invoke")
        .relate(span_of(earlier.line, earlier.f_at), "invoked here")
        .suggest("a process that waits no longer writes an 'info' first");
    return;
  }
  open_[event.process] = {history_.operations.size()};
  history_.operations.push_back({std::move(event), std::nullopt, position, never, std::nullopt});
  failed_.push_back(false);
}

void Reader::take_answer(Event event) {
  const std::size_t position = history_.events - 1;
  const auto open = open_.find(event.process);
  if (open == open_.end() || open->second.given_up) {
    faults_.error(code::pairing, place(event.f_at),
                  "expected an invoke of process " + std::to_string(event.process) +
                      " that waits for an answer, found none before this '" +
                      std::string{name_of(event.type)} + "'");
    return;
  }
  Operation& operation = history_.operations[open->second.operation];
  const Event& invoke = operation.invoke;
  if (event.f != invoke.f || (event.key && event.key != invoke.key)) {
    faults_
        .error(code::pairing, place(event.f != invoke.f ? event.f_at : event.key_at),
               "expected an answer to " + shown(invoke) + ", found one to " + shown(event))
        .relate(span_of(invoke.line, invoke.f_at), "invoked here");
  }
  if (event.type == EventType::Info) {
    operation.given_up = event.time;
    open->second.given_up = true;
    return;
  }
  if (event.type == EventType::Fail) {
    failed_[open->second.operation] = true;
  } else {
    operation.answer = std::move(event);
    operation.end = position;
  }
  open_.erase(open);
}

History Reader::finish() {
  if (!stopped_ && (!line_.empty() || line_too_long_)) end_line();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < history_.operations.size(); ++i) {
    if (failed_[i]) continue;
    if (kept != i) history_.operations[kept] = std::move(history_.operations[i]);
    ++kept;
  }
  history_.failed = history_.operations.size() - kept;
  history_.operations.resize(kept);
  return std::move(history_);
}

}  // namespace parley::history
