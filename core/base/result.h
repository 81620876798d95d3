// SPDX-License-Identifier: Apache-2.0
//
// A value or an error that the caller can handle. GCC 12 has no std::expected.
// An error's message has a place, an expectation and a finding; its code says
// which exit status it would become at the top.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/base/assert.h"

namespace parley {

enum class ErrorCode {
  BadSource,      ///< A program source or data file is malformed (exit 65).
  Unavailable,    ///< No quorum, no peer, nobody listening (exit 69).
  Io,             ///< The disk or the network interface failed (exit 74).
  Configuration,  ///< A deployment, plugin or key is unfit (exit 78).
};

struct Error {
  ErrorCode code;
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: conversion is the point.
  Result(Error error) : state_(std::move(error)) {}  // NOLINT

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  bool ok() const { return static_cast<bool>(*this); }

  /// Precondition of both accessors: the result holds what is asked for.
  T& value() & { return *checked(std::get_if<T>(&state_)); }
  const T& value() const& { return *checked(std::get_if<T>(&state_)); }
  T&& value() && { return std::move(*checked(std::get_if<T>(&state_))); }
  const Error& error() const { return *checked(std::get_if<Error>(&state_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  template <class P>
  static P* checked(P* pointer) {
    PARLEY_ASSERT(pointer != nullptr);
    return pointer;
  }

  std::variant<T, Error> state_;
};

/// Success, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: conversion is the point.

  explicit operator bool() const { return !error_.has_value(); }
  bool ok() const { return !error_.has_value(); }
  const Error& error() const {
    PARLEY_ASSERT(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace parley
