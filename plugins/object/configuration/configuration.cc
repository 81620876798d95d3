// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/configuration/configuration.h"

#include <algorithm>
#include <charconv>

#include "core/base/limits.h"

namespace parley::configuration {
namespace {

bool are_distinct(std::vector<PrincipalId> all) {
  std::sort(all.begin(), all.end());
  return std::adjacent_find(all.begin(), all.end()) == all.end();
}

/// Whether there is anybody, nobody twice, and nobody who also learns.
bool is_sound(std::vector<PrincipalId> order, const std::vector<PrincipalId>& learners) {
  if (order.empty()) return false;
  order.insert(order.end(), learners.begin(), learners.end());
  return are_distinct(std::move(order));
}

std::vector<PrincipalId> read_principals(Reader& in) {
  std::vector<PrincipalId> principals;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::uint64_t principal = in.varint();
    if (principal >= limits::principals_count_max) {
      in.fail();
      return {};
    }
    principals.push_back(PrincipalId{static_cast<std::uint32_t>(principal)});
  }
  return principals;
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

}  // namespace

Bytes ConfigurationMaster::apply(ByteView method) {
  const std::optional<ConfigurationCall> call = decode_configuration_call(method);
  if (!call) return {};
  if (call->kind == ConfigurationCallKind::Propose) propose(*call);
  if (call->kind == ConfigurationCallKind::Complete) complete(*call);
  const auto found = instances_.find(call->instance);
  Bytes answer;
  Writer out{answer};
  write(out, found == instances_.end() ? Decided{} : *found->second);
  return answer;
}

void ConfigurationMaster::propose(const ConfigurationCall& call) {
  Members next{call.order, call.learners};
  std::sort(next.learners.begin(), next.learners.end());
  if (!is_sound(next.order, next.learners)) return;
  const auto found = instances_.find(call.instance);
  const bool is_new = found == instances_.end();
  auto changed = is_new ? std::make_shared<Decided>() : std::make_shared<Decided>(*found->second);
  if (is_new && instances_.size() == limits::instances_count_max) return;
  if (call.epoch.value != changed->latest() || changed->epochs.size() > epochs_max) return;
  changed->epochs.push_back(std::move(next));
  instances_[call.instance] = std::move(changed);
}

void ConfigurationMaster::complete(const ConfigurationCall& call) {
  const auto found = instances_.find(call.instance);
  if (found == instances_.end()) return;
  const Decided& now = *found->second;
  if (call.epoch.value <= now.completed || call.epoch.value > now.latest()) return;
  auto changed = std::make_shared<Decided>(now);
  const auto forgotten = static_cast<std::ptrdiff_t>(call.epoch.value - now.first);
  changed->completed = changed->first = call.epoch.value;
  changed->epochs.erase(changed->epochs.begin(), changed->epochs.begin() + forgotten);
  found->second = std::move(changed);
}

/// As encode_configuration writes a ConfigurationAnswer, without making one: its
/// sets are as large as the greatest principal.
void ConfigurationMaster::write(Writer& out, const Decided& decided) {
  out.varint(decided.completed);
  out.varint(decided.epochs.size());
  std::uint64_t epoch = decided.first;
  for (const Members& members : decided.epochs) {
    out.varint(epoch++);
    parley::detail::write_order(out, members.order);
    parley::detail::write_order(out, members.learners);
  }
}

/// nullopt: nothing that can have come about.
std::optional<ConfigurationMaster::Decided> ConfigurationMaster::read(Reader& in) {
  Decided decided;
  decided.completed = in.varint();
  // The members of epoch 1 are those of the deployment, which nobody proposed.
  decided.first = std::max<std::uint64_t>(decided.completed, 2);
  const std::uint64_t count = in.varint();
  if (count > epochs_max + 1) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    if (in.varint() != decided.first + i) in.fail();
    Members members{read_principals(in), read_principals(in)};
    const bool ascending = std::is_sorted(members.learners.begin(), members.learners.end());
    if (!ascending || !is_sound(members.order, members.learners)) in.fail();
    decided.epochs.push_back(std::move(members));
  }
  const bool started = decided.completed == 1 || (decided.completed > 1 && count > 0);
  if (!in.ok() || !started) return std::nullopt;
  return decided;
}

std::string ConfigurationMaster::words_of(const Decided& decided) {
  std::string text = "completed " + std::to_string(decided.completed);
  std::uint64_t epoch = decided.first;
  for (const Members& members : decided.epochs) {
    text += "; epoch " + std::to_string(epoch++) + " of " + in_words(members.order);
    if (!members.learners.empty()) text += " learners " + in_words(members.learners);
  }
  return text;
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
  for (const auto& [instance, decided] : instances_) {
    writer.u16(instance.value);
    write(writer, *decided);
  }
}

bool ConfigurationMaster::restore(ByteView snapshot) {
  Reader reader{snapshot};
  std::map<InstanceId, std::shared_ptr<const Decided>> instances;
  const std::uint64_t count = reader.varint();
  if (count > limits::instances_count_max) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const InstanceId instance{reader.u16()};
    std::optional<Decided> decided = read(reader);
    const bool in_order = instances.empty() || instances.rbegin()->first < instance;
    // An instance of which nothing was decided is not kept.
    if (!decided || decided->epochs.empty() || !in_order) return false;
    instances.emplace(instance, std::make_shared<const Decided>(*std::move(decided)));
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
  Reader reader{result};
  if (const auto decided = read(reader); decided && reader.finished()) return words_of(*decided);
  ConfigurationMaster master;
  if (!master.restore(result)) return "(not understood)";
  std::string text;
  for (const auto& [instance, decided] : master.instances_) {
    text += (text.empty() ? "instance " : "\ninstance ") + std::to_string(instance.value) + ": " +
            words_of(*decided);
  }
  return text.empty() ? "(nothing decided)" : text;
}

}  // namespace parley::configuration
