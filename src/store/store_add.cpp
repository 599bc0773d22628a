// Attempts that were finished elsewhere.
#include <fmt/format.h>

#include <algorithm>

#include "store/store.hpp"

namespace bantam::store {
namespace {

std::string text_of(const base::Json& json) {
  return base::to_text(json);
}

}  // namespace

base::Status Store::add_rows(std::int64_t cell, const record::FinishedCell& finished) {
  const std::int64_t attempt = finished.record.attempt;
  TRY_ASSIGN(Statement add_trial,
             database_->prepare("insert into trials (cell, attempt, position, content, checksum) values "
                                "(?1, ?2, ?3, ?4, checksum(?1, ?2, ?3, ?4))"));
  std::int64_t position = 0;
  for (const record::Trial& trial : finished.trials)
    TRY(add_trial.run({cell, attempt, position++, text_of(record::to_json(trial))}));
  TRY_ASSIGN(Statement add_block,
             database_->prepare("insert into blocks (cell, attempt, round, content, checksum) values "
                                "(?1, ?2, ?3, ?4, checksum(?1, ?2, ?3, ?4))"));
  for (const record::Block& block : finished.blocks)
    TRY(add_block.run({cell, attempt, block.round, text_of(record::to_json(block))}));
  TRY_ASSIGN(Statement drop, database_->prepare("delete from items where cell = ?"));
  TRY(drop.run({cell}));
  TRY_ASSIGN(Statement add_item,
             database_->prepare("insert into items (cell, task, doc_id, metrics, checksum, content, "
                                "content_checksum) select ?1, ?2, ?3, ?4, sum, ?5, checksum(sum, ?5) from "
                                "(select checksum(?1, ?2, ?3, ?4) as sum)"));
  for (const record::Item& item : finished.items) {
    const std::string metrics = text_of(record::to_json(item)["metrics"]);
    TRY(add_item.run({cell, item.task, item.doc_id, metrics, text_of(item.content)}));
  }
  return {};
}

base::Status Store::close_added(std::int64_t cell, const record::Record& record) {
  TRY_ASSIGN(const std::string basis, digest_of_basis(cell, record.attempt));
  TRY_ASSIGN(Statement close,
             database_->prepare("update attempts set finished = 1, basis = ?3, checksum = "
                                "checksum(cell, attempt, 1, record) where cell = ?1 and attempt = ?2"));
  return close.run({cell, record.attempt, basis});
}

base::Result<std::int64_t> Store::add_finished(record::FinishedCell finished) {
  record::Record& record = finished.record;
  TRY(check_is_kept());
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*database_));
  TRY_ASSIGN(
      Statement add_cell,
      database_->prepare("insert into cells (key, model, precision, task) values (?, ?, ?, ?) on conflict "
                         "(key) do update set model = excluded.model, precision = excluded.precision, "
                         "task = excluded.task"));
  TRY(add_cell.run({record.cell_key, record.model, record.precision, record.task}));
  TRY_ASSIGN(const std::int64_t cell, cell_id(record.cell_key));
  TRY_ASSIGN(const std::int64_t last,
             database_->integer(
                 fmt::format("select coalesce(max(attempt), 0) from attempts where cell = {}", cell)));
  TRY_ASSIGN(const std::int64_t running,
             database_->integer(
                 fmt::format("select count(*) from attempts where cell = {} and finished = 0", cell)));
  if (running > 0)
    return contradiction(fmt::format("cell {} takes no other attempt: one is running", record.cell_key));
  record.attempt = std::max(record.attempt, last + 1);
  TRY_ASSIGN(Statement add, database_->prepare("insert into attempts (cell, attempt, finished, record) "
                                               "values (?, ?, 0, ?)"));
  TRY(add.run({cell, record.attempt, text_of(record::to_json(record))}));
  TRY(add_rows(cell, finished));
  TRY(close_added(cell, record));
  TRY(transaction.commit());
  return record.attempt;
}

}  // namespace bantam::store
