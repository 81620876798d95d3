// SPDX-License-Identifier: Apache-2.0
#include "core/host/keys/list_keys.h"

#include "core/base/digest.h"
#include "core/host/crypto/sha256.h"
#include "core/host/keys/key_file.h"
#include "core/host/keys/key_plan.h"

namespace parley {
namespace {

constexpr std::string_view secret_context = "parley key fingerprint, not the key\n";
constexpr std::size_t fingerprint_bytes = 16;

/// A public key's is its digest; a secret's is that of a one-way derivation in a
/// context of its own, which no mechanism ever uses as a key.
std::string fingerprint_of(ByteView key, KeyPrivacy privacy) {
  Bytes input;
  if (privacy == KeyPrivacy::Secret) {
    const SecretBytes derived{[&] {
      Bytes bytes = to_bytes(secret_context);
      bytes.insert(bytes.end(), key.begin(), key.end());
      return bytes;
    }()};
    input = to_bytes(ByteView{sha256(derived.view()).bytes});
  } else {
    input = to_bytes(key);
  }
  return "sha256:" + to_hex(ByteView{sha256(input).bytes}.first(fingerprint_bytes));
}

class KeyList {
 public:
  explicit KeyList(const Deployment& deployment) : deployment_(deployment) {}

  void add_node(const std::string& mechanism, KeyMaterial material, PrincipalId self) {
    PrincipalSet peers = key_peers(deployment_, mechanism, self);
    if (peers.empty() || material == KeyMaterial::None) return;
    if (material == KeyMaterial::PairSecret) {
      for (const PrincipalId peer : peers.members()) {
        add(mechanism, self, "secret shared with " + deployment_.principals[peer.value].name,
            pair_secret_file(deployment_, peer), KeyPrivacy::Secret);
      }
      return;
    }
    add(mechanism, self, "private key", private_key_file, KeyPrivacy::Secret);
    peers.insert(self);
    for (const PrincipalId owner : peers.members()) {
      add(mechanism, self, "public key of " + deployment_.principals[owner.value].name,
          public_key_file(deployment_, owner), KeyPrivacy::Public);
    }
  }

  std::vector<ListedKey> take() { return std::move(keys_); }

 private:
  void add(const std::string& mechanism, PrincipalId node, std::string holds,
           const std::string& file, KeyPrivacy privacy) {
    const KeyFolder folder = key_folder(deployment_, mechanism, node);
    ListedKey listed{.node = folder.node,
                     .mechanism = mechanism,
                     .holds = std::move(holds),
                     .file = folder.path() / file,
                     .fingerprint = {},
                     .problem = {}};
    const Result<std::optional<SecretBytes>> key = read_key(folder, file, privacy);
    if (!key) {
      listed.problem = key.error().message;
    } else if (!key->has_value()) {
      listed.problem = "missing";
    } else {
      listed.fingerprint = fingerprint_of((*key)->view(), privacy);
    }
    keys_.push_back(std::move(listed));
  }

  const Deployment& deployment_;
  std::vector<ListedKey> keys_;
};

}  // namespace

std::vector<ListedKey> list_keys(const Deployment& deployment, const Catalogue& catalogue,
                                 std::optional<PrincipalId> node) {
  KeyList list{deployment};
  for (std::uint32_t id = 0; id < deployment.principals.size(); ++id) {
    if (node && node->value != id) continue;
    for (const std::string& mechanism : mechanism_names(deployment)) {
      const AuthenticatorFactory* factory = catalogue.authenticator(mechanism);
      if (factory != nullptr) list.add_node(mechanism, factory->key_material(), PrincipalId{id});
    }
  }
  return list.take();
}

}  // namespace parley
