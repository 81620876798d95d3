// SPDX-License-Identifier: Apache-2.0
//
// The notes of vertical_paxos beside those of core/api/refinement.h.
#pragma once

#include "core/api/refinement.h"

namespace parley::vertical_paxos::notes {

inline constexpr NoteDeclaration epoch_adopted{"vertical_paxos_epoch_adopted",
                                               "This node obeys a new epoch, and none before it.",
                                               "epoch leader members"};
inline constexpr NoteDeclaration fetching{"vertical_paxos_fetching",
                                          "A new leader fetches a log greater than its own.",
                                          "from last_time last_version"};
inline constexpr NoteDeclaration fetch_given_up{
    "vertical_paxos_fetch_given_up", "Who had the greatest log fell silent; its vote is forgotten.",
    "from"};
inline constexpr NoteDeclaration took_over{
    "vertical_paxos_took_over", "This node leads an epoch, after a read quorum of each before it.",
    "epoch index"};
inline constexpr NoteDeclaration resumed{"vertical_paxos_resumed",
                                         "A restarted leader goes on in its epoch.", "epoch"};
inline constexpr NoteDeclaration epoch_transferred{
    "vertical_paxos_epoch_transferred",
    "A write quorum of the epoch has the whole state, of which the master is told.", "epoch"};
inline constexpr NoteDeclaration proposed{
    "vertical_paxos_proposed", "This node proposed the next epoch.", "after_epoch members"};
inline constexpr NoteDeclaration suspected{"vertical_paxos_suspected",
                                           "A member was silent for too long.", "epoch member"};
inline constexpr NoteDeclaration no_read_quorum{
    "vertical_paxos_no_read_quorum",
    "No epoch was proposed: those who are not suspected could not begin one.", "epoch"};
inline constexpr NoteDeclaration joiner{"vertical_paxos_joiner",
                                        "A node that is no member is being caught up.", "node"};
inline constexpr NoteDeclaration joiner_dropped{
    "vertical_paxos_joiner_dropped", "A node that was being caught up fell silent.", "node"};
inline constexpr NoteDeclaration asked_master{"vertical_paxos_asked_master",
                                              "This node asked the configuration master.", "kind"};
inline constexpr NoteDeclaration master_unavailable{
    "vertical_paxos_master_unavailable", "The configuration master gave no answer of use.", "kind"};
inline constexpr NoteDeclaration fenced{"vertical_paxos_fenced",
                                        "A message of an older epoch was refused.", "from epoch"};
inline constexpr NoteDeclaration behind{
    "vertical_paxos_behind", "A message of a later epoch than this node's came.", "from epoch"};
inline constexpr NoteDeclaration preempted{
    "vertical_paxos_preempted", "A pull was refused: another node is the leader.", "owner"};
inline constexpr NoteDeclaration not_ready{
    "vertical_paxos_not_ready", "A pull was refused: this leader has not taken over yet.", "epoch"};
inline constexpr NoteDeclaration stale_call{
    "vertical_paxos_stale_call", "An invoke or push named no open branch, or did not decode.",
    "port branch"};
inline constexpr NoteDeclaration stale_base{
    "vertical_paxos_stale_base", "A push was refused because the log moved since the pull.",
    "branch"};
inline constexpr NoteDeclaration branch_dropped{
    "vertical_paxos_branch_dropped", "The oldest branch made room for a new one.", "branch"};
inline constexpr NoteDeclaration method_too_large{
    "vertical_paxos_method_too_large", "A method over a branch's size limit was not invoked.",
    "size"};
inline constexpr NoteDeclaration overloaded{
    "vertical_paxos_overloaded", "A push was refused: too much is not committed yet.", "bytes"};
inline constexpr NoteDeclaration exhausted{"vertical_paxos_exhausted",
                                           "An epoch has no version left.", "epoch"};
inline constexpr NoteDeclaration timed_out{"vertical_paxos_timed_out",
                                           "A call was not served in time.", "port"};
inline constexpr NoteDeclaration push_unknown{"vertical_paxos_push_unknown",
                                              "A push was pending when its epoch ended.", "index"};
inline constexpr NoteDeclaration confirmed_read{
    "vertical_paxos_confirmed_read",
    "A read was answered after a write quorum confirmed the epoch.", "index round"};
inline constexpr NoteDeclaration resent{
    "vertical_paxos_resent", "A node did not answer in time and is sent its entries again.",
    "to from_index"};
inline constexpr NoteDeclaration log_mismatch{"vertical_paxos_log_mismatch",
                                              "Entries did not fit this node's log.", "index last"};
inline constexpr NoteDeclaration suffix_dropped{
    "vertical_paxos_suffix_dropped", "Uncommitted entries gave way to those of a new leader.",
    "from_index to_index"};
inline constexpr NoteDeclaration conflict{"vertical_paxos_conflict",
                                          "Entries contradict committed ones: agreement is broken.",
                                          "from index"};
inline constexpr NoteDeclaration portion_offered{"vertical_paxos_portion_offered",
                                                 "A node is sent what it lacks of log and state.",
                                                 "to after last size"};
inline constexpr NoteDeclaration image_installed{
    "vertical_paxos_image_installed", "An image of the state was taken over.", "from index"};
inline constexpr NoteDeclaration compacted{"vertical_paxos_compacted",
                                           "The log was replaced by a snapshot.", "index record"};
inline constexpr NoteDeclaration membership_fixed{
    "vertical_paxos_membership_fixed",
    "A change of members from elsewhere than the master was ignored.", "epoch"};
inline constexpr NoteDeclaration unknown_write_quorum{
    "vertical_paxos_unknown_write_quorum",
    "The key write_quorum is none of all, majority, one: all is used."};
inline constexpr NoteDeclaration late{"vertical_paxos_late",
                                      "A statement came that nothing is waiting for.", "from type"};
inline constexpr NoteDeclaration malformed{
    "vertical_paxos_malformed", "A statement that no correct node makes was dropped.", "from type"};

inline constexpr const NoteDeclaration* all[] = {&ado_notes::promise,
                                                 &ado_notes::elected,
                                                 &ado_notes::append,
                                                 &ado_notes::accept,
                                                 &ado_notes::install,
                                                 &ado_notes::commit_claim,
                                                 &epoch_adopted,
                                                 &fetching,
                                                 &fetch_given_up,
                                                 &took_over,
                                                 &resumed,
                                                 &epoch_transferred,
                                                 &proposed,
                                                 &suspected,
                                                 &no_read_quorum,
                                                 &joiner,
                                                 &joiner_dropped,
                                                 &asked_master,
                                                 &master_unavailable,
                                                 &fenced,
                                                 &behind,
                                                 &preempted,
                                                 &not_ready,
                                                 &stale_call,
                                                 &stale_base,
                                                 &branch_dropped,
                                                 &method_too_large,
                                                 &overloaded,
                                                 &exhausted,
                                                 &timed_out,
                                                 &push_unknown,
                                                 &confirmed_read,
                                                 &resent,
                                                 &log_mismatch,
                                                 &suffix_dropped,
                                                 &conflict,
                                                 &portion_offered,
                                                 &image_installed,
                                                 &compacted,
                                                 &membership_fixed,
                                                 &unknown_write_quorum,
                                                 &late,
                                                 &malformed};

}  // namespace parley::vertical_paxos::notes
