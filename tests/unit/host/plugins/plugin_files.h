// SPDX-License-Identifier: Apache-2.0
//
// Files to judge: the built fixtures, and a directory of this test's own.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/base/bytes.h"
#include "core/host/plugins/loader.h"

namespace parley::plugin_files {

namespace fs = std::filesystem;

inline fs::path fixture(const std::string& name) {
  return fs::path(PARLEY_BUILD_DIR) / "fixtures" / "plugins" / (name + ".so");
}

inline Bytes contents(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(text);
}

/// A new empty directory that is gone when the test is.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "parley-plugins-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const fs::path& path() const { return path_; }

  fs::path write(const std::string& name, ByteView bytes) const {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream out{file, std::ios::binary};
    out << text_of(bytes);
    return file;
  }
  fs::path copy(const std::string& name, const fs::path& source) const {
    return write(name, contents(source));
  }

 private:
  fs::path path_;
};

/// Why a file is refused without running it; empty when it is not.
inline std::string static_reason(const fs::path& path) {
  const PluginFile file = scan_plugin(path);
  return file.usable() ? "" : PluginRefusal{file.path, *file.refusal}.reason();
}

/// Why a file that may be loaded is refused then; empty when it is not.
inline std::string load_reason(const fs::path& path) {
  const PluginFile file = scan_plugin(path);
  if (!file.usable()) return "not usable: " + static_reason(path);
  const auto loaded = load_plugin(file);
  const auto* refusal = std::get_if<PluginRefusal>(&loaded);
  return refusal == nullptr ? "" : refusal->reason();
}

}  // namespace parley::plugin_files
