// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/caspaxos/messages.h"

namespace parley::caspaxos {
namespace {

SharedBytes read_value(Reader& in) {
  const ByteView value = in.bytes();
  if (value.size() > value_size_max || !decode<Value>(value)) {
    in.fail();
    return {};
  }
  return SharedBytes{value};
}

/// A flag of one byte, 0 or 1.
bool read_flag(Reader& in) {
  const std::uint8_t flag = in.u8();
  if (flag > 1) in.fail();
  return flag == 1;
}

template <class... Ballots>
SharedBytes about(const Partition& partition, Ballots... ballots) {
  Bytes bytes;
  Writer out{bytes};
  out.text(partition);
  (out.varint(ballots), ...);
  return SharedBytes{bytes};
}

template <class Message>
std::optional<Message> finished(const Reader& in, Message message) {
  if (!in.finished()) return std::nullopt;
  return message;
}

}  // namespace

Ballot read_ballot(Reader& in) {
  const Ballot ballot = in.varint();
  if (ballot == 0 || ballot > ballot_max) in.fail();
  return ballot;
}

Partition read_partition(Reader& in) {
  const std::string_view partition = in.text();
  if (partition.size() > partition_size_max) in.fail();
  return in.ok() ? Partition{partition} : Partition{};
}

void write_vote(Writer& out, const std::optional<Vote>& vote) {
  out.varint(vote ? vote->ballot : 0);
  if (vote) out.bytes(vote->value);
}

std::optional<Vote> read_vote(Reader& in) {
  const Ballot ballot = in.varint();
  if (ballot > ballot_max) in.fail();
  if (ballot == 0 || !in.ok()) return std::nullopt;
  return Vote{ballot, read_value(in)};
}

SharedBytes encode(const Value& value) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(value.count);
  out.bytes(value.state);
  out.varint(value.tail.size());
  for (const SharedBytes& method : value.tail) out.bytes(method);
  return SharedBytes{bytes};
}

template <>
std::optional<Value> decode(ByteView bytes) {
  Reader in{bytes};
  Value value;
  value.count = in.varint();
  const ByteView state = in.bytes();
  const std::uint64_t methods = in.varint();
  const bool sound = state.size() <= state_size_max && methods > 0 && methods <= tail_count_max &&
                     methods <= value.count && value.count <= ballot_max;
  if (!in.ok() || !sound) return std::nullopt;
  value.state = SharedBytes{state};
  for (std::uint64_t i = 0; i < methods && in.ok(); ++i) {
    const ByteView method = in.bytes();
    if (method.size() > method_size_max) return std::nullopt;
    value.tail.push_back(SharedBytes{method});
  }
  return finished(in, std::move(value));
}

SharedBytes encode(const Prepare& prepare) {
  return about(prepare.partition, prepare.ballot);
}

SharedBytes encode(const Promise& promise) {
  Bytes bytes;
  Writer out{bytes};
  out.text(promise.partition);
  out.varint(promise.ballot);
  write_vote(out, promise.accepted);
  out.u8(promise.decided ? 1 : 0);
  return SharedBytes{bytes};
}

SharedBytes encode(const Accept& accept) {
  Bytes bytes;
  Writer out{bytes};
  out.text(accept.partition);
  out.varint(accept.ballot);
  out.varint(accept.next);
  out.varint(accept.committed);
  out.bytes(accept.value);
  return SharedBytes{bytes};
}

SharedBytes encode(const Accepted& accepted) {
  return about(accepted.partition, accepted.ballot);
}

SharedBytes encode(const Refused& refused) {
  return about(refused.partition, refused.ballot, refused.promised);
}

SharedBytes encode(const Committed& committed) {
  return about(committed.partition, committed.ballot);
}

SharedBytes encode(const Learn& learn) {
  Bytes bytes;
  Writer out{bytes};
  out.text(learn.partition);
  write_vote(out, learn.vote);
  return SharedBytes{bytes};
}

SharedBytes encode(const Confirm& confirm) {
  return about(confirm.partition, confirm.ballot, confirm.round);
}

SharedBytes encode(const Confirmed& confirmed) {
  return about(confirmed.partition, confirmed.ballot, confirmed.round);
}

template <>
std::optional<Prepare> decode(ByteView record) {
  Reader in{record};
  Prepare prepare{read_partition(in), 0};
  prepare.ballot = read_ballot(in);
  return finished(in, std::move(prepare));
}

template <>
std::optional<Promise> decode(ByteView record) {
  Reader in{record};
  Promise promise{read_partition(in), 0, {}};
  promise.ballot = read_ballot(in);
  promise.accepted = read_vote(in);
  promise.decided = read_flag(in);
  const bool later = promise.accepted && promise.accepted->ballot >= promise.ballot;
  if (later || (promise.decided && !promise.accepted)) return std::nullopt;
  return finished(in, std::move(promise));
}

template <>
std::optional<Accept> decode(ByteView record) {
  Reader in{record};
  Accept accept{read_partition(in), 0};
  accept.ballot = read_ballot(in);
  accept.next = in.varint();
  accept.committed = in.varint();
  accept.value = read_value(in);
  const bool next_fits =
      accept.next == 0 || (accept.next > accept.ballot && accept.next <= ballot_max);
  if (!next_fits || accept.committed >= accept.ballot) return std::nullopt;
  return finished(in, std::move(accept));
}

template <>
std::optional<Accepted> decode(ByteView record) {
  Reader in{record};
  Accepted accepted{read_partition(in), 0};
  accepted.ballot = read_ballot(in);
  return finished(in, std::move(accepted));
}

template <>
std::optional<Refused> decode(ByteView record) {
  Reader in{record};
  Refused refused{read_partition(in), 0, 0};
  refused.ballot = read_ballot(in);
  refused.promised = read_ballot(in);
  if (refused.promised <= refused.ballot) return std::nullopt;
  return finished(in, std::move(refused));
}

template <>
std::optional<Committed> decode(ByteView record) {
  Reader in{record};
  Committed committed{read_partition(in), 0};
  committed.ballot = read_ballot(in);
  return finished(in, std::move(committed));
}

template <>
std::optional<Learn> decode(ByteView record) {
  Reader in{record};
  Learn learn{read_partition(in), {}};
  std::optional<Vote> vote = read_vote(in);
  if (!vote) return std::nullopt;
  learn.vote = std::move(*vote);
  return finished(in, std::move(learn));
}

template <>
std::optional<Confirm> decode(ByteView record) {
  Reader in{record};
  Confirm confirm{read_partition(in), 0, 0};
  confirm.ballot = read_ballot(in);
  confirm.round = in.varint();
  return finished(in, std::move(confirm));
}

template <>
std::optional<Confirmed> decode(ByteView record) {
  Reader in{record};
  Confirmed confirmed{read_partition(in), 0, 0};
  confirmed.ballot = read_ballot(in);
  confirmed.round = in.varint();
  return finished(in, std::move(confirmed));
}

}  // namespace parley::caspaxos
