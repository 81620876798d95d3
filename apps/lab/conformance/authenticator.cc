// SPDX-License-Identifier: Apache-2.0
//
// What an authenticator's evidence proves, and to whom: what was issued verifies,
// whatever differs in a bit, a name or a key does not, and a third party is
// convinced exactly when that is declared. A mechanism with a Machine part is
// sealed by playing the machines of all principals.
#include <array>
#include <deque>
#include <memory>

#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/default_config.h"
#include "core/base/limits.h"
#include "core/base/overloaded.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t principals_count = 4;
constexpr PrincipalId issuer{0};
constexpr PrincipalId verifier{1};
constexpr PrincipalId other_verifier{2};
constexpr PrincipalId third_party{3};

constexpr const char* rule_unfit_check = "without fit keys nothing verifies and nothing crashes";
constexpr const char* rule_unfit_seal = "what is sealed without fit keys convinces nobody";
constexpr const char* rule_unfit_both = "one unfit key on both sides proves nothing";

Bytes random_bytes(Prng& prng, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(prng.next());
  return bytes;
}

/// The keys of one principal, as `parley keys gen` would have made them.
class Ring final : public KeyRing {
 public:
  ByteView pair_secret(PrincipalId peer) const override { return of(secrets_, peer); }
  ByteView private_key() const override { return private_key_; }
  ByteView public_key(PrincipalId principal) const override { return of(public_keys_, principal); }

  /// Every key the same bytes, of whatever size.
  static Ring filled_with(const Bytes& key) {
    Ring ring;
    ring.secrets_.fill(key);
    ring.public_keys_.fill(key);
    ring.private_key_ = key;
    return ring;
  }

  static std::array<Ring, principals_count> make(const AuthenticatorFactory& factory,
                                                 std::uint64_t seed) {
    std::array<Ring, principals_count> rings;
    Prng prng{seed};
    for (std::uint32_t i = 0; i < principals_count; ++i) {
      const Bytes entropy = random_bytes(prng, 32);
      if (factory.key_material() == KeyMaterial::KeyPair) {
        const KeyPair pair = factory.make_key_pair(entropy);
        rings[i].private_key_ = pair.private_key;
        for (Ring& ring : rings) ring.public_keys_[i] = pair.public_key;
      }
      if (factory.key_material() != KeyMaterial::PairSecret) continue;
      for (std::uint32_t j = i + 1; j < principals_count; ++j) {
        rings[i].secrets_[j] = rings[j].secrets_[i] = random_bytes(prng, 32);
      }
    }
    return rings;
  }

 private:
  static ByteView of(const std::array<Bytes, principals_count>& keys, PrincipalId principal) {
    return principal.value < principals_count ? ByteView{keys[principal.value]} : ByteView{};
  }

  std::array<Bytes, principals_count> secrets_{};
  std::array<Bytes, principals_count> public_keys_{};
  Bytes private_key_{};
};

/// All principals of a small deployment with one mechanism.
class Principals {
 public:
  Principals(const AuthenticatorFactory& factory, const Config& config, std::uint64_t seed)
      : factory_(factory), rings_(Ring::make(factory, seed)) {
    for (std::uint32_t i = 0; i < principals_count; ++i) {
      authenticators_.push_back(factory.create(PrincipalId{i}, rings_[i], config));
    }
  }

  const Authenticator& operator[](PrincipalId principal) const {
    return *authenticators_[principal.value];
  }

  /// Evidence of `from` for `to`, by whatever part of the mechanism gives it.
  std::optional<Bytes> seal(PrincipalId from, ByteView message, PrincipalId to) const {
    PrincipalSet verifiers{to};
    if (!factory_.seals_per_verifier()) verifiers |= PrincipalSet{verifier, other_verifier};
    std::optional<Bytes> evidence = (*this)[from].seal(message, verifiers);
    return evidence ? evidence : ask_machines(from, message, 0);
  }

  /// Plays the machines until the issuer's replies; the first `lost` messages are lost.
  std::optional<Bytes> ask_machines(PrincipalId from, ByteView message, int lost) const;

 private:
  const AuthenticatorFactory& factory_;
  std::array<Ring, principals_count> rings_;
  std::vector<std::unique_ptr<Authenticator>> authenticators_;
};

/// The Machine parts of all principals, and the messages between them.
class MachineExchange {
 public:
  MachineExchange(const Principals& principals, int lost) : lost_(lost) {
    auto membership = std::make_shared<Membership>();
    for (std::uint32_t i = 0; i < principals_count; ++i) {
      machines_.push_back(principals[PrincipalId{i}].machine());
      membership->members.insert(PrincipalId{i});
      membership->order.push_back(PrincipalId{i});
    }
    const Recovered nothing;
    for (std::uint32_t i = 0; i < principals_count; ++i) {
      step(PrincipalId{i}, Start{PrincipalId{i}, membership, nothing});
    }
  }

  std::optional<Bytes> ask(PrincipalId from, ByteView message) {
    constexpr int steps_max = 10'000;
    const Bytes call =
        encode_seal(SealCall{to_bytes(message), PrincipalSet{verifier, other_verifier}});
    step(from, Submit{request, port_seal, call});
    for (int i = 0; i < steps_max && !evidence_; ++i) {
      if (!messages_.empty()) {
        const Message next = std::move(messages_.front());
        messages_.pop_front();
        step(next.to, Deliver{next.from, next.type, next.record});
      } else if (!timers_.empty()) {
        const auto [owner, timer] = timers_.front();
        timers_.pop_front();
        step(owner, TimerFired{timer});
      } else {
        break;
      }
    }
    return evidence_;
  }

 private:
  static constexpr RequestId request{77};

  struct Message {
    PrincipalId from;
    PrincipalId to;
    StatementType type;
    SharedBytes record;
  };

  void step(PrincipalId self, const Input& input) {
    if (machines_[self.value] == nullptr) return;
    Effects effects;
    machines_[self.value]->step(input, effects);
    for (const Effect& effect : effects) perform(self, effect);
  }

  void perform(PrincipalId self, const Effect& effect) {
    const auto same_timer = [&](TimerId timer) {
      return
          [self, timer](const auto& entry) { return entry.first == self && entry.second == timer; };
    };
    std::visit(
        overloaded{
            [&](const Send& send) {
              carry({self, send.to, send.type, send.record});
            },
            [&](const Publish& publish) {
              publish.verifiers.for_each([&](PrincipalId to) {
                if (to != self) carry({self, to, publish.type, publish.record});
              });
            },
            [&](const SetTimer& set) {
              std::erase_if(timers_, same_timer(set.timer));
              timers_.emplace_back(self, set.timer);
            },
            [&](const CancelTimer& cancel) { std::erase_if(timers_, same_timer(cancel.timer)); },
            [&](const Reply& reply) {
              if (reply.request != request) return;
              const std::optional<SealAnswer> answer = decode_seal_answer(reply.value);
              if (answer) evidence_ = answer->evidence;
            },
            [](const auto&) {},
        },
        effect);
  }

  void carry(Message message) {
    if (lost_-- > 0 || message.to.value >= principals_count) return;
    messages_.push_back(std::move(message));
  }

  int lost_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::deque<Message> messages_;
  std::deque<std::pair<PrincipalId, TimerId>> timers_;
  std::optional<Bytes> evidence_;
};

std::optional<Bytes> Principals::ask_machines(PrincipalId from, ByteView message, int lost) const {
  return MachineExchange{*this, lost}.ask(from, message);
}

class AuthenticatorSuite {
 public:
  explicit AuthenticatorSuite(const Plugin& plugin)
      : factory_(*static_cast<const AuthenticatorFactory*>(plugin.factory.get())),
        config_(default_config(*plugin.descriptor)),
        guarantees_(plugin.descriptor->guarantees),
        honest_(factory_, config_, 1) {}

  Findings run() {
    check_declarations();
    check_key_pairs();
    if (!check_issued()) return std::move(findings_);
    check_parts();
    check_third_party();
    check_tampering();
    check_names();
    check_foreign_keys();
    check_unfit_keys();
    return std::move(findings_);
  }

 private:
  bool declares(parley_guarantee guarantee) const { return (guarantees_ & guarantee) != 0; }

  bool convinces(PrincipalId who, PrincipalId from, ByteView text, ByteView evidence) const {
    return honest_[who].check(from, text, evidence);
  }

  /// A rule for mechanisms that declare AUTHENTICATES; others have nothing to keep.
  void expect_authentic(const char* rule, bool held, std::string detail = {}) {
    if (!declares(PARLEY_GUARANTEE_AUTHENTICATES)) {
      expect(findings_, rule, true, "not applicable: it does not declare to authenticate");
    } else {
      expect(findings_, rule, held, std::move(detail));
    }
  }

  void check_declarations() {
    const bool restricted = declares(PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK) ||
                            declares(PARLEY_GUARANTEE_EXPLORATION_ONLY);
    expect(findings_, "what does not authenticate needs a private link or is for exploration",
           declares(PARLEY_GUARANTEE_AUTHENTICATES) || restricted);
    expect(
        findings_, "what convinces auditors authenticates",
        !declares(PARLEY_GUARANTEE_CONVINCES_AUDITORS) || declares(PARLEY_GUARANTEE_AUTHENTICATES));
    expect(findings_, "what authenticates has keys, another party, or is for exploration",
           !declares(PARLEY_GUARANTEE_AUTHENTICATES) || restricted ||
               declares(PARLEY_GUARANTEE_INTERACTIVE) ||
               factory_.key_material() != KeyMaterial::None);
  }

  void check_key_pairs() {
    const Bytes entropy(32, 7);
    const KeyPair first = factory_.make_key_pair(entropy);
    const KeyPair second = factory_.make_key_pair(entropy);
    const KeyPair other = factory_.make_key_pair(Bytes(32, 8));
    const bool has_pairs = factory_.key_material() == KeyMaterial::KeyPair;
    expect(findings_, "equal entropy makes equal key pairs",
           first.private_key == second.private_key && first.public_key == second.public_key);
    expect(findings_, "key pairs are made exactly by mechanisms that use them",
           has_pairs == !first.private_key.empty() && has_pairs == !first.public_key.empty());
    expect(findings_, "different entropy makes different key pairs",
           !has_pairs ||
               (first.public_key != other.public_key && first.private_key != other.private_key));
    expect(findings_, "entropy of another size does not crash it",
           (static_cast<void>(factory_.make_key_pair({})),
            static_cast<void>(factory_.make_key_pair(Bytes(31, 1))), true));
  }

  /// Whether there is any evidence to go on with.
  bool check_issued() {
    Prng prng{2};
    for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 64u, 1'000u, 65'536u}) {
      const Bytes text = random_bytes(prng, size);
      const std::optional<Bytes> evidence = honest_.seal(issuer, text, verifier);
      const std::string detail = "message of " + std::to_string(size) + " bytes";
      if (!expect(findings_, "every message can be sealed", evidence.has_value(), detail)) {
        return false;
      }
      expect(findings_, "what was issued verifies", convinces(verifier, issuer, text, *evidence),
             detail);
      expect(findings_, "sealing is deterministic",
             honest_.seal(issuer, text, verifier) == evidence, detail);
      expect(findings_, "evidence keeps to the size that a frame allows",
             evidence->size() <= limits::evidence_size_max, detail);
    }
    evidence_ = *honest_.seal(issuer, message_, verifier);
    return true;
  }

  void check_parts() {
    const bool pending = !honest_[issuer].seal(message_, {verifier}).has_value();
    const bool has_machine = honest_[issuer].machine() != nullptr;
    expect(findings_, "it has a Machine part exactly when declared interactive",
           has_machine == declares(PARLEY_GUARANTEE_INTERACTIVE));
    expect(findings_, "evidence is pending only where there is a Machine part",
           !pending || has_machine);
    if (!pending || !has_machine) return;
    std::string missed;
    for (std::uint32_t from = 0; from < principals_count; ++from) {
      for (int lost = 1; lost <= 4; ++lost) {
        const auto evidence = honest_.ask_machines(PrincipalId{from}, message_, lost);
        if (evidence && convinces(verifier, PrincipalId{from}, message_, *evidence)) continue;
        missed = std::to_string(lost) + " lost, issuer " + std::to_string(from);
      }
    }
    expect(findings_, "evidence comes though messages of the exchange are lost", missed.empty(),
           missed);
  }

  void check_third_party() {
    const bool elsewhere = convinces(other_verifier, issuer, message_, evidence_);
    if (declares(PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK)) {
      expect(findings_, "a third party is convinced exactly when that is declared", true,
             "not applicable: the link is the proof");
      return;
    }
    expect(findings_, "evidence that is sealed once verifies at every verifier",
           factory_.seals_per_verifier() || elsewhere);
    expect(findings_, "evidence that is sealed for one verifier convinces no other",
           !factory_.seals_per_verifier() || declares(PARLEY_GUARANTEE_CONVINCES_AUDITORS) ||
               !elsewhere);
    expect(findings_, "a third party is convinced exactly when that is declared",
           convinces(third_party, issuer, message_, evidence_) ==
               declares(PARLEY_GUARANTEE_CONVINCES_AUDITORS));
  }

  void check_tampering() {
    Bytes text = message_;
    std::string accepted;
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
      const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
      text[bit / 8] ^= mask;
      if (convinces(verifier, issuer, text, evidence_)) accepted = "bit " + std::to_string(bit);
      text[bit / 8] ^= mask;
    }
    expect_authentic("a message with any bit flipped does not verify", accepted.empty(), accepted);
    check_damaged_evidence();

    Prng prng{3};
    accepted.clear();
    for (std::size_t size = 0; size < 200; ++size) {
      const Bytes guess = random_bytes(prng, size);
      if (convinces(verifier, issuer, message_, guess)) accepted = std::to_string(size) + " bytes";
    }
    expect_authentic("random bytes are no evidence", accepted.empty(), accepted);
  }

  void check_damaged_evidence() {
    constexpr std::size_t bits_max = 1'024;  // A signature's all; a certificate chain's sample.
    const std::size_t bits = evidence_.size() * 8;
    const std::size_t stride = 1 + bits / bits_max;
    std::string accepted;
    Bytes damaged = evidence_;
    for (std::size_t bit = 0; bit < bits; bit += stride) {
      const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
      damaged[bit / 8] ^= mask;
      if (convinces(verifier, issuer, message_, damaged)) accepted = "bit " + std::to_string(bit);
      damaged[bit / 8] ^= mask;
    }
    damaged.push_back(0);
    if (convinces(verifier, issuer, message_, damaged)) accepted = "one byte more";
    if (!evidence_.empty()) {
      damaged.resize(evidence_.size() - 1);
      if (convinces(verifier, issuer, message_, damaged)) accepted = "one byte less";
    }
    expect_authentic("evidence with any bit flipped, more or less does not verify",
                     accepted.empty(), accepted);
  }

  void check_names() {
    expect_authentic("evidence does not verify under another issuer's name",
                     !convinces(verifier, other_verifier, message_, evidence_) &&
                         !convinces(verifier, third_party, message_, evidence_));
    expect_authentic("evidence does not verify when sent back to its issuer as the verifier's",
                     !convinces(issuer, verifier, message_, evidence_));
    static_cast<void>(convinces(verifier, PrincipalId{UINT32_MAX}, message_, evidence_));
    const std::optional<Bytes> others = honest_.seal(other_verifier, message_, verifier);
    expect_authentic("two issuers' evidence for one message differs",
                     others && *others != evidence_);
  }

  void check_foreign_keys() {
    constexpr const char* rule = "evidence made with other keys does not verify";
    if (factory_.key_material() == KeyMaterial::None) {
      expect(findings_, rule, true, "not applicable: it has no keys");
      return;
    }
    const Principals foreign{factory_, config_, 99};
    const std::optional<Bytes> forged = foreign.seal(issuer, message_, verifier);
    expect_authentic(rule, forged && !convinces(verifier, issuer, message_, *forged));
  }

  /// Empty keys, keys of the wrong size, of zeros and of noise.
  void check_unfit_keys() {
    if (factory_.key_material() == KeyMaterial::None) {
      for (const char* rule : {rule_unfit_check, rule_unfit_seal, rule_unfit_both}) {
        expect(findings_, rule, true, "not applicable: it has no keys");
      }
      return;
    }
    Prng prng{4};
    for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 64u, 1'000u}) {
      const std::string words = std::to_string(size) + " bytes each";
      check_unfit_key(Bytes(size, 0), size, "keys of zeros, " + words);
      check_unfit_key(random_bytes(prng, size), size, "keys of noise, " + words);
    }
  }

  void check_unfit_key(const Bytes& key, std::size_t size, const std::string& detail) {
    constexpr std::size_t secret_size = 32;
    const Ring ring = Ring::filled_with(key);
    const std::unique_ptr<Authenticator> deaf = factory_.create(verifier, ring, config_);
    const std::unique_ptr<Authenticator> mute = factory_.create(issuer, ring, config_);
    expect_authentic(
        rule_unfit_check,
        !deaf->check(issuer, message_, evidence_) && !deaf->check(issuer, message_, {}), detail);
    const std::optional<Bytes> sealed = mute->seal(message_, PrincipalSet{verifier});
    expect_authentic(rule_unfit_seal, !sealed || !convinces(verifier, issuer, message_, *sealed),
                     detail);
    // Noise of the right size is a secret that both may share.
    const bool shared = factory_.key_material() == KeyMaterial::PairSecret && size == secret_size &&
                        key != Bytes(size, 0);
    if (shared) return;
    expect_authentic(rule_unfit_both, !sealed || !deaf->check(issuer, message_, *sealed), detail);
  }

  const AuthenticatorFactory& factory_;
  Config config_;
  std::uint64_t guarantees_;
  Principals honest_;
  Bytes message_ = to_bytes("twenty-four bytes to say");
  Bytes evidence_;
  Findings findings_;
};

}  // namespace

Findings check_authenticator(const Plugin& plugin) {
  return AuthenticatorSuite{plugin}.run();
}

}  // namespace parley
