// SPDX-License-Identifier: Apache-2.0
//
// The notes of chain and of primary_backup beside those of core/api/refinement.h.
// The machine is one, and each note has the name of the plugin that it came with.
#pragma once

#include <cstddef>

#include "core/api/refinement.h"

namespace parley::chain {

// Which note, what it says, and the names of its values.
#define PARLEY_CHAIN_NOTES(note)                                                                   \
  note(epoch_adopted, "This node obeys a new epoch.", "epoch head members") note(                  \
      took_over, "This node is the head of a new epoch, on its own log.",                          \
      "epoch index") note(epoch_completed, "All members of the epoch have the whole state.",       \
                          "epoch") note(proposed, "This node proposed the next epoch.",            \
                                        "after_epoch members")                                     \
      note(suspected, "A member was silent for too long.", "epoch member") note(                   \
          no_successor, "Nobody left in the epoch is known to have everything.",                   \
          "epoch") note(joiner, "A node that is no member is being caught up.",                    \
                        "node") note(joiner_dropped,                                               \
                                     "A node that was being caught up fell silent.", "node")       \
          note(asked_master, "This node asked the configuration master.", "kind") note(            \
              master_unavailable, "The configuration master gave no answer of use.",               \
              "kind") note(fenced, "A message of an older epoch was refused.",                     \
                           "from epoch") note(behind,                                              \
                                              "A message of a later epoch than this node's came.", \
                                              "from epoch")                                        \
              note(preempted, "A pull was refused: another node is the head.", "owner") note(      \
                  stale_call, "An invoke or push named no open branch, or did not decode.",        \
                  "port branch") note(stale_base,                                                  \
                                      "An invoke or push was refused because the log moved since " \
                                      "the pull.",                                                 \
                                      "branch") note(branch_dropped,                               \
                                                     "The oldest branch made room for a new one.", \
                                                     "branch")                                     \
                  note(method_too_large, "A method over a branch's size limit was not invoked.",   \
                       "size") note(overloaded,                                                    \
                                    "A push was refused: too much is not committed yet.",          \
                                    "bytes") note(exhausted, "An epoch has no version left.",      \
                                                  "epoch")                                         \
                      note(timed_out, "A call was not served in time.", "port") note(              \
                          push_unknown, "A push was pending when its head was removed.", "index")  \
                          note(confirmed_read,                                                     \
                               "A read was answered after all members confirmed the epoch.",       \
                               "index round")                                                      \
                              note(resent,                                                         \
                                   "A node did not answer in time and is sent its entries again.", \
                                   "to from_index") note(log_mismatch,                             \
                                                         "Entries did not fit this node's log.",   \
                                                         "index last")                             \
                                  note(suffix_dropped,                                             \
                                       "Uncommitted entries gave way to those of a new head.",     \
                                       "from_index to_index") note(conflict,                       \
                                                                   "Entries contradict committed " \
                                                                   "ones: agreement is broken.",   \
                                                                   "from index")                   \
                                      note(image_offered,                                          \
                                           "A node behind the log is sent an image of the state.", \
                                           "to index size")                                        \
                                          note(image_installed,                                    \
                                               "An image of the state was taken over.",            \
                                               "from index")                                       \
                                              note(compacted,                                      \
                                                   "The log was replaced by a snapshot.",          \
                                                   "index record")                                 \
                                                  note(membership_fixed,                           \
                                                       "A change of members from elsewhere than "  \
                                                       "the master was ignored.",                  \
                                                       "epoch") note(late,                         \
                                                                     "An answer came that "        \
                                                                     "nothing is waiting for.",    \
                                                                     "from type")                  \
                                                      note(malformed,                              \
                                                           "A statement that no correct node "     \
                                                           "makes was dropped.",                   \
                                                           "from type")

#define PARLEY_CHAIN_FIELD(name, help, fields) NoteDeclaration name;
struct Notes {
  PARLEY_CHAIN_NOTES(PARLEY_CHAIN_FIELD)
};
#undef PARLEY_CHAIN_FIELD

#define PARLEY_CHAIN_OF_CHAIN(name, help, fields) {"chain_" #name, help, fields},
inline constexpr Notes chain_notes{PARLEY_CHAIN_NOTES(PARLEY_CHAIN_OF_CHAIN)};
#undef PARLEY_CHAIN_OF_CHAIN

#define PARLEY_CHAIN_OF_STAR(name, help, fields) {"primary_backup_" #name, help, fields},
inline constexpr Notes primary_backup_notes{PARLEY_CHAIN_NOTES(PARLEY_CHAIN_OF_STAR)};
#undef PARLEY_CHAIN_OF_STAR

/// For a descriptor: all of them, beside those of refinement.
#define PARLEY_CHAIN_POINTER(name, help, fields) &own.name,
template <const Notes& own>
inline constexpr const NoteDeclaration* all_notes[] = {&ado_notes::promise,
                                                       &ado_notes::elected,
                                                       &ado_notes::append,
                                                       &ado_notes::accept,
                                                       &ado_notes::install,
                                                       &ado_notes::commit_claim,
                                                       PARLEY_CHAIN_NOTES(PARLEY_CHAIN_POINTER)};
#undef PARLEY_CHAIN_POINTER

}  // namespace parley::chain
