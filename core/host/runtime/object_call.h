// SPDX-License-Identifier: Apache-2.0
//
// The calls on objects as they come over HTTP, and their outcomes as JSON. Pure:
//
//   pull[?state=0]      the body may name, in words, the method to come
//   invoke?branch=N     the body is the method in words
//   push?branch=N       no body
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/object.h"
#include "core/base/result.h"
#include "core/host/runtime/http_message.h"

namespace parley {

/// The port of `pull`, `invoke` or `push`.
std::optional<PortId> object_port(std::string_view call);

struct ObjectCall {
  PortId port;
  Bytes value;                ///< What the backend is to be given.
  bool answers_value = true;  ///< Its Ok carries a state or a result.
};

/// Precondition: `port` is one of object_port. The error, BadSource, says what was
/// expected and found.
Result<ObjectCall> read_object_call(const Object& object, PortId port, std::string_view query,
                                    std::string_view body);

/// A short answer that says why there is no outcome.
HttpResponse json_failure(int status, std::string_view why);

/// The answer to a call. `value` is an encoded Outcome, or nothing when none came
/// in time.
HttpResponse outcome_response(const Object& object, PortId port, bool answers_value,
                              const std::optional<SharedBytes>& value,
                              const std::function<std::string(PrincipalId)>& name_of);

}  // namespace parley
