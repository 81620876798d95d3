// SPDX-License-Identifier: Apache-2.0
//
// The notes of the object engine, one instance's at a time.
#pragma once

#include "core/api/note.h"

namespace parley::engine_notes {

inline constexpr NoteDeclaration session_opened{
    "engine_session_opened", "This node opened a session for its exactly-once calls.", "session"};
inline constexpr NoteDeclaration session_forgotten{
    "engine_session_forgotten", "The replicated state no longer knows this node's session.",
    "session"};
inline constexpr NoteDeclaration retried{
    "engine_retried", "An attempt of a call failed and the call goes on.", "call outcome"};
inline constexpr NoteDeclaration forwarded{
    "engine_forwarded", "A call was sent to the member that can serve it.", "call to"};
inline constexpr NoteDeclaration served{"engine_served",
                                        "A call of another member was answered here.", "from"};
inline constexpr NoteDeclaration timed_out{
    "engine_timed_out", "A call ended because its time was over.", "call pushed"};
inline constexpr NoteDeclaration busy{
    "engine_busy", "A call was refused because too many are unanswered.", "calls"};
inline constexpr NoteDeclaration malformed{
    "engine_malformed", "A call or forwarded statement that does not decode was dropped.", "from"};
inline constexpr NoteDeclaration late{"engine_late", "An answer came for a call that is over.",
                                      "from"};

inline constexpr const NoteDeclaration* all[] = {
    &session_opened, &session_forgotten, &retried, &forwarded, &served, &timed_out,
    &busy,           &malformed,         &late,
};

}  // namespace parley::engine_notes
