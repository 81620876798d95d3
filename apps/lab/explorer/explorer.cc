// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/explorer.h"

#include <algorithm>

#include "apps/lab/explorer/narration.h"
#include "apps/lab/explorer/state_table.h"
#include "apps/lab/explorer/successors.h"
#include "apps/lab/explorer/symmetry.h"
#include "core/base/assert.h"

namespace parley {
namespace {

constexpr std::uint64_t progress_every = 1u << 16;  // Expanded states.
constexpr std::uint64_t memory_checked_every = 1u << 8;

class Explorer {
 public:
  Explorer(const System& system, const ExploreOptions& options, const ExploreProgress& progress)
      : system_(system),
        options_(options),
        progress_(progress),
        transitions_(system,
                     {.object = options.object,
                      .keeps_logs = options.crashes > 0,
                      .keeps_timers = options.timers},
                     options.refinement),
        successors_(transitions_, options.duplicates),
        symmetry_(transitions_, options.symmetric, system.principals.size()) {
    watch_refusals();
  }

  Exploration run() {
    if (begin()) search();
    if (transitions_.draws_cut_short()) found_.bounds_hit.push_back("draw values");
    if (state_too_large_) found_.bounds_hit.push_back("size of one state");
    count();
    return std::move(found_);
  }

 private:
  using Place = StateTable::Place;

  /// One way in which all principals can start.
  struct Beginning {
    GlobalState state;
    std::vector<std::uint32_t> branches;  ///< By principal.
    std::optional<Violation> violation;
  };

  /// A generated state on its way into the table.
  struct Candidate {
    std::size_t begin;
    std::size_t size;
    std::uint64_t hash;
    Symmetry::Reduced reduced;
  };

  void watch_refusals();
  std::optional<ObjectClient> client_of(PrincipalId principal) const;
  std::vector<Beginning> beginnings();
  bool begin();
  void search();
  bool within_bounds();
  bool expand(Place place);
  void generate(const GlobalState& state);
  void insert_candidates(Place parent);
  void load(Place place, GlobalState& state);
  void count();

  void tell(const Violation& violation, Place place, const Step& last);
  std::vector<Counterexample::Step> tell_beginning(const GlobalState& state);
  Step step_between(Place from, Place to);

  const System& system_;
  const ExploreOptions& options_;
  const ExploreProgress& progress_;
  Transitions transitions_;
  Successors successors_;
  Symmetry symmetry_;
  StateTable table_;
  Exploration found_;

  std::uint64_t expanded_ = 0;
  std::uint64_t depth_ = 0;  ///< Of the states being expanded.
  Place level_end_ = 0;
  bool state_too_large_ = false;

  GlobalState current_;
  GlobalState least_;
  Bytes candidate_bytes_;
  std::vector<Candidate> candidates_;
};

/// A method that another client calls too, or that backends decide to fill a gap,
/// may be decided though one client's call of it was refused.
void Explorer::watch_refusals() {
  for (const ExploreOptions::Client& client : options_.clients) {
    const auto callers = std::count_if(
        options_.clients.begin(), options_.clients.end(),
        [&](const ExploreOptions::Client& other) { return other.method == client.method; });
    if (callers == 1 && !client.method.empty()) transitions_.history().watch(client.method);
  }
}

std::optional<ObjectClient> Explorer::client_of(PrincipalId principal) const {
  for (const ExploreOptions::Client& client : options_.clients) {
    if (client.at == principal) return ObjectClient{client.method, options_.attempts};
  }
  return std::nullopt;
}

/// Every combination of the principals' ways to start.
std::vector<Explorer::Beginning> Explorer::beginnings() {
  std::vector<Beginning> all(1);
  all.front().state.crashes_left = options_.crashes;
  for (std::uint32_t i = 0; i < system_.principals.size(); ++i) {
    const auto span = transitions_.start(PrincipalId{i}, client_of(PrincipalId{i}));
    const std::vector<Consequence> branches{span.begin(), span.end()};
    std::vector<Beginning> longer;
    for (const Beginning& beginning : all) {
      for (std::uint32_t choice = 0; choice < branches.size(); ++choice) {
        const Consequence& branch = branches[choice];
        Beginning& next = longer.emplace_back(beginning);
        next.state.locals.push_back(branch.local);
        next.branches.push_back(choice);
        successors_.put_in_flight(transitions_.sends(branch), next.state.messages);
        const auto after = transitions_.history().after(next.state.history, branch.claim);
        next.state.history = after.history;
        const Violation* violation =
            after.violation != nullptr ? after.violation : transitions_.violation(branch);
        if (violation != nullptr && !next.violation) next.violation = *violation;
      }
    }
    all = std::move(longer);
  }
  return all;
}

/// Effect: the initial states are in the table. False: one of them breaks an invariant.
bool Explorer::begin() {
  for (const Beginning& beginning : beginnings()) {
    if (beginning.violation) {
      found_.counterexample = {*beginning.violation, tell_beginning(beginning.state), {}};
      return false;
    }
    generate(beginning.state);
  }
  insert_candidates(StateTable::no_place);
  found_.initial_states = table_.size();
  level_end_ = table_.end();
  return true;
}

void Explorer::search() {
  for (Place place = table_.begin(); place < table_.end(); place = table_.next(place)) {
    if (place >= level_end_) {
      ++depth_;
      level_end_ = table_.end();
    }
    if (!within_bounds() || !expand(place)) return;
    ++expanded_;
  }
}

bool Explorer::within_bounds() {
  if (depth_ >= options_.depth_max) {
    found_.bounds_hit.push_back("depth");
  } else if (table_.size() > options_.states_max) {
    found_.bounds_hit.push_back("states");
  } else if (expanded_ % memory_checked_every == 0) {
    const std::size_t growth = table_.about_to_grow(1u << 13) ? table_.memory_to_grow() : 0;
    if (table_.memory() + growth + transitions_.memory() > options_.memory_max) {
      found_.bounds_hit.push_back("memory");
    }
  }
  if (progress_ && expanded_ % progress_every == 0 && expanded_ > 0) {
    count();
    if (!progress_(found_)) found_.bounds_hit.push_back("time");
  }
  return found_.bounds_hit.empty();
}

/// Effect: all successors of the state are in the table. False: a violation was found.
bool Explorer::expand(Place place) {
  load(place, current_);
  const Violation* broken = nullptr;
  Step last{};
  successors_.for_each(current_,
                       [&](const Step& step, const GlobalState& next, const Violation* violation) {
                         ++found_.transitions;
                         if (violation != nullptr) {
                           broken = violation;
                           last = step;
                           return false;
                         }
                         generate(next);
                         return true;
                       });
  if (broken != nullptr) {
    const Violation violation = *broken;
    tell(violation, place, last);
    return false;
  }
  insert_candidates(place);
  return true;
}

/// Effect: the state waits among the candidates, and its place in the table is
/// on its way into the cache.
void Explorer::generate(const GlobalState& state) {
  Candidate candidate{candidate_bytes_.size(), 0, 0, {0, 1}};
  if (symmetry_.trivial()) {
    append_state(candidate_bytes_, state);
  } else {
    candidate.reduced = symmetry_.reduce(state, least_);
    append_state(candidate_bytes_, least_);
  }
  candidate.size = candidate_bytes_.size() - candidate.begin;
  if (candidate.size > StateTable::state_size_max) {
    state_too_large_ = true;
    candidate_bytes_.resize(candidate.begin);
    return;
  }
  candidate.hash =
      StateTable::hash_of(ByteView{candidate_bytes_}.subspan(candidate.begin, candidate.size));
  table_.prefetch(candidate.hash);
  candidates_.push_back(candidate);
}

void Explorer::insert_candidates(Place parent) {
  for (const Candidate& candidate : candidates_) {
    const ByteView bytes = ByteView{candidate_bytes_}.subspan(candidate.begin, candidate.size);
    if (table_.insert(bytes, candidate.hash, parent, candidate.reduced.permutation)) {
      found_.states_unreduced += candidate.reduced.orbit_size;
    }
  }
  candidates_.clear();
  candidate_bytes_.clear();
}

/// Effect: `state` is the state as it was reached, which machines know.
void Explorer::load(Place place, GlobalState& state) {
  const StateTable::Record record = table_.at(place);
  if (symmetry_.trivial()) return read_state(record.state, system_.principals.size(), state);
  read_state(record.state, system_.principals.size(), least_);
  symmetry_.undo(record.tag, least_, state);
}

void Explorer::count() {
  found_.states = table_.size();
  found_.frontier = table_.size() - expanded_;
  found_.depth = depth_ + (table_.end() > level_end_ ? 1 : 0);
  found_.local_states = transitions_.locals_count();
  found_.messages = transitions_.messages_count();
  found_.memory_bytes = table_.memory() + transitions_.memory();
}

void Explorer::tell(const Violation& violation, Place place, const Step& last) {
  Counterexample story{violation, {}, {narrate_step(system_, transitions_, last)}};
  for (Place parent = table_.at(place).parent; parent != StateTable::no_place;
       parent = table_.at(place).parent) {
    story.steps.push_back(narrate_step(system_, transitions_, step_between(parent, place)));
    place = parent;
  }
  std::reverse(story.steps.begin(), story.steps.end());
  GlobalState first;
  load(place, first);
  story.starts = tell_beginning(first);
  found_.counterexample = std::move(story);
}

/// What the principals did on their way into an initial state, if anything.
std::vector<Counterexample::Step> Explorer::tell_beginning(const GlobalState& state) {
  std::vector<Counterexample::Step> starts;
  for (const Beginning& beginning : beginnings()) {
    if (beginning.state != state) continue;
    for (std::uint32_t i = 0; i < beginning.branches.size(); ++i) {
      const PrincipalId principal{i};
      const Performed done =
          transitions_.start_again(principal, client_of(principal), beginning.branches[i]);
      std::vector<std::string> effects = narrate_effects(system_, done);
      if (effects.empty()) continue;
      starts.push_back({system_.name_of(principal), "starts", std::move(effects)});
    }
    break;
  }
  return starts;
}

/// The step that led from a state to the one it is the parent of.
Step Explorer::step_between(Place from, Place to) {
  GlobalState before;
  GlobalState after;
  load(from, before);
  load(to, after);
  std::optional<Step> found;
  successors_.for_each(before, [&](const Step& step, const GlobalState& next, const Violation*) {
    if (next == after) found = step;
    return !found.has_value();
  });
  PARLEY_ASSERT(found.has_value());
  return *found;
}

}  // namespace

std::optional<std::string> options_fault(const System& system, const ExploreOptions& options) {
  const InstanceRoute* object = system.instance(options.object);
  if (object == nullptr) return "expected an instance of the deployment, found none of this name";
  if (options.attempts == 0) return "attempts: expected at least 1, found 0";
  PrincipalSet callers;
  for (const ExploreOptions::Client& client : options.clients) {
    if (!object->hosts.contains(client.at)) {
      return "clients: expected members of " + object->name + ", found " +
             system.name_of(client.at);
    }
    if (!callers.insert(client.at)) {
      return "clients: expected each principal once, found " + system.name_of(client.at) + " twice";
    }
  }
  if (options.symmetric.size() > Symmetry::group_size_max) {
    return "symmetric: expected at most " + std::to_string(Symmetry::group_size_max) +
           " principals, found " + std::to_string(options.symmetric.size());
  }
  if (!options.symmetric.empty() && options.crashes > 0) {
    return "symmetric: expected no crashes, for the records of a log cannot be renamed";
  }
  if (!options.symmetric.empty() && options.refinement) {
    return "symmetric: expected refinement not to be checked, for it names principals";
  }
  const PrincipalSet both = options.symmetric & callers;
  if (!both.empty()) {
    return "symmetric: expected principals that run no client, found " +
           system.name_of(both.members().front());
  }
  for (const InstanceRoute& route : system.instances) {
    const PrincipalSet hosts = options.symmetric & route.hosts;
    if (!hosts.empty() && hosts != options.symmetric) {
      return "symmetric: expected all or none of the group to host " + route.name;
    }
  }
  return std::nullopt;
}

Exploration explore(const System& system, const ExploreOptions& options,
                    const ExploreProgress& progress) {
  PARLEY_ASSERT(!options_fault(system, options));
  return Explorer{system, options, progress}.run();
}

}  // namespace parley
