// SPDX-License-Identifier: Apache-2.0
//
// What MULTI and WATCH have gathered on one connection until EXEC or DISCARD.
// Pure and bounded.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apps/kv/request_parser.h"

namespace parley::resp {

class Transaction {
 public:
  struct Item {
    Words words;
    bool own;  ///< The port answers it, not the object.
  };
  struct Watched {
    std::string key;
    std::string version;
  };
  static constexpr std::size_t items_max = 16'384;

  explicit Transaction(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool is_open() const { return open_; }
  void begin() { open_ = true; }
  /// Something queued was refused: EXEC will not run.
  void spoil() { spoiled_ = open_; }
  bool spoiled() const { return spoiled_; }
  /// False, and no effect: there is no room.
  bool queue(Words words, bool own) {
    if (items_.size() >= items_max || !takes(size_of(words))) return false;
    items_.push_back({std::move(words), own});
    return true;
  }

  bool watches(std::string_view key) const {
    return std::any_of(watched_.begin(), watched_.end(),
                       [&](const Watched& each) { return each.key == key; });
  }
  /// Effect: remembers the version of a key; the first one counts. False: no room.
  bool watch(std::string key, std::string version) {
    if (watches(key)) return true;
    if (watched_.size() >= watched_max || !takes(key.size() + version.size())) return false;
    watched_.push_back({std::move(key), std::move(version)});
    return true;
  }
  void unwatch() {
    for (const Watched& each : watched_) bytes_ -= each.key.size() + each.version.size();
    watched_.clear();
  }

  const std::vector<Item>& items() const { return items_; }
  const std::vector<Watched>& watched() const { return watched_; }
  /// Effect: over, however it ended; nothing is watched any more.
  Transaction end() { return std::exchange(*this, Transaction{bytes_max_}); }

 private:
  // Few, because each WATCH compares with all of them.
  static constexpr std::size_t watched_max = 1'024;

  static std::size_t size_of(const Words& words) {
    std::size_t size = 0;
    for (const std::string& word : words) size += word.size() + sizeof(word);
    return size;
  }
  bool takes(std::size_t size) {
    if (size > bytes_max_ - bytes_) return false;
    bytes_ += size;
    return true;
  }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  bool open_ = false;
  bool spoiled_ = false;
  std::vector<Item> items_;
  std::vector<Watched> watched_;
};

}  // namespace parley::resp
