// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/log_entry.h"

#include "core/base/assert.h"

namespace parley {

SharedBytes wrap(const LogHead& head, ByteView record) {
  Bytes out;
  out.reserve(record.size() + 2);
  Writer writer{out};
  writer.varint(head.finished.size());
  for (const PublicationId id : head.finished) writer.varint(id.value);
  encode_publications(writer, head.begun);
  writer.raw(record);
  return SharedBytes{out};
}

Unwrapped unwrap(const Recovered& stored, InstanceId instance, PrincipalId self,
                 std::uint32_t principals_count) {
  Unwrapped result;
  const auto take_head = [&](Reader& reader) {
    for (std::uint64_t left = reader.varint(); left > 0; --left) {
      result.publications.erase({instance, PublicationId{reader.varint()}});
      PARLEY_ASSERT(reader.ok());
    }
    for (auto& [key, publication] : decode_publications(reader, instance, self, principals_count)) {
      result.publications.insert_or_assign(key, std::move(publication));
    }
    PARLEY_ASSERT(reader.ok());
  };
  result.recovered.snapshot_index = stored.snapshot_index;
  for (std::size_t i = 0; i < stored.snapshot_chunks.size(); ++i) {
    if (i > 0) {
      result.recovered.snapshot_chunks.push_back(stored.snapshot_chunks[i]);
      continue;
    }
    Reader reader{stored.snapshot_chunks[i]};
    take_head(reader);
    PARLEY_ASSERT(reader.finished());
  }
  for (const Recovered::Record& record : stored.records) {
    Reader reader{record.bytes};
    take_head(reader);
    result.recovered.records.push_back({record.index, to_bytes(reader.rest())});
  }
  return result;
}

}  // namespace parley
