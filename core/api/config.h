// SPDX-License-Identifier: Apache-2.0
//
// A plugin's own keys, already checked by the host against the plugin's field
// table: every declared field is present (given or by default), of its type and
// in its range. Asking for an undeclared field is a bug, hence an assert.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/assert.h"
#include "core/base/duration.h"
#include "core/base/principal_set.h"

namespace parley {

/// Integers and sizes are int64; a group is the set of its principals.
using ConfigValue = std::variant<bool, std::int64_t, std::string, Duration, PrincipalSet>;

class Config {
 public:
  Config() = default;
  explicit Config(std::map<std::string, ConfigValue, std::less<>> values)
      : values_(std::move(values)) {}

  bool boolean(std::string_view name) const { return get<bool>(name); }
  std::int64_t integer(std::string_view name) const { return get<std::int64_t>(name); }
  const std::string& text(std::string_view name) const { return get<std::string>(name); }
  Duration duration(std::string_view name) const { return get<Duration>(name); }
  const PrincipalSet& group(std::string_view name) const { return get<PrincipalSet>(name); }

  const std::map<std::string, ConfigValue, std::less<>>& values() const { return values_; }
  friend bool operator==(const Config&, const Config&) = default;

 private:
  template <class T>
  const T& get(std::string_view name) const {
    const auto found = values_.find(name);
    PARLEY_ASSERT(found != values_.end());
    const T* value = std::get_if<T>(&found->second);
    PARLEY_ASSERT(value != nullptr);
    return *value;
  }

  std::map<std::string, ConfigValue, std::less<>> values_;
};

}  // namespace parley
