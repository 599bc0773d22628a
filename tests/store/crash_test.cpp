// What is left after a writing run ends badly: killed at a random instant, or with no space left.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <random>

#include "store/store.hpp"
#include "support/temp_dir.hpp"

namespace bantam::store {
namespace {

using base::Json;
using record::Item;
using record::Record;

constexpr int kBatch = 8;

Record header() {
  Record record;
  record.cell_key = "k1";
  record.task = "nano_qa";
  return record;
}

Item item(std::int64_t doc_id) {
  return {"nano_qa", doc_id, Json{{"doc", doc_id}, {"text", std::string(500, 'x')}}, {{"acc", 1.0}}};
}

// Appends batches of items after those that are there, for ever or until an error.
void append_for_ever(const std::filesystem::path& path) {
  auto store = Store::open(path);
  if (!store || !store->begin_attempt(header())) ::_exit(1);
  const auto done = store->done_items("k1");
  if (!done) ::_exit(1);
  for (auto next = static_cast<std::int64_t>(done->size());; next += kBatch) {
    std::vector<Item> batch;
    for (int i = 0; i < kBatch; ++i) batch.push_back(item(next + i));
    if (const auto status = store->append_items("k1", batch); !status) {
      ::_exit(status.error().kind == base::ErrorKind::storage ? 5 : 1);
    }
  }
}

void expect_whole_batches_from_zero(const std::filesystem::path& path, std::size_t at_least) {
  auto store = Store::open(path);
  ASSERT_TRUE(store) << store.error().message;
  const auto items = store->items("k1");
  ASSERT_TRUE(items) << items.error().message;
  EXPECT_GE(items->size(), at_least);
  EXPECT_EQ(items->size() % kBatch, 0U) << "a batch is there as a whole or not at all";
  for (std::size_t i = 0; i < items->size(); ++i) {
    ASSERT_EQ(to_json((*items)[i]), to_json(item(static_cast<std::int64_t>(i))));
  }
}

TEST(store_after_kill, holds_whole_batches_once_and_goes_on) {
  const support::TempDir folder;
  const auto path = folder.path() / "bantam.db";
  std::mt19937 random(11);
  std::size_t seen = 0;
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) append_for_ever(path);
    ::usleep(static_cast<useconds_t>(1000 + random() % 40'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    auto store = Store::open(path);
    ASSERT_TRUE(store) << store.error().message;
    const auto count = static_cast<std::size_t>(store->counts()->items);
    EXPECT_GE(count, seen) << "what was committed stays";
    seen = count;
  }
  EXPECT_GT(seen, 0U);
  expect_whole_batches_from_zero(path, seen);
}

TEST(store_without_space, reports_storage_and_keeps_what_was_committed) {
  const support::TempDir folder;
  const auto path = folder.path() / "bantam.db";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{300'000, 300'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    append_for_ever(path);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5) << "an error of kind storage, not a crash and not an endless loop";
  expect_whole_batches_from_zero(path, kBatch);
}

}  // namespace
}  // namespace bantam::store
