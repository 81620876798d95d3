// SPDX-License-Identifier: Apache-2.0
#include "core/host/keys/key_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace parley {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class KeyFileTest : public testing::Test {
 protected:
  KeyFileTest() {
    std::string pattern = testing::TempDir() + "/key_file_XXXXXX";
    data_dir_ = mkdtemp(pattern.data());
    folder_ = {data_dir_, "r1", "hmac_sha256", 1};
  }
  ~KeyFileTest() override { fs::remove_all(data_dir_); }

  fs::path file() const { return folder_.path() / "pair_r2.secret"; }

  void write() { ASSERT_TRUE(write_key(folder_, "pair_r2.secret", KeyPrivacy::Secret, key_)); }

  void replace(const std::string& text) { std::ofstream{file(), std::ios::trunc} << text; }

  std::string refusal() const {
    const auto read = read_key(folder_, "pair_r2.secret", KeyPrivacy::Secret);
    return read ? "" : read.error().message;
  }

  static mode_t mode(const fs::path& path) {
    struct stat facts {};
    EXPECT_EQ(stat(path.c_str(), &facts), 0);
    return facts.st_mode & 07777;
  }

  const Bytes key_ = Bytes(32, 0xA5);
  fs::path data_dir_;
  KeyFolder folder_;
};

TEST_F(KeyFileTest, ReadsWhatItWrote) {
  write();
  const auto read = read_key(folder_, "pair_r2.secret", KeyPrivacy::Secret);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(read->has_value());
  EXPECT_TRUE(equal((*read)->view(), key_));
}

TEST_F(KeyFileTest, TellsMissingFromUnfit) {
  const auto nowhere = read_key(folder_, "pair_r2.secret", KeyPrivacy::Secret);
  ASSERT_TRUE(nowhere);
  EXPECT_FALSE(nowhere->has_value());
  write();
  const auto other = read_key(folder_, "pair_r3.secret", KeyPrivacy::Secret);
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->has_value());
}

// Goal: whatever the umask, nobody else can touch a secret.
TEST_F(KeyFileTest, WritesWithTheRightModes) {
  const mode_t before = umask(0);
  write();
  ASSERT_TRUE(write_key(folder_, "r1.public", KeyPrivacy::Public, key_));
  umask(077);
  ASSERT_TRUE(write_key(folder_, "r2.public", KeyPrivacy::Public, key_));
  umask(before);
  EXPECT_EQ(mode(file()), 0600u);
  EXPECT_EQ(mode(folder_.path() / "r1.public"), 0644u);
  EXPECT_EQ(mode(folder_.path() / "r2.public"), 0644u);
  EXPECT_EQ(mode(folder_.path()), 0700u);
  EXPECT_EQ(mode(data_dir_ / "keys"), 0700u);
}

TEST_F(KeyFileTest, NeverReplacesAKey) {
  write();
  EXPECT_FALSE(write_key(folder_, "pair_r2.secret", KeyPrivacy::Secret, Bytes(32, 1)));
  EXPECT_EQ(refusal(), "");
}

TEST_F(KeyFileTest, LeavesNothingUnfinished) {
  write();
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator{folder_.path()}) ++files;
  EXPECT_EQ(files, 1u);
}

TEST_F(KeyFileTest, RefusesASecretThatOthersCanRead) {
  write();
  for (const mode_t open : {0640u, 0604u, 0620u, 0602u, 0610u}) {
    ASSERT_EQ(chmod(file().c_str(), open), 0);
    EXPECT_THAT(refusal(), HasSubstr("chmod 600 " + file().string()));
  }
  ASSERT_EQ(chmod(file().c_str(), 0400), 0);
  EXPECT_EQ(refusal(), "");
}

TEST_F(KeyFileTest, RefusesAPublicKeyThatOthersCanWrite) {
  ASSERT_TRUE(write_key(folder_, "r2.public", KeyPrivacy::Public, key_));
  ASSERT_EQ(chmod((folder_.path() / "r2.public").c_str(), 0664), 0);
  const auto read = read_key(folder_, "r2.public", KeyPrivacy::Public);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("chmod 644 "));
}

TEST_F(KeyFileTest, RefusesFoldersThatOthersCanEnter) {
  write();
  for (fs::path at = folder_.path(); at != data_dir_ / "keys"; at = at.parent_path()) {
    ASSERT_EQ(chmod(at.c_str(), 0750), 0);
    EXPECT_THAT(refusal(), HasSubstr("chmod 700 " + at.string()));
    EXPECT_FALSE(write_key(folder_, "pair_r3.secret", KeyPrivacy::Secret, key_));
    ASSERT_EQ(chmod(at.c_str(), 0700), 0);
  }
  ASSERT_EQ(chmod((data_dir_ / "keys").c_str(), 0777), 0);
  EXPECT_THAT(refusal(), HasSubstr("chmod 700"));
}

TEST_F(KeyFileTest, RefusesLinks) {
  write();
  const fs::path real = data_dir_ / "real";
  fs::rename(file(), real);
  fs::create_symlink(real, file());
  EXPECT_THAT(refusal(), HasSubstr("symbolic links"));
  fs::remove(file());
  fs::rename(real, file());
  fs::rename(folder_.path(), data_dir_ / "elsewhere");
  fs::create_symlink(data_dir_ / "elsewhere", folder_.path());
  EXPECT_THAT(refusal(), HasSubstr("symbolic links"));
}

TEST_F(KeyFileTest, RefusesWhatIsNoFile) {
  write();
  fs::remove(file());
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("expected a regular file"));
}

TEST_F(KeyFileTest, RefusesWhatIsNoKey) {
  write();
  for (const std::string& text :
       {std::string{}, std::string{"\n"}, std::string{"a"}, std::string{"zz"}, std::string{"A5"},
        std::string{"a5a5\n\n"}, std::string(2 * key_size_max + 2, 'a')}) {
    replace(text);
    EXPECT_THAT(refusal(), HasSubstr("hexadecimal")) << text.substr(0, 20);
  }
  replace(std::string(64, '0'));
  EXPECT_THAT(refusal(), HasSubstr("all zeros"));
}

}  // namespace
}  // namespace parley
