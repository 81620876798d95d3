// SPDX-License-Identifier: Apache-2.0
//
// The notes of multi_paxos beside those of core/api/refinement.h, which it emits too.
#pragma once

#include "core/api/refinement.h"

namespace parley::multi_paxos::notes {

inline constexpr NoteDeclaration became_leader{"multi_paxos_became_leader",
                                               "This member leads in a ballot.", "ballot"};
inline constexpr NoteDeclaration stepped_down{
    "multi_paxos_stepped_down", "This member no longer leads in a ballot.", "ballot promised"};
inline constexpr NoteDeclaration resigned{
    "multi_paxos_resigned", "This leader stepped down because a caller of another member pulled.",
    "ballot to"};
inline constexpr NoteDeclaration campaign{"multi_paxos_campaign",
                                          "This member asks who would vote for it.", "ballot"};
inline constexpr NoteDeclaration campaign_lost{"multi_paxos_campaign_lost",
                                               "An election can no longer be won.", "ballot later"};
inline constexpr NoteDeclaration leader_silent{
    "multi_paxos_leader_silent", "No leader was heard of for an election timeout.", "promised"};
inline constexpr NoteDeclaration quorum_silent{
    "multi_paxos_quorum_silent", "A leader stepped down because no quorum answered it.", "ballot"};
inline constexpr NoteDeclaration vote_refused{
    "multi_paxos_vote_refused", "A vote was refused: promised later, lease held, or better log.",
    "ballot promised held"};
inline constexpr NoteDeclaration refused_ballot{
    "multi_paxos_refused_ballot", "Entries of a ballot below the promise were refused.",
    "ballot promised"};
inline constexpr NoteDeclaration preempted{
    "multi_paxos_preempted", "A pull was refused because another member leads or will.", "owner"};
inline constexpr NoteDeclaration not_a_member{
    "multi_paxos_not_a_member", "A pull came to a node that has no vote and knows no leader.",
    "port"};
inline constexpr NoteDeclaration stale_call{
    "multi_paxos_stale_call", "An invoke or push named no open branch, or did not decode.",
    "port branch"};
inline constexpr NoteDeclaration stale_base{
    "multi_paxos_stale_base", "A push was refused because the log moved since the pull.", "branch"};
inline constexpr NoteDeclaration branch_dropped{
    "multi_paxos_branch_dropped", "The oldest branch made room for a new one.", "branch"};
inline constexpr NoteDeclaration method_too_large{
    "multi_paxos_method_too_large", "A method over a branch's size limit was not invoked.", "size"};
inline constexpr NoteDeclaration overloaded_push{
    "multi_paxos_overloaded", "A push was refused: too much is not committed yet.", "bytes"};
inline constexpr NoteDeclaration timed_out{"multi_paxos_timed_out",
                                           "A call was not served in time.", "port"};
inline constexpr NoteDeclaration push_unknown{
    "multi_paxos_push_unknown", "A push was pending when its leader stepped down.", "index"};
inline constexpr NoteDeclaration lease_read{"multi_paxos_lease_read",
                                            "A read was answered on the leader's lease.", "index"};
inline constexpr NoteDeclaration confirmed_read{
    "multi_paxos_confirmed_read", "A read was answered after a quorum confirmed the leader.",
    "index round"};
inline constexpr NoteDeclaration lease_expired{
    "multi_paxos_lease_expired", "The leader's lease ran out before a quorum renewed it.",
    "ballot"};
inline constexpr NoteDeclaration wait_over{
    "multi_paxos_wait_over", "No lease can be held any more that this member acknowledged.",
    "ballot"};
inline constexpr NoteDeclaration resent{
    "multi_paxos_resent", "A follower did not answer in time and is sent its entries again.",
    "to from_index"};
inline constexpr NoteDeclaration log_mismatch{
    "multi_paxos_log_mismatch", "Entries did not fit this member's log.", "index last"};
inline constexpr NoteDeclaration suffix_dropped{
    "multi_paxos_suffix_dropped", "Uncommitted entries gave way to those of a later leader.",
    "from_index to_index"};
inline constexpr NoteDeclaration conflict{"multi_paxos_conflict",
                                          "Entries contradict committed ones: agreement is broken.",
                                          "from index"};
inline constexpr NoteDeclaration image_offered{
    "multi_paxos_image_offered", "A follower behind the log is sent an image of the state.",
    "to index size"};
inline constexpr NoteDeclaration image_installed{
    "multi_paxos_image_installed", "An image of the state was taken over from the leader.",
    "from index"};
inline constexpr NoteDeclaration compacted{"multi_paxos_compacted",
                                           "The log was replaced by a snapshot.", "index record"};
inline constexpr NoteDeclaration members_changed{
    "multi_paxos_members_changed", "Other members are in force, from an entry of the log on.",
    "index members"};
inline constexpr NoteDeclaration reconfiguration_refused{
    "multi_paxos_reconfiguration_refused", "A change of members breaks a rule, by its number.",
    "rule epoch"};
inline constexpr NoteDeclaration removed{
    "multi_paxos_removed", "This leader committed a change that removes it.", "ballot"};
inline constexpr NoteDeclaration membership_fixed{
    "multi_paxos_membership_fixed",
    "A change of members from outside was ignored: the log says who they are.", "epoch"};
inline constexpr NoteDeclaration exhausted{
    "multi_paxos_exhausted", "A ballot has no number left for what was asked.", "ballot"};
inline constexpr NoteDeclaration late{"multi_paxos_late",
                                      "An answer came that nothing is waiting for.", "from type"};
inline constexpr NoteDeclaration malformed{
    "multi_paxos_malformed", "A statement that no correct member makes was dropped.", "from type"};

inline constexpr const NoteDeclaration* all[] = {
    &ado_notes::promise,
    &ado_notes::elected,
    &ado_notes::append,
    &ado_notes::reconfigure,
    &ado_notes::accept,
    &ado_notes::install,
    &ado_notes::commit_claim,
    &became_leader,
    &stepped_down,
    &resigned,
    &campaign,
    &campaign_lost,
    &leader_silent,
    &quorum_silent,
    &vote_refused,
    &refused_ballot,
    &preempted,
    &not_a_member,
    &stale_call,
    &stale_base,
    &branch_dropped,
    &method_too_large,
    &overloaded_push,
    &timed_out,
    &push_unknown,
    &lease_read,
    &confirmed_read,
    &lease_expired,
    &wait_over,
    &resent,
    &log_mismatch,
    &suffix_dropped,
    &conflict,
    &image_offered,
    &image_installed,
    &compacted,
    &members_changed,
    &reconfiguration_refused,
    &removed,
    &membership_fixed,
    &exhausted,
    &late,
    &malformed,
};

}  // namespace parley::multi_paxos::notes
