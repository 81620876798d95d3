// SPDX-License-Identifier: Apache-2.0
//
// The notes by which every backend tells what it does in the words of the ADO
// model, one for each durable change of state, so that one checker can replay
// any backend against the cache tree (Adore: Honore et al., PLDI 2022). A place
// in the tree is (time, version): version 0 is the election of that time, the
// first method has version 1. A backend emits these, in the step that makes the
// change, and lists them in its descriptor.
//
// `partition` is a fingerprint of Object::partition, 0 for the whole object;
// times, versions and voters are per partition. Sets of principals are encoded
// with Writer::principals in the note's detail.
#pragma once

#include "core/api/note.h"

namespace parley::ado_notes {

inline constexpr NoteDeclaration promise{
    "ado_promise", "This node promised a time to a candidate; last is where its log ended.",
    "time candidate last_time last_version partition"};
inline constexpr NoteDeclaration elected{
    "ado_elected", "This node owns a time and builds on a base; the detail is the set of voters.",
    "time base_time base_version partition"};
inline constexpr NoteDeclaration append{
    "ado_append", "The owner of a time added a method to it; the detail is the method.",
    "time version partition"};
inline constexpr NoteDeclaration reconfigure{
    "ado_reconfigure", "The owner of a time added new members to it; the detail is their set.",
    "time version epoch"};
inline constexpr NoteDeclaration accept{
    "ado_accept", "This node's log now ends at a place of the time it votes for.",
    "time version partition"};
inline constexpr NoteDeclaration install{
    "ado_install", "This node's log now ends at a place that it took over without a vote.",
    "time last_time last_version partition"};
inline constexpr NoteDeclaration commit_claim{
    "ado_commit_claim", "This node told somebody that everything up to a place is committed.",
    "time version partition"};

inline constexpr const NoteDeclaration* all[] = {
    &promise, &elected, &append, &reconfigure, &accept, &install, &commit_claim,
};

}  // namespace parley::ado_notes
