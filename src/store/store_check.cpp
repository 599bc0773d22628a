// What is checked of a store as a whole.
#include <fmt/format.h>

#include "base/hash.hpp"
#include "store/store.hpp"

namespace bantam::store {

base::Result<std::string> Store::digest_of_basis(std::int64_t cell, std::int64_t attempt) {
  base::Digest digest = base::Digest::sha256();
  // The checksum of a row covers where it stands and what it holds.
  const auto add = [&](std::string_view sql, std::initializer_list<Parameter> parameters) -> base::Status {
    TRY_ASSIGN(Statement select, database_->prepare(sql));
    TRY(select.bind(parameters));
    while (true) {
      TRY_ASSIGN(const bool row, select.step());
      if (!row) break;
      digest.add(fmt::format("{}\n", select.integer(0)));
    }
    digest.add("\n");
    return {};
  };
  TRY(add("select checksum from trials where cell = ? and attempt = ? order by position", {cell, attempt}));
  TRY(add("select checksum from blocks where cell = ? and attempt = ? order by round", {cell, attempt}));
  TRY(add("select checksum from items where cell = ? order by task, doc_id", {cell}));
  return digest.hex();
}

base::Result<std::vector<std::string>> Store::cell_keys() {
  TRY_ASSIGN(Statement select, database_->prepare("select key from cells order by id"));
  TRY(select.bind({}));
  std::vector<std::string> keys;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return keys;
    keys.emplace_back(select.text(0));
  }
}

base::Result<Basis> Store::check_basis(const record::Record& record) {
  TRY_ASSIGN(const std::int64_t cell, cell_id(record.cell_key));
  TRY_ASSIGN(
      Statement select,
      database_->prepare("select basis, (select max(attempt) from attempts where cell = ?1) from attempts "
                         "where cell = ?1 and attempt = ?2"));
  TRY(select.bind({cell, record.attempt}));
  TRY_ASSIGN(const bool row, select.step());
  if (!row) return Basis::changed;
  if (select.integer(1) != record.attempt) return Basis::replaced;
  if (select.is_null(0)) return Basis::unknown;
  const std::string kept(select.text(0));
  TRY_ASSIGN(const std::string now, digest_of_basis(cell, record.attempt));
  return now == kept ? Basis::intact : Basis::changed;
}

base::Result<bool> Store::has_its_names(const record::Record& record) {
  TRY_ASSIGN(Statement select,
             database_->prepare("select count(*) from cells where key = ? and model = ? and "
                                "precision = ? and task = ?"));
  TRY(select.bind({record.cell_key, record.model, record.precision, record.task}));
  TRY_ASSIGN(const bool row, select.step());
  return row && select.integer(0) == 1;
}

base::Result<std::vector<std::string>> Store::damaged_rows() {
  struct Check {
    const char* what;
    const char* sql;
  };
  constexpr Check kChecks[] = {
      {"records that are not what was written",
       "select count(*) from attempts where checksum != checksum(cell, attempt, finished, record)"},
      {"trials that are not what was written",
       "select count(*) from trials where checksum != checksum(cell, attempt, position, content)"},
      {"blocks that are not what was written",
       "select count(*) from blocks where checksum != checksum(cell, attempt, round, content)"},
      {"items that are not what was written",
       "select count(*) from items where checksum != checksum(cell, task, doc_id, metrics) or "
       "content_checksum != "
       "checksum(checksum, content)"},
      {"rows that belong to no cell or to no attempt of one", "select count(*) from pragma_foreign_key_check"},
      {"cells that have lost their attempts",
       "select count(*) from cells where id not in (select cell from attempts)"}};
  std::vector<std::string> damage;
  for (const Check& check : kChecks) {
    TRY_ASSIGN(const std::int64_t count, database_->integer(check.sql));
    if (count > 0) damage.push_back(fmt::format("{}: {}", check.what, count));
  }
  return damage;
}

base::Status Store::check_file() {
  return database_->check_structure();
}

}  // namespace bantam::store
