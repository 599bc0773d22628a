#include "report/calibration_page.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/units.hpp"

namespace bantam::report {
namespace {

using predict::Calibration;
using table::Table;

std::string per_second(const std::optional<double>& bytes) {
  return bytes ? base::format_bytes(*bytes) + "/s" : "–";
}

Table by_threads(const Calibration& calibration) {
  Table table("By threads", 1, {"threads", "reads memory", "starts an operation"});
  for (const predict::ThreadsRate& rate : calibration.threads)
    table.add_row({fmt::format("{}", rate.threads), per_second(rate.read_bytes_per_s),
                   rate.operation_s ? base::format_seconds(*rate.operation_s) : "–"});
  return table;
}

Table by_type(const Calibration& calibration) {
  Table table("By weight type, with all threads", 1,
              {"type", "bits/weight", "weights, one token", "prompts"});
  for (const predict::TypeRate& rate : calibration.types) {
    table.add_row(
        {rate.type, fmt::format("{:.2f}", rate.bits_per_weight), per_second(rate.weight_bytes_per_s),
         rate.operations_per_s ? fmt::format("{:.1f} GFLOP/s", *rate.operations_per_s / 1e9) : "–"});
  }
  table.notes.emplace_back("A token goes through each weight once, a prompt with many tokens at once.");
  return table;
}

}  // namespace

std::string calibration_page(const Calibration& calibration, table::Format format,
                             const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(predict::to_json(calibration), 2) + "\n";
  table::Page blocks;
  blocks.emplace_back(by_threads(calibration));
  blocks.emplace_back(by_type(calibration));
  table::Facts disk{"Disk", {}};
  disk.add("reads", per_second(calibration.disk_bytes_per_s));
  blocks.emplace_back(std::move(disk));
  if (!calibration.warnings.empty())
    blocks.emplace_back(table::Lines{"Warnings", calibration.warnings, table::Tone::quiet, true});
  return page_text(blocks, format, style);
}

}  // namespace bantam::report
