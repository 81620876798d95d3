// SPDX-License-Identifier: Apache-2.0
//
// A configuration master: who may take part in which instance, epoch after epoch,
// each decided by whoever names the one before it (core/api/configuration.h). It
// keeps the epochs of each instance from the last completed one on. It knows
// nothing of what the instances do, and trusts those who ask.
#pragma once

#include <map>
#include <memory>

#include "core/api/configuration.h"
#include "core/api/object.h"

namespace parley::configuration {

/// Epochs of one instance that are not completed, beyond which none is decided.
inline constexpr std::size_t epochs_max = 256;

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
  /// One epoch's members in order, and who follows, ascending.
  struct Members {
    std::vector<PrincipalId> order{};
    std::vector<PrincipalId> learners{};
  };
  /// Of one instance: the epochs from `first` on.
  struct Decided {
    std::uint64_t completed = 1;
    std::uint64_t first = 2;
    std::vector<Members> epochs{};

    std::uint64_t latest() const { return first + epochs.size() - 1; }
  };
  void propose(const ConfigurationCall& call);
  void complete(const ConfigurationCall& call);
  static void write(Writer& out, const Decided& decided);
  static std::optional<Decided> read(Reader& in);
  static std::string words_of(const Decided& decided);

  /// Shared by clones.
  std::map<InstanceId, std::shared_ptr<const Decided>> instances_;
};

}  // namespace parley::configuration
