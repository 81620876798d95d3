// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/acceptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <functional>

#include "core/api/toolchain.h"
#include "tests/unit/host/runtime/host_fixture.h"

namespace parley {
namespace {

/// Leaves the process with no descriptor for a new connection while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(AcceptorTest, WithoutDescriptorsItWaitsAndThenGoesOn) {
#if defined(__SANITIZE_ADDRESS__) || defined(PARLEY_ADDRESS_SANITIZER)
  GTEST_SKIP() << "the sanitizers' own check of object types needs a free descriptor";
#endif
  set_log_level("off");
  EventLoop loop;
  int taken = 0;
  Acceptor acceptor{loop, "a", [&](int fd, const SocketAddress&) {
                      ++taken;
                      ::close(fd);
                    }};
  ASSERT_TRUE(acceptor.listen("127.0.0.1:0").ok());
  const int fd = connect_tcp(*resolve_address(acceptor.address(), true)).value();
  {
    const NoDescriptors exhausted;
    // A thousand turns of the loop: one that spins would try in most of them.
    int turns = 0;
    std::function<void()> turn = [&] {
      if (++turns == 1'000) return loop.stop();
      loop.post(turn);
    };
    loop.post(turn);
    loop.run();
    EXPECT_EQ(taken, 0);
    EXPECT_LE(acceptor.failures(), 10u) << "it spins";
  }
  EXPECT_TRUE(host_test::run_until(loop, [&] { return taken == 1; }));
  ::close(fd);
}

}  // namespace
}  // namespace parley
