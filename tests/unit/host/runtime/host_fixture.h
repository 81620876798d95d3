// SPDX-License-Identifier: Apache-2.0
//
// Deployments made by hand for tests of the host: nodes that run the echo
// machine, sealed by an authenticator that may be slow or refuse.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>

#include "core/host/runtime/event_loop.h"
#include "core/host/runtime/log.h"
#include "core/host/runtime/socket.h"
#include "core/kernel/node.h"
#include "tests/bench/echo/echo.h"

namespace parley::host_test {

inline Digest no_hash(ByteView /*bytes*/) {
  return {};
}

/// Evidence is one byte: 1 convinces.
class Seal final : public Authenticator {
 public:
  std::optional<Bytes> seal(ByteView /*message*/, const PrincipalSet& /*to*/) const override {
    return Bytes{1};
  }
  bool check(PrincipalId /*issuer*/, ByteView /*message*/, ByteView evidence) const override {
    return evidence.size() == 1 && evidence[0] == 1;
  }
};

class SealFactory final : public AuthenticatorFactory {
 public:
  explicit SealFactory(bool costly) : costly_(costly) {}
  KeyMaterial key_material() const override { return KeyMaterial::None; }
  bool seals_per_verifier() const override { return true; }
  bool check_is_costly() const override { return costly_; }
  KeyPair make_key_pair(ByteView /*entropy*/) const override { return {}; }
  std::unique_ptr<Authenticator> create(PrincipalId, const KeyRing&, const Config&) const override {
    return std::make_unique<Seal>();
  }

 private:
  bool costly_;
};

class NothingObject final : public Object {
 public:
  Bytes apply(ByteView) override { return {}; }
  void snapshot(Bytes&) const override {}
  bool restore(ByteView) override { return true; }
  std::unique_ptr<Object> clone() const override { return std::make_unique<NothingObject>(); }
  std::optional<Bytes> parse_method(std::string_view) const override { return Bytes{}; }
  std::string describe(ByteView) const override { return "nothing"; }
};

class NothingFactory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override {
    return std::make_unique<NothingObject>();
  }
};

/// Keeps nothing. A durable one is synced by a thread; a broken one fails there.
class ForgetfulStore final : public Store {
 public:
  explicit ForgetfulStore(bool broken) : broken_(broken) {}
  Result<Recovered> recover(InstanceId) override { return Recovered{}; }
  Status append(std::span<const StoreChange>) override { return {}; }
  Status sync() override { return broken_ ? Status{Error{ErrorCode::Io, "disk full"}} : Status{}; }

 private:
  bool broken_;
};

class ForgetfulFactory final : public StoreFactory {
 public:
  explicit ForgetfulFactory(bool broken) : broken_(broken) {}
  bool durable() const override { return true; }
  Result<std::unique_ptr<Store>> open(const std::filesystem::path&, const Config&) const override {
    return std::unique_ptr<Store>{new ForgetfulStore{broken_}};
  }

 private:
  bool broken_;
};

class NoKeys final : public Keys, private KeyRing {
 public:
  const KeyRing& ring(std::uint8_t) const override { return *this; }

 private:
  ByteView pair_secret(PrincipalId) const override { return {}; }
  ByteView private_key() const override { return {}; }
  ByteView public_key(PrincipalId) const override { return {}; }
};

inline parley_plugin descriptor(parley_kind kind, const char* name) {
  parley_plugin made{};
  made.magic = parley_plugin_magic;
  made.abi_major = parley_abi_major;
  made.struct_size = sizeof(parley_plugin);
  made.kind = kind;
  made.name = name;
  made.version = "0.0.0";
  made.guarantees = PARLEY_GUARANTEE_AUTHENTICATES;
  return made;
}

/// A loopback address for one to listen on, which nobody else is given while this
/// lives: bound, not listened on, so that only who asks for this very port gets it.
class ReservedAddress {
 public:
  ReservedAddress() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int one = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    const SocketAddress any = resolve_address("127.0.0.1:0", true).value();
    PARLEY_ASSERT(::bind(fd_, any.pointer(), any.size) == 0);
  }
  ~ReservedAddress() { ::close(fd_); }
  ReservedAddress(const ReservedAddress&) = delete;
  ReservedAddress& operator=(const ReservedAddress&) = delete;

  std::string text() const { return local_address(fd_).text(); }

 private:
  int fd_;
};

/// Two or three nodes `a`, `b`, `c` with one echo instance, "traffic".
struct Cluster {
  explicit Cluster(std::uint32_t nodes_count, bool costly_checks = false,
                   bool broken_store = false) {
    set_log_level("off");
    add<AuthenticatorFactory>(seal_, std::make_shared<SealFactory>(costly_checks));
    add<ObjectFactory>(object_, std::make_shared<NothingFactory>());
    add<BackendFactory>(backend_, std::make_shared<echo::Factory>());
    add<StoreFactory>(store_, std::make_shared<ForgetfulFactory>(broken_store));
    PrincipalSet all;
    for (std::uint32_t i = 0; i < nodes_count; ++i) {
      all.insert(PrincipalId{i});
      deployment.principals.push_back({std::string(1, static_cast<char>('a' + i)), "", "", ""});
    }
    deployment.name = "test";
    deployment.authentication = {{{all, all, true, {}, {}}, {{"seal", {}}}}};
    deployment.objects = {
        {.name = "traffic",
         .object = {"nothing", {}},
         .backend = {"echo", {}},
         .store = {"forgetful", {}},
         .membership = {.epoch = Epoch{1}, .members = all, .order = all.members()}}};
  }

  /// Precondition: called once, when the deployment is as it should be.
  const Tables& tables() {
    if (tables_ == nullptr) tables_ = make_tables(deployment, catalogue, &no_hash).value();
    return *tables_;
  }
  std::shared_ptr<const Tables> shared_tables() {
    tables();
    return tables_;
  }

  /// Effect: every principal has a loopback address of its own.
  void give_addresses() {
    for (PrincipalEntry& principal : deployment.principals) {
      principal.address = addresses_.emplace_back().text();
    }
  }

  Deployment deployment;
  Catalogue catalogue;
  NoKeys keys;

 private:
  template <class Interface, class Factory>
  void add(const parley_plugin& plugin, std::shared_ptr<Factory> factory) {
    catalogue.add(
        {&plugin, std::shared_ptr<void>{factory, static_cast<Interface*>(factory.get())}});
  }

  parley_plugin seal_ = descriptor(PARLEY_KIND_AUTHENTICATOR, "seal");
  parley_plugin object_ = descriptor(PARLEY_KIND_OBJECT, "nothing");
  parley_plugin backend_ = descriptor(PARLEY_KIND_BACKEND, "echo");
  parley_plugin store_ = descriptor(PARLEY_KIND_STORE, "forgetful");
  std::shared_ptr<const Tables> tables_;
  std::deque<ReservedAddress> addresses_;
};

/// A directory that goes away with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "parley_test.XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs the loop until `done` holds; false when that takes unreasonably long.
template <class Condition>
bool run_until(EventLoop& loop, Condition done) {
  bool held = false;
  const auto limit = SteadyClock::now() + std::chrono::seconds{20};
  LoopTimer* self = nullptr;
  LoopTimer poll{loop, [&] {
                   held = done();
                   if (held || SteadyClock::now() > limit) return loop.stop();
                   self->start_after(std::chrono::milliseconds{1});
                 }};
  self = &poll;
  poll.start_after({});
  loop.run();
  return held;
}

}  // namespace parley::host_test
