#include "store/store.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "store/contradiction.hpp"
#include "store/schema.hpp"

namespace bantam::store {
using record::Block;
using record::Item;
using record::Record;
using record::Trial;

namespace {

// False when a member is there already with another value.
bool put_more(base::Json& object, const base::Json& more) {
  for (const auto& [key, value] : more.items()) {
    if (object.contains(key) && object[key] != value) return false;
    object[key] = value;
  }
  return true;
}

constexpr std::string_view kAttemptIsIntact =
    "checksum is null or checksum = checksum(cell, attempt, finished, record)";
// Reading a whole file that is larger takes longer than a command may.
base::Status check_structure(Database& database) {
  constexpr std::uintmax_t kLargest = 64U << 20;
  std::error_code missing;
  const std::uintmax_t bytes = std::filesystem::file_size(database.path(), missing);
  return missing || bytes > kLargest ? base::Status{} : database.check_structure();
}

}  // namespace

base::Result<Store> Store::open(const std::filesystem::path& path) {
  TRY(check_place(path));
  if (path.has_parent_path()) {
    if (const auto made = base::make_folders(path.parent_path()); !made) {
      return base::fail(
          made.error().kind,
          fmt::format("no place for the store {}: {}", base::printable(path.string()), made.error().message),
          "choose a file in a folder that you may write, with --store");
    }
  }
  TRY_ASSIGN(RunnerLock lock, RunnerLock::take(path));
  TRY_ASSIGN(auto database, Database::open(path));
  TRY(migrate(*database));
  TRY(check_structure(*database));
  lock.show_holder();
  return Store(std::move(lock), std::move(database));
}

base::Result<Store> Store::open_read_only(const std::filesystem::path& path) {
  TRY(check_place(path));
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return base::fail(base::ErrorKind::storage,
                      fmt::format("there is no store {}", base::printable(path.string())),
                      "make one with `bantam run`, or name another file with --store");
  }
  TRY_ASSIGN(auto database, Database::open_read_only(path));
  TRY_ASSIGN(const bool is_older, has_older_schema(*database));
  if (is_older) {
    database.reset();
    static_cast<void>(open(path));  // brings it up to date; if it cannot be, check_schema() says so
    TRY_ASSIGN(database, Database::open_read_only(path));
  }
  TRY(check_schema(*database));
  TRY(check_structure(*database));
  return Store(std::nullopt, std::move(database));
}

tl::unexpected<base::Error> Store::contradiction(const std::string& what) const {
  return store::contradiction(*database_, what);
}

base::Result<std::int64_t> Store::cell_id(std::string_view cell_key) {
  TRY_ASSIGN(Statement find, database_->prepare("select id from cells where key = ?"));
  TRY(find.bind({cell_key}));
  TRY_ASSIGN(const bool found, find.step());
  if (!found) return contradiction(fmt::format("cell {} was never begun", cell_key));
  return find.integer(0);
}

base::Status Store::check_is_kept() const {
  return lock_ ? lock_->check_still_at(database_->path()) : base::Status{};
}

base::Result<std::int64_t> Store::begin_attempt(const Record& header) {
  TRY(check_is_kept());
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*database_));
  TRY_ASSIGN(Statement add_cell, database_->prepare("insert into cells (key, model, precision, task) values "
                                                    "(?, ?, ?, ?) on conflict (key) do nothing"));
  TRY(add_cell.run({header.cell_key, header.model, header.precision, header.task}));
  TRY_ASSIGN(const std::int64_t cell, cell_id(header.cell_key));

  TRY_ASSIGN(Statement last,
             database_->prepare(fmt::format("select attempt, finished, {} from attempts where cell = ? "
                                            "order by attempt desc limit 1",
                                            kAttemptIsIntact)));
  TRY(last.bind({cell}));
  TRY_ASSIGN(const bool any, last.step());
  if (any && last.integer(2) == 0) return contradiction(changed("an attempt", header.cell_key));
  const bool interrupted = any && last.integer(1) == 0;
  const std::int64_t attempt = !any ? 1 : last.integer(0) + (interrupted ? 0 : 1);
  if (interrupted) TRY(drop_broken_blocks(cell, attempt));

  Record record = header;
  record.attempt = attempt;
  const std::string text = base::to_text(record::to_json(record));
  TRY_ASSIGN(Statement add,
             database_->prepare("insert into attempts (cell, attempt, finished, record, checksum) values "
                                "(?1, ?2, 0, ?3, checksum(?1, ?2, 0, ?3)) on conflict do update set record = "
                                "excluded.record, checksum = excluded.checksum"));
  TRY(add.run({cell, attempt, text}));
  TRY(transaction.commit());
  return attempt;
}

base::Result<std::int64_t> Store::running(std::string_view cell_key, std::int64_t attempt,
                                          std::string_view what) {
  TRY_ASSIGN(const std::int64_t cell, cell_id(cell_key));
  TRY_ASSIGN(
      Statement open,
      database_->prepare("select count(*) from attempts where cell = ? and attempt = ? and finished = 0"));
  TRY(open.bind({cell, attempt}));
  TRY(open.step());
  if (open.integer(0) != 0) return cell;
  return contradiction(
      fmt::format("attempt {} of cell {} takes no {}: it is not running", attempt, cell_key, what));
}

base::Status Store::append_trial(std::string_view cell_key, std::int64_t attempt, const Trial& trial) {
  TRY_ASSIGN(const std::int64_t cell, running(cell_key, attempt, "trial"));
  const std::string content = base::to_text(record::to_json(trial));
  TRY_ASSIGN(Statement add,
             database_->prepare(
                 "insert into trials (cell, attempt, position, content, checksum) select ?1, ?2, next, ?3, "
                 "checksum(?1, ?2, next, ?3) from (select coalesce(max(position) + 1, 0) as next "
                 "from trials where cell = ?1 and attempt = ?2)"));
  return add.run({cell, attempt, content});
}

base::Status Store::drop_broken_blocks(std::int64_t cell, std::int64_t attempt) {
  TRY_ASSIGN(Statement drop,
             database_->prepare(
                 "delete from trials where cell = ?1 and attempt = ?2 and coalesce(json_extract(content, "
                 "'$.round'), -1) not in (select round from blocks where cell = ?1 and attempt = ?2)"));
  return drop.run({cell, attempt});
}

base::Result<std::optional<std::int64_t>> Store::open_attempt(std::string_view cell_key) {
  TRY_ASSIGN(Statement last,
             database_->prepare("select attempt from attempts where cell = (select id from cells where key = "
                                "?) and finished = 0 order by attempt desc limit 1"));
  TRY(last.bind({cell_key}));
  TRY_ASSIGN(const bool any, last.step());
  if (!any) return std::nullopt;
  return last.integer(0);
}

base::Status Store::append_block(std::string_view cell_key, std::int64_t attempt, const Block& block) {
  TRY(check_is_kept());
  TRY_ASSIGN(const std::int64_t cell, running(cell_key, attempt, "block"));
  const std::string content = base::to_text(record::to_json(block));
  TRY_ASSIGN(Statement add, database_->prepare("insert into blocks (cell, attempt, round, content, checksum) "
                                               "values (?1, ?2, ?3, ?4, checksum(?1, ?2, ?3, ?4))"));
  return add.run({cell, attempt, block.round, content});
}

base::Status Store::drop_block(std::string_view cell_key, std::int64_t attempt, std::int64_t round) {
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*database_));
  TRY_ASSIGN(const std::int64_t cell, running(cell_key, attempt, "change"));
  {
    TRY_ASSIGN(Statement drop,
               database_->prepare("delete from blocks where cell = ? and attempt = ? and round = ?"));
    TRY(drop.run({cell, attempt, round}));
  }
  TRY(drop_broken_blocks(cell, attempt));
  return transaction.commit();
}

base::Status Store::append_item(Statement& insert, Statement& find, std::int64_t cell, const Item& item) {
  const base::Json json = record::to_json(item);
  const std::string metrics = base::to_text(json["metrics"]);
  const std::string content = base::to_text(item.content);
  TRY(insert.run({cell, item.task, item.doc_id, metrics, content}));
  if (database_->changes() == 1) return {};
  TRY(find.bind({cell, item.task, item.doc_id}));
  TRY_ASSIGN(const bool there, find.step());
  if (there && find.text(0) == metrics && find.text(1) == content) return {};
  return contradiction(fmt::format("item {} of task {} was computed twice with different results",
                                   item.doc_id, base::printable(item.task)));
}

base::Status Store::append_items(std::string_view cell_key, const std::vector<Item>& items) {
  TRY(check_is_kept());
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*database_));
  TRY_ASSIGN(const std::int64_t cell, cell_id(cell_key));
  {
    TRY_ASSIGN(
        Statement insert,
        database_->prepare("insert into items (cell, task, doc_id, metrics, checksum, content, "
                           "content_checksum) select ?1, ?2, ?3, ?4, sum, ?5, checksum(sum, ?5) from "
                           "(select checksum(?1, ?2, ?3, ?4) as sum) where true on conflict do nothing"));
    TRY_ASSIGN(
        Statement find,
        database_->prepare("select metrics, content from items where cell = ? and task = ? and doc_id = ?"));
    for (const Item& item : items) TRY(append_item(insert, find, cell, item));
  }
  return transaction.commit();
}

base::Status Store::extend_item(Statement& find, Statement& update, std::int64_t cell, const Item& addition) {
  const auto name = [&] {
    return fmt::format("item {} of task {}", addition.doc_id, base::printable(addition.task));
  };
  TRY(find.bind({cell, addition.task, addition.doc_id}));
  TRY_ASSIGN(const bool there, find.step());
  if (!there) return contradiction(name() + " is not there to be extended");
  if (find.integer(2) == 0) return contradiction(name() + " is not what was written");
  TRY_ASSIGN(base::Json metrics, base::parse_json(find.text(0), name()));
  TRY_ASSIGN(base::Json content, base::parse_json(find.text(1), name()));
  find.reset();
  const base::Json more = record::to_json(addition);
  if (!put_more(metrics, more["metrics"]) || !put_more(content, addition.content)) {
    return contradiction(name() + " was computed twice with different results");
  }
  return update.run({cell, addition.task, addition.doc_id, base::to_text(metrics), base::to_text(content)});
}

base::Status Store::extend_items(std::string_view cell_key, const std::vector<Item>& additions) {
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*database_));
  TRY_ASSIGN(const std::int64_t cell, cell_id(cell_key));
  {
    TRY_ASSIGN(Statement find, database_->prepare("select metrics, content, checksum is null or (checksum = "
                                                  "checksum(cell, task, doc_id, metrics) and "
                                                  "content_checksum = checksum(checksum, content)) "
                                                  "from items where cell = ? and task = ? and doc_id = ?"));
    TRY_ASSIGN(
        Statement update,
        database_->prepare("update items set metrics = ?4, content = ?5, checksum = sum, content_checksum = "
                           "checksum(sum, ?5) from (select checksum(?1, ?2, ?3, ?4) as sum) "
                           "where cell = ?1 and task = ?2 and doc_id = ?3"));
    for (const Item& addition : additions) TRY(extend_item(find, update, cell, addition));
  }
  return transaction.commit();
}

base::Status Store::drop_items(std::string_view cell_key) {
  TRY_ASSIGN(const std::int64_t cell, cell_id(cell_key));
  TRY_ASSIGN(Statement drop, database_->prepare("delete from items where cell = ?"));
  return drop.run({cell});
}

base::Status Store::finish(const Record& record) {
  TRY(check_is_kept());
  TRY_ASSIGN(const std::int64_t cell, cell_id(record.cell_key));
  const std::string text = base::to_text(record::to_json(record));
  TRY_ASSIGN(const std::string basis, digest_of_basis(cell, record.attempt));
  TRY_ASSIGN(
      Statement update,
      database_->prepare("update attempts set record = ?1, finished = 1, checksum = checksum(?2, ?3, 1, ?1), "
                         "basis = ?4 where cell = ?2 and attempt = ?3 and finished = 0"));
  TRY(update.run({text, cell, record.attempt, basis}));
  if (database_->changes() == 1) return {};
  return contradiction(fmt::format("attempt {} of cell {} was not begun or is finished already",
                                   record.attempt, record.cell_key));
}

}  // namespace bantam::store
