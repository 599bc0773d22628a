#include "report/predict_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/units.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using predict::DraftPart;
using predict::Prediction;
using predict::Predictions;
using table::Cell;
using table::Lines;
using table::Mark;
using table::Sheet;
using table::Table;

constexpr const char* kAccuracy =
    "Expected error: memory 5 %; times as in the column error, on a quiet machine that does not throttle: 20 "
    "% and "
    "what this machine's rates spread while they were measured.";

std::string bytes(std::int64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

// Of both; absent for another machine.
std::optional<double> time_error(const predict::Speed& single, const std::optional<predict::Speed>& batch) {
  return batch ? std::max(single.time_error, batch->time_error) : single.time_error;
}

std::string error(const predict::Speed& single, const std::optional<predict::Speed>& batch) {
  const auto share = time_error(single, batch);
  return share ? fmt::format("± {:.0f} %", std::ceil(100.0 * *share - 1e-6)) : "–";
}

std::string rate(double tokens_per_s) {
  return base::format_significant(tokens_per_s);
}

std::string seconds(const std::optional<double>& time_s) {
  return time_s ? base::format_seconds(*time_s) : "–";
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
    std::vector<std::string> all{"precision"};
    if (several_) all.insert(all.begin(), "model");
    const std::size_t keys = all.size();
    all.insert(all.end(), heads.begin(), heads.end());
    return {std::move(title), keys, all};
  }
  std::vector<Cell> cells(const Prediction& row) const {
    std::vector<Cell> keys;
    if (several_) keys.push_back({row.model});
    keys.push_back({row.precision});
    return keys;
  }

 private:
  bool several_ = false;
};

// Of any row: they all have the same. Null without one.
const DraftPart* draft_of(const Predictions& predictions) {
  for (const Prediction& row : predictions.rows) {
    if (row.draft) return &*row.draft;
  }
  return nullptr;
}

// "; 1.2 GiB are to be downloaded"; empty where it is here.
std::string of_download(const DraftPart& draft) {
  return draft.download_bytes == 0 ? ""
                                   : fmt::format("; {} are to be downloaded", bytes(draft.download_bytes));
}

Table memory_table(const Predictions& predictions) {
  const Keys keys(predictions);
  const bool downloads = std::any_of(predictions.rows.begin(), predictions.rows.end(),
                                     [](const Prediction& row) { return row.download_bytes > 0; });
  const DraftPart* draft = draft_of(predictions);
  std::vector<std::string> heads{"file",    "mapped", "repacked", "KV cache", "compute",
                                 "program", "total",  "+ margin", "fits"};
  if (draft != nullptr) heads.insert(heads.end() - 3, "draft");
  if (downloads) heads.insert(heads.begin(), "download");
  Table table = keys.table("Memory", heads);
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason) continue;
    const engine::MemoryParts& memory = row.estimate.memory;
    auto cells = keys.cells(row);
    if (downloads) cells.push_back({bytes(row.download_bytes)});
    for (const std::int64_t part : {row.estimate.file_bytes, memory.file, memory.rearranged, memory.kv,
                                    memory.compute + memory.outputs, memory.program}) {
      cells.push_back({bytes(part)});
    }
    if (draft != nullptr) cells.push_back({bytes(row.draft_bytes())});
    const std::int64_t total = row.memory().total();
    cells.push_back({bytes(total)});
    cells.push_back({bytes(total + row.margin_bytes)});
    cells.push_back({row.fits ? "yes" : "NO", row.fits ? Mark::none : Mark::problem});
    table.rows.push_back(std::move(cells));
  }
  table.notes.push_back(
      fmt::format("Budget: {} ({}).", bytes(predictions.budget_bytes), predictions.budget_source));
  table.notes.emplace_back(
      "Mapped: what requests read of the file. Its other pages, such as weights with a repacked copy, make "
      "room "
      "where memory is short.");
  if (draft != nullptr) {
    table.notes.push_back(
        fmt::format("Draft: weights, KV cache, buffers and vocabulary of {}, beside the model{}.",
                    draft->reference, of_download(*draft)));
  }
  return table;
}

// What takes most of a decode step.
std::string bottleneck(const predict::Speed& speed) {
  const predict::BatchTime& step = speed.decode;
  const double overhead_s = step.other_s + step.operations_s;
  if (step.attention_s > step.matrices_s && step.attention_s > overhead_s) return "attention";
  if (overhead_s > step.matrices_s) return "overhead";
  if (!speed.read_share) return "weights";
  return *speed.read_share > 0.5 ? "memory bandwidth" : "arithmetic";
}

std::string speed_title(const Predictions& predictions) {
  if (predictions.machine && predictions.machine->rates.threads.empty()) return "Speed";
  return fmt::format("Speed with {} thread{}", predictions.threads, predictions.threads == 1 ? "" : "s");
}

// What the figures rest on.
std::vector<std::string> speed_notes(const Predictions& predictions) {
  std::vector<std::string> notes;
  const auto& machine = predictions.machine;
  const auto bandwidth = !machine                         ? predictions.peaks.read_bytes_per_s
                         : machine->rates.threads.empty() ? std::nullopt
                                                          : machine->rates.threads.back().read_bytes_per_s;
  if (bandwidth) {
    notes.push_back(fmt::format("Bandwidth: share of {} {} GB/s that decoding uses for weights and KV cache.",
                                machine ? "that machine's" : "this machine's",
                                base::format_significant(*bandwidth / 1e9)));
  }
  if (!machine) {
    notes.emplace_back(kAccuracy);
    return notes;
  }
  notes.emplace_back("Of another machine no error is told: nothing was measured here.");
  for (const Prediction& row : predictions.rows) {
    if (!row.single || !row.single->ttft_absent) continue;
    notes.push_back(fmt::format("No TTFT and no batch: {}.", *row.single->ttft_absent));
    break;  // it is the file that lacks something
  }
  notes.insert(notes.end(), machine->rules.begin(), machine->rules.end());
  return notes;
}

Table speed_table(const Predictions& predictions) {
  const Keys keys(predictions);
  Table table = keys.table(speed_title(predictions), {"TTFT", "decode tok/s", "batch TTFT", "batch tok/s",
                                                      "error", "bandwidth", "limit"});
  for (const Prediction& row : predictions.rows) {
    if (!row.single) continue;
    const bool has_batch = row.batch && row.batch->output_tokens_per_s;
    auto cells = keys.cells(row);
    cells.push_back({seconds(row.single->ttft_s)});
    cells.push_back({rate(row.single->decode_tokens_per_s)});
    cells.push_back({row.batch ? seconds(row.batch->ttft_s) : "–"});
    cells.push_back({has_batch ? rate(*row.batch->output_tokens_per_s) : "–"});
    cells.push_back({error(*row.single, row.batch)});
    cells.push_back(
        {row.single->read_share ? fmt::format("{:.0f} %", 100.0 * *row.single->read_share) : "–"});
    cells.push_back({bottleneck(*row.single)});
    table.rows.push_back(std::move(cells));
  }
  table.notes = speed_notes(predictions);
  return table;
}

Table cache_table(const Predictions& predictions) {
  Table table("KV cache by type", 1, {"model"});
  std::vector<std::string> seen;
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason || row.estimate.cache.empty()) continue;
    if (std::find(seen.begin(), seen.end(), row.model) != seen.end()) continue;
    seen.push_back(row.model);
    std::vector<Cell> cells{{row.model}};
    for (const engine::CacheBytes& cache : row.estimate.cache) {
      if (seen.size() == 1) table.add_column(cache.type);
      cells.push_back({bytes(cache.bytes)});
    }
    cells.resize(table.columns.size(), {"–"});
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// Two lines per model: what it is and what was assumed of the requests.
std::vector<std::string> model_lines(const Predictions& predictions) {
  std::vector<std::string> lines;
  std::string last;
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason || row.model == last) continue;
    last = row.model;
    const engine::Estimate& estimate = row.estimate;
    const std::int64_t streams = estimate.batch ? estimate.batch->streams : 1;
    lines.push_back(
        fmt::format("{}: {}, {} parameters, trained for {} tokens", row.model, estimate.architecture,
                    base::format_count(static_cast<double>(estimate.parameters)), estimate.context_train));
    lines.push_back(fmt::format("  requests of {} + {} tokens; KV cache for {} x {} tokens",
                                estimate.single.prompt_tokens, estimate.single.new_tokens, streams,
                                estimate.context));
  }
  return lines;
}

std::optional<double> decode_rate(const std::optional<predict::Speed>& speed) {
  return speed ? std::optional(speed->decode_tokens_per_s) : std::nullopt;
}

std::optional<double> output_rate(const std::optional<predict::Speed>& speed) {
  return speed ? speed->output_tokens_per_s : std::nullopt;
}

// "decode 34.2 → 28.1 tok/s"; where only one side is known, that one; empty where neither is, or both are
// alike.
std::string change(const char* what, const std::optional<double>& before,
                   const std::optional<double>& after) {
  if (!after) return "";
  const std::string new_rate = rate(*after);
  if (!before) return fmt::format("{} {} tok/s", what, new_rate);
  const std::string old_rate = rate(*before);
  return old_rate == new_rate ? "" : fmt::format("{} {} → {} tok/s", what, old_rate, new_rate);
}

// Options with which a row fits, or why there are none.
std::vector<std::string> ways_lines(const Prediction& row) {
  std::vector<std::string> lines;
  for (const predict::Way& way : row.ways->ways) {
    std::string line = fmt::format("  it fits with {}: {} with margin", way.options, bytes(row.need_of(way)));
    for (const std::string& text :
         {change("decode", decode_rate(row.single), decode_rate(way.single)),
          change("batch", output_rate(row.batch), output_rate(way.batch)), way.cost}) {
      if (!text.empty()) line += "; " + text;
    }
    lines.push_back(std::move(line));
  }
  if (row.ways->none) lines.push_back("  " + *row.ways->none);
  return lines;
}

std::vector<std::string> verdict_lines(const Predictions& predictions) {
  std::vector<std::string> lines;
  for (const Prediction& row : predictions.rows) {
    if (row.skip_reason) {
      lines.push_back(fmt::format("{} {}: skipped: {}", row.model, row.precision, *row.skip_reason));
      continue;
    }
    const std::int64_t needed = row.memory().total() + row.margin_bytes;
    if (!row.fits) {
      lines.push_back(fmt::format("{} {} DOES NOT FIT: it needs {} with margin, the budget is {}", row.model,
                                  row.precision, bytes(needed), bytes(predictions.budget_bytes)));
      if (row.ways) {
        for (std::string& line : ways_lines(row)) lines.push_back(std::move(line));
      }
    }
    if (row.speed_absent) {
      lines.push_back(fmt::format("{} {}: no speed: {}", row.model, row.precision, *row.speed_absent));
    }
  }
  return lines;
}

// Which machine is spoken of, and what is known of it.
Lines machine_lines(const predict::OtherMachine& machine) {
  const predict::DeviceRates& rates = machine.rates;
  Lines lines{"", {}, table::Tone::plain, true};
  lines.lines.push_back(fmt::format("Predicted for {}, from {}{}; not measured here.", rates.name,
                                    machine.from, machine.shipped ? ", which comes with bantam" : ""));
  if (rates.measured)
    lines.lines.push_back(
        fmt::format("Its rates were measured there at {}, with {}.", *rates.measured_at, rates.engine));
  else
    lines.lines.push_back(fmt::format("Its rates are published figures, not measured with bantam, of {}: {}",
                                      rates.engine, rates.source));
  for (const std::string& note : rates.notes) lines.lines.push_back(note);
  for (const std::string& warning : rates.warnings)
    lines.lines.push_back("When its rates were measured: " + warning);
  lines.lines.emplace_back(
      "Memory is planned by the engine of this machine, which may repack other weights.");
  return lines;
}

table::Page page(const Predictions& predictions) {
  table::Page page;
  if (predictions.machine) page.emplace_back(machine_lines(*predictions.machine));
  page.emplace_back(Lines{"", model_lines(predictions)});
  if (Table memory = memory_table(predictions); !memory.rows.empty()) page.emplace_back(std::move(memory));
  if (has_rows_with_speed(predictions)) page.emplace_back(speed_table(predictions));
  if (Table cache = cache_table(predictions); !cache.rows.empty()) page.emplace_back(std::move(cache));
  page.emplace_back(Lines{"", verdict_lines(predictions)});
  return page;
}

std::string ways_text(const predict::Ways& ways) {
  std::vector<std::string> options;
  for (const predict::Way& way : ways.ways) options.push_back(way.options);
  return base::join(options, "; ");
}

std::string csv(const Predictions& predictions) {
  Sheet sheet({"model",
               "reference",
               "precision",
               "download_bytes",
               "file_bytes",
               "mapped_bytes",
               "rearranged_bytes",
               "kv_bytes",
               "compute_bytes",
               "program_bytes",
               "draft_bytes",
               "total_bytes",
               "margin_bytes",
               "budget_bytes",
               "fits",
               "prompt_tokens",
               "ttft_s",
               "decode_tokens_per_s",
               "batch_ttft_s",
               "batch_output_tokens_per_s",
               "read_bandwidth_share",
               "time_error",
               "speed_absent",
               "fits_with",
               "skipped",
               "ttft_absent",
               "predicted_for"});
  for (const Prediction& row : predictions.rows) {
    sheet.start_row();
    if (predictions.machine) sheet.text("predicted_for", predictions.machine->rates.name);
    sheet.text("model", row.model);
    sheet.text("reference", row.reference);
    sheet.text("precision", row.precision);
    if (row.skip_reason) {
      sheet.text("skipped", *row.skip_reason);
      continue;
    }
    const engine::MemoryParts& memory = row.estimate.memory;
    sheet.count("download_bytes", row.download_bytes);
    sheet.count("file_bytes", row.estimate.file_bytes);
    sheet.count("mapped_bytes", memory.file);
    sheet.count("rearranged_bytes", memory.rearranged);
    sheet.count("kv_bytes", memory.kv);
    sheet.count("compute_bytes", memory.compute + memory.outputs);
    sheet.count("program_bytes", memory.program);
    if (row.draft) sheet.count("draft_bytes", row.draft_bytes());
    sheet.count("total_bytes", row.memory().total());
    sheet.count("margin_bytes", row.margin_bytes);
    sheet.count("budget_bytes", predictions.budget_bytes);
    sheet.text("fits", row.fits ? "true" : "false");
    sheet.count("prompt_tokens", row.estimate.single.prompt_tokens);
    if (row.single) {
      sheet.number("ttft_s", row.single->ttft_s);
      sheet.number("decode_tokens_per_s", row.single->decode_tokens_per_s);
      sheet.number("read_bandwidth_share", row.single->read_share);
      sheet.number("time_error", time_error(*row.single, row.batch));
      if (row.single->ttft_absent) sheet.text("ttft_absent", *row.single->ttft_absent);
    }
    if (row.speed_absent) sheet.text("speed_absent", *row.speed_absent);
    if (row.ways) sheet.text("fits_with", ways_text(*row.ways));
    if (row.batch) {
      sheet.number("batch_ttft_s", row.batch->ttft_s);
      sheet.number("batch_output_tokens_per_s", row.batch->output_tokens_per_s);
    }
  }
  return sheet.csv("\n");
}

}  // namespace

std::string predict_page(const Predictions& predictions, table::Format format,
                         const table::TerminalStyle& style) {
  switch (format) {
    case table::Format::json:
      return base::to_text(predict::to_json(predictions), 2) + "\n";
    case table::Format::csv:
      return csv(predictions);
    case table::Format::md:
    case table::Format::table:
      break;
  }
  return page_text(page(predictions), format, style);
}

}  // namespace bantam::report
