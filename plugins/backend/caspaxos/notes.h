// SPDX-License-Identifier: Apache-2.0
//
// The notes of caspaxos: those of core/api/refinement.h, which a checker replays
// against one cache tree per partition, and its own.
#pragma once

#include "core/api/note.h"
#include "core/api/refinement.h"

namespace parley::caspaxos::notes {

using ado_notes::accept;
using ado_notes::append;
using ado_notes::commit_claim;
using ado_notes::elected;
using ado_notes::promise;

inline constexpr NoteDeclaration held{
    "caspaxos_held", "A pull was answered from promises that came with votes, without asking.",
    "ballot partition"};
inline constexpr NoteDeclaration waiting{
    "caspaxos_waiting", "A pull waits for the one before it on its partition.", "ahead partition"};
inline constexpr NoteDeclaration confirmed{
    "caspaxos_confirmed", "A push of a method that changes nothing was confirmed by a quorum.",
    "ballot partition"};
inline constexpr NoteDeclaration written_back{
    "caspaxos_written_back",
    "A value that may not be committed is proposed again, for a method that changes nothing or "
    "because too many methods depend on it.",
    "ballot partition"};
inline constexpr NoteDeclaration learned{"caspaxos_learned",
                                         "A value was learned to be committed from another member.",
                                         "from ballot partition"};
inline constexpr NoteDeclaration missed{
    "caspaxos_missed", "Methods that others decided were not heard of by this node in time.",
    "first count partition"};
inline constexpr NoteDeclaration preempted{
    "caspaxos_preempted", "This member's ballot lost to a later one.", "ballot later partition"};
inline constexpr NoteDeclaration timed_out{
    "caspaxos_timed_out", "A quorum did not answer a call in time.", "ballot partition"};
inline constexpr NoteDeclaration abandoned{
    "caspaxos_abandoned", "A branch was closed, because nobody went on with it and others wait.",
    "branch partition"};
inline constexpr NoteDeclaration push_refused{
    "caspaxos_push_refused", "So many members refused a push that no quorum is left.",
    "ballot partition"};
inline constexpr NoteDeclaration refused_ballot{"caspaxos_refused_ballot",
                                                "This member refused a ballot below its promise.",
                                                "ballot promised partition"};
inline constexpr NoteDeclaration stale_call{
    "caspaxos_stale_call", "A pull, invoke or push was refused: out of order, or malformed.",
    "port"};
inline constexpr NoteDeclaration busy{
    "caspaxos_busy", "A pull was refused, for too many wait on its partition.", "partition"};
inline constexpr NoteDeclaration not_an_acceptor{
    "caspaxos_not_an_acceptor", "A call came to a node that is no member.", "port"};
inline constexpr NoteDeclaration too_large{
    "caspaxos_too_large", "A method, or the value it leads to, is over the size limit.", "size"};
inline constexpr NoteDeclaration ballots_exhausted{"caspaxos_ballots_exhausted",
                                                   "No usable ballot is left above the ones seen.",
                                                   "ballot partition"};
inline constexpr NoteDeclaration unreadable{"caspaxos_unreadable",
                                            "The object refuses a value that a member accepted.",
                                            "ballot partition"};
inline constexpr NoteDeclaration late{"caspaxos_late",
                                      "An answer came that no call is waiting for.", "from type"};
inline constexpr NoteDeclaration malformed{
    "caspaxos_malformed", "A statement that no correct member makes was dropped.", "from type"};
inline constexpr NoteDeclaration not_a_member{"caspaxos_not_a_member",
                                              "A statement of a non-member was ignored.", "from"};
inline constexpr NoteDeclaration membership_fixed{
    "caspaxos_membership_fixed", "A change of members was ignored: members are fixed.", "epoch"};
inline constexpr NoteDeclaration compacted{"caspaxos_compacted",
                                           "The log was replaced by a snapshot of all registers.",
                                           "index registers bytes"};

inline constexpr const NoteDeclaration* all[] = {
    &promise,
    &elected,
    &append,
    &accept,
    &commit_claim,
    &held,
    &waiting,
    &confirmed,
    &written_back,
    &learned,
    &missed,
    &preempted,
    &timed_out,
    &abandoned,
    &push_refused,
    &refused_ballot,
    &stale_call,
    &busy,
    &not_an_acceptor,
    &too_large,
    &ballots_exhausted,
    &unreadable,
    &late,
    &malformed,
    &not_a_member,
    &membership_fixed,
    &compacted,
};

}  // namespace parley::caspaxos::notes
