// A store of which single bits have changed on the disk, and stores of other schemas.

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <fstream>
#include <random>

#include "base/files.hpp"
#include "store/store.hpp"
#include "support/temp_dir.hpp"

namespace bantam::store {
namespace {

namespace fs = std::filesystem;
using base::Json;
using record::Record;

Record header(const std::string& key) {
  Record record;
  record.cell_key = key;
  record.model = "nano";
  record.task = "nano_qa";
  return record;
}

void fill(const fs::path& path) {
  auto store = Store::open(path);
  ASSERT_TRUE(store);
  for (const char* key : {"k1", "k2"}) {
    ASSERT_TRUE(store->begin_attempt(header(key)));
    for (int i = 0; i < 3; ++i) {
      record::Trial trial;
      trial.scenario = "single_stream";
      trial.index = i;
      trial.streams.push_back({12, 0, 5'000'000 + i, {6'000'000, 7'000'000}, "abc", "length"});
      ASSERT_TRUE(store->append_trial(key, 1, trial));
    }
    std::vector<record::Item> items;
    for (int i = 0; i < 30; ++i)
      items.push_back({"nano_qa",
                       i,
                       Json{{"answer", std::string(150, static_cast<char>('a' + i % 26))}},
                       {{"acc", i % 2 * 0.5}}});
    ASSERT_TRUE(store->append_items(key, items));
    Record done = header(key);
    done.metrics["acc"] = {0.25, record::Interval{0.125, 0.5, 0.95, "wilson"}, {}, 30};
    ASSERT_TRUE(store->finish(done));
  }
}

// Everything that is in the store, as a reader sees it.
base::Result<std::string> read_all(const fs::path& path) {
  TRY_ASSIGN(Store store, Store::open_read_only(path));
  Json all = Json::array();
  TRY_ASSIGN(const auto records, store.records());
  for (const Record& record : records) {
    all.push_back(to_json(record));
    TRY_ASSIGN(const auto trials, store.trials(record.cell_key, record.attempt));
    for (const auto& trial : trials) all.push_back(to_json(trial));
    TRY_ASSIGN(const auto items, store.items(record.cell_key));
    for (const auto& item : items) all.push_back(to_json(item));
    TRY_ASSIGN(const auto scores, store.item_scores(record.cell_key));
    for (const auto& item : scores) all.push_back(to_json(item));
    TRY_ASSIGN(ScoreRows rows, store.scores(record.cell_key, "acc"));
    while (true) {
      TRY_ASSIGN(const auto row, rows.next());
      if (!row) break;
      all.push_back({std::string(row->task), row->doc_id, row->value});
    }
  }
  return base::to_text(all);
}

TEST(a_changed_bit, is_told_or_changes_nothing) {
  const support::TempDir folder;
  const auto path = folder.path() / "bantam.db";
  fill(path);
  const std::string whole = base::read_file(path).value();
  const std::string expected = read_all(path).value();
  std::mt19937 random(5);
  int told = 0;
  for (std::size_t at = 0; at < whole.size(); at += 1 + random() % 400) {
    std::string spoilt = whole;
    spoilt[at] = static_cast<char>(spoilt[at] ^ (1 << random() % 8));
    std::ofstream(path, std::ios::binary | std::ios::trunc) << spoilt;
    const auto read = read_all(path);
    if (read) {
      ASSERT_EQ(*read, expected) << "byte " << at;
      continue;
    }
    ++told;
    const bool is_storage = read.error().kind == base::ErrorKind::storage;
    EXPECT_TRUE(is_storage ? at < 100 : read.error().kind == base::ErrorKind::integrity)
        << "byte " << at << ": " << read.error().message;
  }
  EXPECT_GT(told, 20);
}

TEST(a_changed_bit, is_told_to_the_next_run) {
  const support::TempDir folder;
  const auto path = folder.path() / "bantam.db";
  fill(path);
  std::string content = base::read_file(path).value();
  const std::string_view value = "\"value\":0.25";
  ASSERT_NE(content.find(value), std::string::npos);
  for (auto at = content.find(value); at != std::string::npos; at = content.find(value, at + 1))
    content[at + value.size() - 1] = '7';  // 0.27, wherever a copy lies
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  auto store = Store::open(path);
  ASSERT_TRUE(store);
  const auto all = store->records();
  const auto one = store->find_record("k1");
  ASSERT_FALSE(all);
  ASSERT_FALSE(one);
  for (const auto& error : {all.error(), one.error()}) {
    EXPECT_EQ(error.kind, base::ErrorKind::integrity);
    EXPECT_NE(error.message.find("is not what was written"), std::string::npos) << error.message;
  }
}

// The schema of the first stores, as their files hold it.
constexpr const char* kFirstSchema = R"sql(
pragma journal_mode = wal;
create table meta (name text primary key, value text not null) strict, without rowid;
create table cells (id integer primary key, key text not null unique, model text not null, precision text not null, task text not null) strict;
create table attempts (cell integer not null references cells (id), attempt integer not null, finished integer not null, record text not null, primary key (cell, attempt)) strict, without rowid;
create table trials (cell integer not null, attempt integer not null, position integer not null, content text not null, primary key (cell, attempt, position), foreign key (cell, attempt) references attempts (cell, attempt)) strict;
create table items (cell integer not null references cells (id), task text not null, doc_id integer not null, metrics text not null, content text not null, primary key (cell, task, doc_id)) strict;
insert into cells values (1, 'k1', 'nano', 'int4', 'nano_qa');
insert into attempts values (1, 1, 1, '{"schema":1,"cell_key":"k1","model":"nano","precision":"int4","task":"nano_qa","attempt":1,"status":"ok","reference":"","started_at":"","finished_at":"","metrics":{}}');
insert into items values (1, 'nano_qa', 7, '{"acc":0.5}', '{"answer":"yes"}');
pragma application_id = 1650552436;
pragma user_version = 1;
)sql";

TEST(a_store_of_the_first_schema, is_brought_up_to_date_by_whoever_opens_it) {
  for (const bool is_run : {true, false}) {
    const support::TempDir folder;
    const auto path = folder.path() / "bantam.db";
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, kFirstSchema, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
    auto store = is_run ? Store::open(path) : Store::open_read_only(path);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(store->records()->size(), 1U);
    const auto items = store->items("k1");
    ASSERT_EQ(items->size(), 1U);
    EXPECT_EQ(items->front().doc_id, 7);
    EXPECT_EQ(items->front().metrics.at("acc"), 0.5);
    EXPECT_EQ(items->front().content, (Json{{"answer", "yes"}}));
    if (!is_run) continue;
    ASSERT_TRUE(store->extend_items("k1", {{"nano_qa", 7, Json::object(), {{"f1", 1.0}}}}));
    EXPECT_EQ(store->items("k1")->front().metrics.size(), 2U);
  }
}

}  // namespace
}  // namespace bantam::store
