#pragma once
// Where records, trials and items are kept: one SQLite file. Every writing call is one transaction that is on
// the disk when it returns, so kill -9 at any instant loses at most the call in flight. Knows nothing of how
// results come about or are shown. One thread at a time; one writing run per file, any number of readers.
//
// Errors: storage (cannot be read or written), integrity (content contradicts itself), environment (another
// run).

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "record/block.hpp"
#include "record/finished_cell.hpp"
#include "record/record.hpp"
#include "store/runner_lock.hpp"
#include "store/score_rows.hpp"
#include "store/sqlite.hpp"

namespace bantam::store {

struct Counts {
  std::int64_t cells = 0;
  std::int64_t attempts = 0;
  std::int64_t trials = 0;
  std::int64_t items = 0;
};

enum class Basis {
  intact,
  changed,   // rows are missing, more, or others
  replaced,  // a later attempt has begun, which may have other items
  unknown    // finished by an earlier version, which kept no digest
};

class Store {
 public:
  // For the one writing run; makes the file and its folder when missing and migrates older stores.
  static base::Result<Store> open(const std::filesystem::path& path);
  // For analysis; also while a run is writing. Leaves no file behind. storage when the file is missing.
  static base::Result<Store> open_read_only(const std::filesystem::path& path);

  // Opens the next attempt of the header's cell and returns its number, from 1. An attempt that was
  // interrupted is taken over: it keeps its number and its whole blocks, and loses all other trials, since
  // trials of two sittings never share a median. Items of the cell stay: they are the same whenever they are
  // computed.
  base::Result<std::int64_t> begin_attempt(const record::Record& header);
  // The number that begin_attempt() would give for a cell that was interrupted; absent for others.
  base::Result<std::optional<std::int64_t>> open_attempt(std::string_view cell_key);
  // A block of an attempt that is running: its trials are all there.
  base::Status append_block(std::string_view cell_key, std::int64_t attempt, const record::Block& block);
  // Takes the block and its trials out.
  base::Status drop_block(std::string_view cell_key, std::int64_t attempt, std::int64_t round);
  base::Status append_trial(std::string_view cell_key, std::int64_t attempt, const record::Trial& trial);
  // All of them or none. An item that is there already is left as it is; integrity when it differs.
  base::Status append_items(std::string_view cell_key, const std::vector<record::Item>& items);
  // Puts more metrics and more members of `content` into items that are there. All or none. What an item has
  // already stays as it is; integrity when it differs, and when there is no such item.
  base::Status extend_items(std::string_view cell_key, const std::vector<record::Item>& additions);
  base::Status drop_items(std::string_view cell_key);
  // Closes record.attempt of record.cell_key. integrity unless that attempt was begun and is not finished.
  base::Status finish(const record::Record& record);
  // Puts in an attempt that was finished elsewhere, with all that it rests on: all or nothing. It keeps its
  // number unless the cell has one as high: then it gets the next. Its items take the place of those that the
  // cell has. Returns the number; integrity while an attempt of the cell is running.
  base::Result<std::int64_t> add_finished(record::FinishedCell finished);

  // The cell's last finished attempt; absent when there is none.
  base::Result<std::optional<record::Record>> find_record(std::string_view cell_key);
  // The last finished attempt of every cell, in the order in which the cells were first begun.
  base::Result<std::vector<record::Record>> records();
  // Every finished attempt of a cell, oldest first.
  base::Result<std::vector<record::Record>> attempts(std::string_view cell_key);
  // In the order of measuring.
  base::Result<std::vector<record::Trial>> trials(std::string_view cell_key, std::int64_t attempt);
  // Those of the blocks from this round on, which are the last ones; reads no others.
  base::Result<std::vector<record::Trial>> trials_from(std::string_view cell_key, std::int64_t attempt,
                                                       std::int64_t round);
  // By round.
  base::Result<std::vector<record::Block>> blocks(std::string_view cell_key, std::int64_t attempt);
  // By task, then doc_id.
  base::Result<std::vector<record::Item>> items(std::string_view cell_key);
  // The same without `content`, which is not read: fast for millions.
  base::Result<std::vector<record::Item>> item_scores(std::string_view cell_key);
  // The same of one metric alone, row by row: for more of them than can be held. Outlives neither the store
  // nor its move.
  base::Result<ScoreRows> scores(std::string_view cell_key, std::string metric);
  // items() and trials() one after another; what `take` gives ends it.
  base::Status each_item(std::string_view cell_key, const std::function<base::Status(record::Item)>& take);
  base::Status each_trial(std::string_view cell_key, std::int64_t attempt,
                          const std::function<base::Status(record::Trial)>& take);
  base::Result<record::DoneItems> done_items(std::string_view cell_key);
  base::Result<Counts> counts();

  // The keys of all cells, in the order in which they were first begun.
  base::Result<std::vector<std::string>> cell_keys();
  // Whether the trials, blocks and items that a finished attempt rested on are there, and no others.
  base::Result<Basis> check_basis(const record::Record& record);
  // Whether model, precision and task of the record's cell stand in the table of cells as in the record.
  base::Result<bool> has_its_names(const record::Record& record);
  // Rows of any attempt, finished or not, that are not what was written, and rows without what they belong
  // to: one sentence for each kind, with their number.
  base::Result<std::vector<std::string>> damaged_rows();
  // Reads the whole file: integrity, saying what, when its structure is broken.
  base::Status check_file();

 private:
  Store(std::optional<RunnerLock> lock, std::unique_ptr<Database> database)
      : lock_(std::move(lock)), database_(std::move(database)) {}
  // storage when the file is no longer where it was opened: what is written now would be lost.
  base::Status check_is_kept() const;
  // integrity when no attempt of this cell was ever begun.
  base::Result<std::int64_t> cell_id(std::string_view cell_key);
  // The cell's id. integrity unless the attempt was begun and is not finished; `what` could then not be
  // taken.
  base::Result<std::int64_t> running(std::string_view cell_key, std::int64_t attempt, std::string_view what);
  base::Result<std::vector<record::Record>> read_records(std::string_view sql,
                                                         std::initializer_list<Parameter> parameters);
  // The items of a cell; no rows for one that was never begun.
  base::Result<Statement> select_items(std::string_view cell_key, bool with_content);
  base::Status read_items(std::string_view cell_key, bool with_content,
                          const std::function<base::Status(record::Item)>& take);
  base::Result<std::vector<record::Item>> collect_items(std::string_view cell_key, bool with_content);
  base::Result<record::Trial> trial_in(const Statement& select, std::string_view cell_key) const;
  base::Result<std::vector<record::Trial>> read_trials(std::string_view cell_key, std::int64_t attempt,
                                                       std::optional<std::int64_t> from_round);
  // The trials of blocks that are not whole, and those of no block.
  base::Status drop_broken_blocks(std::int64_t cell, std::int64_t attempt);
  base::Status append_item(Statement& insert, Statement& find, std::int64_t cell, const record::Item& item);
  base::Status extend_item(Statement& find, Statement& update, std::int64_t cell,
                           const record::Item& addition);
  base::Status add_rows(std::int64_t cell, const record::FinishedCell& finished);
  base::Status close_added(std::int64_t cell, const record::Record& record);
  // Of the checksums of the attempt's trials and blocks and of the cell's items, in their order.
  base::Result<std::string> digest_of_basis(std::int64_t cell, std::int64_t attempt);
  tl::unexpected<base::Error> contradiction(const std::string& what) const;

  std::optional<RunnerLock> lock_;  // absent when read only
  std::unique_ptr<Database> database_;
};

}  // namespace bantam::store
