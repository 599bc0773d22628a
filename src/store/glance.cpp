#include "store/glance.hpp"

#include <fmt/format.h>

#include <memory>
#include <system_error>

#include "store/runner_lock.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace bantam::store {
namespace {

// Remainders, so that the sum has room; rows of the first schema have no checksum.
constexpr std::string_view kFinished =
    "select count(distinct cell), count(*), coalesce(sum(coalesce(checksum, attempt) % 1000000007), 0) "
    "from attempts where finished = 1";

constexpr std::string_view kOpen =
    "select c.model, c.precision, c.task, coalesce(json_extract(a.record, '$.point'), ''), "
    "(select count(*) from blocks where cell = a.cell and attempt = a.attempt), "
    "(select coalesce(max(position) + 1, 0) from trials where cell = a.cell and attempt = a.attempt), "
    "(select count(*) from items where cell = a.cell) "
    "from attempts a join cells c on c.id = a.cell where a.finished = 0 order by a.cell";

base::Status read_finished(Database& database, Glance& seen) {
  TRY_ASSIGN(Statement select, database.prepare(kFinished));
  TRY(select.bind({}));
  TRY(select.step());
  seen.finished = select.integer(0);
  if (seen.finished > 0) seen.results = fmt::format("{}-{}", select.integer(1), select.integer(2));
  return {};
}

base::Status read_open(Database& database, Glance& seen) {
  TRY_ASSIGN(Statement select, database.prepare(kOpen));
  TRY(select.bind({}));
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return {};
    seen.open.push_back({std::string(select.text(0)), std::string(select.text(1)),
                         std::string(select.text(2)), std::string(select.text(3)), select.integer(4),
                         select.integer(5), select.integer(6)});
  }
}

}  // namespace

base::Result<Glance> glance(const std::filesystem::path& path) {
  TRY(check_place(path));
  Glance seen;
  std::error_code missing;
  if (!std::filesystem::exists(path, missing)) return seen;
  TRY_ASSIGN(std::unique_ptr<Database> database, Database::open_read_only(path));
  TRY_ASSIGN(const std::int64_t tables, database->integer("select count(*) from sqlite_schema"));
  if (tables == 0) return seen;
  TRY_ASSIGN(const bool is_older, has_older_schema(*database));
  if (is_older) {
    database.reset();
    TRY(Store::open_read_only(path));
    TRY_ASSIGN(database, Database::open_read_only(path));
  }
  TRY(check_schema(*database));
  seen.is_there = true;
  TRY(read_finished(*database, seen));
  TRY(read_open(*database, seen));
  return seen;
}

}  // namespace bantam::store
