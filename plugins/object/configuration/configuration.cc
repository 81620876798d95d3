// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/configuration/configuration.h"

#include <algorithm>
#include <charconv>

namespace parley::configuration {
namespace {

PrincipalSet set_of(const std::vector<PrincipalId>& order) {
  PrincipalSet set;
  for (const PrincipalId member : order) set.insert(member);
  return set;
}

Epoch latest(const ConfigurationAnswer& state) {
  return state.epochs.empty() ? Epoch{1} : state.epochs.back().epoch;
}

/// Whether it can have come about: epochs in a row, from the completed one on.
bool is_sound(const ConfigurationAnswer& state) {
  if (state.epochs.empty()) return state.completed == Epoch{1};
  std::uint64_t next = state.epochs.front().epoch.value;
  // The members of epoch 1 are those of the deployment, which nobody proposed.
  const std::uint64_t first = std::max<std::uint64_t>(state.completed.value, 2);
  if (next != first || state.completed.value == 0 || state.epochs.size() > epochs_max + 1) {
    return false;
  }
  return std::all_of(state.epochs.begin(), state.epochs.end(), [&](const Membership& epoch) {
    return epoch.epoch.value == next++ && !epoch.members.empty() &&
           (epoch.members & epoch.learners).empty();
  });
}

template <class Number>
bool read_number(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return !word.empty() && error == std::errc{} && end == word.data() + word.size();
}

std::string_view take_word(std::string_view& words, char separator) {
  const std::size_t end = std::min(words.find(separator), words.size());
  const std::string_view word = words.substr(0, end);
  words.remove_prefix(std::min(end + 1, words.size()));
  return word;
}

bool read_order(std::string_view words, std::vector<PrincipalId>& order) {
  while (!words.empty()) {
    std::uint32_t member = 0;
    if (!read_number(take_word(words, ','), member)) return false;
    order.push_back(PrincipalId{member});
  }
  return true;
}

std::string in_words(const std::vector<PrincipalId>& order) {
  std::string text;
  for (const PrincipalId member : order) {
    text += (text.empty() ? "" : ",") + std::to_string(member.value);
  }
  return text;
}

std::string in_words(const ConfigurationAnswer& state) {
  std::string text = "completed " + std::to_string(state.completed.value);
  for (const Membership& epoch : state.epochs) {
    text += "; epoch " + std::to_string(epoch.epoch.value) + " of " + in_words(epoch.order);
    if (!epoch.learners.empty()) text += " learners " + in_words(epoch.learners.members());
  }
  return text;
}

}  // namespace

Bytes ConfigurationMaster::apply(ByteView method) {
  const std::optional<ConfigurationCall> call = decode_configuration_call(method);
  if (!call) return {};
  if (call->kind == ConfigurationCallKind::Propose) propose(*call);
  if (call->kind == ConfigurationCallKind::Complete) complete(*call);
  const auto found = instances_.find(call->instance);
  return encode_configuration(found == instances_.end() ? ConfigurationAnswer{} : found->second);
}

void ConfigurationMaster::propose(const ConfigurationCall& call) {
  Membership next{.epoch = Epoch{call.epoch.value + 1},
                  .members = set_of(call.order),
                  .learners = set_of(call.learners),
                  .order = call.order};
  if (next.members.empty() || !(next.members & next.learners).empty()) return;
  const auto found = instances_.find(call.instance);
  const ConfigurationAnswer nothing;
  const ConfigurationAnswer& now = found == instances_.end() ? nothing : found->second;
  if (call.epoch != latest(now) || now.epochs.size() > epochs_max) return;
  instances_[call.instance].epochs.push_back(std::move(next));
}

void ConfigurationMaster::complete(const ConfigurationCall& call) {
  const auto found = instances_.find(call.instance);
  if (found == instances_.end()) return;
  ConfigurationAnswer& now = found->second;
  if (call.epoch <= now.completed || call.epoch > latest(now)) return;
  now.completed = call.epoch;
  std::erase_if(now.epochs, [&](const Membership& epoch) { return epoch.epoch < call.epoch; });
}

bool ConfigurationMaster::reads_only(ByteView method) const {
  const std::optional<ConfigurationCall> call = decode_configuration_call(method);
  return !call || call->kind == ConfigurationCallKind::Get;
}

std::optional<Bytes> ConfigurationMaster::partition(ByteView method) const {
  const std::optional<ConfigurationCall> call = decode_configuration_call(method);
  if (!call) return std::nullopt;
  Bytes name;
  Writer{name}.u16(call->instance.value);
  return name;
}

void ConfigurationMaster::snapshot(Bytes& out) const {
  Writer writer{out};
  writer.varint(instances_.size());
  for (const auto& [instance, state] : instances_) {
    writer.u16(instance.value);
    writer.bytes(encode_configuration(state));
  }
}

bool ConfigurationMaster::restore(ByteView snapshot) {
  Reader reader{snapshot};
  std::map<InstanceId, ConfigurationAnswer> instances;
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    const InstanceId instance{reader.u16()};
    std::optional<ConfigurationAnswer> state = decode_configuration_answer(reader.bytes());
    const bool in_order = instances.empty() || instances.rbegin()->first < instance;
    // An instance of which nothing was decided is not kept.
    if (!state || state->epochs.empty() || !is_sound(*state) || !in_order) return false;
    instances.emplace(instance, *std::move(state));
  }
  if (!reader.finished()) return false;
  instances_ = std::move(instances);
  return true;
}

std::optional<Bytes> ConfigurationMaster::parse_method(std::string_view words) const {
  const std::string_view verb = take_word(words, ' ');
  ConfigurationCall call;
  if (verb == "propose") {
    call.kind = ConfigurationCallKind::Propose;
  } else if (verb == "complete") {
    call.kind = ConfigurationCallKind::Complete;
  } else if (verb != "get") {
    return std::nullopt;
  }
  if (!read_number(take_word(words, ' '), call.instance.value)) return std::nullopt;
  if (verb != "get" && !read_number(take_word(words, ' '), call.epoch.value)) return std::nullopt;
  if (verb == "propose") {
    const bool understood =
        read_order(take_word(words, ' '), call.order) && read_order(words, call.learners);
    if (!understood || call.order.empty()) return std::nullopt;
    words = {};
  }
  Bytes method = encode_configuration(call);
  // A principal listed twice, or beyond those that there can be.
  if (!words.empty() || !decode_configuration_call(method)) return std::nullopt;
  return method;
}

std::string ConfigurationMaster::describe(ByteView result) const {
  if (const auto answer = decode_configuration_answer(result); answer && is_sound(*answer)) {
    return in_words(*answer);
  }
  ConfigurationMaster master;
  if (!master.restore(result)) return "(not understood)";
  std::string text;
  for (const auto& [instance, state] : master.instances_) {
    text += (text.empty() ? "instance " : "\ninstance ") + std::to_string(instance.value) + ": " +
            in_words(state);
  }
  return text.empty() ? "(nothing decided)" : text;
}

}  // namespace parley::configuration
