// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/machine_network.h"

#include <algorithm>

#include "core/base/overloaded.h"

namespace parley {
namespace {

constexpr InstanceId instance{1};

SharedMembership first_members(std::uint32_t count) {
  auto membership = std::make_shared<Membership>();
  membership->epoch = Epoch{1};
  for (std::uint32_t i = 0; i < count; ++i) {
    membership->members.insert(PrincipalId{i});
    membership->order.push_back(PrincipalId{i});
  }
  return membership;
}

}  // namespace

MachineNetwork::MachineNetwork(std::function<std::unique_ptr<Machine>()> make,
                               std::uint32_t members_count)
    : make_(std::move(make)), membership_(first_members(members_count)), members_(members_count) {
  for (std::uint32_t i = 0; i < members_count; ++i) restart(PrincipalId{i});
}

void MachineNetwork::submit(PrincipalId member, RequestId request, PortId port, ByteView value) {
  step(member, Submit{request, port, value});
}

void MachineNetwork::inject(PrincipalId from, PrincipalId to, StatementType type, ByteView record) {
  if (up(to)) step(to, Deliver{from, type, record});
}

void MachineNetwork::deliver(std::size_t index, bool keep) {
  const Message message = messages_[index];
  if (!keep) lose(index);
  if (!up(message.to)) return;
  step(message.to, Deliver{message.from, message.type, message.record});
  if (message.acknowledges.value != 0) {
    acknowledged(message.from, message.acknowledges, message.to);
  }
}

void MachineNetwork::deliver_all(std::size_t limit) {
  while (!messages_.empty() && limit-- > 0) deliver(0);
}

void MachineNetwork::repeat_publications(PrincipalId member) {
  for (const auto& [id, publication] : member_at(member).publications) {
    send_publication(member, publication);
  }
}

void MachineNetwork::crash(PrincipalId id) {
  Member& member = member_at(id);
  member.machine = nullptr;
  member.timers.clear();
  member.decided.clear();
  std::erase_if(member.publications, [](const auto& entry) { return !entry.second.durable; });
}

void MachineNetwork::restart(PrincipalId id) {
  Member& member = member_at(id);
  member.machine = make_();
  const std::map<InstanceId, Recovered> recovered = member.disk.recover();
  const auto found = recovered.find(instance);
  const Recovered nothing;
  step(id, Start{id, membership_, found == recovered.end() ? nothing : found->second});
}

bool MachineNetwork::fire_timer(PrincipalId id) {
  Member& member = member_at(id);
  if (member.timers.empty()) return false;
  const TimerId timer = member.timers.begin()->first;
  member.timers.erase(member.timers.begin());
  step(id, TimerFired{timer});
  return true;
}

void MachineNetwork::step(PrincipalId id, const Input& input) {
  effects_.clear();
  member_at(id).machine->step(input, effects_);
  // The choices differ; which they are does not matter here.
  const auto is_draw = [](const Effect& effect) { return std::holds_alternative<Draw>(effect); };
  for (auto draw = std::find_if(effects_.begin(), effects_.end(), is_draw); draw != effects_.end();
       draw = std::find_if(effects_.begin(), effects_.end(), is_draw)) {
    const std::uint64_t bound = std::get<Draw>(*draw).bound;
    effects_.erase(draw);
    member_at(id).machine->step(Drawn{++draws_ % bound}, effects_);
  }
  persist(member_at(id), effects_);
  perform(id, effects_);
}

void MachineNetwork::persist(Member& member, const Effects& effects) {
  std::vector<StoreChange> changes;
  for (const Effect& effect : effects) {
    if (const auto* change = std::get_if<Persist>(&effect)) changes.push_back({instance, *change});
  }
  if (changes.empty()) return;
  member.disk.append(changes);
  member.disk.sync(member.disk.appended());
}

void MachineNetwork::perform(PrincipalId id, const Effects& effects) {
  Member& member = member_at(id);
  for (const Effect& effect : effects) {
    std::visit(
        overloaded{
            [&](const Publish& publication) { publish(id, publication); },
            [&](const Progress& progress) { member.publications.erase(progress.id); },
            [&](const Send& send) {
              messages_.push_back({id, send.to, send.type, send.record, {}});
            },
            [&](const SetTimer& timer) { member.timers.insert_or_assign(timer.timer, timer); },
            [&](const CancelTimer& timer) { member.timers.erase(timer.timer); },
            [&](const Decide& decision) { decide(id, decision); },
            [&](const Reply& reply) { replies_.insert_or_assign(reply.request, reply.value); },
            [](const auto&) {},
        },
        effect);
  }
}

void MachineNetwork::publish(PrincipalId id, const Publish& publication) {
  PrincipalSet verifiers = publication.verifiers;
  verifiers.erase(id);
  if (verifiers.empty()) return;
  member_at(id).owed.insert_or_assign(publication.id, verifiers);
  member_at(id).publications.insert_or_assign(publication.id, publication);
  send_publication(id, publication);
}

void MachineNetwork::send_publication(PrincipalId id, const Publish& publication) {
  const PublicationId acknowledges = publication.until_progress ? PublicationId{} : publication.id;
  member_at(id).owed[publication.id].for_each([&](PrincipalId to) {
    messages_.push_back({id, to, publication.type, publication.record, acknowledges});
  });
}

void MachineNetwork::acknowledged(PrincipalId publisher, PublicationId publication,
                                  PrincipalId verifier) {
  Member& member = member_at(publisher);
  PrincipalSet& owed = member.owed[publication];
  owed.erase(verifier);
  if (owed.empty()) member.publications.erase(publication);
}

void MachineNetwork::decide(PrincipalId id, const Decide& decision) {
  const auto object = [&](const std::string& problem) {
    if (!disagreement_.empty()) return;
    disagreement_ = "member " + std::to_string(id.value) + ", position " +
                    std::to_string(decision.position) + ": " + problem;
  };
  auto& own = member_at(id).decided;
  if (decision.position == 0) object("positions count from 1");
  if (!own.emplace(decision.position, decision.value).second) object("decided twice in one life");
  const auto [first, news] = decided_.emplace(decision.position, decision.value);
  if (!news && first->second != decision.value) object("another value was decided before");
}

}  // namespace parley
