// Counters of programs, resident pages of files, and loads from disk and from memory, on the real kernel.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "measure/counters.hpp"
#include "measure/load.hpp"
#include "measure/memory.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace bantam::measure {
namespace {

bool lies_in_memory(const std::filesystem::path& folder) {
  struct statfs facts {};
  return ::statfs(folder.c_str(), &facts) == 0 &&
         (facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC);
}

#define SKIP_IN_MEMORY_FILE_SYSTEM(folder) \
  if (lies_in_memory(folder))              \
  GTEST_SKIP() << (folder) << " has no disk behind it: its pages cannot be evicted"

std::filesystem::path file_of(const std::filesystem::path& folder, std::size_t bytes) {
  const auto path = folder / "weights.bin";
  std::ofstream(path, std::ios::binary) << std::string(bytes, 'w');
  return path;
}

TEST(Counters, PrivateMemoryGrowsWithWhatIsTouched) {
  const auto before = private_bytes(read_counters()).value();
  const std::string touched(32 << 20, 'x');
  const auto after = private_bytes(read_counters()).value();
  EXPECT_GE(after - before, 31 << 20);
  EXPECT_EQ(touched.back(), 'x');
}

TEST(Counters, OfAProgramThatDoesNotExistAreAbsent) {
  const Counters counters = read_counters(pid_t{0x7ffffff0});
  EXPECT_FALSE(private_bytes(counters).has_value());
  EXPECT_FALSE(counters.user_s.has_value());
  EXPECT_FALSE(read_pss_bytes(pid_t{0x7ffffff0}).has_value());
}

TEST(Counters, FaultsAndTimesAreThoseBetweenTwoReadings) {
  Counters before;
  before.major_faults = 3;
  before.user_s = 1.5;
  before.rss_anon_bytes = 100;
  Counters after = before;
  after.major_faults = 5;
  after.user_s = 2.0;
  after.rss_anon_bytes = 90;
  const base::Json json = counters_between(before, after);
  EXPECT_EQ(base::to_text(json), R"({"rss_anon_bytes":90,"major_faults":2,"user_s":0.5})");
}

TEST(Sampler, SeesAPeakOfAnotherProgramAndItsEnd) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char go = 0;
    if (::read(ready[0], &go, 1) != 1) ::_exit(1);
    std::string touched(48 << 20, 'x');
    ::usleep(150'000);
    ::_exit(touched[5] == 'x' ? 0 : 1);
  }
  PrivateMemorySampler sampler(std::chrono::milliseconds(10));
  ASSERT_TRUE(sampler.start(child).has_value());
  ASSERT_EQ(::write(ready[1], "g", 1), 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  const PrivateMemory seen = sampler.stop();
  EXPECT_EQ(status, 0);
  EXPECT_GE(seen.peak_bytes.value_or(0), 48 << 20);
  EXPECT_GT(seen.samples, 1);
  ASSERT_FALSE(seen.points.empty());
  EXPECT_LE(seen.points.size(), static_cast<std::size_t>(seen.samples));
  EXPECT_TRUE(std::ranges::is_sorted(seen.points, {}, &record::MemoryPoint::seconds));
  const auto highest = std::ranges::max_element(seen.points, {}, &record::MemoryPoint::private_bytes);
  EXPECT_EQ(highest->private_bytes, seen.peak_bytes);
  EXPECT_GE(highest->rss_bytes, highest->private_bytes);
  EXPECT_EQ(seen.points.back().seconds,
            std::ranges::max(seen.points, {}, &record::MemoryPoint::seconds).seconds);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Sampler, HoldsABoundedNumberOfPoints) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // grows by a page at a time, for as many samples as it takes
    std::string touched(8 << 20, '\0');
    for (std::size_t i = 0; i < touched.size(); i += 4096) {
      touched[i] = 'x';
      ::usleep(500);
    }
    ::_exit(touched[4096] == 'x' ? 0 : 1);
  }
  PrivateMemorySampler sampler(std::chrono::milliseconds(1));
  ASSERT_TRUE(sampler.start(child).has_value());
  int status = 0;
  ::waitpid(child, &status, 0);
  const PrivateMemory seen = sampler.stop();
  EXPECT_LE(seen.points.size(), 512U);
  EXPECT_EQ(std::ranges::max(seen.points, {}, &record::MemoryPoint::private_bytes).private_bytes,
            seen.peak_bytes);
}

TEST(Sampler, OfAProgramThatDoesNotExistFailsToStart) {
  PrivateMemorySampler sampler;
  EXPECT_FALSE(sampler.start(pid_t{0x7ffffff0}).has_value());
  EXPECT_FALSE(sampler.stop().peak_bytes.has_value());
}

TEST(Resident, AFileJustWrittenIsInMemoryAndEvictionEmptiesIt) {
  const support::TempDir folder;
  const auto file = file_of(folder.path(), 3 << 20);
  EXPECT_EQ(resident_bytes(file).value(), 3 << 20);
  SKIP_IN_MEMORY_FILE_SYSTEM(folder.path());
  ASSERT_TRUE(evict(file).has_value());
  EXPECT_EQ(resident_bytes(file).value(), 0);
}

TEST(Resident, PagesOfAMappedFileCannotBeEvicted) {
  const support::TempDir folder;
  SKIP_IN_MEMORY_FILE_SYSTEM(folder.path());
  const auto file = file_of(folder.path(), 3 << 20);
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  void* mapped = ::mmap(nullptr, 3 << 20, PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  support::FakeClock clock;
  bool opened = false;
  const auto cold = time_cold_load(
      file,
      [&]() -> base::Status {
        opened = true;
        return {};
      },
      clock);
  ::munmap(mapped, 3 << 20);
  ::close(descriptor);
  ASSERT_FALSE(cold.has_value());
  EXPECT_EQ(cold.error().kind, base::ErrorKind::environment);
  EXPECT_THAT(cold.error().message, ::testing::HasSubstr("3.00 MiB"));
  EXPECT_FALSE(opened);
}

TEST(Resident, AFolderOrAMissingFileIsRefused) {
  const support::TempDir folder;
  EXPECT_FALSE(resident_bytes(folder.path()).has_value());
  EXPECT_FALSE(resident_bytes(folder.path() / "none").has_value());
  EXPECT_FALSE(evict(folder.path() / "none").has_value());
}

TEST(Load, ColdAndWarmDifferInWhatIsResidentBefore) {
  const support::TempDir folder;
  const auto file = file_of(folder.path(), 3 << 20);
  support::FakeClock clock;
  const Open open = [&]() -> base::Status {
    clock.advance_s(0.25);
    return {};
  };
  SKIP_IN_MEMORY_FILE_SYSTEM(folder.path());
  const auto cold = time_cold_load(file, open, clock);
  ASSERT_TRUE(cold.has_value());
  EXPECT_EQ(cold->scenario, "load_cold");
  EXPECT_DOUBLE_EQ(cold->wall_s, 0.25);
  EXPECT_EQ(base::integer_at(cold->counters, "file_resident_before_bytes"), 0);
  const auto warm = time_warm_load(file, open, clock, clock.now_ns() - 2'000'000'000);
  ASSERT_TRUE(warm.has_value());
  EXPECT_DOUBLE_EQ(warm->start_s, 2.0);
  EXPECT_EQ(warm->scenario, "load_warm");
  EXPECT_EQ(base::integer_at(warm->counters, "file_resident_before_bytes"), 3 << 20);
}

TEST(Load, AnErrorOfOpenIsHandedOn) {
  const support::TempDir folder;
  const auto file = file_of(folder.path(), 4096);
  const auto result = time_warm_load(
      file, [] { return base::Status(base::fail(base::ErrorKind::bad_input, "no such architecture")); },
      support::FakeClock());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "no such architecture");
}

}  // namespace
}  // namespace bantam::measure
