#include "store/store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <optional>
#include <set>

#include "base/files.hpp"
#include "support/temp_dir.hpp"

namespace bantam::store {
namespace {

using base::Json;
using record::Item;
using record::Record;
using record::Trial;

Record header(const std::string& key, const std::string& task = "performance") {
  Record record;
  record.cell_key = key;
  record.model = "nano";
  record.precision = "int4";
  record.task = task;
  return record;
}

Trial trial(std::int64_t index) {
  Trial trial;
  trial.scenario = "single_stream";
  trial.index = index;
  trial.streams.push_back({12, 0, 5'000'000, {6'000'000, 7'000'000}, "abc", "length"});
  return trial;
}

Item item(std::int64_t doc_id, double acc = 1.0) {
  return {"nano_qa", doc_id, Json{{"target", "a \"b\""}}, {{"acc", acc}, {"exact_match,strict-match", 0.5}}};
}

class StoreTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "bantam.db"; }
  Store open() const {
    auto store = Store::open(path());
    EXPECT_TRUE(store) << store.error().message;
    return *std::move(store);
  }

  support::TempDir folder_;
};

TEST_F(StoreTest, gives_back_what_was_put_in_after_closing) {
  Record done = header("k1");
  {
    Store store = open();
    ASSERT_EQ(store.begin_attempt(done), 1);
    ASSERT_TRUE(store.append_trial("k1", 1, trial(0)));
    ASSERT_TRUE(store.append_trial("k1", 1, trial(1)));
    ASSERT_TRUE(store.append_items("k1", {item(2), item(0), item(1)}));
    done.metrics["ttft_s"] = {0.014, record::Interval{0.013, 0.015, 0.95, "order_statistic"}, {}, 12};
    ASSERT_TRUE(store.finish(done));
  }
  Store store = open();
  EXPECT_EQ(to_json(store.find_record("k1")->value()), to_json(done));
  const auto trials = store.trials("k1", 1).value();
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_EQ(to_json(trials[1]), to_json(trial(1)));
  const auto items = store.items("k1").value();
  ASSERT_EQ(items.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(to_json(items[static_cast<std::size_t>(i)]), to_json(item(i)));
  const auto scores = store.item_scores("k1").value();
  EXPECT_EQ(scores[2].metrics, item(2).metrics);
  EXPECT_TRUE(scores[2].content.is_null());
  EXPECT_EQ(store.done_items("k1").value(),
            (record::DoneItems{{"nano_qa", 0}, {"nano_qa", 1}, {"nano_qa", 2}}));
}

TEST_F(StoreTest, keeps_older_attempts_and_reads_the_last_finished_one) {
  Store store = open();
  Record record = header("k1");
  record.outcome = record::Outcome::failed;
  record.failure = record::Failure{"worker", "died", "SIGILL"};
  ASSERT_EQ(store.begin_attempt(record), 1);
  ASSERT_TRUE(store.finish(record));
  record.outcome = record::Outcome::ok;
  record.failure.reset();
  record.attempt = 2;
  ASSERT_EQ(store.begin_attempt(record), 2);
  EXPECT_EQ(store.find_record("k1")->value().outcome, record::Outcome::failed)
      << "the second attempt still runs";
  ASSERT_TRUE(store.finish(record));
  EXPECT_EQ(store.find_record("k1")->value().outcome, record::Outcome::ok);
  const auto attempts = store.attempts("k1").value();
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].failure->signal, "SIGILL");
  EXPECT_EQ(store.records()->size(), 1U);
}

TEST_F(StoreTest, an_interrupted_attempt_keeps_its_number_and_its_items_but_loses_its_trials) {
  {
    Store store = open();
    ASSERT_EQ(store.begin_attempt(header("k1")), 1);
    ASSERT_TRUE(store.append_trial("k1", 1, trial(0)));
    ASSERT_TRUE(store.append_items("k1", {item(0)}));
  }
  Store store = open();
  EXPECT_EQ(store.find_record("k1").value(), std::nullopt);
  EXPECT_TRUE(store.records()->empty());
  EXPECT_EQ(store.begin_attempt(header("k1")), 1);
  EXPECT_TRUE(store.trials("k1", 1)->empty());
  EXPECT_EQ(store.items("k1")->size(), 1U);
}

TEST_F(StoreTest, an_attempt_that_was_finished_elsewhere_is_put_in_as_a_whole) {
  Store store = open();
  record::FinishedCell cell{header("k1", "nano_qa"), {trial(0), trial(1)}, {}, {item(0), item(1)}};
  cell.record.attempt = 3;
  cell.blocks.push_back(record::Block{});
  ASSERT_EQ(store.add_finished(cell), 3);
  EXPECT_EQ(to_json(store.find_record("k1")->value()), to_json(cell.record));
  EXPECT_EQ(store.trials("k1", 3)->size(), 2U);
  EXPECT_EQ(store.blocks("k1", 3)->size(), 1U);
  EXPECT_EQ(store.check_basis(cell.record), Basis::intact);
  EXPECT_TRUE(store.damaged_rows()->empty());

  cell.items = {item(5, 0.0)};
  cell.record.model = "another name";
  ASSERT_EQ(store.add_finished(cell), 4) << "a number that is taken";
  EXPECT_EQ(store.done_items("k1").value(), (record::DoneItems{{"nano_qa", 5}}));
  EXPECT_EQ(store.has_its_names(store.find_record("k1")->value()), true);

  cell.items = {item(6), item(6)};
  EXPECT_FALSE(store.add_finished(cell));
  EXPECT_EQ(store.done_items("k1").value(), (record::DoneItems{{"nano_qa", 5}})) << "all or nothing";
  EXPECT_EQ(store.counts()->attempts, 2);

  ASSERT_TRUE(store.begin_attempt(header("k2")));
  const auto refused = store.add_finished({header("k2"), {}, {}, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::integrity);
}

TEST_F(StoreTest, an_item_counts_once_and_a_different_duplicate_is_refused_with_its_batch) {
  Store store = open();
  ASSERT_TRUE(store.begin_attempt(header("k1", "nano_qa")));
  ASSERT_TRUE(store.append_items("k1", {item(0), item(1)}));
  ASSERT_TRUE(store.append_items("k1", {item(1), item(2)}));
  EXPECT_EQ(store.counts()->items, 3);
  const auto differing = store.append_items("k1", {item(3), item(1, 0.0)});
  ASSERT_FALSE(differing);
  EXPECT_EQ(differing.error().kind, base::ErrorKind::integrity);
  EXPECT_NE(differing.error().message.find("item 1 of task nano_qa was computed twice"), std::string::npos);
  EXPECT_EQ(store.counts()->items, 3) << "the batch is refused as a whole";
  ASSERT_TRUE(store.drop_items("k1"));
  EXPECT_EQ(store.counts()->items, 0);
}

TEST_F(StoreTest, an_item_is_extended_and_keeps_what_it_had) {
  Store store = open();
  ASSERT_TRUE(store.begin_attempt(header("k1", "nano_qa")));
  ASSERT_TRUE(store.append_items("k1", {item(0), item(1)}));
  const Item more{"nano_qa", 1, Json{{"cut", true}}, {{"bertscore_f1", 0.75}}};
  ASSERT_TRUE(store.extend_items("k1", {more}));
  ASSERT_TRUE(store.extend_items("k1", {more})) << "the same again changes nothing";
  const auto items = store.items("k1").value();
  EXPECT_EQ(to_json(items[0]), to_json(item(0)));
  Item extended = item(1);
  extended.content["cut"] = true;
  extended.metrics["bertscore_f1"] = 0.75;
  EXPECT_EQ(to_json(items[1]), to_json(extended));
}

TEST_F(StoreTest, an_extension_that_contradicts_is_refused_with_its_batch) {
  Store store = open();
  ASSERT_TRUE(store.begin_attempt(header("k1", "nano_qa")));
  ASSERT_TRUE(store.append_items("k1", {item(0), item(1)}));
  const Item fine{"nano_qa", 0, Json::object(), {{"bertscore_f1", 0.75}}};
  for (const Item& bad :
       {Item{"nano_qa", 1, Json::object(), {{"acc", 0.0}}}, Item{"nano_qa", 1, Json{{"target", "b"}}, {}},
        Item{"nano_qa", 2, Json::object(), {}}}) {
    const auto extended = store.extend_items("k1", {fine, bad});
    ASSERT_FALSE(extended);
    EXPECT_EQ(extended.error().kind, base::ErrorKind::integrity);
  }
  EXPECT_EQ(to_json(store.items("k1").value()[0]), to_json(item(0)));
}

TEST_F(StoreTest, refuses_what_would_contradict_itself) {
  Store store = open();
  EXPECT_EQ(store.finish(header("k1")).error().kind, base::ErrorKind::integrity);
  EXPECT_EQ(store.append_items("k1", {item(0)}).error().kind, base::ErrorKind::integrity);
  ASSERT_TRUE(store.begin_attempt(header("k1")));
  ASSERT_TRUE(store.finish(header("k1")));
  EXPECT_EQ(store.finish(header("k1")).error().kind, base::ErrorKind::integrity) << "finished twice";
  EXPECT_EQ(store.append_trial("k1", 1, trial(0)).error().kind, base::ErrorKind::integrity)
      << "already finished";
}

TEST_F(StoreTest, records_come_in_the_order_of_the_cells) {
  Store store = open();
  for (const char* key : {"zz", "aa", "mm"}) {
    ASSERT_TRUE(store.begin_attempt(header(key)));
    ASSERT_TRUE(store.finish(header(key)));
  }
  const auto records = store.records().value();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].cell_key, "zz");
  EXPECT_EQ(records[2].cell_key, "mm");
}

TEST_F(StoreTest, one_writing_run_at_a_time_and_any_number_of_readers) {
  {
    Store store = open();
    ASSERT_TRUE(store.begin_attempt(header("k1")));
    ASSERT_TRUE(store.finish(header("k1")));
    const auto second = Store::open(path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, base::ErrorKind::environment);
    EXPECT_NE(second.error().message.find("is using the store " + path().string()), std::string::npos);
    auto reader = Store::open_read_only(path());
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(reader->records()->size(), 1U);
    EXPECT_FALSE(reader->finish(header("k1"))) << "read only";
  }
  EXPECT_TRUE(Store::open(path())) << "the lock ends with its holder";
}

TEST_F(StoreTest, the_lock_holds_for_every_name_of_the_file) {
  const auto elsewhere = folder_.path() / "elsewhere";
  std::filesystem::create_directory(elsewhere);
  { open(); }
  std::filesystem::create_hard_link(path(), elsewhere / "hard.db");
  std::filesystem::create_symlink(path(), folder_.path() / "soft.db");
  const Store store = open();
  for (const auto& name :
       {elsewhere / "hard.db", folder_.path() / "soft.db", folder_.path() / "." / "bantam.db"}) {
    const auto second = Store::open(name);
    ASSERT_FALSE(second) << name;
    EXPECT_EQ(second.error().kind, base::ErrorKind::environment);
  }
}

TEST_F(StoreTest, the_lock_names_its_holder_and_ends_with_it) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = Store::open(path());
    static_cast<void>(!::write(ends[1], "x", 1));
    ::pause();
  }
  char ready = 0;
  ASSERT_EQ(::read(ends[0], &ready, 1), 1);
  const auto second = Store::open(path());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another run (process " + std::to_string(child) + ") is using"),
            std::string::npos)
      << second.error().message;
  EXPECT_TRUE(Store::open(path()));
}

TEST_F(StoreTest, a_store_that_is_moved_or_removed_under_its_run_is_told) {
  for (const bool is_moved : {true, false}) {
    Store store = open();
    ASSERT_TRUE(store.begin_attempt(header("k1")));
    if (is_moved) {
      std::filesystem::rename(path(), folder_.path() / "away.db");
    } else {
      std::filesystem::remove(path());
    }
    const auto done = store.finish(header("k1"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, base::ErrorKind::storage);
    EXPECT_NE(done.error().message.find("moved or removed"), std::string::npos);
  }
}

TEST_F(StoreTest, leaves_no_file_beside_it) {
  const auto names = [this] {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      found.insert(entry.path().filename().string());
    return found;
  };
  const std::set<std::string> alone{"bantam.db"};
  {
    Store store = open();
    ASSERT_TRUE(store.begin_attempt(header("k1")));
    ASSERT_TRUE(store.finish(header("k1")));
  }
  EXPECT_EQ(names(), alone);
  { ASSERT_EQ(Store::open_read_only(path())->records()->size(), 1U); }
  EXPECT_EQ(names(), alone);
  {
    // The reader outlives the run.
    std::optional<Store> store = open();
    auto reader = Store::open_read_only(path());
    ASSERT_TRUE(reader);
    ASSERT_TRUE(store->begin_attempt(header("k2")));
    ASSERT_TRUE(store->finish(header("k2")));
    store.reset();
    EXPECT_EQ(reader->records()->size(), 2U);
  }
  EXPECT_EQ(names(), alone);
}

TEST_F(StoreTest, refuses_at_once_what_is_no_file) {
  const auto pipe = folder_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink(pipe, folder_.path() / "link");
  // A pipe in the place of the log would hang as well.
  ASSERT_EQ(::mkfifo((folder_.path() / "other.db-wal").c_str(), 0600), 0);
  for (const std::filesystem::path& name :
       {pipe, folder_.path() / "link", folder_.path() / "other.db", folder_.path(),
        std::filesystem::path("/dev/zero"), std::filesystem::path("/dev/null")}) {
    for (const auto& result : {Store::open(name), Store::open_read_only(name)}) {
      ASSERT_FALSE(result) << name;
      EXPECT_EQ(result.error().kind, base::ErrorKind::storage) << name;
      EXPECT_NE(result.error().message.find("not a bantam store"), std::string::npos)
          << result.error().message;
    }
  }
  for (const auto& result : {Store::open(""), Store::open_read_only("")}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, base::ErrorKind::usage);
  }
}

TEST_F(StoreTest, refuses_names_that_leave_no_room_for_endings) {
  // 255 bytes are a file system's limit, and SQLite adds "-journal".
  EXPECT_TRUE(Store::open(folder_.path() / std::string(247, 'n')));
  for (const std::size_t length : {std::size_t{248}, std::size_t{255}, std::size_t{256}, std::size_t{5000}}) {
    const auto store = Store::open(folder_.path() / std::string(length, 'n'));
    ASSERT_FALSE(store) << length;
    EXPECT_EQ(store.error().kind, base::ErrorKind::storage);
    EXPECT_NE(store.error().message.find(std::to_string(length) + " bytes"), std::string::npos)
        << store.error().message;
  }
}

TEST_F(StoreTest, a_name_that_sqlite_has_a_meaning_for_is_a_file) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  for (const char* name : {":memory:", "file:a.db?mode=memory"}) {
    EXPECT_TRUE(Store::open(name));
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / name)) << name;
  }
  std::filesystem::current_path(before);
}

TEST_F(StoreTest, makes_its_folder_but_never_a_store_for_reading) {
  EXPECT_TRUE(Store::open(folder_.path() / "a" / "b" / "c.db"));
  const auto missing = Store::open_read_only(path());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, base::ErrorKind::storage);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(StoreTest, leaves_other_files_as_they_are) {
  const std::string text(5000, 'x');
  ASSERT_TRUE(base::write_file_atomically(path(), text));
  for (const auto& result : {Store::open(path()), Store::open_read_only(path())}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, base::ErrorKind::storage);
    EXPECT_EQ(result.error().message, path().string() + " is not a bantam store");
    EXPECT_FALSE(result.error().hint.empty());
  }
  EXPECT_EQ(base::read_file(path()).value(), text);
}

TEST_F(StoreTest, refuses_another_programs_database_without_changing_it) {
  {
    auto other = Database::open(path()).value();
    ASSERT_TRUE(other->execute("create table songs (title text)"));
  }
  const std::string before = base::read_file(path()).value();
  const auto store = Store::open(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, base::ErrorKind::storage);
  EXPECT_NE(store.error().message.find("another program's database"), std::string::npos);
  EXPECT_EQ(base::read_file(path()).value(), before);
  EXPECT_FALSE(std::filesystem::exists(path().string() + ".lock")) << "left beside another program's file";
}

TEST_F(StoreTest, refuses_a_newer_schema) {
  open();
  ASSERT_TRUE(Database::open(path()).value()->execute("pragma user_version = 99"));
  for (const auto& result : {Store::open(path()), Store::open_read_only(path())}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, base::ErrorKind::storage);
    EXPECT_NE(result.error().message.find("has schema 99; this version reads up to 4"), std::string::npos);
  }
}

TEST_F(StoreTest, names_a_path_that_cannot_hold_a_store) {
  ASSERT_TRUE(base::write_file_atomically(folder_.path() / "file", "x"));
  const auto under_a_file = Store::open(folder_.path() / "file" / "bantam.db");
  ASSERT_FALSE(under_a_file);
  EXPECT_EQ(under_a_file.error().kind, base::ErrorKind::storage);
  EXPECT_NE(under_a_file.error().message.find((folder_.path() / "file").string()), std::string::npos);
  const auto a_folder = Store::open(folder_.path());
  ASSERT_FALSE(a_folder);
  EXPECT_EQ(a_folder.error().kind, base::ErrorKind::storage);
}

TEST_F(StoreTest, damage_is_an_integrity_error) {
  {
    Store store = open();
    ASSERT_TRUE(store.begin_attempt(header("k1")));
    ASSERT_TRUE(store.finish(header("k1")));
  }
  ASSERT_TRUE(Database::open(path()).value()->execute("update attempts set record = '{\"schema\": 1}'"));
  const auto records = open().records();
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().kind, base::ErrorKind::integrity);
}

TEST_F(StoreTest, file_names_with_odd_characters_work_read_only_too) {
  const auto odd = folder_.path() / "a?b#c%20 ü.db";
  { ASSERT_TRUE(Store::open(odd)); }
  EXPECT_TRUE(Store::open_read_only(odd));
}

}  // namespace
}  // namespace bantam::store
