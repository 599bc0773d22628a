#include "cli/predict_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::cli {
namespace {

using predict::Prediction;
using predict::Predictions;
using report::Mark;
using report::Table;

constexpr const char* kAccuracy =
    "Expected error: memory 5 %, times 20 %, on a quiet machine that does not throttle.";

std::string bytes(std::int64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

std::string rate(double tokens_per_s) {
  return base::format_significant(tokens_per_s);
}

report::Cell plain(std::string text) {
  return {std::move(text), Mark::none};
}

bool has_rows_with_speed(const Predictions& predictions) {
  return std::any_of(predictions.rows.begin(), predictions.rows.end(),
                     [](const Prediction& row) { return row.single.has_value(); });
}

// The columns that name a row: the model only where there are several.
class Keys {
 public:
  explicit Keys(const Predictions& predictions) {
    for (const Prediction& row : predictions.rows)
      several_ = several_ || row.model != predictions.rows[0].model;
  }
  Table table(std::string title, const std::vector<std::string>& heads) const {
    Table table;
    table.title = std::move(title);
    table.key_columns = several_ ? 2 : 1;
    if (several_) table.heads.emplace_back("model");
    table.heads.emplace_back("precision");
    table.heads.insert(table.heads.end(), heads.begin(), heads.end());
    return table;
  }
  std::vector<report::Cell> of(const Prediction& row) const {
    std::vector<report::Cell> cells;
    if (several_) cells.push_back(plain(base::printable(row.model)));
    cells.push_back(plain(row.precision));
    return cells;
  }

 private:
  bool several_ = false;
};

Table memory_table(const Predictions& predictions) {
  const Keys keys(predictions);
  const bool downloads = std::any_of(predictions.rows.begin(), predictions.rows.end(),
                                     [](const Prediction& row) { return row.download_bytes > 0; });
  std::vector<std::string> heads{"file",    "repacked", "KV cache", "compute",
                                 "program", "total",    "+ margin", "fits"};
  if (downloads) heads.insert(heads.begin(), "download");
  Table table = keys.table("Memory", heads);
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason) continue;
    const engine::MemoryParts& memory = row.estimate.memory;
    auto cells = keys.of(row);
    if (downloads) cells.push_back(plain(bytes(row.download_bytes)));
    for (const std::int64_t part :
         {row.estimate.file_bytes, memory.rearranged, memory.kv, memory.compute + memory.outputs,
          memory.program, memory.total(), memory.total() + row.margin_bytes}) {
      cells.push_back(plain(bytes(part)));
    }
    cells.push_back({row.fits ? "yes" : "NO", row.fits ? Mark::none : Mark::problem});
    table.rows.push_back(std::move(cells));
  }
  table.remarks.push_back(
      fmt::format("Budget: {} ({}).", bytes(predictions.budget_bytes), predictions.budget_source));
  return table;
}

// What takes most of a decode step.
std::string limit_of(const predict::Speed& speed) {
  const predict::BatchTime& step = speed.decode;
  const double overhead_s = step.other_s + step.operations_s;
  if (step.attention_s > step.matrices_s && step.attention_s > overhead_s) return "attention";
  if (overhead_s > step.matrices_s) return "overhead";
  return speed.read_share > 0.5 ? "memory bandwidth" : "arithmetic";
}

Table speed_table(const Predictions& predictions) {
  const Keys keys(predictions);
  Table table = keys.table(
      fmt::format("Speed with {} thread{}", predictions.threads, predictions.threads == 1 ? "" : "s"),
      {"TTFT", "decode tok/s", "batch TTFT", "batch tok/s", "bandwidth", "limit"});
  for (const Prediction& row : predictions.rows) {
    if (!row.single) continue;
    auto cells = keys.of(row);
    cells.push_back(plain(base::format_seconds(row.single->ttft_s)));
    cells.push_back(plain(rate(row.single->decode_tokens_per_s)));
    cells.push_back(plain(row.batch ? base::format_seconds(row.batch->ttft_s) : "–"));
    cells.push_back(plain(row.batch ? rate(row.batch->output_tokens_per_s) : "–"));
    cells.push_back(plain(fmt::format("{:.0f} %", 100.0 * row.single->read_share)));
    cells.push_back(plain(limit_of(*row.single)));
    table.rows.push_back(std::move(cells));
  }
  table.remarks.push_back(
      fmt::format("Bandwidth: share of this machine's {} GB/s that decoding uses for weights and KV cache.",
                  base::format_significant(predictions.peaks.read_bytes_per_s / 1e9)));
  table.remarks.emplace_back(kAccuracy);
  return table;
}

Table cache_table(const Predictions& predictions) {
  Table table;
  table.title = "KV cache by type";
  table.key_columns = 1;
  table.heads = {"model"};
  std::vector<std::string> seen;
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason || row.estimate.cache.empty()) continue;
    if (std::find(seen.begin(), seen.end(), row.model) != seen.end()) continue;
    seen.push_back(row.model);
    std::vector<report::Cell> cells{plain(base::printable(row.model))};
    for (const engine::CacheBytes& cache : row.estimate.cache) {
      if (seen.size() == 1) table.heads.push_back(cache.type);
      cells.push_back(plain(bytes(cache.bytes)));
    }
    cells.resize(table.heads.size(), plain("–"));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// Two lines a model: what it is and what was assumed of the requests.
std::vector<std::string> model_lines(const Predictions& predictions) {
  std::vector<std::string> lines;
  std::string last;
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason || row.model == last) continue;
    last = row.model;
    const engine::Estimate& estimate = row.estimate;
    const std::int64_t streams = estimate.batch ? estimate.batch->streams : 1;
    lines.push_back(base::printable(
        fmt::format("{}: {}, {} parameters, trained for {} tokens", row.model, estimate.architecture,
                    base::format_count(static_cast<double>(estimate.parameters)), estimate.context_train)));
    lines.push_back(fmt::format("  requests of {} + {} tokens; KV cache for {} x {} tokens",
                                estimate.single.prompt_tokens, estimate.single.new_tokens, streams,
                                estimate.context));
  }
  return lines;
}

std::vector<std::string> verdict_lines(const Predictions& predictions) {
  std::vector<std::string> lines;
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason) {
      lines.push_back(
          base::printable(fmt::format("{} {}: skipped: {}", row.model, row.precision, *row.skip_reason)));
      continue;
    }
    const std::int64_t needed = row.estimate.memory.total() + row.margin_bytes;
    if (!row.fits) {
      lines.push_back(base::printable(
          fmt::format("{} {} DOES NOT FIT: it needs {} with margin, the budget is {}", row.model,
                      row.precision, bytes(needed), bytes(predictions.budget_bytes))));
    }
    if (!row.speed_absent.empty()) {
      lines.push_back(
          base::printable(fmt::format("{} {}: no speed: {}", row.model, row.precision, row.speed_absent)));
    }
  }
  return lines;
}

std::vector<Table> tables_of(const Predictions& predictions) {
  std::vector<Table> tables;
  Table memory = memory_table(predictions);
  if (!memory.rows.empty()) tables.push_back(std::move(memory));
  if (has_rows_with_speed(predictions)) tables.push_back(speed_table(predictions));
  Table cache = cache_table(predictions);
  if (!cache.rows.empty()) tables.push_back(std::move(cache));
  return tables;
}

std::string table_page(const Predictions& predictions, const report::TerminalStyle& style) {
  std::string out;
  for (const std::string& line : model_lines(predictions)) out += line + "\n";
  for (const Table& table : tables_of(predictions)) {
    out +=
        fmt::format("{}{}\n{}", out.empty() ? "" : "\n", table.title, report::render_terminal(table, style));
  }
  const auto verdicts = verdict_lines(predictions);
  if (!verdicts.empty()) out += "\n";
  for (const std::string& line : verdicts) out += line + "\n";
  return out;
}

std::string markdown_page(const Predictions& predictions) {
  std::string out;
  for (const std::string& line : model_lines(predictions)) out += line + "\n";
  for (const Table& table : tables_of(predictions)) {
    out += fmt::format("\n## {}\n\n{}", table.title, report::render_markdown(table));
    if (!table.remarks.empty()) out += "\n";
    for (const std::string& remark : table.remarks) out += remark + "\n";
  }
  const auto verdicts = verdict_lines(predictions);
  if (!verdicts.empty()) out += "\n";
  for (const std::string& line : verdicts) out += "- " + line + "\n";
  return out;
}

// RFC 4180; no text of a model file is in it but the names, which may not start a formula.
std::string csv_text(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
    text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return fmt::format("\"{}\"", base::replace_all(std::move(text), "\"", "\"\""));
}

std::string csv_page(const Predictions& predictions) {
  std::string out =
      "model,reference,precision,download_bytes,file_bytes,rearranged_bytes,kv_bytes,compute_bytes,"
      "program_bytes,total_bytes,margin_bytes,budget_bytes,fits,prompt_tokens,ttft_s,decode_tokens_per_s,"
      "batch_ttft_s,batch_output_tokens_per_s,read_bandwidth_share,skipped\n";
  for (const Prediction& row : predictions.rows) {
    const engine::MemoryParts& memory = row.estimate.memory;
    out += fmt::format("{},{},{}", csv_text(row.model), csv_text(row.reference), csv_text(row.precision));
    if (row.skip_reason) {
      out += std::string(17, ',') + csv_text(*row.skip_reason) + "\n";
      continue;
    }
    out += fmt::format(",{},{},{},{},{},{},{},{},{},{},{}", row.download_bytes, row.estimate.file_bytes,
                       memory.rearranged, memory.kv, memory.compute + memory.outputs, memory.program,
                       memory.total(), row.margin_bytes, predictions.budget_bytes,
                       row.fits ? "true" : "false", row.estimate.single.prompt_tokens);
    out += row.single ? fmt::format(",{},{}", row.single->ttft_s, row.single->decode_tokens_per_s) : ",,";
    out += row.batch ? fmt::format(",{},{}", row.batch->ttft_s, row.batch->output_tokens_per_s) : ",,";
    out += row.single ? fmt::format(",{}", row.single->read_share) : ",";
    out += ",\n";
  }
  return out;
}

}  // namespace

std::string predict_page(const Predictions& predictions, report::Format format,
                         const report::TerminalStyle& style) {
  switch (format) {
    case report::Format::json:
      return base::to_text(predict::to_json(predictions), 2) + "\n";
    case report::Format::csv:
      return csv_page(predictions);
    case report::Format::md:
      return markdown_page(predictions);
    case report::Format::table:
      break;
  }
  return table_page(predictions, style);
}

}  // namespace bantam::cli
