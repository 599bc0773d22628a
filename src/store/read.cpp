// The reading half of Store.

#include <fmt/format.h>

#include "base/text.hpp"
#include "store/store.hpp"

namespace bantam::store {

using record::Item;
using record::Record;
using record::Trial;

base::Result<std::vector<Record>> Store::read_records(std::string_view sql,
                                                      std::initializer_list<Parameter> parameters) {
  TRY_ASSIGN(Statement select, database_->prepare(sql));
  TRY(select.bind(parameters));
  std::vector<Record> records;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return records;
    const auto json = base::parse_json(select.text(0), "record");
    if (!json) return contradiction(json.error().message);
    auto record = record::record_from(*json);
    if (!record) return contradiction(record.error().message);
    records.push_back(*std::move(record));
  }
}

base::Result<std::optional<Record>> Store::find_record(std::string_view cell_key) {
  TRY_ASSIGN(auto found, attempts(cell_key));
  if (found.empty()) return std::nullopt;
  return std::move(found.back());
}

base::Result<std::vector<Record>> Store::records() {
  return read_records(
      "select record from attempts a where finished = 1 and attempt = (select max(attempt) from attempts "
      "where cell = a.cell and finished = 1) order by cell",
      {});
}

base::Result<std::vector<Record>> Store::attempts(std::string_view cell_key) {
  return read_records(
      "select record from attempts where cell = (select id from cells where key = ?) and finished = 1 "
      "order by attempt",
      {cell_key});
}

base::Result<std::vector<Trial>> Store::trials(std::string_view cell_key, std::int64_t attempt) {
  TRY_ASSIGN(
      Statement select,
      database_->prepare(
          "select content from trials where cell = (select id from cells where key = ?) and attempt = ? "
          "order by position"));
  TRY(select.bind({cell_key, attempt}));
  std::vector<Trial> trials;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return trials;
    const auto json = base::parse_json(select.text(0), "trial");
    if (!json) return contradiction(json.error().message);
    auto trial = record::trial_from(*json);
    if (!trial) return contradiction(trial.error().message);
    trials.push_back(*std::move(trial));
  }
}

base::Result<std::vector<Item>> Store::read_items(std::string_view cell_key, bool with_content) {
  TRY_ASSIGN(
      Statement select,
      database_->prepare(fmt::format(
          "select task, doc_id, metrics{} from items where cell = (select id from cells where key = ?) "
          "order by task, doc_id",
          with_content ? ", content" : "")));
  TRY(select.bind({cell_key}));
  std::vector<Item> items;
  while (true) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return items;
    Item item{std::string(select.text(0)), select.integer(1), {}, {}};
    const auto metrics = base::parse_json(select.text(2), "metrics of an item");
    if (!metrics) return contradiction(metrics.error().message);
    for (const auto& [name, value] : metrics->items()) {
      if (!value.is_number())
        return contradiction(fmt::format("metric '{}' of an item is not a number", name));
      item.metrics[name] = value.get<double>();
    }
    if (with_content) {
      auto content = base::parse_json(select.text(3), "content of an item");
      if (!content) return contradiction(content.error().message);
      item.content = *std::move(content);
    }
    items.push_back(std::move(item));
  }
}

base::Result<std::vector<Item>> Store::items(std::string_view cell_key) {
  return read_items(cell_key, true);
}

base::Result<std::vector<Item>> Store::item_scores(std::string_view cell_key) {
  return read_items(cell_key, false);
}

base::Result<std::set<ItemName>> Store::done_items(std::string_view cell_key) {
  TRY_ASSIGN(Statement select, database_->prepare("select task, doc_id from items where cell = (select id "
                                                  "from cells where key = ?) order by task, doc_id"));
  TRY(select.bind({cell_key}));
  std::set<ItemName> names;
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

base::Result<std::optional<std::string>> Store::meta(std::string_view name) {
  TRY_ASSIGN(Statement select, database_->prepare("select value from meta where name = ?"));
  TRY(select.bind({name}));
  TRY_ASSIGN(const bool row, select.step());
  if (!row) return std::nullopt;
  return std::string(select.text(0));
}

}  // namespace bantam::store
