// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/rocksdb/wal_scan.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"

namespace parley::rocksdb {
namespace {

WalScan scan(ByteView content) {
  WalScan result;
  scan_wal("000001.log", content, result);
  return result;
}

TEST(WalScanTest, EmptyAndReservedFilesAreIntact) {
  EXPECT_FALSE(scan({}).damage);
  EXPECT_FALSE(scan(Bytes(100'000)).damage);
}

TEST(WalScanTest, ArbitraryBytesAreDamageAtTheirStart) {
  Prng prng{7};
  for (const std::size_t size : {1u, 6u, 7u, 8u, 100u, 33'000u}) {
    Bytes content(size);
    for (std::uint8_t& byte : content) byte = static_cast<std::uint8_t>(prng.next() | 1);
    const WalScan result = scan(content);
    ASSERT_TRUE(result.damage);
    EXPECT_EQ(result.damage->offset, 0u);
    EXPECT_EQ(result.synced_through, 0u);
  }
}

TEST(WalScanTest, AMissingDirectoryIsAnError) {
  EXPECT_FALSE(scan_wal_files("/nowhere/at/all").ok());
}

}  // namespace
}  // namespace parley::rocksdb
