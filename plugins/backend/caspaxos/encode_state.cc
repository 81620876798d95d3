// SPDX-License-Identifier: Apache-2.0
//
// The state as bytes, for comparison.
#include "core/base/overloaded.h"
#include "plugins/backend/caspaxos/caspaxos.h"

namespace parley::caspaxos {
namespace {

void write_proposal(StateWriter& out, const std::optional<SharedBytes>& proposal) {
  out.u8(proposal ? 1 : 0);
  if (proposal) out.bytes(*proposal);
}

}  // namespace

void CasPaxos::encode(StateWriter& out) const {
  out.varint(last_index_.value);
  out.varint(log_bytes_);
  out.varint(next_branch_);
  out.varint(branch_limit_);
  out.varint(registers_.size());
  for (const auto& [partition, reg] : registers_) {
    out.text(partition);
    write_vote(out, reg.accepted);
    for (const std::uint64_t number : {reg.promised, reg.seen, reg.committed, reg.decided}) {
      out.varint(number);
    }
    out.principals(reg.holders);
    out.u8(reg.announced ? 1 : 0);
  }
  out.varint(proposers_.size());
  for (const auto& [partition, proposer] : proposers_) {
    out.text(partition);
    encode_proposer(out, proposer);
  }
}

void CasPaxos::encode_proposer(StateWriter& out, const Proposer& proposer) {
  out.varint(proposer.timer.value);
  out.u8(proposer.timed ? 1 : 0);
  out.varint(proposer.waiting.size());
  for (const Caller& caller : proposer.waiting) {
    out.varint(caller.request.value);
    out.u8(caller.with_state ? 1 : 0);
  }
  out.u8(static_cast<std::uint8_t>(proposer.role.index()));
  std::visit(
      overloaded{
          [](const std::monostate&) {},
          [&](const Preparing& role) {
            out.varint(role.ballot);
            out.varint(role.branch);
            out.varint(role.caller.request.value);
            out.u8(role.caller.with_state ? 1 : 0);
            encode_voters_heard(out, role);
            write_vote(out, role.base);
          },
          [&](const Open& role) {
            out.varint(role.ballot);
            out.varint(role.branch);
            out.u8(static_cast<std::uint8_t>((role.with_state ? 1 : 0) | (role.committed ? 2 : 0)));
            write_vote(out, role.base);
          },
          [&](const Invoked& role) {
            out.varint(role.ballot);
            out.varint(role.branch);
            out.u8(role.with_state ? 1 : 0);
            out.varint(role.committed);
            write_proposal(out, role.proposal);
            out.bytes(role.result);
          },
          [&](const Accepting& role) {
            out.varint(role.ballot);
            out.varint(role.branch);
            out.varint(role.next);
            out.u8(role.request ? 1 : 0);
            if (role.request) out.varint(role.request->value);
            write_proposal(out, role.proposal);
            out.bytes(role.result);
            out.principals(role.voters);
            out.principals(role.refusers);
          },
      },
      proposer.role);
}

/// In an order that a renaming of the voters does not depend on.
void CasPaxos::encode_voters_heard(StateWriter& out, const Preparing& role) {
  std::map<PrincipalId, Heard> renamed;
  for (const auto& [voter, heard] : role.voters) renamed.emplace(out.renamed(voter), heard);
  out.varint(renamed.size());
  for (const auto& [voter, heard] : renamed) {
    out.varint(voter.value);
    out.varint(heard.accepted);
    out.u8(heard.decided ? 1 : 0);
  }
}

}  // namespace parley::caspaxos
