// SPDX-License-Identifier: Apache-2.0
//
// The application side of a program: callbacks it answers, upcalls it receives,
// bodies of its EXTERNAL functions. Runs on the node's event loop; may meet the
// operating system, must not block it. In simulation it runs all the same, so
// `call` must be a deterministic function of the calls so far.
#pragma once

#include <memory>
#include <string_view>

#include "core/api/config.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace parley {

class Component {
 public:
  virtual ~Component() = default;
  /// A function of the program that is EXTERNAL. Total; unknown names give empty bytes.
  virtual Bytes call(std::string_view function, ByteView arguments) = 0;
  /// An output of the program. No result: programs never wait for an application.
  virtual void upcall(std::string_view name, ByteView value) = 0;
};

class ComponentFactory {
 public:
  virtual ~ComponentFactory() = default;
  virtual std::unique_ptr<Component> create(PrincipalId self, const Config& config) const = 0;
};

}  // namespace parley
