// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/node_service.h"

#include <utility>

namespace parley {
namespace {

constexpr Duration answer_time_max = 10s;

HttpResponse json(int status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body) + "\n"};
}

HttpResponse failure(int status, std::string_view why) {
  return json(status, "{\"error\":" + json_quoted(why) + "}");
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

HttpResponse outcome_response(const Object& object, const std::optional<SharedBytes>& value) {
  if (!value) return failure(504, "no answer in time; the outcome is unknown");
  const std::optional<Outcome> outcome = decode_outcome(*value);
  if (!outcome) return failure(500, "the backend's answer is no outcome");
  const bool ok = outcome->kind == OutcomeKind::Ok;
  return json(status_of(outcome->kind),
              std::string{"{\"kind\":\""} + kind_word(outcome->kind) +
                  "\",\"position\":{\"time\":" + std::to_string(outcome->position.time) +
                  ",\"version\":" + std::to_string(outcome->position.version) + "},\"value\":" +
                  (ok ? json_quoted(object.describe(outcome->value)) : "null") + "}");
}

std::optional<PortId> port_of(std::string_view call) {
  if (call == "pull") return port_pull;
  if (call == "invoke") return port_invoke;
  if (call == "push") return port_push;
  return std::nullopt;
}

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

void NodeService::handle(const HttpRequest& request, bool loopback, HttpListener::Respond respond) {
  constexpr std::string_view objects = "/objects/";
  const bool reads = request.method == "GET";
  if (request.path.starts_with(objects)) {
    if (!loopback) return respond(failure(403, "objects are served to this machine alone"));
    // A page from anywhere, open in a browser here, also calls from this machine.
    if (request.origin || !names_loopback(request.host)) {
      return respond(failure(403,
                             "objects are not served to web pages: expected no Origin header, and "
                             "a Host header that is localhost, [::1] or in 127.0.0.0/8"));
    }
    return call_object(request, std::string_view{request.path}.substr(objects.size()),
                       std::move(respond));
  }
  const bool known =
      request.path == "/metrics" || request.path == "/healthz" || request.path == "/readyz";
  if (!known) return respond(failure(404, "there is nothing here"));
  if (!reads) {
    HttpResponse response = failure(405, "only GET is answered here");
    response.allow = "GET";
    return respond(response);
  }
  if (request.path == "/healthz") return respond({.body = "ok\n"});
  if (request.path == "/readyz") {
    const std::string because = unready_because();
    return respond(because.empty() ? HttpResponse{.body = "ready\n"}
                                   : HttpResponse{.status = 503, .body = because + "\n"});
  }
  respond({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics()});
}

std::string NodeService::unready_because() const {
  if (!running_) return "not running";
  for (const InstanceRoute& instance : tables_.instances) {
    if (!instance.hosts.contains(self_)) continue;
    const PrincipalSet& members = instance.membership->members;
    std::size_t reached = 0;
    members.for_each([&](PrincipalId member) {
      if (member == self_ || (links_.linked(member) && links_.hears(member))) ++reached;
    });
    if (reached < majority(members.size())) {
      return "object " + instance.name + ": linked both ways to " + std::to_string(reached) +
             " of " + std::to_string(members.size()) + " members, a majority is needed";
    }
  }
  return {};
}

void NodeService::call_object(const HttpRequest& request, std::string_view rest,
                              HttpListener::Respond respond) {
  const std::size_t slash = rest.find('/');
  const InstanceRoute* instance = tables_.instance(rest.substr(0, slash));
  if (instance == nullptr || slash == std::string_view::npos) {
    return respond(failure(404, "expected /objects/NAME/pull, invoke or push of a known object"));
  }
  const std::optional<PortId> port = port_of(rest.substr(slash + 1));
  if (!port) return respond(failure(404, "expected pull, invoke or push"));
  if (request.method != "POST") {
    HttpResponse response = failure(405, "calls to an object are POSTs");
    response.allow = "POST";
    return respond(response);
  }
  if (!instance->hosts.contains(self_)) {
    return respond(failure(404, "this node does not host the object"));
  }
  if (!running_) return respond(failure(503, "the node is stopping; nothing was done"));
  const Object& object = *tables_.objects[instance->id.value - 1u];
  Bytes method;
  if (*port == port_invoke) {
    const auto parsed = object.parse_method(without_line_end(request.body));
    if (!parsed) return respond(failure(400, "the object does not understand the method"));
    method = *parsed;
  } else if (!without_line_end(request.body).empty()) {
    return respond(failure(400, "pull and push take no body"));
  }
  driver_.request(instance->id, *port, method, answer_time_max,
                  [&object, respond = std::move(respond)](std::optional<SharedBytes> value) {
                    respond(outcome_response(object, value));
                  });
}

}  // namespace parley
