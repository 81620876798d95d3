// SPDX-License-Identifier: Apache-2.0
//
// The notes of single_paxos, beside those of core/api/refinement.h, which tell each
// change of state in the words of the ADO model.
#pragma once

#include "core/api/note.h"
#include "core/api/refinement.h"

namespace parley::single_paxos::notes {

inline constexpr NoteDeclaration confirmed{
    "single_paxos_confirmed", "A push of a method that changes nothing was confirmed by a quorum.",
    "time"};
inline constexpr NoteDeclaration learned{"single_paxos_learned",
                                         "The decision was learned from another member.", "from"};
inline constexpr NoteDeclaration preempted{
    "single_paxos_preempted", "This member's ballot lost to a later one.", "ballot later"};
inline constexpr NoteDeclaration timed_out{"single_paxos_timed_out",
                                           "A quorum did not answer a call in time.", "ballot"};
inline constexpr NoteDeclaration push_refused{
    "single_paxos_push_refused", "So many members refused a push that no quorum is left.",
    "ballot"};
inline constexpr NoteDeclaration refused_ballot{"single_paxos_refused_ballot",
                                                "This member refused a ballot below its promise.",
                                                "ballot promised"};
inline constexpr NoteDeclaration stale_call{"single_paxos_stale_call",
                                            "A pull, invoke or push came out of order.", "port"};
inline constexpr NoteDeclaration not_an_acceptor{
    "single_paxos_not_an_acceptor", "A call came to a node that is no member.", "port"};
inline constexpr NoteDeclaration method_too_large{
    "single_paxos_method_too_large", "A method over the size limit was not invoked.", "size"};
inline constexpr NoteDeclaration ballots_exhausted{
    "single_paxos_ballots_exhausted", "No usable ballot is left above the ones seen.", "ballot"};
inline constexpr NoteDeclaration late{"single_paxos_late",
                                      "An answer came that no call is waiting for.", "from type"};
inline constexpr NoteDeclaration malformed{
    "single_paxos_malformed", "A statement that no correct member makes was dropped.", "from type"};
inline constexpr NoteDeclaration not_a_member{"single_paxos_not_a_member",
                                              "A statement of a non-member was ignored.", "from"};
inline constexpr NoteDeclaration conflict{
    "single_paxos_conflict", "Two different methods were said to be decided: agreement is broken.",
    "from"};
inline constexpr NoteDeclaration membership_fixed{
    "single_paxos_membership_fixed", "A change of members was ignored: members are fixed.",
    "epoch"};
inline constexpr NoteDeclaration compacted{"single_paxos_compacted",
                                           "The log was replaced by a snapshot.", "index"};

inline constexpr const NoteDeclaration* all[] = {
    &ado_notes::promise,
    &ado_notes::elected,
    &ado_notes::append,
    &ado_notes::accept,
    &ado_notes::commit_claim,
    &confirmed,
    &learned,
    &preempted,
    &timed_out,
    &push_refused,
    &refused_ballot,
    &stale_call,
    &not_an_acceptor,
    &method_too_large,
    &ballots_exhausted,
    &late,
    &malformed,
    &not_a_member,
    &conflict,
    &membership_fixed,
    &compacted,
};

}  // namespace parley::single_paxos::notes
