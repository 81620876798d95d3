// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/simulate.h"

#include <algorithm>

#include "apps/lab/conformance/default_config.h"
#include "apps/lab/world/callers.h"
#include "apps/lab/world/injector.h"
#include "apps/lab/world/world.h"
#include "core/kernel/kernel_notes.h"
#include "core/kernel/objects/engine_notes.h"
#include "core/kernel/objects/refinement_watch.h"

namespace parley {
namespace {

constexpr std::uint32_t drift_assumed_ppm = 100;  ///< Where no link declares a bound.
constexpr std::uint32_t boot_stagger_ticks = 5;
constexpr std::uint32_t grace_ticks = 100;  ///< What goes on after the last caller's end.
constexpr std::uint64_t durations_count = 8;

/// The same deployment, all of its statements sealed by `ideal`.
Result<Deployment> with_ideal(Deployment deployment, const Catalogue& catalogue) {
  const Plugin* ideal = catalogue.find(PARLEY_KIND_AUTHENTICATOR, "ideal");
  if (ideal == nullptr) {
    return Error{ErrorCode::Configuration,
                 "--ideal: expected a plugin of kind authenticator, found none named 'ideal'"};
  }
  const PluginUse use{"ideal", default_config(*ideal->descriptor)};
  for (AuthenticationRule& rule : deployment.authentication) rule.mechanisms = {use};
  for (AuthenticationRule& rule : deployment.non_repudiation) rule.mechanisms = {use};
  return deployment;
}

/// Nodes all of whose instances come back from a crash with what they had synced.
PrincipalSet find_crashable(const Tables& tables) {
  PrincipalSet crashable;
  for (std::uint32_t i = 0; i < tables.deployment.principals.size(); ++i) {
    crashable.insert(PrincipalId{i});
  }
  for (const InstanceRoute& instance : tables.instances) {
    const StoreFactory* store = tables.catalogue->store(instance.store.name);
    if (store == nullptr || !store->durable()) crashable -= instance.hosts;
  }
  return crashable;
}

bool all_detect_damage(const Tables& tables) {
  return std::all_of(tables.mechanisms.begin(), tables.mechanisms.end(),
                     [](const Mechanism& mechanism) {
                       return (mechanism.guarantees & PARLEY_GUARANTEE_AUTHENTICATES) != 0 &&
                              (mechanism.guarantees & PARLEY_GUARANTEE_EXPLORATION_ONLY) == 0 &&
                              !mechanism.needs_private_link();
                     });
}

std::vector<std::string> find_declared_notes(const Tables& tables) {
  std::vector<std::string> names;
  for (const NoteDeclaration* note : kernel_notes::all) names.emplace_back(note->name);
  for (const NoteDeclaration* note : engine_notes::all) names.emplace_back(note->name);
  const auto add = [&](parley_kind kind, const std::string& name) {
    const Plugin* plugin = tables.catalogue->find(kind, name);
    if (plugin == nullptr) return;
    for (std::uint32_t i = 0; i < plugin->descriptor->notes_count; ++i) {
      names.emplace_back(plugin->descriptor->notes[i]->name);
    }
  };
  for (const Mechanism& mechanism : tables.mechanisms) {
    add(PARLEY_KIND_AUTHENTICATOR, mechanism.name);
  }
  for (const DisseminationRule& rule : tables.deployment.dissemination) {
    for (const DisseminationStage& stage : rule.stages) {
      add(PARLEY_KIND_DISSEMINATOR, stage.disseminator.name);
    }
  }
  for (const ObjectEntry& object : tables.deployment.objects) {
    add(PARLEY_KIND_BACKEND, object.backend.name);
    add(PARLEY_KIND_OBJECT, object.object.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

NetworkSetting draw_network(Prng& prng) {
  NetworkSetting network;
  network.delay_min = Duration{prng.between(20'000, 1'000'000)};
  network.delay_max = network.delay_min + Duration{prng.between(0, 5'000'000)};
  network.tail = prng.below(2) == 0 ? 0 : 10'000;
  return network;
}

WorldSetting draw_world(std::uint64_t seed, std::size_t nodes_count) {
  Prng prng{seed};
  WorldSetting setting;
  setting.nodes_count = static_cast<std::uint32_t>(nodes_count);
  setting.network = draw_network(prng);
  setting.sync_min = Duration{prng.between(20'000, 200'000)};
  setting.sync_max = setting.sync_min + Duration{prng.between(0, 2'000'000)};
  setting.seed = prng.next();
  return setting;
}

}  // namespace

/// One seed's run: observes the world, feeds the invariants, tells faults and
/// callers when it is their turn.
class Run final : public WorldObserver {
 public:
  Run(const Simulator& simulator, const Plan& plan, std::uint64_t seed, StepListener* listener)
      : simulator_(simulator),
        plan_(drawn(plan, seed)),
        listener_(listener),
        refinement_(*simulator.tables_),
        world_(setting(simulator, seed, listener), node_maker(simulator), *this),
        injector_(world_, {.faults = plan_.faults,
                           .seed = seed,
                           .tick = plan_.tick,
                           .hurt_ticks = plan_.hurt_ticks,
                           .drift_bound_ppm = simulator.drift_bound_ppm_,
                           .crashable = simulator.crashable_}),
        callers_(world_, *simulator.tables_, plan_, seed) {
    report_.seed = seed;
    for (const FaultPlan& fault : plan_.faults) {
      if (simulator.suffers(fault.fault)) report_.faults.push_back(fault.fault);
    }
  }

  RunReport run() {
    set_alarm(ticks(plan_.hurt_ticks), What::Heal);
    set_alarm(ticks(plan_.hurt_ticks) + ticks(plan_.progress_ticks), What::Deadline);
    Prng stagger{report_.seed ^ 0x626F6F74};
    for (std::uint32_t node = 0; node < world_.nodes_count(); ++node) {
      const Duration at = Duration{stagger.between(0, ticks(boot_stagger_ticks).count())};
      set_alarm(at, What::Boot, node);
    }
    injector_.begin();
    callers_.begin();
    world_.run(Duration::max());
    return finish();
  }

  void on_step(PrincipalId node, const NodeInput& input, const std::vector<std::uint64_t>& chosen,
               const NodeOutput& output) override {
    listener_->on_step(node, world_.now(), input, chosen, output);
  }

  void on_notes(PrincipalId /*node*/, const std::vector<NodeOutput::Noted>& notes) override {
    for (const NodeOutput::Noted& noted : notes) {
      const NoteDeclaration* declaration = noted.note.declaration;
      const auto same = [&](const auto& count) { return count.first == declaration; };
      const auto found = std::find_if(notes_.begin(), notes_.end(), same);
      if (found != notes_.end()) {
        ++found->second;
      } else {
        notes_.emplace_back(declaration, 1);
      }
    }
  }

  void on_durable_notes(PrincipalId node, const std::vector<NodeOutput::Noted>& notes) override {
    if (!simulator_.options_.invariants || !plan_.expect_agreement) return;
    if (simulator_.options_.refinement) violate(refinement_.on_notes(node, notes));
  }

  void on_released(PrincipalId node, const NodeOutput& output) override {
    const bool judged = simulator_.options_.invariants && plan_.expect_agreement;
    if (judged) {
      for (const NodeOutput::Decided& decided : output.decides) {
        violate(invariants_.on_decide(node, decided));
        callers_.on_decided(decided.instance, decided.value);
      }
    }
    for (const NodeOutput::Replied& reply : output.replies) {
      const std::optional<Callers::Pushed> pushed = callers_.on_reply(reply);
      if (judged && pushed) {
        const Object& initial = *simulator_.tables_->objects[pushed->object];
        violate(invariants_.on_pushed(node, pushed->instance, pushed->method, initial));
        violate(
            invariants_.on_result(node, pushed->instance, pushed->method, pushed->result, initial));
      }
    }
    if (judged && !(output.decides.empty() && output.replies.empty())) {
      if (auto found = callers_.refused_yet_decided()) {
        violate(Violation{"refused_decided", std::move(*found)});
      }
    }
    if (healed_ && callers_.all_done()) end_soon();
  }

  void on_forged(PrincipalId node) override {
    violate(Violation{"forged_frame", "node " + std::to_string(node.value) +
                                          ": expected a damaged frame to be dropped, found it "
                                          "delivered as authentic"});
  }

  void on_crashed(PrincipalId node) override {
    invariants_.on_restart(node);
    refinement_.on_restart(node);
    callers_.on_crashed(node);
  }
  void on_booted(PrincipalId node) override { callers_.on_booted(node); }

  void on_alarm(std::uint64_t token) override {
    const Alarm alarm = Alarm::of(token);
    switch (alarm.owner) {
      case Alarm::Owner::Run:
        return on_alarm(static_cast<What>(alarm.what), alarm.detail);
      case Alarm::Owner::Injector:
        return injector_.on_alarm(alarm);
      case Alarm::Owner::Callers:
        return callers_.on_alarm(alarm);
    }
  }

 private:
  enum class What : std::uint8_t { Boot, Heal, Deadline, End };

  static WorldSetting setting(const Simulator& simulator, std::uint64_t seed,
                              const StepListener* listener) {
    WorldSetting drawn = draw_world(seed, simulator.tables_->deployment.principals.size());
    drawn.digest = simulator.options_.digest;
    drawn.observe_steps = listener != nullptr;
    drawn.evidence_detects_damage = simulator.evidence_detects_damage_;
    return drawn;
  }

  static World::MakeNode node_maker(const Simulator& simulator) {
    return [&simulator](PrincipalId self, Chooser& chooser) -> std::unique_ptr<SimulatedNode> {
      return std::make_unique<KernelNode>(*simulator.tables_, self, simulator.keys_.of(self),
                                          chooser);
    };
  }

  Duration ticks(std::uint32_t count) const { return plan_.tick * std::int64_t{count}; }

  void set_alarm(Duration at, What what, std::uint32_t detail = 0) {
    const Alarm alarm{Alarm::Owner::Run, static_cast<std::uint8_t>(what), 0, detail};
    world_.alarm(at, alarm.token());
  }

  void on_alarm(What what, std::uint32_t detail) {
    switch (what) {
      case What::Boot:
        // A crash and restart may have come first.
        if (!world_.alive(PrincipalId{detail})) world_.boot(PrincipalId{detail});
        return;
      case What::Heal:
        injector_.heal();
        healed_ = true;
        if (callers_.all_done()) end_soon();
        return;
      case What::Deadline:
        if (plan_.expect_progress && !callers_.all_done()) {
          violate(Violation{
              "progress_after_heal",
              "expected every caller to end within " + std::to_string(plan_.progress_ticks) +
                  " ticks after the healing, found unfinished: " + callers_.unfinished()});
        }
        world_.stop();
        return;
      case What::End:
        world_.stop();
        return;
    }
  }

  void end_soon() {
    if (ending_) return;
    ending_ = true;
    set_alarm(world_.now() + ticks(grace_ticks), What::End);
  }

  void violate(std::optional<Violation> violation) {
    if (!violation || report_.violation) return;
    report_.violation = std::move(violation);
    world_.stop();
  }

  RunReport finish() {
    report_.digest = world_.digest();
    report_.events = world_.events();
    report_.node_steps = world_.node_steps();
    report_.machine_steps = world_.machine_steps();
    report_.callers = callers_.size();
    report_.callers_done = callers_.done_count();
    report_.virtual_time = world_.now();
    for (const auto& [declaration, count] : notes_) report_.notes[declaration->name] += count;
    return std::move(report_);
  }

  const Simulator& simulator_;
  const Plan plan_;  ///< Of this run.
  StepListener* listener_;
  RunReport report_;
  std::vector<std::pair<const NoteDeclaration*, std::uint64_t>> notes_;
  Invariants invariants_;
  RefinementWatch refinement_;
  World world_;
  Injector injector_;
  Callers callers_;
  bool healed_ = false;
  bool ending_ = false;
};

Simulator::Simulator(std::shared_ptr<const Tables> tables, const SimulateOptions& options)
    : tables_(std::move(tables)),
      options_(options),
      keys_(*tables_),
      declared_notes_(find_declared_notes(*tables_)),
      crashable_(find_crashable(*tables_)),
      evidence_detects_damage_(all_detect_damage(*tables_)) {
  for (const LinkRule& link : tables_->deployment.links) {
    drift_bound_ppm_ = std::max(drift_bound_ppm_, link.clock_drift_max_ppm);
  }
  if (drift_bound_ppm_ == 0) drift_bound_ppm_ = drift_assumed_ppm;
}

Result<std::shared_ptr<const Simulator>> Simulator::make(const Deployment& deployment,
                                                         const Catalogue& catalogue,
                                                         HashFunction hash,
                                                         const SimulateOptions& options) {
  Result<Deployment> simulated = options.ideal ? with_ideal(deployment, catalogue) : deployment;
  if (!simulated) return simulated.error();
  Result<std::shared_ptr<const Tables>> tables = make_tables(*simulated, catalogue, hash);
  if (!tables) return tables.error();
  return std::shared_ptr<const Simulator>{new Simulator(std::move(*tables), options)};
}

Status Simulator::check(const Plan& plan) const {
  for (const WorkloadPlan& workload : plan.workloads) {
    if (workload.object.empty() || tables_->instance(workload.object) != nullptr) continue;
    return Error{ErrorCode::Configuration, "[[workload]] object: expected the name of an object " +
                                               ("of the deployment, found '" + workload.object) +
                                               "'"};
  }
  for (const std::string& note : plan.notes_expected) {
    if (std::binary_search(declared_notes_.begin(), declared_notes_.end(), note)) continue;
    return Error{ErrorCode::Configuration,
                 "[expect] note_reached: expected a note that the deployment's plugins declare, "
                 "found '" +
                     note + "'"};
  }
  return {};
}

RunReport Simulator::run(const Plan& plan, std::uint64_t seed, StepListener* listener) const {
  return Run{*this, plan, seed, listener}.run();
}

std::vector<std::string> Simulator::left_out(const Plan& plan) const {
  std::vector<std::string> reasons;
  const bool crashes =
      std::any_of(plan.faults.begin(), plan.faults.end(),
                  [](const FaultPlan& fault) { return fault.fault == FaultClass::CrashRestart; });
  if (!crashes || crashable_.size() == tables_->deployment.principals.size()) return reasons;
  for (const InstanceRoute& instance : tables_->instances) {
    const StoreFactory* store = tables_->catalogue->store(instance.store.name);
    if (store != nullptr && store->durable()) continue;
    reasons.push_back("crash_restart: nodes of '" + instance.name + "' never crash: its store '" +
                      instance.store.name + "' keeps nothing over a restart");
  }
  return reasons;
}

Plan drawn(const Plan& plan, std::uint64_t seed) {
  Plan run = plan;
  if (!plan.swarm) return run;
  run.swarm = false;
  Prng prng{seed ^ 0x737761726D};
  const std::uint64_t on = prng.next();
  std::erase_if(run.faults, [&](const FaultPlan& fault) {
    return ((on >> static_cast<unsigned>(fault.fault)) & 1) == 0;
  });
  // Short storms as well as long ones: what matters may be over in a few ticks.
  run.hurt_ticks = std::max(1u, plan.hurt_ticks >> prng.below(durations_count));
  return run;
}

void CampaignReport::add(RunReport run) {
  ++runs;
  Fingerprint sum;
  sum.add(digest);
  sum.add(run.digest);
  digest = sum.value();
  events += run.events;
  node_steps += run.node_steps;
  machine_steps += run.machine_steps;
  callers += run.callers;
  callers_done += run.callers_done;
  virtual_time += run.virtual_time;
  for (const FaultClass fault : run.faults) {
    ClassVerdict& verdict = classes[fault];
    ++verdict.runs;
    if (run.violation) ++verdict.violations;
  }
  for (const auto& [name, count] : run.notes) notes[name] += count;
  if (!run.violation) return;
  run.notes.clear();
  violations.push_back(std::move(run));
}

std::vector<std::string> CampaignReport::never_reached(
    const std::vector<std::string>& declared) const {
  std::vector<std::string> missing;
  for (const std::string& name : declared) {
    if (!notes.contains(name)) missing.push_back(name);
  }
  return missing;
}

}  // namespace parley
