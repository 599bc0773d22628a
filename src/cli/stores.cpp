#include "cli/stores.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace bantam::cli {
namespace {

using analyze::ItemScore;
using analyze::NextScore;
using base::Result;

Result<NextScore> rows_of(store::Store& store, const std::string& key, const std::string& metric) {
  TRY_ASSIGN(store::ScoreRows opened, store.scores(key, metric));
  auto rows = std::make_shared<store::ScoreRows>(std::move(opened));
  return NextScore([rows]() -> Result<std::optional<ItemScore>> {
    TRY_ASSIGN(const auto row, rows->next());
    if (!row) return std::nullopt;
    return ItemScore{row->task, row->doc_id, row->value};
  });
}

}  // namespace

store::Store* Stores::find(const std::string& key, const std::optional<std::string>& machine) {
  const auto places = by_cell.find(key);
  if (places == by_cell.end()) return nullptr;
  const Place* newest = nullptr;
  for (const Place& place : places->second) {
    if (machine && place.machine != *machine) continue;
    if (newest == nullptr || place.finished_at >= newest->finished_at) newest = &place;
  }
  return newest == nullptr ? nullptr : newest->store;
}

analyze::ScoreSource Stores::scores(const std::optional<std::string>& machine) {
  return [this, machine](const std::string& key, const std::string& metric) -> Result<NextScore> {
    store::Store* store = find(key, machine);
    if (store == nullptr) return NextScore([]() -> Result<std::optional<ItemScore>> { return std::nullopt; });
    return rows_of(*store, key, metric);
  };
}

analyze::ScoreSource scores_of(store::Store& store) {
  return [&store](const std::string& key, const std::string& metric) { return rows_of(store, key, metric); };
}

report::TrialSource Stores::trials(const std::optional<std::string>& machine) {
  return [this, machine](const std::string& key,
                         std::int64_t attempt) -> base::Result<std::vector<record::Trial>> {
    store::Store* store = find(key, machine);
    if (store == nullptr) return std::vector<record::Trial>{};
    return store->trials(key, attempt);
  };
}

std::string machine_identity(const record::Record& record) {
  return base::string_at(record.device, "identity").value_or("");
}

base::Result<Stores> open_stores(const std::vector<std::string>& paths, bool may_be_empty) {
  Stores all;
  for (const std::string& path : paths) {
    TRY_ASSIGN(store::Store store, store::Store::open_read_only(path));
    all.stores.push_back(std::make_unique<store::Store>(std::move(store)));
    TRY_ASSIGN(auto records, all.stores.back()->records());
    for (record::Record& record : records) {
      all.by_cell[record.cell_key].push_back(
          {all.stores.back().get(), machine_identity(record), record.finished_at});
      all.records.push_back(std::move(record));
    }
  }
  if (all.records.empty() && !may_be_empty)
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} holds no finished cell", base::printable(base::join(paths, ", "))),
                      "run `bantam run` with this store first");
  return all;
}

}  // namespace bantam::cli
