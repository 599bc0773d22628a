#include "run/outlook.hpp"

#include <algorithm>
#include <span>

#include "record/sections.hpp"

namespace bantam::run {
namespace {

using base::Result;

std::optional<double> metric(const record::Record& record, const char* name) {
  const auto found = record.metrics.find(name);
  if (found == record.metrics.end()) return std::nullopt;
  return found->second.value;
}

bool is_alike(const record::Record& record, const plan::Cell& cell) {
  return record.outcome == record::Outcome::ok && record.model == cell.model.name &&
         record.reference == cell.model.reference && record.task == cell.task &&
         record.point == cell.point.label;
}

std::optional<double> request_time(const record::Record& record, const char* first, const char* next,
                                   int new_tokens) {
  const auto first_s = metric(record, first);
  const auto next_s = metric(record, next);
  if (!first_s || !next_s) return std::nullopt;
  return *first_s + (new_tokens - 1) * *next_s;
}

std::int64_t items_of(const record::Record& record) {
  std::int64_t items = 0;
  for (const record::TaskFacts& task : record::tasks(record)) items += task.items;
  return items;
}

void read_speed(const record::Record& record, const plan::PerformanceSettings& settings, KnownRates& rates) {
  rates.request_s = request_time(record, "ttft_s", "tpot_s", settings.max_new_tokens);
  if (!rates.request_s) rates.request_s = metric(record, "sequence_latency_s");
  const auto measured = plan::cell_settings_from(record.settings).performance;
  if (measured && measured->batch_size == settings.batch_size)
    rates.batch_s = request_time(record, "batch_ttft_s", "batch_tpot_s", settings.max_new_tokens);
}

// Rates from cells that differ in their settings, or of items also in their precision. Newer ones count.
KnownRates rates_for(const plan::Plan& plan, const plan::Cell& cell,
                     std::span<const record::Record> records) {
  KnownRates rates;
  for (const record::Record& record : records) {
    if (!is_alike(record, cell)) continue;
    if (!record::row(cell.kind).scores_tasks) {
      if (record.precision == cell.precision) read_speed(record, plan::performance_of(plan, cell), rates);
      continue;
    }
    const auto scoring = record::scoring(record);
    const std::int64_t items = items_of(record);
    if (scoring && items > 0) rates.item_s = scoring->seconds / static_cast<double>(items);
  }
  return rates;
}

}  // namespace

bool is_final(const record::Record& record, bool retry) {
  const bool settled = record.outcome == record::Outcome::ok || record.outcome == record::Outcome::skipped;
  return settled || !retry;
}

Result<std::vector<CellOutlook>> look_ahead(const plan::Plan& plan, const std::vector<PreparedCell>& cells,
                                            store::Store* store) {
  std::vector<CellOutlook> outlooks(cells.size());
  if (store == nullptr) return outlooks;
  TRY_ASSIGN(const auto records, store->records());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const PreparedCell& cell = cells[i];
    const auto own = std::ranges::find(records, cell.key, &record::Record::cell_key);
    outlooks[i].is_done = own != records.end() && is_final(*own, plan.retry);
    outlooks[i].rates = rates_for(plan, cell.cell, records);
    if (!outlooks[i].is_done && record::row(cell.cell.kind).scores_tasks) {
      TRY_ASSIGN(const auto done, store->done_items(cell.key));
      outlooks[i].items_done = static_cast<std::int64_t>(done.size());
    }
  }
  return outlooks;
}

}  // namespace bantam::run
