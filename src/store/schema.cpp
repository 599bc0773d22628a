#include "store/schema.hpp"

#include <fmt/format.h>
#include <array>

#include "base/text.hpp"

namespace bantam::store {
namespace {

constexpr std::int64_t kApplicationId = 0x62616e74;  // "bant"

// Append only: entry i brings a store from schema i to i + 1. Entries that have been released are never
// edited.
constexpr auto kMigrations = std::to_array<std::string_view>({
    R"sql(
create table meta (
  name text primary key,
  value text not null
) strict, without rowid;

create table cells (
  id integer primary key,
  key text not null unique,     -- hash of all that determines the result
  model text not null,
  precision text not null,
  task text not null
) strict;

create table attempts (
  cell integer not null references cells (id),
  attempt integer not null,     -- from 1
  finished integer not null,    -- 0 while the cell runs, and after an interruption
  record text not null,         -- JSON; what is known at the start until finished
  primary key (cell, attempt)
) strict, without rowid;

create table trials (
  cell integer not null,
  attempt integer not null,
  position integer not null,    -- order of measuring, from 0
  content text not null,        -- JSON
  primary key (cell, attempt, position),
  foreign key (cell, attempt) references attempts (cell, attempt)
) strict;

create table items (
  cell integer not null references cells (id),
  task text not null,
  doc_id integer not null,
  metrics text not null,        -- JSON; before the long column, so that scores are read without it
  content text not null,        -- JSON
  primary key (cell, task, doc_id)
) strict;
)sql",
    // Checksums of rows, so that what the disk changed is noticed; null in rows of schema 1. That of an
    // item's metrics lies before the long column, too.
    R"sql(
alter table attempts add column checksum integer;
alter table trials add column checksum integer;

create table checked_items (
  cell integer not null references cells (id),
  task text not null,
  doc_id integer not null,
  metrics text not null,        -- JSON; before the long column, so that scores are read without it
  checksum integer,             -- of all columns before
  content text not null,        -- JSON
  content_checksum integer,     -- of checksum and content
  primary key (cell, task, doc_id)
) strict;
insert into checked_items (cell, task, doc_id, metrics, content) select cell, task, doc_id, metrics, content from items;
drop table items;
alter table checked_items rename to items;
)sql",
    // Blocks of performance cells: a row says that the block is whole.
    R"sql(
create table blocks (
  cell integer not null,
  attempt integer not null,
  round integer not null,       -- from 0
  content text not null,        -- JSON
  checksum integer,
  primary key (cell, attempt, round),
  foreign key (cell, attempt) references attempts (cell, attempt)
) strict;
)sql",
    // What a finished attempt rests on, so that rows that are missing or more are noticed; null in attempts
    // of earlier schemas.
    R"sql(
alter table attempts add column basis text;
)sql",
});

// Schema of the file: 0 for an empty database.
base::Result<std::int64_t> read_schema(Database& database) {
  TRY_ASSIGN(const auto application, database.integer("pragma application_id"));
  TRY_ASSIGN(const auto version, database.integer("pragma user_version"));
  TRY_ASSIGN(const auto tables, database.integer("select count(*) from sqlite_schema"));
  const std::string file = base::printable(database.path().string());
  const bool is_empty = application == 0 && version == 0 && tables == 0;
  if (!is_empty && application != kApplicationId) {
    return base::fail(base::ErrorKind::storage,
                      fmt::format("{} is another program's database, not a bantam store", file),
                      "name another file with --store; this one is left as it is");
  }
  if (version > current_schema()) {
    return base::fail(base::ErrorKind::storage,
                      fmt::format("the store {} has schema {}; this version reads up to {}", file, version,
                                  current_schema()),
                      "use a newer bantam, or name another file with --store");
  }
  return version;
}

}  // namespace

int current_schema() {
  return static_cast<int>(kMigrations.size());
}

base::Status migrate(Database& database) {
  TRY_ASSIGN(const auto first, read_schema(database));
  TRY(database.make_commits_durable());
  if (first == current_schema()) return {};
  TRY_ASSIGN(Transaction transaction, Transaction::begin(database));
  for (auto next = static_cast<std::size_t>(first); next < kMigrations.size(); ++next) {
    TRY(database.execute(std::string(kMigrations[next])));
  }
  TRY(database.execute(fmt::format("pragma application_id = {}; pragma user_version = {};", kApplicationId,
                                   current_schema())));
  return transaction.commit();
}

base::Result<bool> has_older_schema(Database& database) {
  TRY_ASSIGN(const auto schema, read_schema(database));
  return schema > 0 && schema < current_schema();
}

base::Status check_schema(Database& database) {
  TRY_ASSIGN(const auto schema, read_schema(database));
  if (schema == current_schema()) return {};
  const std::string file = base::printable(database.path().string());
  if (schema == 0) {
    return base::fail(base::ErrorKind::storage, fmt::format("{} holds no results", file),
                      "name the store of a run with --store");
  }
  return base::fail(
      base::ErrorKind::storage,
      fmt::format("the store {} has schema {}; this version needs {}", file, schema, current_schema()),
      "run any `bantam run` on it once to bring it up to date");
}

}  // namespace bantam::store
