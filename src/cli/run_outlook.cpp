#include "cli/run_outlook.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "analyze/analysis.hpp"
#include "audit/kept.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"
#include "plan/precision.hpp"
#include "predict/predict.hpp"
#include "report/analysis_page.hpp"
#include "report/recommend_page.hpp"
#include "run/cell_kinds.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using base::Status;

// What the others are compared with, where the plan's choice is not what tables take by themselves.
std::string chosen_base(const plan::Plan& plan) {
  const auto bits = [](const std::string& name) {
    const auto precision = plan::parse_precision(name);
    return precision ? precision->bits : 0.0;
  };
  const bool has_most = std::ranges::all_of(plan.precisions, [&](const std::string& precision) {
    return bits(precision) <= bits(plan.base_precision);
  });
  return has_most ? std::string() : plan.base_precision;
}

}  // namespace

Result<std::vector<run::CellOutlook>> outlooks_for(const plan::Plan& plan,
                                                   const std::vector<run::PreparedCell>& cells,
                                                   store::Store* store) {
  TRY_ASSIGN(auto outlooks, run::look_ahead(plan, cells, store));
  const bool wants_speed = std::ranges::any_of(
      cells, [](const run::PreparedCell& cell) { return record::row(cell.cell.kind).belongs_to_device; });
  if (!wants_speed) return outlooks;
  const auto speeds = predict::known_speeds(plan);
  if (!speeds) return outlooks;  // a dry run can do without
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (const predict::Prediction& row : *speeds) {
      if (row.model != cells[i].cell.model.name || row.precision != cells[i].cell.precision) continue;
      run::KnownRates& rates = outlooks[i].rates;
      const int tokens = plan.performance_settings.max_new_tokens;
      const int streams = plan.performance_settings.batch_size;
      if (!rates.request_s && row.single && row.single->ttft_s)
        rates.request_s = *row.single->ttft_s + (tokens - 1) / row.single->decode_tokens_per_s;
      if (!rates.batch_s && row.batch && row.batch->output_tokens_per_s)
        rates.batch_s = streams * tokens / *row.batch->output_tokens_per_s;
    }
  }
  return outlooks;
}

Result<std::vector<run::CellOutlook>> outlooks_for(const plan::Plan& plan,
                                                   const std::vector<run::PreparedCell>& cells) {
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(plan.store, ignored);
  if (ignored || bytes == 0) return outlooks_for(plan, cells, nullptr);
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(plan.store));
  return outlooks_for(plan, cells, &store);
}

std::vector<Forecast> forecasts(const plan::Plan& plan, const run::Inputs& inputs,
                                const std::vector<run::PreparedCell>& cells,
                                const std::vector<run::CellOutlook>& outlooks) {
  std::vector<Forecast> forecasts;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const run::PreparedCell& cell = cells[i];
    Forecast& forecast = forecasts.emplace_back();
    forecast.kind = cell.cell.kind;
    forecast.is_done = cell.skip_reason || outlooks[i].is_done;
    if (const auto estimate_s = run::cell_work(cell.cell.kind).estimate_s; estimate_s != nullptr)
      forecast.seconds = estimate_s(plan, inputs, cell, outlooks[i]);
    if (const auto task = inputs.tasks.find(cell.cell.task); task != inputs.tasks.end())
      forecast.items = task->second.items;
  }
  return forecasts;
}

Status print_results(const plan::Plan& plan, const std::vector<run::PreparedCell>& cells,
                     store::Store& store) {
  std::vector<record::Record> records;
  for (const run::PreparedCell& cell : cells) {
    TRY_ASSIGN(auto record, store.find_record(cell.key));
    if (record) records.push_back(*std::move(record));
  }
  const analyze::ScoreSource items = scores_of(store);
  TRY_ASSIGN(const auto analysis, analyze::analyze(records, items, chosen_base(plan)));
  TRY_ASSIGN(const auto recommendation, report::default_recommendation(analysis, items));
  const auto answer = report::default_answer_lines(recommendation, analysis);
  const std::string page = report::short_page(
      analysis, page_style(), audit::lines_about(report::measuring_devices(analysis)), answer);
  const bool below_progress = stdout_terminal().is_tty && stderr_terminal().is_tty;
  return print(below_progress ? "\n" + page + "\n" : page);
}

}  // namespace bantam::cli
