// SPDX-License-Identifier: Apache-2.0
#include "core/host/keys/generate_keys.h"

#include "core/host/crypto/system_entropy.h"
#include "core/host/keys/key_file.h"
#include "core/host/keys/key_plan.h"

namespace parley {
namespace {

/// Keys of one mechanism.
class KeyGenerator {
 public:
  KeyGenerator(const Deployment& deployment, std::string mechanism,
               const AuthenticatorFactory& factory, std::optional<PrincipalId> node,
               GeneratedKeys& keys)
      : deployment_(deployment),
        mechanism_(std::move(mechanism)),
        factory_(factory),
        node_(node),
        keys_(keys) {}

  Status run() {
    for (std::uint32_t id = 0; id < deployment_.principals.size(); ++id) {
      const PrincipalId self{id};
      if (node_ && *node_ != self) continue;
      Status made = for_node(self, key_peers(deployment_, mechanism_, self));
      if (!made) return made;
    }
    return {};
  }

 private:
  Status for_node(PrincipalId self, const PrincipalSet& peers) {
    if (peers.empty()) return {};
    switch (factory_.key_material()) {
      case KeyMaterial::None:
        return {};
      case KeyMaterial::PairSecret:
        return pair_secrets(self, peers);
      case KeyMaterial::KeyPair:
        return key_pairs(self, peers);
    }
    return {};
  }

  Result<std::optional<SecretBytes>> read(PrincipalId holder, const std::string& name,
                                          KeyPrivacy privacy) const {
    return read_key(key_folder(deployment_, mechanism_, holder), name, privacy);
  }

  Status write(PrincipalId holder, const std::string& name, KeyPrivacy privacy, ByteView key) {
    const KeyFolder folder = key_folder(deployment_, mechanism_, holder);
    Status written = write_key(folder, name, privacy, key);
    if (written) keys_.made.push_back(folder.path() / name);
    return written;
  }

  Status pair_secrets(PrincipalId self, const PrincipalSet& peers) {
    for (const PrincipalId peer : peers.members()) {
      // Without --node each pair comes up twice.
      if (!node_ && peer < self) continue;
      if (Status made = pair_secret(self, peer); !made) return made;
    }
    return {};
  }

  Status pair_secret(PrincipalId self, PrincipalId peer) {
    const std::string own_file = pair_secret_file(deployment_, peer);
    const std::string peer_file = pair_secret_file(deployment_, self);
    auto own = read(self, own_file, KeyPrivacy::Secret);
    if (!own) return own.error();
    // A node's own machine need not hold its peers' folders.
    if (node_ && own->has_value()) return count_kept();
    auto other = read(peer, peer_file, KeyPrivacy::Secret);
    if (!other) return other.error();
    if (own->has_value() && other->has_value()) return agree(self, peer, **own, **other);
    if (own->has_value()) return write(peer, peer_file, KeyPrivacy::Secret, (*own)->view());
    if (other->has_value()) return write(self, own_file, KeyPrivacy::Secret, (*other)->view());
    Result<Bytes> fresh = system_entropy(pair_secret_size);
    if (!fresh) return fresh.error();
    const SecretBytes secret{std::move(*fresh)};
    if (Status made = write(self, own_file, KeyPrivacy::Secret, secret.view()); !made) return made;
    return write(peer, peer_file, KeyPrivacy::Secret, secret.view());
  }

  Status agree(PrincipalId self, PrincipalId peer, const SecretBytes& own,
               const SecretBytes& other) {
    if (equal(own.view(), other.view())) return count_kept();
    return Error{ErrorCode::Configuration,
                 path(self, pair_secret_file(deployment_, peer)) + " and " +
                     path(peer, pair_secret_file(deployment_, self)) +
                     ": expected the same secret, found two; remove the wrong one"};
  }

  Status key_pairs(PrincipalId self, const PrincipalSet& peers) {
    PrincipalSet owners = peers;
    owners.insert(self);
    for (const PrincipalId owner : owners.members()) {
      Result<Bytes> key = public_key_of(owner, self);
      if (!key) return key.error();
      auto held = read(self, public_key_file(deployment_, owner), KeyPrivacy::Public);
      if (!held) return held.error();
      Status placed = held->has_value() ? same_public_key(self, owner, **held, *key)
                                        : write(self, public_key_file(deployment_, owner),
                                                KeyPrivacy::Public, *key);
      if (!placed) return placed;
    }
    return {};
  }

  /// The public half as its owner has it, or as `holder` was given it; made
  /// together with the private one when nobody has either.
  Result<Bytes> public_key_of(PrincipalId owner, PrincipalId holder) {
    const std::string file = public_key_file(deployment_, owner);
    auto secret = read(owner, private_key_file, KeyPrivacy::Secret);
    if (!secret) return secret.error();
    auto own = read(owner, file, KeyPrivacy::Public);
    if (!own) return own.error();
    if (secret->has_value() && own->has_value()) return to_bytes((*own)->view());
    if (secret->has_value()) return lost(owner, file, private_key_file);
    if (own->has_value()) return lost(owner, private_key_file, file);
    auto held = read(holder, file, KeyPrivacy::Public);
    if (!held) return held.error();
    if (held->has_value()) return to_bytes((*held)->view());
    return make_key_pair(owner);
  }

  Error lost(PrincipalId owner, const std::string& missing, const std::string& present) const {
    return {ErrorCode::Configuration,
            path(owner, missing) + ": missing, while " + path(owner, present) +
                " is there; restore it, or raise [keys] epoch to make all keys anew"};
  }

  Result<Bytes> make_key_pair(PrincipalId owner) {
    Result<Bytes> entropy = system_entropy(pair_secret_size);
    if (!entropy) return entropy.error();
    const SecretBytes seed{std::move(*entropy)};
    KeyPair pair = factory_.make_key_pair(seed.view());
    const SecretBytes secret{std::move(pair.private_key)};
    // The public half first: with it alone, the error above says what to do.
    const std::string file = public_key_file(deployment_, owner);
    if (Status made = write(owner, file, KeyPrivacy::Public, pair.public_key); !made) {
      return made.error();
    }
    if (Status made = write(owner, private_key_file, KeyPrivacy::Secret, secret.view()); !made) {
      return made.error();
    }
    return std::move(pair.public_key);
  }

  Status same_public_key(PrincipalId holder, PrincipalId owner, const SecretBytes& held,
                         ByteView key) {
    if (equal(held.view(), key)) return count_kept();
    const std::string file = public_key_file(deployment_, owner);
    return Error{ErrorCode::Configuration, path(holder, file) + ": expected the key in " +
                                               path(owner, file) +
                                               ", found another; remove the wrong one"};
  }

  Status count_kept() {
    ++keys_.kept;
    return {};
  }

  std::string path(PrincipalId holder, const std::string& file) const {
    return (key_folder(deployment_, mechanism_, holder).path() / file).string();
  }

  const Deployment& deployment_;
  std::string mechanism_;
  const AuthenticatorFactory& factory_;
  std::optional<PrincipalId> node_;
  GeneratedKeys& keys_;
};

}  // namespace

Result<GeneratedKeys> generate_keys(const Deployment& deployment, const Catalogue& catalogue,
                                    std::optional<PrincipalId> node) {
  GeneratedKeys keys;
  for (const std::string& mechanism : mechanism_names(deployment)) {
    const AuthenticatorFactory* factory = catalogue.authenticator(mechanism);
    if (factory == nullptr) {
      return Error{ErrorCode::Configuration, "no authenticator plugin is named '" + mechanism +
                                                 "'; parley plugins list shows what there is"};
    }
    Status made = KeyGenerator{deployment, mechanism, *factory, node, keys}.run();
    if (!made) return made.error();
  }
  return keys;
}

}  // namespace parley
