// SPDX-License-Identifier: Apache-2.0
//
// Nodes of vertical_paxos in virtual time, beside a configuration master that each
// of them reaches now and then, on a network that delays, loses, repeats and cuts. What holds
// whatever happens is checked all along: one order of decisions, linearizable answers, refused
// methods never decided, and the cache tree of the ADO model replayed from the notes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/api/call.h"
#include "core/base/prng.h"
#include "core/kernel/objects/refinement.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"
#include "plugins/object/configuration/configuration.h"
#include "tests/unit/plugins/backend/multi_paxos_cluster.h"

namespace parley::vertical_paxos {

struct ClusterOptions {
  WriteQuorum write_quorum = WriteQuorum::Majority;
  std::uint32_t members = 3;
  std::uint32_t hosts = 3;  ///< The rest stands by.
  PrincipalSet learners{};
  std::uint64_t snapshot_after = 4'096;
  std::size_t ballast = 0;  ///< Of the object's state, in bytes.
  bool master = true;       ///< Whether there is one at all.
  std::uint32_t members_min = 1;
  /// Null: the machine as linked.
  const BackendFactory* factory = nullptr;
};

class Cluster {
 public:
  using Journal = multi_paxos::Journal;
  static constexpr std::uint32_t loss_ppm = 100'000;

  Cluster(const ClusterOptions& options, std::uint64_t seed)
      : options_(options), random_(seed), initial_(options.ballast), nodes_(options.hosts) {
    auto first = std::make_shared<Membership>();
    first->epoch = Epoch{1};
    first->learners = options.learners;
    for (std::uint32_t i = 0; i < options.members; ++i) {
      first->members.insert(PrincipalId{i});
      first->order.push_back(PrincipalId{i});
    }
    first_ = first;
    configure(1, first->members);
    RefinementSetting setting;
    setting.members = first->members;
    setting.epoch = 1;
    setting.rule = rule_;
    refinement_.emplace(std::move(setting));
    for (std::uint32_t i = 0; i < options.hosts; ++i) start(PrincipalId{i});
  }

  // Faults. A cut node hears of nobody, and nobody of it; the master is apart.
  void crash(PrincipalId id) {
    Node& node = at(id);
    node.machine.reset();
    ++node.life;
    node.decided.clear();
    for (Caller& caller : callers_) {
      if (caller.node == id && caller.request != 0) end(caller, std::nullopt);
    }
  }
  void start(PrincipalId id) {
    at(id).machine = make();
    const auto recovered = at(id).disk.recover();
    const auto found = recovered.find(instance);
    const Recovered nothing;
    step(id, Start{id, first_, found == recovered.end() ? nothing : found->second});
  }
  bool up(PrincipalId id) const { return nodes_[id.value].machine != nullptr; }
  void cut(const PrincipalSet& apart) { apart_ = apart; }
  void lossy(bool loses) { loses_ = loses; }
  /// Effect: an operator decides on the next epoch.
  void propose(const std::vector<PrincipalId>& order) {
    const std::uint64_t latest = epochs_.epochs.empty() ? 1 : epochs_.epochs.back().epoch.value;
    const ConfigurationCall call{ConfigurationCallKind::Propose, instance, Epoch{latest}, order,
                                 first_->learners.members()};
    learn(master_.apply(encode_configuration(call)));
  }
  void master_reached_by(const PrincipalSet& nodes) { reaches_master_ = nodes; }

  /// Effect: one caller more, who writes and reads until `stop_callers`.
  void add_caller(PrincipalId node) { callers_.push_back({.node = node}); }
  /// The same for one who only reads, and stays where it is served.
  void add_reader(PrincipalId node) { callers_.push_back({.node = node, .only_reads = true}); }
  void stop_callers() { stopped_ = true; }

  /// Effect: what happens until then happens.
  void run_for(Duration span) {
    const Duration until = now_ + span;
    while (fault_.empty()) {
      call();
      if (events_.empty() || events_.begin()->first.first > until) break;
      const auto next = events_.begin();
      now_ = next->first.first;
      const Event event = std::move(next->second);
      events_.erase(next);
      happen(event);
    }
    now_ = until;
  }

  /// What must not be and was; empty as long as there is nothing.
  const std::string& fault() const { return fault_; }
  std::uint64_t writes_done() const { return writes_done_; }
  std::uint64_t reads_done() const { return reads_done_; }
  const ConfigurationAnswer& decided_epochs() const { return epochs_; }
  const std::map<std::uint64_t, Bytes>& decided() const { return decided_; }
  std::uint64_t decided_by(PrincipalId id) const { return nodes_[id.value].latest; }
  std::uint64_t notes(const std::string& name) const {
    const auto found = notes_.find(name);
    return found == notes_.end() ? 0 : found->second;
  }
  std::size_t state_size(PrincipalId id) const {
    Bytes bytes;
    StateWriter out{bytes};
    nodes_[id.value].machine->encode(out);
    return bytes.size();
  }

 private:
  static constexpr InstanceId instance{7};

  struct Node {
    std::unique_ptr<Machine> machine{};
    Disk disk{};
    std::uint64_t life = 0;
    std::map<TimerId, std::uint64_t> timers{};  ///< Running ones, each with its setting.
    std::set<std::uint64_t> decided{};
    std::uint64_t latest = 0;
  };
  struct Event {
    enum class Kind { Message, Timer, Question, Answer, Wake } kind{};
    PrincipalId from{};
    PrincipalId to{};
    std::uint64_t life = 0;
    StatementType type{};
    SharedBytes record{};
    TimerId timer{};
    std::uint64_t setting = 0;
    RequestId request{};
  };
  struct Caller {
    PrincipalId node{};
    std::uint64_t request = 0;  ///< 0: nothing outstanding.
    PortId port = port_pull;    ///< Of the call that is outstanding or next.
    Branch branch = 0;
    Bytes method{};
    bool reads = false;
    bool only_reads = false;
    Bytes foreseen{};        ///< What the invoke answered.
    std::uint64_t seen = 0;  ///< Counted by whoever ended before this call began.
    Duration resumes{};
  };

  /// What is completed is not told: a base of a completed epoch shows by itself that
  /// earlier ones need not be asked.
  void configure(std::uint64_t epoch, const PrincipalSet& members) {
    rule_->configure(epoch, members, write_size(options_.write_quorum, members.size()));
  }

  std::unique_ptr<Machine> make() const {
    constexpr const char* words[] = {"all", "majority", "one"};
    const Config config{{
        {"write_quorum", std::string{words[static_cast<std::size_t>(options_.write_quorum)]}},
        {"call_timeout", Duration{200ms}},
        {"heartbeat", Duration{20ms}},
        {"suspect_after", Duration{120ms}},
        {"snapshot_after", static_cast<std::int64_t>(options_.snapshot_after)},
        {"members_min", std::int64_t{options_.members_min}},
    }};
    const BackendSpec spec{.initial = initial_, .config = config, .instance = instance};
    if (options_.factory != nullptr) return options_.factory->create(spec);
    return std::make_unique<VerticalPaxos>(initial_, options_of(spec));
  }

  Node& at(PrincipalId id) { return nodes_[id.value]; }
  void say(const std::string& fault) {
    if (fault_.empty()) fault_ = std::to_string(now_.count() / 1'000'000) + " ms: " + fault;
  }
  void post(Duration delay, Event event) {
    events_.emplace(std::pair{now_ + delay, ++posted_}, std::move(event));
  }

  void happen(const Event& event) {
    Node& node = at(event.to);
    switch (event.kind) {
      case Event::Kind::Message:
        if (node.machine && apart_.contains(event.from) == apart_.contains(event.to)) {
          step(event.to, Deliver{event.from, event.type, event.record});
        }
        return;
      case Event::Kind::Timer: {
        const auto running = node.timers.find(event.timer);
        if (event.life != node.life || running == node.timers.end() ||
            running->second != event.setting) {
          return;
        }
        node.timers.erase(running);
        return step(event.to, TimerFired{event.timer});
      }
      case Event::Kind::Question:
        return ask(event);
      case Event::Kind::Answer:
        if (event.life == node.life && node.machine) {
          step(event.to, Answered{event.request, event.record});
        }
        return;
      case Event::Kind::Wake:
        return;
    }
  }

  /// The master takes a question when it arrives, and may then lose the answer.
  void ask(const Event& event) {
    const std::optional<Call> call = decode_call(event.record);
    if (!call) return say("a question that is no Call");
    CallResult result{CallResultKind::Ok, master_.apply(call->method)};
    learn(result.value);
    if (random_.chance(100'000)) result = {CallResultKind::Unknown, {}};
    Event answer{.kind = Event::Kind::Answer, .to = event.to, .life = event.life};
    answer.request = event.request;
    answer.record = SharedBytes{encode_result(result)};
    post(delay(), std::move(answer));
  }

  void learn(ByteView bytes) {
    const std::optional<ConfigurationAnswer> answer = decode_configuration_answer(bytes);
    if (!answer) return say("a question that the master does not understand");
    for (const Membership& epoch : answer->epochs) {
      const bool is_new = epochs_.epochs.empty() || epochs_.epochs.back().epoch < epoch.epoch;
      if (is_new) configure(epoch.epoch.value, epoch.members);
    }
    epochs_ = *answer;
  }

  Duration delay() {
    const std::uint64_t most = loses_ && random_.chance(50'000) ? 200'000 : 2'000;
    return Duration{static_cast<std::int64_t>((100 + random_.below(most)) * 1'000)};
  }

  void step(PrincipalId id, const Input& input) {
    Effects effects;
    at(id).machine->step(input, effects);
    std::vector<StoreChange> changes;
    for (const Effect& effect : effects) {
      if (const auto* persist = std::get_if<Persist>(&effect)) {
        changes.push_back({instance, *persist});
      }
    }
    if (!changes.empty()) {
      at(id).disk.append(changes);
      at(id).disk.sync(at(id).disk.appended());
    }
    for (const Effect& effect : effects) perform(id, effect);
  }

  void perform(PrincipalId id, const Effect& effect) {
    if (const auto* note = std::get_if<Note>(&effect)) {
      ++notes_[note->declaration->name];
      if (auto violation = refinement_->on_note(id, *note)) {
        say(violation->invariant + ": " + violation->message);
      }
    } else if (const auto* send = std::get_if<Send>(&effect)) {
      deliver(id, *send);
    } else if (const auto* timer = std::get_if<SetTimer>(&effect)) {
      Event event{.kind = Event::Kind::Timer, .to = id, .life = at(id).life};
      event.timer = timer->timer;
      event.setting = ++posted_;
      at(id).timers[timer->timer] = event.setting;
      const auto room = static_cast<std::uint64_t>((timer->max - timer->min).count()) + 1;
      post(timer->min + Duration{static_cast<std::int64_t>(random_.below(room))}, std::move(event));
    } else if (const auto* cancelled = std::get_if<CancelTimer>(&effect)) {
      at(id).timers.erase(cancelled->timer);
    } else if (const auto* local = std::get_if<Local>(&effect)) {
      if (!options_.master || !reaches_master_.contains(id)) return;
      Event event{.kind = Event::Kind::Question, .to = id, .life = at(id).life};
      event.request = local->request;
      event.record = local->value;
      post(delay(), std::move(event));
    } else if (const auto* decide = std::get_if<Decide>(&effect)) {
      on_decide(id, *decide);
    } else if (const auto* replied = std::get_if<Reply>(&effect)) {
      on_reply(*replied);
    }
  }

  void deliver(PrincipalId from, const Send& send) {
    if (send.to.value >= nodes_.size()) return say("a message to nobody");
    if (loses_ && random_.chance(loss_ppm)) return;
    Event event{.kind = Event::Kind::Message, .from = from, .to = send.to};
    event.type = send.type;
    event.record = send.record;
    if (loses_ && random_.chance(loss_ppm)) post(delay(), event);
    post(delay(), std::move(event));
  }

  void on_decide(PrincipalId id, const Decide& decide) {
    Node& node = at(id);
    if (!node.decided.insert(decide.position).second) say("decided twice in one life");
    node.latest = std::max(node.latest, decide.position);
    const Bytes method = to_bytes(decide.value.view());
    const auto [first, is_new] = decided_.emplace(decide.position, method);
    if (!is_new && first->second != method) {
      say("position " + std::to_string(decide.position) + " was decided differently");
    }
    if (refused_.contains(method)) say("a refused method was decided");
  }

  // Callers.

  void call() {
    for (Caller& caller : callers_) {
      if (caller.request != 0 || caller.resumes > now_) continue;
      if (!up(caller.node)) {
        end(caller, std::nullopt);
        continue;
      }
      if (caller.port == port_pull) {
        if (stopped_) continue;
        caller.reads = caller.only_reads || random_.chance(300'000);
        caller.seen = count_seen_;
        caller.method = caller.reads ? Bytes{} : to_bytes("m" + std::to_string(++methods_));
      }
      const Bytes value = caller.port == port_pull ? encode_call(PullCall{})
                          : caller.port == port_invoke
                              ? encode_call(InvokeCall{caller.branch, caller.method, true})
                              : encode_call(PushCall{caller.branch});
      caller.request = ++requests_;
      step(caller.node, Submit{RequestId{caller.request}, caller.port, value});
    }
  }

  void pause(Caller& caller, std::uint64_t most_us) {
    caller.resumes = now_ + Duration{static_cast<std::int64_t>(1 + random_.below(most_us) * 1'000)};
    post(caller.resumes - now_, Event{.kind = Event::Kind::Wake});
  }

  void on_reply(const Reply& replied) {
    for (Caller& caller : callers_) {
      if (caller.request != replied.request.value) continue;
      const std::optional<Outcome> outcome = decode_outcome(replied.value);
      if (!outcome) return say("a reply that is no Outcome");
      return take(caller, *outcome);
    }
  }
  void take(Caller& caller, const Outcome& outcome) {
    if (outcome.kind != OutcomeKind::Ok || caller.port == port_push) return end(caller, outcome);
    if (caller.port == port_pull) caller.branch = outcome.branch;
    if (caller.port == port_invoke) caller.foreseen = outcome.value;
    caller.port = caller.port == port_pull ? port_invoke : port_push;
    caller.request = 0;
    pause(caller, 300);
  }

  void end(Caller& caller, const std::optional<Outcome>& outcome) {
    const bool pushed = caller.port == port_push && caller.request != 0;
    caller.request = 0;
    caller.port = port_pull;
    pause(caller, 8'000);
    if (outcome && outcome->owner && outcome->owner->value < nodes_.size()) {
      caller.node = *outcome->owner;
    } else if (!outcome || outcome->kind != OutcomeKind::Ok) {
      caller.node = PrincipalId{static_cast<std::uint32_t>(random_.below(nodes_.size()))};
    }
    const bool ok = outcome && outcome->kind == OutcomeKind::Ok;
    if (ok && pushed) judge(caller, *outcome);
    const bool definite = !pushed || (outcome && outcome->kind == OutcomeKind::Stale);
    const Bytes refused = std::exchange(caller.method, {});
    if (!definite || refused.empty()) return;
    refused_.insert(refused);
    for (const auto& [position, method] : decided_) {
      if (method == refused) say("a decided method was refused");
    }
  }

  /// An answer tells how many methods came before, and which.
  void judge(Caller& caller, const Outcome& outcome) {
    Reader in{outcome.value};
    const std::uint64_t count = in.u64();
    const std::uint64_t sum = in.u64();
    if (!in.finished()) return say("an answer that is none");
    while (answers_.size() <= count) {
      const auto method = decided_.find(answers_.size());
      if (method == decided_.end()) return say("an answer from beyond what is decided");
      answers_.push_back(history_.apply(method->second));
    }
    if (Journal::answer(count, sum) != answers_[count]) say("an answer of another history");
    if (count < caller.seen + (caller.reads ? 0 : 1)) {
      say("an answer of the past: " + std::to_string(count) + " methods, " +
          std::to_string(caller.seen) + " were answered before");
    }
    if (!caller.reads && decided_.at(count) != caller.method) say("an answer to another method");
    if (!caller.reads && outcome.value != caller.foreseen)
      say("a push on another base than pulled");
    count_seen_ = std::max(count_seen_, count);
    ++(caller.reads ? reads_done_ : writes_done_);
  }

  ClusterOptions options_;
  Prng random_;
  Journal initial_;
  SharedMembership first_;
  std::vector<Node> nodes_;
  std::shared_ptr<TimedRule> rule_ = std::make_shared<TimedRule>();
  std::optional<Refinement> refinement_;
  configuration::ConfigurationMaster master_;
  ConfigurationAnswer epochs_;
  PrincipalSet apart_;
  PrincipalSet reaches_master_ = [] {
    PrincipalSet all;
    for (std::uint32_t i = 0; i < 16; ++i) all.insert(PrincipalId{i});
    return all;
  }();
  bool loses_ = false;
  bool stopped_ = false;

  Duration now_{};
  std::uint64_t posted_ = 0;
  std::map<std::pair<Duration, std::uint64_t>, Event> events_;
  std::vector<Caller> callers_;
  std::uint64_t requests_ = 0;
  std::uint64_t methods_ = 0;
  std::map<std::uint64_t, Bytes> decided_;
  std::set<Bytes> refused_;
  Journal history_;
  std::vector<Bytes> answers_{history_.apply({})};  ///< By how many methods came before.
  std::uint64_t count_seen_ = 0;
  std::uint64_t writes_done_ = 0;
  std::uint64_t reads_done_ = 0;
  std::map<std::string, std::uint64_t> notes_;
  std::string fault_;
};

}  // namespace parley::vertical_paxos
