// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/history_file.h"

namespace parley::torture {

void HistoryFile::write(history::Event event) {
  const std::lock_guard lock{mutex_};
  event.time = (std::chrono::steady_clock::now() - begin_).count();
  out_ << history::as_json_line(event);
  if (event.type == history::EventType::Invoke) return;
  Outcomes& outcomes = outcomes_[event.f];
  if (event.type == history::EventType::Ok) ++outcomes.ok;
  if (event.type == history::EventType::Fail) ++outcomes.fail;
  if (event.type == history::EventType::Info) ++outcomes.info;
}

bool HistoryFile::flush() {
  const std::lock_guard lock{mutex_};
  out_.flush();
  return out_.good();
}

std::map<std::string, Outcomes> HistoryFile::outcomes() const {
  const std::lock_guard lock{mutex_};
  return outcomes_;
}

}  // namespace parley::torture
