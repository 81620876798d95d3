// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/data_queue.h"

#include <algorithm>
#include <iterator>

#include "apps/kv/reply_encoder.h"

namespace parley::resp {
namespace {

constexpr std::size_t entries_max = 128;
constexpr std::size_t bytes_max = std::size_t{256} << 10;

/// What may not stand in a batch, or has a form of its own.
bool stands_alone(const Words& words) {
  return equal_words(std::string_view{words.front()}.substr(0, 7), "PARLEY.");
}

bool failed(const CommandReply& reply) {
  return std::holds_alternative<CommandReply::Failure>(reply.value);
}

CommandReply counted(CommandReply reply, ErrorKind kind, SessionHost& host) {
  host.count_error(kind);
  return reply;
}

}  // namespace

CommandReply reply_of(const PortFacts& facts, const std::optional<CallResult>& result, bool reads,
                      SessionHost& host) {
  const CallResultKind kind = result ? result->kind : CallResultKind::Unknown;
  switch (kind) {
    case CallResultKind::Ok: {
      std::optional<CommandReply> reply = decode_command_reply(result->value);
      if (!reply) reply = failure("ERR the object's answer is malformed");
      if (failed(*reply)) host.count_error(ErrorKind::Object);
      return *std::move(reply);
    }
    case CallResultKind::NotApplied: {
      const std::string_view why = text_of(result->value);
      return counted(
          failure("CLUSTERDOWN " + std::string{why.empty() ? "no quorum" : why} + ", not applied"),
          ErrorKind::NotApplied, host);
    }
    case CallResultKind::NotSupported:
      return counted(failure("ERR not supported by backend " + facts.backend),
                     ErrorKind::NotSupported, host);
    case CallResultKind::Unknown:
      break;
  }
  if (reads) {
    // What changes nothing was, in effect, not applied.
    return counted(failure("CLUSTERDOWN no answer in time, not applied"), ErrorKind::NotApplied,
                   host);
  }
  return counted(failure("UNKNOWN outcome unknown: the command may have been applied, may be "
                         "later, or never"),
                 ErrorKind::Unknown, host);
}

bool DataQueue::has_room() const {
  return entries_.size() < entries_max && bytes_ < bytes_max;
}

void DataQueue::push(Words words, bool silent) {
  for (const std::string& word : words) bytes_ += word.size();
  entries_.push_back({std::move(words), silent});
}

std::size_t DataQueue::join_count() const {
  if (!joins_ || stands_alone(entries_.front().words)) return 1;
  const auto end = std::find_if(entries_.begin(), entries_.end(),
                                [](const Entry& each) { return stands_alone(each.words); });
  return static_cast<std::size_t>(end - entries_.begin());
}

Call DataQueue::take(std::uint64_t stamp_ms) {
  asked_ = join_count();
  Call call{.timeout = facts_.request_timeout};
  if (asked_ == 1) {
    call.method = encode_command({stamp_ms, entries_.front().words});
  } else {
    std::vector<const Words*> commands;
    for (std::size_t i = 0; i < asked_; ++i) commands.push_back(&entries_[i].words);
    call.method = encode_batch(stamp_ms, commands);
  }
  reads_ = facts_.object.reads_only(call.method);
  call.mode = reads_ ? CallMode::AtLeastOnce : CallMode::ExactlyOnce;
  return call;
}

std::vector<DataQueue::Answered> DataQueue::answer(const std::optional<CallResult>& result,
                                                   SessionHost& host) {
  // A backend that keeps keys apart cannot join commands, but may serve each.
  if (asked_ > 1 && result && result->kind == CallResultKind::NotSupported) {
    joins_ = false;
    return {};
  }
  CommandReply reply = reply_of(facts_, result, reads_, host);
  auto* replies = asked_ > 1 ? std::get_if<CommandReply::Array>(&reply.value) : nullptr;
  // Fewer replies: there was no room for more, and the rest was not begun.
  const bool one_each = replies != nullptr && !replies->empty() && replies->size() <= asked_;
  const std::size_t count = one_each ? replies->size() : asked_;
  std::vector<Answered> answered;
  answered.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (one_each && failed((*replies)[i])) host.count_error(ErrorKind::Object);
    answered.push_back({one_each ? std::move((*replies)[i]) : reply, entries_[i].silent});
  }
  drop(count);
  return answered;
}

void DataQueue::drop(std::size_t count) {
  for (; count > 0; --count) {
    for (const std::string& word : entries_.front().words) bytes_ -= word.size();
    entries_.pop_front();
  }
}

}  // namespace parley::resp
