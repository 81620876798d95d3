// SPDX-License-Identifier: Apache-2.0
//
// [issuers, verifiers, auditors] record: the only thing nodes tell each other
// (MOMMIE §4). An issuer vouches for the record; a verifier will come to KNOW
// it; an auditor can be convinced of it by any holder but is no destination.
// A message of one machine to one peer is the statement [me, {to}, NOONE].
#pragma once

#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/base/principal_set.h"

namespace parley {

struct Statement {
  InstanceId instance{};
  StatementType type{};
  PrincipalId issuer{};  ///< Who vouches here; the pool merges issuers into sets.
  PrincipalSet verifiers{};
  PrincipalSet auditors{};  ///< Empty is NOONE.
  SharedBytes record{};     ///< Flat, canonical: equal records are equal bytes.
};

}  // namespace parley
