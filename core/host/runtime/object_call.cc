// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/object_call.h"

#include <charconv>
#include <utility>

namespace parley {
namespace {

HttpResponse json(int status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body) + "\n"};
}

const char* kind_word(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::Ok:
      return "ok";
    case OutcomeKind::Preempted:
      return "preempted";
    case OutcomeKind::NoQuorum:
      return "no_quorum";
    case OutcomeKind::Stale:
      return "stale";
    case OutcomeKind::Unknown:
      return "unknown";
  }
  return "unknown";
}

int status_of(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::Ok:
      return 200;
    case OutcomeKind::Preempted:
    case OutcomeKind::Stale:
      return 409;
    case OutcomeKind::NoQuorum:
      return 503;
    case OutcomeKind::Unknown:
      return 504;
  }
  return 504;
}

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

Error wrong(std::string_view expected, std::string_view found) {
  return {ErrorCode::BadSource, std::string{"expected "}.append(expected) + ", found " +
                                    (found.empty() ? "nothing" : "'" + std::string{found} + "'")};
}

std::optional<Branch> read_branch(std::string_view query) {
  constexpr std::string_view key = "branch=";
  if (!query.starts_with(key)) return std::nullopt;
  query.remove_prefix(key.size());
  Branch branch = 0;
  const char* const last = query.data() + query.size();
  const auto [end, error] = std::from_chars(query.data(), last, branch);
  if (error != std::errc{} || end != last || branch == 0) return std::nullopt;
  return branch;
}

Result<Bytes> read_method(const Object& object, std::string_view words) {
  if (auto method = object.parse_method(words)) return *std::move(method);
  return Error{ErrorCode::BadSource, "the object does not understand the method"};
}

Result<ObjectCall> read_pull(const Object& object, std::string_view query, std::string_view words) {
  PullCall call{.with_state = true};
  if (!query.empty()) {
    if (query != "state=0" && query != "state=1") {
      return wrong("after the '?' of a pull state=0 or state=1", query);
    }
    call.with_state = query == "state=1";
  }
  if (!words.empty()) {
    const Result<Bytes> method = read_method(object, words);
    if (!method) return method.error();
    call.partition = object.partition(*method).value_or(Bytes{});
  }
  return ObjectCall{port_pull, encode_call(call), call.with_state};
}

}  // namespace

std::optional<PortId> object_port(std::string_view call) {
  if (call == "pull") return port_pull;
  if (call == "invoke") return port_invoke;
  if (call == "push") return port_push;
  return std::nullopt;
}

Result<ObjectCall> read_object_call(const Object& object, PortId port, std::string_view query,
                                    std::string_view body) {
  const std::string_view words = without_line_end(body);
  if (port == port_pull) return read_pull(object, query, words);
  const std::optional<Branch> branch = read_branch(query);
  if (!branch) return wrong("?branch=N, the branch that a pull answered", query);
  if (port == port_push) {
    if (!words.empty()) return wrong("no body: a push commits what was invoked", words);
    return ObjectCall{port, encode_call(PushCall{*branch})};
  }
  Result<Bytes> method = read_method(object, words);
  if (!method) return method.error();
  return ObjectCall{port, encode_call(InvokeCall{*branch, std::move(*method)})};
}

HttpResponse json_failure(int status, std::string_view why) {
  return json(status, "{\"error\":" + json_quoted(why) + "}");
}

HttpResponse outcome_response(const Object& object, PortId port, bool answers_value,
                              const std::optional<SharedBytes>& value,
                              const std::function<std::string(PrincipalId)>& name_of) {
  if (!value) return json_failure(504, "no answer in time; the outcome is unknown");
  const std::optional<Outcome> outcome = decode_outcome(*value);
  if (!outcome) return json_failure(500, "the backend's answer is no outcome");
  const bool ok = outcome->kind == OutcomeKind::Ok;
  std::string body = std::string{"{\"kind\":\""} + kind_word(outcome->kind) + '"';
  // Text, because many readers of JSON round numbers of more than 53 bits.
  if (ok && port == port_pull) body += ",\"branch\":\"" + std::to_string(outcome->branch) + '"';
  body += ",\"position\":{\"time\":" + std::to_string(outcome->position.time) +
          ",\"version\":" + std::to_string(outcome->position.version) + '}';
  const bool tells = ok && answers_value;
  body += ",\"value\":" + (tells ? json_quoted(object.describe(outcome->value)) : "null");
  if (outcome->owner) body += ",\"owner\":" + json_quoted(name_of(*outcome->owner));
  return json(status_of(outcome->kind), body + '}');
}

}  // namespace parley
