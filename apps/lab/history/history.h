// SPDX-License-Identifier: Apache-2.0
//
// A history as operations: each call with its answer. The reader takes the text
// of a file in pieces of any size, keeps no more of it than the operations, and
// finds every fault in one go, with its line and column.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/lab/history/event.h"
#include "apps/lab/history/json_line.h"
#include "core/lang/diagnostics.h"

namespace parley::history {

inline constexpr std::size_t line_size_max = std::size_t{1} << 20;
inline constexpr std::size_t events_count_max = 10'000'000;
inline constexpr std::size_t history_bytes_max = std::size_t{4} << 30;

/// Codes of diagnostics about histories.
namespace code {
inline constexpr std::string_view syntax = "H0001";
inline constexpr std::string_view field = "H0002";
inline constexpr std::string_view pairing = "H0003";
inline constexpr std::string_view operation = "H0004";
inline constexpr std::string_view limit = "H0005";
inline constexpr std::string_view order = "H0006";
}  // namespace code

inline constexpr std::size_t never = SIZE_MAX;

struct Operation {
  Event invoke;
  std::optional<Event> answer;  ///< The Ok event; none: nobody knows whether it took effect.
  /// Positions among the events. Whether one operation precedes another is told by
  /// these alone. `end` is `never` without an answer.
  std::size_t begin = 0;
  std::size_t end = never;
  /// When the outcome became unknown, if that was written down. For people.
  std::optional<std::int64_t> given_up;
};

struct History {
  std::vector<Operation> operations;  ///< By begin, without those that failed.
  std::size_t events = 0;
  std::size_t failed = 0;
};

/// The operations of the events, whose lines count from 1. Faults go to `faults`.
class Reader {
 public:
  explicit Reader(Diagnostics& faults) : faults_(faults) {}

  /// The next piece of the text.
  void feed(std::string_view text);
  /// After the last piece. What is answered wrongly is left out of the result.
  History finish();

 private:
  struct Open {
    std::size_t operation;
    bool given_up = false;  ///< By an Info: the process may go on.
  };

  void end_line();
  void take_members(const std::vector<JsonMember>& members);
  void take(Event event);
  void take_answer(Event event);
  bool check_time(const Event& event);
  bool over_limit();
  SourceSpan place(Field at) const;

  Diagnostics& faults_;
  History history_;
  std::map<std::int64_t, Open> open_;  ///< By process.
  std::vector<bool> failed_;           ///< By operation.
  std::string line_;
  bool line_too_long_ = false;
  bool stopped_ = false;  ///< A limit was hit.
  std::size_t bytes_ = 0;
  std::uint32_t line_number_ = 0;
  std::optional<std::int64_t> last_time_;
};

}  // namespace parley::history
