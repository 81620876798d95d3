// SPDX-License-Identifier: Apache-2.0
//
// One visitor out of several lambdas, for std::visit.
#pragma once

namespace parley {

template <class... Callables>
struct overloaded : Callables... {
  using Callables::operator()...;
};

template <class... Callables>
overloaded(Callables...) -> overloaded<Callables...>;

}  // namespace parley
