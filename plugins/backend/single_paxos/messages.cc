// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/single_paxos/messages.h"

namespace parley::single_paxos {
namespace {

Ballot read_ballot(Reader& in) {
  const Ballot ballot = in.varint();
  if (ballot == 0 || ballot > ballot_max) in.fail();
  return ballot;
}

SharedBytes read_method(Reader& in) {
  const ByteView method = in.bytes();
  if (method.size() > method_size_max) in.fail();
  return SharedBytes{method};
}

void write(Writer& out, const std::optional<Vote>& vote) {
  out.varint(vote ? vote->ballot : 0);
  if (vote) out.bytes(vote->method);
}

/// Ballot 0 stands for "no vote".
std::optional<Vote> read_vote(Reader& in) {
  const Ballot ballot = in.varint();
  if (ballot > ballot_max) in.fail();
  if (ballot == 0 || !in.ok()) return std::nullopt;
  return Vote{ballot, read_method(in)};
}

void write(Writer& out, const std::optional<SharedBytes>& method) {
  out.u8(method ? 1 : 0);
  if (method) out.bytes(*method);
}

std::optional<SharedBytes> read_optional_method(Reader& in) {
  const std::uint8_t present = in.u8();
  if (present > 1) in.fail();
  if (present != 1) return std::nullopt;
  return read_method(in);
}

template <class... Ballots>
SharedBytes ballots(Ballots... list) {
  Bytes bytes;
  Writer out{bytes};
  (out.varint(list), ...);
  return SharedBytes{bytes};
}

template <class Message>
std::optional<Message> finished(const Reader& in, Message message) {
  if (!in.finished()) return std::nullopt;
  return message;
}

}  // namespace

SharedBytes encode(const Prepare& prepare) {
  return ballots(prepare.ballot);
}

SharedBytes encode(const Promise& promise) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(promise.ballot);
  write(out, promise.accepted);
  return SharedBytes{bytes};
}

SharedBytes encode(const Accept& accept) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(accept.ballot);
  write(out, accept.method);
  return SharedBytes{bytes};
}

SharedBytes encode(const Accepted& accepted) {
  return ballots(accepted.ballot);
}

SharedBytes encode(const Refused& refused) {
  return ballots(refused.ballot, refused.promised);
}

SharedBytes encode(const Decided& decided) {
  Bytes bytes;
  Writer out{bytes};
  out.bytes(decided.method);
  return SharedBytes{bytes};
}

template <>
std::optional<Prepare> decode(ByteView record) {
  Reader in{record};
  const Prepare prepare{read_ballot(in)};
  return finished(in, prepare);
}

template <>
std::optional<Promise> decode(ByteView record) {
  Reader in{record};
  Promise promise{read_ballot(in), {}};
  promise.accepted = read_vote(in);
  return finished(in, std::move(promise));
}

template <>
std::optional<Accept> decode(ByteView record) {
  Reader in{record};
  Accept accept{read_ballot(in), {}};
  accept.method = read_optional_method(in);
  return finished(in, std::move(accept));
}

template <>
std::optional<Accepted> decode(ByteView record) {
  Reader in{record};
  const Accepted accepted{read_ballot(in)};
  return finished(in, accepted);
}

template <>
std::optional<Refused> decode(ByteView record) {
  Reader in{record};
  Refused refused{read_ballot(in), 0};
  refused.promised = read_ballot(in);
  if (refused.promised <= refused.ballot) return std::nullopt;
  return finished(in, refused);
}

template <>
std::optional<Decided> decode(ByteView record) {
  Reader in{record};
  Decided decided{read_method(in)};
  return finished(in, std::move(decided));
}

void encode(Writer& out, const Memory& memory) {
  out.varint(memory.promised);
  write(out, memory.accepted);
  write(out, memory.decided);
}

SharedBytes encode(const Memory& memory) {
  Bytes bytes;
  Writer out{bytes};
  encode(out, memory);
  return SharedBytes{bytes};
}

template <>
std::optional<Memory> decode(ByteView record) {
  Reader in{record};
  Memory memory;
  memory.promised = in.varint();
  memory.accepted = read_vote(in);
  memory.decided = read_optional_method(in);
  const bool sound = !memory.accepted || memory.accepted->ballot <= memory.promised;
  if (!sound) return std::nullopt;
  return finished(in, std::move(memory));
}

}  // namespace parley::single_paxos
