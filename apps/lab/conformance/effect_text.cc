// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/effect_text.h"

#include "core/base/digest.h"
#include "core/base/overloaded.h"

namespace parley {
namespace {

std::string text(std::uint64_t number) {
  return " " + std::to_string(number);
}

std::string text(Duration duration) {
  return " " + std::to_string(duration.count());
}

std::string text(const SharedBytes& bytes) {
  return " " + to_hex(bytes.view());
}

std::string text(const PrincipalSet& set) {
  std::string list;
  set.for_each([&](PrincipalId member) {
    list += (list.empty() ? "" : ",") + std::to_string(member.value);
  });
  return " {" + list + "}";
}

std::string describe_members(const Membership& membership) {
  std::string line =
      text(membership.epoch.value) + text(membership.members) + text(membership.learners);
  for (const PrincipalId member : membership.order) line += text(member.value);
  return line;
}

std::string describe_change(const Persist& persist) {
  return std::visit(
      overloaded{
          [](const Append& append) { return "append" + text(append.record); },
          [](const TruncateSuffix& cut) { return "truncate_suffix" + text(cut.index.value); },
          [](const TrimPrefix& trim) { return "trim_prefix" + text(trim.index.value); },
          [](const Snapshot& snapshot) {
            std::string line = "snapshot" + text(snapshot.index.value);
            for (const SharedBytes& chunk : snapshot.chunks) line += text(chunk);
            return line;
          },
      },
      persist.change);
}

std::string describe_note(const Note& note) {
  std::string line = std::string("note ") + note.declaration->name;
  for (const std::uint64_t value : note.values) line += text(value);
  return line + text(note.detail);
}

std::string describe_publish(const Publish& publish) {
  return "publish" + text(publish.id.value) + text(publish.verifiers) + text(publish.auditors) +
         text(publish.type.value) + text(publish.record) +
         (publish.until_progress ? " until_progress" : "") + (publish.durable ? " durable" : "");
}

}  // namespace

std::string describe(const Effect& effect) {
  return std::visit(
      overloaded{
          [](const Publish& publish) { return describe_publish(publish); },
          [](const Progress& progress) { return "progress" + text(progress.id.value); },
          [](const Send& send) {
            return "send" + text(send.to.value) + text(send.type.value) + text(send.record);
          },
          [](const Local& local) {
            return "local" + text(local.port.value) + text(local.request.value) + text(local.value);
          },
          [](const Persist& persist) { return describe_change(persist); },
          [](const SetTimer& timer) {
            return "set_timer" + text(timer.timer.value) + text(timer.min) + text(timer.max) +
                   text(static_cast<std::uint64_t>(timer.lease.side)) + text(timer.lease.lease);
          },
          [](const CancelTimer& timer) { return "cancel_timer" + text(timer.timer.value); },
          [](const ChangeMembership& change) {
            return "change_membership" + describe_members(*change.membership);
          },
          [](const Draw& draw) { return "draw" + text(draw.bound); },
          [](const Decide& decide) {
            return "decide" + text(decide.position) + text(decide.value) + text(decide.partition);
          },
          [](const Reply& reply) {
            return "reply" + text(reply.request.value) + text(reply.value);
          },
          [](const Note& note) { return describe_note(note); },
      },
      effect);
}

std::string describe(const Effects& effects) {
  std::string lines;
  for (const Effect& effect : effects) lines += describe(effect) + "\n";
  return lines;
}

}  // namespace parley
