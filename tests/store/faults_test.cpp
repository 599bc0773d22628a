// A store that is being made and used while the disk fails at the n-th write, the process is killed or the
// power is cut there, for every n: what is left is always a store that the next run can use.

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>

#include "store/store.hpp"
#include "support/temp_dir.hpp"

namespace {

// The fault to come: the call, which one of its kind, and its errno; 0 kills the process.
struct Fault {
  std::string call;
  int number = 0;
  int error = 0;
};
Fault fault;
int seen = 0;

// The disk as a power cut leaves it: of each file what it held when it was last synced, of files that never
// were nothing; what was removed is gone once its folder was synced. Empty: not looked at.
std::filesystem::path disk;

void reach_the_disk(int descriptor) {
  namespace fs = std::filesystem;
  if (disk.empty()) return;
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor), error);
  if (fs::is_regular_file(path, error))
    fs::copy_file(path, disk / path.filename(), fs::copy_options::overwrite_existing, error);
  if (!fs::is_directory(path, error)) return;
  for (const auto& entry : fs::directory_iterator(disk, error))
    if (!fs::exists(path / entry.path().filename(), error)) fs::remove(entry.path(), error);
}

bool strikes(const char* call) {
  return fault.call == call && ++seen == fault.number;
}

int strike() {
  if (fault.error == 0) ::raise(SIGKILL);
  errno = fault.error;
  return -1;
}

}  // namespace

// SQLite has no hook for these two; as symbols of the program they stand before the C library's.
// Nothing here outlives the machine, so nothing is synced.
extern "C" int fdatasync(int descriptor) {
  if (strikes("sync")) return strike();
  reach_the_disk(descriptor);
  return 0;
}
extern "C" int fsync(int descriptor) {
  return fdatasync(descriptor);
}

namespace bantam::store {
namespace {

using record::Item;
using record::Record;

constexpr int kFaultNotReached = 100;

ssize_t faulty_pwrite(int descriptor, const void* bytes, std::size_t count, off_t at) {
  if (!strikes("write")) return ::pwrite(descriptor, bytes, count, at);
  static_cast<void>(!::pwrite(descriptor, bytes, count / 2, at));  // a torn write
  return strike();
}
ssize_t faulty_pread(int descriptor, void* bytes, std::size_t count, off_t at) {
  return strikes("read") ? strike() : ::pread(descriptor, bytes, count, at);
}
int faulty_open(const char* path, int flags, int mode) {
  return strikes("open") ? strike() : ::open(path, flags, mode);
}
int faulty_ftruncate(int descriptor, off_t bytes) {
  return strikes("truncate") ? strike() : ::ftruncate(descriptor, bytes);
}
int faulty_unlink(const char* path) {
  return strikes("unlink") ? strike() : ::unlink(path);
}

template <typename Function>
void replace(const char* name, Function* function) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  if (system->xGetSystemCall(system, name) == nullptr) return;  // this SQLite uses another call
  system->xSetSystemCall(system, name, reinterpret_cast<sqlite3_syscall_ptr>(function));
}

Record header() {
  Record record;
  record.cell_key = "k1";
  record.task = "nano_qa";
  return record;
}

Item item(std::int64_t doc_id) {
  return {"nano_qa", doc_id, base::Json{{"doc", doc_id}}, {{"acc", 1.0}}};
}

// How many items the store said to hold, as the parent of a killed process sees it. Null: nobody looks.
int* held = nullptr;

void acknowledged(int items) {
  if (held != nullptr) *held = items;
  if (strikes("acknowledgement")) strike();
}

// A short run. Goes on where an earlier one stopped.
base::Status use(const std::filesystem::path& path) {
  TRY_ASSIGN(Store store, Store::open(path));
  TRY_ASSIGN(const auto known, store.find_record("k1"));
  if (known) return {};
  TRY(store.begin_attempt(header()));
  TRY(store.append_items("k1", {item(0), item(1)}));
  acknowledged(2);
  TRY(store.append_items("k1", {item(2)}));
  acknowledged(3);
  return store.finish(header());
}

// In a process of its own. The exit code: that of the error's kind, or kFaultNotReached.
int use_with_fault(const std::filesystem::path& path, const Fault& next, std::string& message) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    replace("pwrite", faulty_pwrite);
    replace("pwrite64", faulty_pwrite);
    replace("pread", faulty_pread);
    replace("pread64", faulty_pread);
    replace("open", faulty_open);
    replace("ftruncate", faulty_ftruncate);
    replace("unlink", faulty_unlink);
    fault = next;
    const base::Status done = use(path);
    if (seen < fault.number) ::_exit(kFaultNotReached);
    if (done) ::_exit(0);
    static_cast<void>(!::write(ends[1], done.error().message.data(), done.error().message.size()));
    ::_exit(done.error().kind == base::ErrorKind::storage ? 5 : 1);
  }
  ::close(ends[1]);
  char text[1000];
  const ssize_t length = ::read(ends[0], text, sizeof text);
  message.assign(text, static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void expect_usable(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) {
    auto reader = Store::open_read_only(path);
    // Not yet a store is an answer, too; a half one is none.
    const std::string message = reader ? "holds no results" : reader.error().message;
    EXPECT_NE(message.find("holds no results"), std::string::npos) << message;
  }
  const auto used = use(path);
  ASSERT_TRUE(used) << used.error().message;
  auto store = Store::open(path);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->counts()->items, 3);
  EXPECT_EQ(store->records()->size(), 1U);
  store = tl::unexpected(base::Error{});
  for (const char* ending : {"-wal", "-shm", "-journal", ".lock"})
    EXPECT_FALSE(std::filesystem::exists(path.string() + ending)) << ending;
}

class StoreFault : public testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(StoreFault, leaves_a_store_that_the_next_run_can_use) {
  const auto& [call, error] = GetParam();
  const std::string reason = error == ENOSPC   ? "no space left for the store"
                             : error == EFBIG  ? "the largest size"
                             : error == EDQUOT ? "the disk quota"
                                               : "";
  int reached = 0;
  for (int number = 1; number < 200 && !HasFailure(); ++number) {
    SCOPED_TRACE(number);
    const support::TempDir folder;
    const auto path = folder.path() / "bantam.db";
    std::string message;
    const int code = use_with_fault(path, {call, number, error}, message);
    if (code == kFaultNotReached) break;
    ++reached;
    if (error == 0) {
      EXPECT_EQ(code, -SIGKILL);
    } else {
      EXPECT_TRUE(code == 5 || code == 0) << code << " " << message;
    }
    EXPECT_TRUE(code != 5 || message.find(reason) != std::string::npos) << message;
    expect_usable(path);
  }
  EXPECT_GT(reached, 0);
}

// Unsynced writes are lost, at each sync and each acknowledgement in turn: what was acknowledged is there, in
// whole batches, and the run goes on.
TEST(PowerCut, LeavesWhatWasAcknowledged) {
  void* shared = ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  held = static_cast<int*>(shared);
  for (const char* call : {"sync", "acknowledgement"}) {
    int reached = 0;
    for (int number = 1; number < 200 && !testing::Test::HasFailure(); ++number) {
      SCOPED_TRACE(fmt::format("{} {}", call, number));
      const support::TempDir folder;
      const support::TempDir after;
      *held = 0;
      disk = after.path();
      std::string message;
      const int code = use_with_fault(folder.path() / "bantam.db", {call, number, 0}, message);
      disk.clear();
      if (code == kFaultNotReached) break;
      ++reached;
      ASSERT_EQ(code, -SIGKILL);
      const int least = *held;
      const auto path = after.path() / "bantam.db";
      {
        auto store = Store::open(path);
        ASSERT_TRUE(store) << store.error().message;
        const auto items = store->counts()->items;
        EXPECT_TRUE(items == 0 || items == 2 || items == 3) << items;
        EXPECT_GE(items, least);
      }
      expect_usable(path);
    }
    EXPECT_GE(reached, 2) << call;
  }
  held = nullptr;
  ::munmap(shared, sizeof(int));
}

std::string fault_name(const testing::TestParamInfo<std::tuple<std::string, int>>& info) {
  const auto& [call, error] = info.param;
  return fmt::format("{}_{}", call, error == 0 ? "kill" : ::strerrorname_np(error));
}

INSTANTIATE_TEST_SUITE_P(Everywhere, StoreFault,
                         testing::Values(std::tuple("write", EIO), std::tuple("write", ENOSPC),
                                         std::tuple("write", EFBIG), std::tuple("write", EDQUOT),
                                         std::tuple("write", 0), std::tuple("read", EIO),
                                         std::tuple("sync", EIO), std::tuple("sync", 0),
                                         std::tuple("open", EIO), std::tuple("open", EMFILE),
                                         std::tuple("open", ENFILE), std::tuple("open", 0),
                                         std::tuple("truncate", EIO), std::tuple("truncate", 0),
                                         std::tuple("unlink", EIO), std::tuple("unlink", 0)),
                         fault_name);
}  // namespace
}  // namespace bantam::store
