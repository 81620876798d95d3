// SPDX-License-Identifier: Apache-2.0
#include "core/host/keys/load_keys.h"

#include <map>

#include "core/base/assert.h"
#include "core/host/keys/key_file.h"
#include "core/host/keys/key_plan.h"

namespace parley {
namespace {

class LoadedRing final : public KeyRing {
 public:
  ByteView pair_secret(PrincipalId peer) const override { return found(pair_secrets, peer); }
  ByteView private_key() const override { return own_private_key.view(); }
  ByteView public_key(PrincipalId principal) const override {
    return found(public_keys, principal);
  }

  std::map<PrincipalId, SecretBytes> pair_secrets;
  std::map<PrincipalId, SecretBytes> public_keys;
  SecretBytes own_private_key;

 private:
  static ByteView found(const std::map<PrincipalId, SecretBytes>& keys, PrincipalId id) {
    const auto at = keys.find(id);
    return at == keys.end() ? ByteView{} : at->second.view();
  }
};

class LoadedKeys final : public Keys {
 public:
  explicit LoadedKeys(std::vector<LoadedRing> rings) : rings_(std::move(rings)) {}
  const KeyRing& ring(std::uint8_t mechanism) const override {
    PARLEY_ASSERT(mechanism < rings_.size());
    return rings_[mechanism];
  }

 private:
  std::vector<LoadedRing> rings_;
};

class KeyLoader {
 public:
  KeyLoader(const Tables& tables, PrincipalId self, const std::filesystem::path& data_dir)
      : tables_(tables), deployment_(tables.deployment), self_(self), data_dir_(data_dir) {}

  Result<std::unique_ptr<Keys>> load() {
    std::vector<LoadedRing> rings(tables_.mechanisms.size());
    for (std::size_t i = 0; i < rings.size(); ++i) {
      if (Status loaded = load_ring(tables_.mechanisms[i], rings[i]); !loaded) {
        return loaded.error();
      }
    }
    if (missing_count_ > 0) return missing();
    return std::unique_ptr<Keys>{std::make_unique<LoadedKeys>(std::move(rings))};
  }

 private:
  Status load_ring(const Mechanism& mechanism, LoadedRing& ring) {
    const PrincipalSet peers = key_peers(deployment_, mechanism.name, self_);
    KeyFolder folder = key_folder(deployment_, mechanism.name, self_);
    folder.data_dir = data_dir_;
    const KeyMaterial material = mechanism.factory->key_material();
    if (peers.empty() || material == KeyMaterial::None) return {};
    if (material == KeyMaterial::PairSecret) return load_pair_secrets(folder, peers, ring);
    return load_key_pair(folder, peers, ring);
  }

  Status load_pair_secrets(const KeyFolder& folder, const PrincipalSet& peers, LoadedRing& ring) {
    for (const PrincipalId peer : peers.members()) {
      const std::string file = pair_secret_file(deployment_, peer);
      SecretBytes& secret = ring.pair_secrets[peer];
      if (Status read = load_one(folder, file, KeyPrivacy::Secret, secret); !read) return read;
      const std::size_t size = secret.view().size();
      if (size != 0 && size != pair_secret_size) {
        return Error{ErrorCode::Configuration, (folder.path() / file).string() +
                                                   ": expected a secret of 32 bytes, found " +
                                                   std::to_string(size)};
      }
    }
    return {};
  }

  Status load_key_pair(const KeyFolder& folder, PrincipalSet owners, LoadedRing& ring) {
    owners.insert(self_);
    Status read = load_one(folder, private_key_file, KeyPrivacy::Secret, ring.own_private_key);
    for (const PrincipalId owner : owners.members()) {
      if (!read) return read;
      read = load_one(folder, public_key_file(deployment_, owner), KeyPrivacy::Public,
                      ring.public_keys[owner]);
    }
    return read;
  }

  Status load_one(const KeyFolder& folder, const std::string& file, KeyPrivacy privacy,
                  SecretBytes& key) {
    Result<std::optional<SecretBytes>> read = read_key(folder, file, privacy);
    if (!read) return read.error();
    if (read->has_value()) {
      key = std::move(**read);
      return {};
    }
    if (missing_count_++ == 0) first_missing_ = folder.path() / file;
    return {};
  }

  Error missing() const {
    std::string message = "node '" + deployment_.principals[self_.value].name +
                          "': " + first_missing_.string() + " is missing";
    if (missing_count_ > 1) {
      message += " and " + std::to_string(missing_count_ - 1) + " keys more";
    }
    return {ErrorCode::Configuration, message + "; run: " + keys_command(deployment_, self_)};
  }

  const Tables& tables_;
  const Deployment& deployment_;
  PrincipalId self_;
  const std::filesystem::path& data_dir_;
  std::size_t missing_count_ = 0;
  std::filesystem::path first_missing_;
};

}  // namespace

Result<std::unique_ptr<Keys>> load_keys(const Tables& tables, PrincipalId self,
                                        const std::filesystem::path& data_dir) {
  return KeyLoader{tables, self, data_dir}.load();
}

}  // namespace parley
