// SPDX-License-Identifier: Apache-2.0
//
// What a step of a machine costs, without kernel or driver: three machines of
// every backend exchange what one pull after another makes them send.
#include <benchmark/benchmark.h>

#include <deque>

#include "apps/lab/conformance/default_config.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

constexpr std::uint32_t members_count = 3;

SharedMembership three_members() {
  Membership membership;
  for (std::uint32_t i = 0; i < members_count; ++i) membership.members.insert(PrincipalId{i});
  membership.order = membership.members.members();
  return std::make_shared<const Membership>(std::move(membership));
}

/// Delivers in the order sent; timers never fire, disks are instant.
class Exchange {
 public:
  Exchange(const BackendFactory& factory, const Object& object, const Config& config) {
    const SharedMembership membership = three_members();
    for (std::uint32_t i = 0; i < members_count; ++i) {
      machines_.push_back(factory.create({object, config}));
      step(PrincipalId{i}, Start{PrincipalId{i}, membership, Recovered{}});
    }
  }

  void pull(PrincipalId at) {
    step(at, Submit{RequestId{++requests_}, port_pull, call_});
    while (!queue_.empty()) {
      const Message message = std::move(queue_.front());
      queue_.pop_front();
      step(message.to, Deliver{message.from, message.type, message.record});
    }
  }

  std::int64_t steps() const { return steps_; }

 private:
  struct Message {
    PrincipalId from;
    PrincipalId to;
    StatementType type;
    SharedBytes record;
  };

  void step(PrincipalId self, const Input& input) {
    effects_.clear();
    machines_[self.value]->step(input, effects_);
    ++steps_;
    for (const Effect& effect : effects_) perform(self, effect);
  }

  void perform(PrincipalId self, const Effect& effect) {
    if (const auto* send = std::get_if<Send>(&effect)) {
      queue_.push_back({self, send->to, send->type, send->record});
    } else if (const auto* publish = std::get_if<Publish>(&effect)) {
      publish->verifiers.for_each([&](PrincipalId to) {
        if (to != self) queue_.push_back({self, to, publish->type, publish->record});
      });
    }
  }

  std::vector<std::unique_ptr<Machine>> machines_;
  std::deque<Message> queue_;
  const Bytes call_ = encode_call(PullCall{});
  Effects effects_;
  std::uint64_t requests_ = 0;
  std::int64_t steps_ = 0;
};

/// Some object to pull; which one does not matter to a step's cost.
const Plugin* some_object() {
  const auto objects = catalogue().of_kind(PARLEY_KIND_OBJECT);
  return objects.empty() ? nullptr : objects.front();
}

void machine_step(benchmark::State& state, const Plugin* backend, const Plugin* object) {
  const auto& factory = *static_cast<const BackendFactory*>(backend->factory.get());
  const auto initial = static_cast<const ObjectFactory*>(object->factory.get())
                           ->create(default_config(*object->descriptor));
  const Config config = default_config(*backend->descriptor);
  Exchange exchange(factory, *initial, config);
  std::uint32_t puller = 0;
  for (auto _ : state) exchange.pull(PrincipalId{puller++ % members_count});
  state.SetItemsProcessed(exchange.steps());
  state.counters["steps_per_pull"] =
      benchmark::Counter(static_cast<double>(exchange.steps()), benchmark::Counter::kAvgIterations);
}

void clone(benchmark::State& state, const Plugin* backend, const Plugin* object) {
  const auto& factory = *static_cast<const BackendFactory*>(backend->factory.get());
  const auto initial = static_cast<const ObjectFactory*>(object->factory.get())
                           ->create(default_config(*object->descriptor));
  const Config config = default_config(*backend->descriptor);
  const std::unique_ptr<Machine> machine = factory.create({*initial, config});
  for (auto _ : state) benchmark::DoNotOptimize(machine->clone());
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_machines(std::vector<Ratio>& ratios) {
  const Plugin* object = some_object();
  if (object == nullptr) return;
  for (const Plugin* backend : catalogue().of_kind(PARLEY_KIND_BACKEND)) {
    const std::string name = backend->descriptor->name;
    benchmark::RegisterBenchmark((name + "/step").c_str(), machine_step, backend, object);
    benchmark::RegisterBenchmark((name + "/clone").c_str(), clone, backend, object);
    ratios.push_back({name + ": steps in the time of one clone", name + "/step", name + "/clone"});
  }
}

}  // namespace parley::bench
