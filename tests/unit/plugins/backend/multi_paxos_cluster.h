// SPDX-License-Identifier: Apache-2.0
//
// Members of multi_paxos in virtual time, on a network that delays, loses,
// repeats and cuts, with clocks that drift, and the checks that hold whatever
// happens: one order of decisions, linearizable answers, and the cache tree of
// the ADO model replayed from the notes.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "apps/lab/world/disk.h"
#include "core/api/reconfigure.h"
#include "core/base/digest.h"
#include "core/base/overloaded.h"
#include "core/base/prng.h"
#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {

/// A journal: how many methods were applied and a fingerprint of them in order,
/// so that one answer tells the whole history. The empty method reads.
class Journal final : public Object {
 public:
  explicit Journal(std::size_t ballast = 0) : ballast_(ballast) {}

  Bytes apply(ByteView method) override {
    if (!method.empty()) {
      Fingerprint sum;
      sum.add(sum_);
      sum.add(method);
      sum_ = sum.value();
      ++count_;
    }
    return answer(count_, sum_);
  }
  static Bytes answer(std::uint64_t count, std::uint64_t sum) {
    Bytes out;
    Writer writer{out};
    writer.u64(count);
    writer.u64(sum);
    return out;
  }
  void snapshot(Bytes& out) const override {
    Writer writer{out};
    writer.u64(count_);
    writer.u64(sum_);
    for (std::size_t i = 0; i < ballast_; ++i) writer.u8(static_cast<std::uint8_t>(i * 7));
  }
  bool restore(ByteView snapshot) override {
    Reader in{snapshot};
    count_ = in.u64();
    sum_ = in.u64();
    return in.rest().size() == ballast_;
  }
  std::unique_ptr<Object> clone() const override { return std::make_unique<Journal>(*this); }
  bool reads_only(ByteView method) const override { return method.empty(); }
  std::optional<Bytes> parse_method(std::string_view words) const override {
    return to_bytes(words);
  }
  std::string describe(ByteView result) const override { return to_hex(result); }

 private:
  std::size_t ballast_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

/// Replays the notes of core/api/refinement.h, and names the first that the
/// model does not allow.
class CacheTree {
 public:
  explicit CacheTree(PrincipalSet members) {
    terms_[0] = Term{PrincipalId{}, {}, 0, {{0, std::move(members)}}, {}};
    commits_.insert(Position{});
  }

  const std::string& fault() const { return fault_; }

  void replay(PrincipalId node, const Note& note) {
    const std::string_view name = note.declaration->name;
    const auto& v = note.values;
    const auto place = [&](std::size_t at) {
      return Position{v[at], static_cast<std::uint32_t>(v[at + 1])};
    };
    now_ = std::string{name} + " of " + std::to_string(node.value) + " at time " +
           std::to_string(v[0]) + "." + std::to_string(v[1]);
    if (name == "ado_promise") on_promise(node, v[0], v[1], place(2));
    if (name == "ado_elected") on_elected(node, v[0], place(1), note.detail);
    if (name == "ado_append") on_append(node, place(0), std::nullopt);
    if (name == "ado_reconfigure") on_append(node, place(0), set_of(note.detail));
    if (name == "ado_accept") on_accept(node, place(0));
    if (name == "ado_install") on_install(node, v[0], place(1));
    if (name == "ado_commit_claim") on_claim(place(0));
  }

 private:
  struct Term {
    PrincipalId leader;
    Position base;
    std::uint32_t slots = 0;
    std::map<std::uint32_t, PrincipalSet> members;  ///< From this version on.
    std::map<std::uint32_t, PrincipalSet> accepted;
  };

  static PrincipalSet set_of(const SharedBytes& detail) {
    Reader in{detail};
    return in.principals(1'000);
  }
  void require(bool kept, const char* rule) {
    if (!kept && fault_.empty()) fault_ = now_ + ": " + rule;
  }
  bool exists(Position p) const {
    const auto term = terms_.find(p.time);
    return term != terms_.end() && p.version <= term->second.slots;
  }
  bool leads_to(Position a, Position b) const {
    for (;;) {
      if (a.time == b.time) return a.version <= b.version;
      if (b.time == 0) return false;
      b = terms_.at(b.time).base;
    }
  }
  PrincipalSet members_at(Position p) const {
    for (;;) {
      const Term& term = terms_.at(p.time);
      const auto after = term.members.upper_bound(p.version);
      if (after != term.members.begin()) return std::prev(after)->second;
      p = term.base;
    }
  }

  void on_promise(PrincipalId node, Ballot time, std::uint64_t candidate, Position last) {
    require(time > times_[node], "a promise is later than those before");
    require(last == places_[node], "a promise tells where the log ends");
    times_[node] = time;
    promises_[{time, node}] = {candidate, last};
  }
  void on_elected(PrincipalId node, Ballot time, Position base, const SharedBytes& detail) {
    require(!terms_.contains(time), "a time has one owner");
    require(exists(base), "the base is in the tree");
    if (!fault_.empty()) return;
    const PrincipalSet members = members_at(base);
    const PrincipalSet voters = set_of(detail);
    require(members.includes(voters) && voters.contains(node), "voters are members");
    require(voters.size() >= majority(members.size()), "a quorum voted");
    voters.for_each([&](PrincipalId voter) {
      const auto promise = promises_.find({time, voter});
      require(promise != promises_.end() && promise->second.first == node.value,
              "each voter promised");
      require(promise == promises_.end() || base >= promise->second.second,
              "the base is no less than any voter's log");
    });
    terms_[time] = Term{node, base, 0, {}, {}};
    for (const Position& commit : commits_) {
      require(commit.time >= time || leads_to(commit, base), "the base has what is committed");
    }
  }
  void on_append(PrincipalId node, Position place, const std::optional<PrincipalSet>& members) {
    const auto term = terms_.find(place.time);
    require(term != terms_.end() && term->second.leader == node, "the owner appends");
    if (!fault_.empty()) return;
    require(place.version == term->second.slots + 1, "versions have no gaps");
    term->second.slots = place.version;
    if (members) term->second.members[place.version] = *members;
  }
  void on_accept(PrincipalId node, Position place) {
    require(place.time >= times_[node], "no vote below a promise");
    require(exists(place), "the place is in the tree");
    require(place >= places_[node], "a log that votes grows");
    if (!fault_.empty()) return;
    times_[node] = place.time;
    places_[node] = place;
    Term& term = terms_.at(place.time);
    for (std::uint32_t version = 1; version <= place.version; ++version) {
      const bool is_new = term.accepted[version].insert(node);
      const PrincipalSet members = members_at({place.time, version});
      const PrincipalSet voters = term.accepted[version] & members;
      if (is_new && voters.size() >= majority(members.size())) commit({place.time, version});
    }
  }
  void commit(Position place) {
    for (const Position& other : commits_) {
      require(leads_to(other, place) || leads_to(place, other), "commits are on one branch");
    }
    for (const auto& [time, term] : terms_) {
      require(time <= place.time || leads_to(place, term.base), "later bases have it");
    }
    commits_.insert(place);
  }
  void on_install(PrincipalId node, Ballot time, Position place) {
    require(exists(place), "the place is in the tree");
    require(time >= times_[node], "nothing is taken from an earlier time");
    times_[node] = std::max(times_[node], time);
    places_[node] = place;
  }
  void on_claim(Position place) {
    if (!fault_.empty()) return;
    bool covered = false;
    for (const Position& commit : commits_) covered = covered || leads_to(place, commit);
    require(covered, "what is claimed is committed");
  }

  std::map<Ballot, Term> terms_;
  std::map<PrincipalId, Ballot> times_;
  std::map<PrincipalId, Position> places_;
  std::map<std::pair<Ballot, PrincipalId>, std::pair<std::uint64_t, Position>> promises_;
  std::set<Position> commits_;
  std::string now_;
  std::string fault_;
};

struct ClusterOptions {
  std::uint32_t members = 3;
  std::uint32_t nodes = 3;  ///< Those beyond the members learn.
  Options machine{};
  std::int64_t drift_ppm = 0;  ///< Of any clock, up or down.
  std::uint32_t loss_ppm = 0;
  std::uint32_t repeat_ppm = 0;
  Duration delay_max = 5ms;
  std::size_t ballast = 0;
};

inline Options quick_options(std::uint32_t drift_between_ppm = 0) {
  Options options{.call_timeout = 400ms,
                  .heartbeat = 20ms,
                  .election_timeout = 100ms,
                  .lease = 60ms,
                  .lease_wait = wait_for(60ms, drift_between_ppm),
                  .snapshot_after = 4 << 20,
                  .pull_moves_leader = true,
                  .silent_heartbeats_max = 6};
  return options;
}

class Cluster {
 public:
  Cluster(const ClusterOptions& options, std::uint64_t seed)
      : options_(options),
        random_(seed),
        initial_(options.ballast),
        tree_(first_members(options)->members) {
    for (std::uint32_t i = 0; i < options.nodes; ++i) {
      nodes_.emplace_back();
      const auto twice = static_cast<std::uint64_t>(2 * options.drift_ppm + 1);
      nodes_[i].drift_ppm = static_cast<std::int64_t>(random_.below(twice)) - options.drift_ppm;
    }
    for (std::uint32_t i = 0; i < options.nodes; ++i) start(i);
  }

  // What a test does.

  RequestId submit(std::uint32_t node, PortId port, ByteView value) {
    const RequestId request{++requests_};
    if (nodes_[node].machine) step(node, Submit{request, port, value});
    return request;
  }
  std::optional<Outcome> outcome(RequestId request) const {
    const auto found = replies_.find(request);
    return found == replies_.end() ? std::nullopt : decode_outcome(found->second);
  }
  /// Effect: time passes until the call is answered, or for that long.
  std::optional<Outcome> call(std::uint32_t node, PortId port, ByteView value,
                              Duration patience = 3s) {
    const RequestId request = submit(node, port, value);
    const Duration end = now_ + patience;
    while (!replies_.contains(request) && now_ < end && tick()) {
    }
    return outcome(request);
  }
  /// Pull, invoke, push until it succeeds, at most so often, wherever a refused pull
  /// says. Empty `words` read.
  std::optional<Outcome> run(std::uint32_t node, std::string_view words, int attempts = 20) {
    for (int i = 0; i < attempts; ++i) {
      const auto pulled = call(node, port_pull, encode_call(PullCall{}));
      if (pulled && pulled->kind == OutcomeKind::Ok) {
        call(node, port_invoke, encode_call(InvokeCall{pulled->branch, to_bytes(words), false}));
        auto pushed = call(node, port_push, encode_call(PushCall{pulled->branch}));
        if (pushed && pushed->kind == OutcomeKind::Ok) return pushed;
      }
      if (pulled && pulled->owner) node = pulled->owner->value;
      pass(50ms);
    }
    return std::nullopt;
  }
  std::optional<Outcome> reconfigure(std::uint32_t node, std::uint64_t epoch,
                                     std::vector<std::uint32_t> members,
                                     std::vector<std::uint32_t> learners = {}) {
    return call(node, port_reconfigure, encode_reconfiguration(of(epoch, members, learners)));
  }
  static Membership of(std::uint64_t epoch, const std::vector<std::uint32_t>& members,
                       const std::vector<std::uint32_t>& learners = {}) {
    Membership next;
    next.epoch = Epoch{epoch};
    for (const std::uint32_t id : members) {
      next.members.insert(PrincipalId{id});
      next.order.push_back(PrincipalId{id});
    }
    for (const std::uint32_t id : learners) next.learners.insert(PrincipalId{id});
    return next;
  }
  void pass(Duration time) {
    const Duration end = now_ + time;
    while (!events_.empty() && events_.top().at <= end) tick();
    now_ = end;
  }
  void crash(std::uint32_t node) {
    nodes_[node].machine = nullptr;
    ++nodes_[node].life;
    nodes_[node].decided = 0;
  }
  void start(std::uint32_t node) {
    if (nodes_[node].machine) return;
    nodes_[node].machine = std::make_unique<MultiPaxos>(initial_, options_.machine);
    nodes_[node].timers.clear();
    nodes_[node].told = first_members(options_);
    const auto kept = nodes_[node].disk.recover();
    const Recovered nothing;
    const auto found = kept.find(InstanceId{1});
    step(node, Start{PrincipalId{node}, first_members(options_),
                     found == kept.end() ? nothing : found->second});
  }
  /// Effect: messages between the two groups are lost from here on.
  void cut(std::set<std::uint32_t> group) { cut_ = std::move(group); }
  void set_faults(std::uint32_t loss_ppm, std::uint32_t repeat_ppm) {
    options_.loss_ppm = loss_ppm;
    options_.repeat_ppm = repeat_ppm;
  }
  /// Effect: the next thing happens. False when nothing is left to happen.
  bool tick() {
    if (events_.empty()) return false;
    const Event event = events_.top();
    events_.pop();
    now_ = std::max(now_, event.at);
    Node& node = nodes_[event.node];
    if (!node.machine) return true;
    if (!event.timer) {
      if (!severed(event.from, event.node)) {
        step(event.node, Deliver{PrincipalId{event.from}, event.type, event.record});
      }
    } else if (event.life == node.life) {
      const auto running = node.timers.find(*event.timer);
      if (running == node.timers.end() || running->second != event.number) return true;
      node.timers.erase(running);
      step(event.node, TimerFired{*event.timer});
    }
    return true;
  }

  // What a test sees.

  Duration now() const { return now_; }
  bool up(std::uint32_t node) const { return nodes_[node].machine != nullptr; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
  /// By name, of all nodes so far.
  std::uint64_t count(std::string_view note) const {
    const auto found = notes_.find(note);
    return found == notes_.end() ? 0 : found->second;
  }
  /// The node that became leader last.
  std::uint32_t leader() const { return leader_; }
  std::uint64_t decided(std::uint32_t node) const { return nodes_[node].decided; }
  const std::vector<SharedBytes>& history() const { return history_; }
  const MultiPaxos& machine(std::uint32_t node) const { return *nodes_[node].machine; }
  const SharedMembership& told(std::uint32_t node) const { return nodes_[node].told; }
  std::string fault() const { return fault_.empty() ? tree_.fault() : fault_; }
  /// What an Ok answer to a method on the committed history must be.
  bool answers_history(const Outcome& outcome, std::uint64_t& count) const {
    Reader in{outcome.value};
    count = in.u64();
    if (count > history_.size()) return false;
    Journal journal;
    Bytes answer = journal.apply({});
    for (std::uint64_t i = 0; i < count; ++i) answer = journal.apply(history_[i]);
    return answer == outcome.value;
  }

 private:
  struct Node {
    std::unique_ptr<MultiPaxos> machine{};
    Disk disk{};
    std::int64_t drift_ppm = 0;
    std::uint64_t life = 0;
    std::map<TimerId, std::uint64_t> timers{};
    std::uint64_t decided = 0;
    SharedMembership told{};
    bool skips = false;  ///< An image stands for decisions that it did not see.
  };
  struct Event {
    Duration at{};
    std::uint64_t number = 0;
    std::uint32_t node = 0;
    std::uint32_t from = 0;
    StatementType type{};
    SharedBytes record{};
    std::optional<TimerId> timer{};
    std::uint64_t life = 0;
    bool operator<(const Event& other) const {
      return std::pair{at, number} > std::pair{other.at, other.number};
    }
  };

  static SharedMembership first_members(const ClusterOptions& options) {
    std::vector<std::uint32_t> members;
    std::vector<std::uint32_t> learners;
    for (std::uint32_t i = 0; i < options.members; ++i) members.push_back(i);
    for (std::uint32_t i = options.members; i < options.nodes; ++i) learners.push_back(i);
    return std::make_shared<const Membership>(of(1, members, learners));
  }
  bool severed(std::uint32_t from, std::uint32_t to) const {
    return cut_.contains(from) != cut_.contains(to);
  }

  void step(std::uint32_t id, const Input& input) {
    Effects effects;
    nodes_[id].machine->step(input, effects);
    std::vector<StoreChange> changes;
    for (const Effect& effect : effects) {
      if (const auto* change = std::get_if<Persist>(&effect)) {
        changes.push_back({InstanceId{1}, *change});
      }
    }
    if (!changes.empty()) {
      nodes_[id].disk.append(std::move(changes));
      nodes_[id].disk.sync(nodes_[id].disk.appended());
    }
    for (const Effect& effect : effects) perform(id, effect);
  }

  void perform(std::uint32_t id, const Effect& effect) {
    std::visit(
        overloaded{
            [&](const Send& send) { carry(id, send); },
            [&](const SetTimer& timer) { set_timer(id, timer); },
            [&](const CancelTimer& timer) { nodes_[id].timers.erase(timer.timer); },
            [&](const Decide& decide) { on_decide(id, decide); },
            [&](const Reply& reply) { replies_.insert_or_assign(reply.request, reply.value); },
            [&](const ChangeMembership& change) { nodes_[id].told = change.membership; },
            [&](const Note& note) { on_note(id, note); },
            [](const auto&) {},
        },
        effect);
  }

  void carry(std::uint32_t from, const Send& send) {
    const std::uint32_t to = send.to.value;
    if (to >= nodes_.size() || severed(from, to)) return;
    if (random_.chance(options_.loss_ppm)) return;
    const int copies = random_.chance(options_.repeat_ppm) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const auto delay = static_cast<std::int64_t>(
          random_.below(static_cast<std::uint64_t>(options_.delay_max.count()) + 1));
      events_.push({now_ + Duration{delay} + 100us, ++numbers_, to, from, send.type, send.record,
                    std::nullopt, 0});
    }
  }
  void set_timer(std::uint32_t id, const SetTimer& timer) {
    const auto spread = static_cast<std::uint64_t>((timer.max - timer.min).count());
    const std::int64_t own =
        timer.min.count() + static_cast<std::int64_t>(random_.below(spread + 1));
    const Duration after{own + own / 1'000'000 * nodes_[id].drift_ppm};
    events_.push({now_ + after, ++numbers_, id, 0, {}, {}, timer.timer, nodes_[id].life});
    nodes_[id].timers[timer.timer] = numbers_;
  }
  void on_decide(std::uint32_t id, const Decide& decide) {
    std::uint64_t& last = nodes_[id].decided;
    // A first decision may come after a snapshot, one after an image too.
    const bool in_order =
        decide.position == last + 1 || (decide.position > last && nodes_[id].skips);
    if (!in_order && last != 0 && fault_.empty()) fault_ = "decisions out of order";
    last = decide.position;
    if (decide.position <= history_.size()) {
      const bool same = history_[decide.position - 1] == decide.value;
      if (!same && fault_.empty()) fault_ = "two decisions of one position";
    } else if (decide.position == history_.size() + 1) {
      history_.push_back(decide.value);
    } else if (fault_.empty()) {
      fault_ = "a decision that nobody decided the one before of";
    }
    nodes_[id].skips = false;
  }
  void on_note(std::uint32_t id, const Note& note) {
    ++notes_[note.declaration->name];
    if (note.declaration == &notes::became_leader) leader_ = id;
    if (note.declaration == &notes::image_installed) nodes_[id].skips = true;
    if (note.declaration == &notes::conflict && fault_.empty()) fault_ = "conflict";
    tree_.replay(PrincipalId{id}, note);
  }

  ClusterOptions options_;
  Prng random_;
  Journal initial_;
  CacheTree tree_;
  std::vector<Node> nodes_;
  std::priority_queue<Event> events_;
  std::uint64_t numbers_ = 0;
  Duration now_{};
  std::uint64_t requests_ = 0;
  std::map<RequestId, SharedBytes> replies_;
  std::set<std::uint32_t> cut_;
  std::map<std::string, std::uint64_t, std::less<>> notes_;
  std::uint32_t leader_ = 0;
  std::vector<SharedBytes> history_;
  std::string fault_;
};

}  // namespace parley::multi_paxos
