// SPDX-License-Identifier: Apache-2.0
//
// A configuration master: who may take part in which instance, epoch after epoch,
// each decided by whoever names the one before it (core/api/configuration.h). It
// keeps the epochs of each instance from the last completed one on. It knows
// nothing of what the instances do, and trusts those who ask.
#pragma once

#include <map>

#include "core/api/configuration.h"
#include "core/api/object.h"

namespace parley::configuration {

/// Epochs of one instance that are not completed, beyond which none is decided.
inline constexpr std::size_t epochs_max = 1'024;

/// method = a ConfigurationCall
/// result = a ConfigurationAnswer of its instance; empty: not understood
/// snapshot = count (instance:u16 answer)*
class ConfigurationMaster final : public Object {
 public:
  Bytes apply(ByteView method) override;
  void snapshot(Bytes& out) const override;
  bool restore(ByteView snapshot) override;
  std::unique_ptr<Object> clone() const override {
    return std::make_unique<ConfigurationMaster>(*this);
  }
  bool reads_only(ByteView method) const override;
  /// Each instance is a part of its own.
  std::optional<Bytes> partition(ByteView method) const override;

  /// `get INSTANCE`, `propose INSTANCE EPOCH MEMBERS [LEARNERS]`, `complete INSTANCE EPOCH`;
  /// members and learners are numbers of principals, separated by commas.
  std::optional<Bytes> parse_method(std::string_view words) const override;
  std::string describe(ByteView result) const override;

 private:
  void propose(const ConfigurationCall& call);
  void complete(const ConfigurationCall& call);

  std::map<InstanceId, ConfigurationAnswer> instances_;
};

}  // namespace parley::configuration
