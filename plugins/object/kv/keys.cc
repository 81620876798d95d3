// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/kv/keys.h"

#include "core/base/codec.h"
#include "plugins/object/kv/limits.h"

namespace parley::kv {
namespace {

constexpr std::uint8_t snapshot_version = 1;

EntryPointer read_entry(Reader& reader, std::uint64_t version_max) {
  const std::string_view key = reader.text();
  const std::string_view value = reader.text();
  const std::uint64_t version = reader.varint();
  const std::uint64_t deadline = reader.varint();
  const bool well_formed = reader.ok() && key.size() <= key_size_max &&
                           value.size() <= value_size_max && version > 0 &&
                           version <= version_max && deadline < std::uint64_t{no_deadline};
  if (!well_formed) {
    reader.fail();
    return {};
  }
  return EntryPointer::make(key, value, version,
                            deadline == 0 ? no_deadline : static_cast<std::int64_t>(deadline));
}

}  // namespace

void write_snapshot(const State& state, Bytes& out) {
  Writer writer{out};
  writer.u8(snapshot_version);
  writer.varint(static_cast<std::uint64_t>(state.now_ms));
  writer.varint(state.version);
  writer.varint(state.tree.size());
  Walk walk{state.tree};
  while (const Entry* const entry = walk.next()) {
    writer.text(entry->key());
    writer.text(entry->value());
    writer.varint(entry->version());
    writer.varint(entry->expires() ? static_cast<std::uint64_t>(entry->deadline_ms()) : 0);
  }
}

bool read_snapshot(ByteView bytes, State& state) {
  Reader reader{bytes};
  if (reader.u8() != snapshot_version) return false;
  const std::uint64_t now = reader.varint();
  const std::uint64_t version = reader.varint();
  const std::uint64_t count = reader.varint();
  if (!reader.ok() || now > std::uint64_t{stamp_ms_max} || version > INT64_MAX) return false;
  TreeBuilder builder;
  for (std::uint64_t left = count; left > 0; --left) {
    EntryPointer entry = read_entry(reader, version);
    if (!reader.ok() || !builder.append(std::move(entry))) return false;
  }
  if (!reader.finished()) return false;
  state = {builder.finish(), static_cast<std::int64_t>(now), version};
  return true;
}

void Keys::put(std::string_view key, std::string_view value, std::int64_t deadline_ms) {
  if (deadline_ms <= now_ms_) {
    state_.tree.erase(key);
    return;
  }
  state_.tree.put(EntryPointer::make(key, value, ++state_.version, deadline_ms));
}

bool Keys::erase(std::string_view key) {
  const bool was_there = find(key) != nullptr;
  state_.tree.erase(key);
  return was_there;
}

void Keys::begin_write() {
  state_.now_ms = now_ms_;
  for (std::size_t left = expired_per_write_max; left > 0; --left) {
    const Entry* const expired = state_.tree.first_expired(now_ms_);
    if (expired == nullptr) return;
    state_.tree.erase(expired->key());
  }
}

}  // namespace parley::kv
