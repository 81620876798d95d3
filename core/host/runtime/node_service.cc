// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/node_service.h"

#include <utility>

#include "core/host/runtime/object_call.h"

namespace parley {
namespace {

constexpr Duration answer_time_max = 10s;

}  // namespace

void NodeService::handle(const HttpRequest& request, bool loopback, HttpListener::Respond respond) {
  constexpr std::string_view objects = "/objects/";
  const bool reads = request.method == "GET";
  if (request.path.starts_with(objects)) {
    if (!loopback) return respond(json_failure(403, "objects are served to this machine alone"));
    // A page from anywhere, open in a browser here, also calls from this machine.
    if (request.origin || !names_loopback(request.host)) {
      return respond(
          json_failure(403,
                       "objects are not served to web pages: expected no Origin header, and "
                       "a Host header that is localhost, [::1] or in 127.0.0.0/8"));
    }
    return call_object(request, std::string_view{request.path}.substr(objects.size()),
                       std::move(respond));
  }
  const bool known =
      request.path == "/metrics" || request.path == "/healthz" || request.path == "/readyz";
  if (!known) return respond(json_failure(404, "there is nothing here"));
  if (!reads) {
    HttpResponse response = json_failure(405, "only GET is answered here");
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
    return respond(
        json_failure(404, "expected /objects/NAME/pull, invoke or push of a known object"));
  }
  const std::optional<PortId> port = object_port(rest.substr(slash + 1));
  if (!port) return respond(json_failure(404, "expected pull, invoke or push"));
  if (request.method != "POST") {
    HttpResponse response = json_failure(405, "calls to an object are POSTs");
    response.allow = "POST";
    return respond(response);
  }
  if (!instance->hosts.contains(self_)) {
    return respond(json_failure(404, "this node does not host the object"));
  }
  if (!running_) return respond(json_failure(503, "the node is stopping; nothing was done"));
  const Object& object = *tables_.objects[instance->id.value - 1u];
  Result<ObjectCall> call = read_object_call(object, *port, request.query, request.body);
  if (!call) return respond(json_failure(400, call.error().message));
  const auto name_of = [this](PrincipalId who) {
    const auto& principals = tables_.deployment.principals;
    return who.value < principals.size() ? principals[who.value].name : std::to_string(who.value);
  };
  driver_.request(instance->id, call->port, call->value, answer_time_max,
                  [&object, name_of, port = call->port, answers_value = call->answers_value,
                   respond = std::move(respond)](std::optional<SharedBytes> value) {
                    respond(outcome_response(object, port, answers_value, value, name_of));
                  });
}

}  // namespace parley
