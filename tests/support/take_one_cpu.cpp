// Keeps a test program on one CPU that no other test has, by the locks of cli_support.py (which says why).
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace {

class OneCpu final : public testing::Environment {
 public:
  // The lock is given back when the program ends.
  void SetUp() override {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 1) return;
    while (!take_one(allowed)) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

 private:
  static bool take_one(const cpu_set_t& allowed) {
    const auto folder = std::filesystem::temp_directory_path();
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &allowed)) continue;
      const auto path = folder / fmt::format("bantam-test-cpu-{}-{}.lock", getuid(), cpu);
      const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(0, sizeof one, &one) == 0;
      }
      if (lock >= 0) close(lock);
    }
    return false;
  }
};

const auto* const kOneCpu = testing::AddGlobalTestEnvironment(new OneCpu);

}  // namespace
