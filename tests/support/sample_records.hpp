#pragma once
// Small records of one made-up model at several precisions, for tests of analysis and reports.

#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "record/block.hpp"
#include "record/record.hpp"

namespace bantam::support {

inline record::Value measured(double value, double low, double high, std::int64_t n = 12) {
  return {value, record::Interval{low, high, 0.95, "order_statistic"}, std::nullopt, n};
}

inline record::Value exact(double value) {
  return {value, std::nullopt, std::nullopt, std::nullopt};
}

inline record::Record cell(const std::string& model, const std::string& precision, const std::string& task) {
  record::Record record;
  record.cell_key = model + "/" + precision + "/" + task;
  record.model = model;
  record.reference = "embedded:" + model;
  record.precision = precision;
  record.task = task;
  record.started_at = "2026-01-31T12:00:00Z";
  record.finished_at = "2026-01-31T12:00:30Z";
  return record;
}

// Six rounds in which the measured figures lie 1.67 % above or below their medians: at 16 bits not at all, at
// fewer bits now above, now below, and not in the same rounds at each.
inline void add_blocks(record::Record& record, double bits) {
  const std::vector<double> signs = bits >= 16  ? std::vector<double>{0, 0, 0, 0, 0, 0}
                                    : bits >= 8 ? std::vector<double>{1, -1, -1, 1, 1, -1}
                                                : std::vector<double>{1, -1, 1, -1, 1, -1};
  std::vector<record::BlockFigures> blocks;
  for (const double sign : signs) {
    record::BlockFigures& block = blocks.emplace_back();
    block.round = std::ssize(blocks) - 1;
    block.series = "a start of the machine";
    for (const auto& [metric, value] : record.metrics) {
      if (value.interval) block.values[metric] = value.value * std::exp(0.0167 * sign);
    }
  }
  record::set_block_figures(record, blocks);
}

// Decode at `decode` tok/s and TTFT of `ttft_s`, both within 1 %; sizes follow from `bits` for a million
// weights.
inline record::Record performance(const std::string& model, const std::string& precision, double bits,
                                  double decode, double ttft_s) {
  record::Record record = cell(model, precision, "performance");
  record.metrics["decode_tokens_per_s"] = measured(decode, decode * 0.99, decode * 1.01);
  record.metrics["ttft_s"] = measured(ttft_s, ttft_s * 0.99, ttft_s * 1.01);
  add_blocks(record, bits);
  record.metrics["bits_per_weight"] = exact(bits);
  record.metrics["parameters"] = exact(1e6);
  record.metrics["file_bytes"] = exact(bits * 1e6 / 8.0);
  record.metrics["private_peak_bytes"] = exact(4e6);
  record.metrics["pss_peak_bytes"] = exact(bits * 1e6 / 8.0 + 4e6);
  record.absent["device_memory_bytes"] = "no accelerator is used";
  return record;
}

// `right` of `n` items right, the first ones.
inline std::vector<record::Item> items(const std::string& task, std::int64_t n, std::int64_t right,
                                       const std::string& metric = "acc") {
  std::vector<record::Item> all;
  for (std::int64_t i = 0; i < n; ++i) all.push_back({task, i, {}, {{metric, i < right ? 1.0 : 0.0}}});
  return all;
}

inline record::Record accuracy(const std::string& model, const std::string& precision,
                               const std::string& task, double acc, double low, double high, std::int64_t n) {
  record::Record record = cell(model, precision, task);
  record.metrics["acc"] = {acc, record::Interval{low, high, 0.95, "wilson"}, 0.01, n};
  return record;
}

}  // namespace bantam::support
