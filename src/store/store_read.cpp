// What is read of a store: rows as they were written, or an error that says which are not.
#include <fmt/format.h>

#include <algorithm>

#include "store/contradiction.hpp"
#include "store/store.hpp"

namespace bantam::store {
using record::Block;
using record::Item;
using record::Record;
using record::Trial;

namespace {

// Record, whether it is intact, and its cell's key.
constexpr std::string_view kSelectRecords =
    "select record, checksum is null or checksum = checksum(cell, attempt, finished, record), "
    "(select key from cells where id = a.cell) from attempts a";

}  // namespace

base::Result<std::vector<Record>> Store::read_records(std::string_view sql,
                                                      std::initializer_list<Parameter> parameters) {
  TRY_ASSIGN(Statement select, database_->prepare(sql));
  TRY(select.bind(parameters));
  std::vector<Record> records;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return records;
    if (select.integer(1) == 0) return contradiction(changed("an attempt", select.text(2)));
    const auto json = base::parse_json(select.text(0), "record");
    if (!json) return contradiction(json.error().message);
    auto record = record::record_from(*json);
    if (!record) return contradiction(record.error().message);
    if (record->cell_key != select.text(2)) return contradiction(changed("the key", record->cell_key));
    records.push_back(*std::move(record));
  }
}

base::Result<std::optional<Record>> Store::find_record(std::string_view cell_key) {
  TRY_ASSIGN(auto found, attempts(cell_key));
  if (found.empty()) return std::nullopt;
  return std::move(found.back());
}

base::Result<std::vector<Record>> Store::records() {
  return read_records(fmt::format("{} where finished = 1 and attempt = (select max(attempt) from attempts "
                                  "where cell = a.cell and finished = 1) order by cell",
                                  kSelectRecords),
                      {});
}

base::Result<std::vector<Record>> Store::attempts(std::string_view cell_key) {
  return read_records(fmt::format("{} where cell = (select id from cells where key = ?) and finished = 1 "
                                  "order by attempt",
                                  kSelectRecords),
                      {cell_key});
}

// Of a row with a trial's content and whether it is intact.
base::Result<Trial> Store::trial_in(const Statement& select, std::string_view cell_key) const {
  if (select.integer(1) == 0) return contradiction(changed("a trial", cell_key));
  const auto json = base::parse_json(select.text(0), "trial");
  if (!json) return contradiction(json.error().message);
  auto trial = record::trial_from(*json);
  if (!trial) return contradiction(trial.error().message);
  return *std::move(trial);
}

base::Result<std::vector<Trial>> Store::read_trials(std::string_view cell_key, std::int64_t attempt,
                                                    std::optional<std::int64_t> from_round) {
  // Backwards: what is asked for stands at the end, and rows that are not stepped to are not read.
  TRY_ASSIGN(Statement select,
             database_->prepare(
                 "select content, checksum is null or checksum = checksum(cell, attempt, position, content) "
                 "from trials where cell = (select id from cells where key = ?) and attempt = ? order by "
                 "position desc"));
  TRY(select.bind({cell_key, attempt}));
  std::vector<Trial> trials;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) break;
    TRY_ASSIGN(Trial trial, trial_in(select, cell_key));
    if (from_round && trial.round.value_or(0) < *from_round) break;
    trials.push_back(std::move(trial));
  }
  std::ranges::reverse(trials);
  return trials;
}

base::Result<std::vector<Trial>> Store::trials(std::string_view cell_key, std::int64_t attempt) {
  return read_trials(cell_key, attempt, std::nullopt);
}

base::Result<std::vector<Trial>> Store::trials_from(std::string_view cell_key, std::int64_t attempt,
                                                    std::int64_t round) {
  return read_trials(cell_key, attempt, round);
}

base::Result<std::vector<Block>> Store::blocks(std::string_view cell_key, std::int64_t attempt) {
  TRY_ASSIGN(
      Statement select,
      database_->prepare(
          "select content, checksum is null or checksum = checksum(cell, attempt, round, content) "
          "from blocks where cell = (select id from cells where key = ?) and attempt = ? order by round"));
  TRY(select.bind({cell_key, attempt}));
  std::vector<Block> blocks;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return blocks;
    if (select.integer(1) == 0) return contradiction(changed("a block", cell_key));
    const auto json = base::parse_json(select.text(0), "block");
    if (!json) return contradiction(json.error().message);
    auto block = record::block_from(*json);
    if (!block) return contradiction(block.error().message);
    blocks.push_back(*std::move(block));
  }
}

base::Status Store::each_trial(std::string_view cell_key, std::int64_t attempt,
                               const std::function<base::Status(Trial)>& take) {
  TRY_ASSIGN(Statement select,
             database_->prepare(
                 "select content, checksum is null or checksum = checksum(cell, attempt, position, content) "
                 "from trials where cell = (select id from cells where key = ?) and attempt = ? order by "
                 "position"));
  TRY(select.bind({cell_key, attempt}));
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return {};
    TRY_ASSIGN(Trial trial, trial_in(select, cell_key));
    TRY(take(std::move(trial)));
  }
}

base::Result<Statement> Store::select_items(std::string_view cell_key, bool with_content) {
  TRY_ASSIGN(Statement find, database_->prepare("select id from cells where key = ?"));
  TRY(find.bind({cell_key}));
  TRY_ASSIGN(const bool is_known, find.step());
  constexpr std::int64_t kNoCell = -1;
  const std::int64_t cell = is_known ? find.integer(0) : kNoCell;
  TRY_ASSIGN(Statement select,
             database_->prepare(fmt::format(
                 "select task, doc_id, metrics, checksum is null or checksum = checksum(cell, task, doc_id, "
                 "metrics){} "
                 "from items where cell = ? order by task, doc_id",
                 with_content
                     ? ", content, content_checksum is null or content_checksum = checksum(checksum, content)"
                     : "")));
  TRY(select.bind({cell}));
  return select;
}

base::Status Store::read_items(std::string_view cell_key, bool with_content,
                               const std::function<base::Status(Item)>& take) {
  TRY_ASSIGN(Statement select, select_items(cell_key, with_content));
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return {};
    if (select.integer(3) == 0 || (with_content && select.integer(5) == 0))
      return contradiction(changed("an item", cell_key));
    Item item{std::string(select.text(0)), select.integer(1), {}, {}};
    const auto metrics = base::parse_json(select.text(2), "metrics of an item");
    if (!metrics) return contradiction(metrics.error().message);
    for (const auto& [name, value] : metrics->items()) {
      if (!value.is_number())
        return contradiction(fmt::format("metric '{}' of an item is not a number", name));
      item.metrics[name] = value.get<double>();
    }
    if (with_content) {
      auto content = base::parse_json(select.text(4), "content of an item");
      if (!content) return contradiction(content.error().message);
      item.content = *std::move(content);
    }
    TRY(take(std::move(item)));
  }
}

base::Result<std::vector<Item>> Store::collect_items(std::string_view cell_key, bool with_content) {
  std::vector<Item> items;
  TRY(read_items(cell_key, with_content, [&items](Item item) -> base::Status {
    items.push_back(std::move(item));
    return {};
  }));
  return items;
}

base::Result<std::vector<Item>> Store::items(std::string_view cell_key) {
  return collect_items(cell_key, true);
}

base::Result<std::vector<Item>> Store::item_scores(std::string_view cell_key) {
  return collect_items(cell_key, false);
}

base::Status Store::each_item(std::string_view cell_key, const std::function<base::Status(Item)>& take) {
  return read_items(cell_key, true, take);
}

base::Result<ScoreRows> Store::scores(std::string_view cell_key, std::string metric) {
  TRY_ASSIGN(Statement select, select_items(cell_key, false));
  return ScoreRows(*database_, std::move(select), std::string(cell_key), std::move(metric));
}

base::Result<record::DoneItems> Store::done_items(std::string_view cell_key) {
  TRY_ASSIGN(Statement select, database_->prepare("select task, doc_id from items where cell = (select id "
                                                  "from cells where key = ?) order by task, doc_id"));
  TRY(select.bind({cell_key}));
  record::DoneItems names;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return names;
    names.emplace_hint(names.end(), std::string(select.text(0)), select.integer(1));
  }
}

base::Result<Counts> Store::counts() {
  Counts counts;
  TRY_ASSIGN(counts.cells, database_->integer("select count(*) from cells"));
  TRY_ASSIGN(counts.attempts, database_->integer("select count(*) from attempts"));
  TRY_ASSIGN(counts.trials, database_->integer("select count(*) from trials"));
  TRY_ASSIGN(counts.items, database_->integer("select count(*) from items"));
  return counts;
}

}  // namespace bantam::store
