#pragma once
// Whole cells of a made-up model, whose figures follow from their trials and items.

#include <cmath>
#include <string>
#include <utility>

#include "measure/block.hpp"
#include "measure/summary.hpp"
#include "metric/aggregation.hpp"
#include "record/finished_cell.hpp"
#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::support {

// Ten items, seven of them right, with texts.
inline record::FinishedCell finished_accuracy(const std::string& task = "qa") {
  record::FinishedCell cell;
  const record::Interval interval = metric::wilson_interval(7, 10);
  cell.record = accuracy("nano", "int8", task, 0.7, interval.low, interval.high, 10);
  cell.record.metrics["acc"].std_error = std::sqrt(0.7 * 0.3 / 9.0);
  record::TaskFacts facts;
  facts.name = task;
  facts.output_type = "multiple_choice";
  facts.metrics = {"acc"};
  facts.items = 10;
  record::set_tasks(cell.record, {facts});
  cell.items = items(task, 10, 7);
  for (record::Item& item : cell.items)
    item.content = {{"doc_id", item.doc_id},
                    {"context", "Who wrote question " + std::to_string(item.doc_id) + "?"}};
  return cell;
}

// Four rounds of two requests with five tokens each.
inline record::FinishedCell finished_performance() {
  record::FinishedCell cell;
  cell.record = support::cell("nano", "int8", "performance");
  cell.record.settings = {{"performance", {{"num_warmup", 1}, {"scenarios", {"single_stream"}}}}};
  for (std::int64_t round = 0; round < 4; ++round) {
    for (std::int64_t index = 0; index < 2; ++index) {
      record::Trial trial;
      trial.scenario = "single_stream";
      trial.index = index;
      trial.round = round;
      trial.wall_s = 0.006;
      record::Stream stream{12, 0, 900'000, {}, "abc", "length"};
      for (std::int64_t token = 1; token <= 5; ++token)
        stream.token_ns.push_back(1'000'000 * token + 10'000 * round + 1'000 * index * token);
      trial.streams.push_back(std::move(stream));
      cell.trials.push_back(std::move(trial));
    }
    record::Block block;
    block.round = round;
    block.series = "a start of the machine";
    block.wall_s = 0.1;
    block.engine = base::Json::object();
    block.answer = base::Json::object();
    cell.blocks.push_back(std::move(block));
  }
  const auto settings = plan::cell_settings_from(cell.record.settings).performance.value();
  measure::Observed observed;
  observed.trials = cell.trials;
  observed.load = measure::load_of(settings);
  observed.warm_up_is_forced = true;
  measure::Summary summary = measure::summarize(observed, measure::gates_for(settings));
  for (record::BlockFigures& figures : summary.blocks) figures.series = "a start of the machine";
  record::set_block_figures(cell.record, summary.blocks);
  cell.record.metrics = std::move(summary.metrics);
  cell.record.absent = std::move(summary.absent);
  return cell;
}

}  // namespace bantam::support
