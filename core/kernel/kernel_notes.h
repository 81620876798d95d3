// SPDX-License-Identifier: Apache-2.0
//
// The kernel's own notes: what went wrong between a link and a machine.
#pragma once

#include "core/api/note.h"

namespace parley::kernel_notes {

inline constexpr NoteDeclaration frame_malformed{"kernel_frame_malformed",
                                                 "A frame could not be decoded.", "from"};
inline constexpr NoteDeclaration frame_refused{
    "kernel_frame_refused", "A frame's mechanism is not accepted from its issuer.", "from issuer"};
inline constexpr NoteDeclaration evidence_rejected{
    "kernel_evidence_rejected", "A frame's evidence did not convince.", "from issuer"};
inline constexpr NoteDeclaration instance_unknown{
    "kernel_instance_unknown", "A frame or request is for an instance this node does not host.",
    "instance"};
inline constexpr NoteDeclaration not_a_verifier{
    "kernel_not_a_verifier", "A frame arrived whose verifiers do not include this node.", "issuer"};
inline constexpr NoteDeclaration not_a_member{
    "kernel_not_a_member", "A frame arrived from a principal outside the instance.", "issuer"};
inline constexpr NoteDeclaration publication_refused{
    "kernel_publication_refused", "Too many publications are unfinished.", "instance publication"};
inline constexpr NoteDeclaration stage_escalated{
    "kernel_stage_escalated", "A dissemination stage made no progress in its time.",
    "publication stage"};
inline constexpr NoteDeclaration retransmitted{
    "kernel_retransmitted", "An unfinished publication was sent to its verifiers again.",
    "publication"};
inline constexpr NoteDeclaration no_route{
    "kernel_no_route", "No authentication rule covers a statement; it was not sent.", "to"};
inline constexpr NoteDeclaration not_sealed{
    "kernel_not_sealed", "A mechanism could make no evidence for a statement; it was not sent.",
    "mechanism"};

inline constexpr const NoteDeclaration* all[] = {
    &frame_malformed, &frame_refused, &evidence_rejected,   &instance_unknown,
    &not_a_verifier,  &not_a_member,  &publication_refused, &stage_escalated,
    &retransmitted,   &no_route,      &not_sealed,
};

}  // namespace parley::kernel_notes
