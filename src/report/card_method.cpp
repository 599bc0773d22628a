// how_measured() and device_text() of report/card_page.hpp.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/scored_items.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "record/sections.hpp"
#include "report/analysis_lines.hpp"
#include "report/card_page.hpp"
#include "report/grouped_lines.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using base::Json;
using record::Record;

constexpr std::size_t kMostOfText = 60;  // of a setting that is a text, such as a prompt

void append_unique(std::vector<std::string>& texts, std::string text) {
  if (!text.empty() && std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
}

// The records that have figures, in the order of the configurations.
std::vector<const Record*> measured(const Analysis& analysis) {
  std::vector<const Record*> records;
  for (const Configuration& one : analysis.configurations) {
    for (const auto& [task, cell] : one.cells) {
      if (cell.outcome == record::Outcome::ok) records.push_back(&cell);
    }
  }
  return records;
}

// Every text that `text_of` gives of a record, each once.
template <typename TextOf>
std::vector<std::string> each_of(const std::vector<const Record*>& records, TextOf text_of) {
  std::vector<std::string> texts;
  for (const Record* record : records) append_unique(texts, text_of(*record));
  return texts;
}

std::string device_of(const Record& record) {
  const Json& cpu = base::child_at(record.device, "cpu");
  const Json& system = base::child_at(record.device, "system");
  std::vector<std::string> parts;
  for (const auto& name : {base::string_at(system, "board"), base::string_at(cpu, "model")}) {
    if (name) append_unique(parts, *name);
  }
  if (const auto cores = base::integer_at(cpu, "physical_cores"))
    parts.push_back(fmt::format("{} core{}", *cores, *cores == 1 ? "" : "s"));
  if (const auto bytes = base::number_at(base::child_at(record.device, "memory"), "total_bytes"))
    parts.push_back(base::format_bytes(*bytes) + " of memory");
  for (const record::EngineFacts::Device& device : record::engine_facts(record).devices) {
    if (device.kind != "cpu") append_unique(parts, fmt::format("{} ({})", device.name, device.kind));
  }
  if (const auto os = base::string_at(system, "os")) append_unique(parts, *os);
  if (parts.empty()) parts.push_back(base::string_at(record.device, "identity").value_or(""));
  return base::join(parts, ", ");
}

// The first of the speeds, else of all: a task's cell has one key on all machines.
const Record* leading_record(const Analysis& analysis) {
  for (const Configuration& one : analysis.configurations) {
    const auto cell = one.cells.find(std::string(analyze::kPerformance));
    if (cell != one.cells.end()) return &cell->second;
  }
  for (const Configuration& one : analysis.configurations) {
    if (!one.cells.empty()) return &one.cells.begin()->second;
  }
  return nullptr;
}

std::string engine_of(const Record& record) {
  const std::string name = base::string_at(record.engine, "name").value_or("");
  if (name.empty()) return {};
  std::string text = name;
  if (const auto version = base::string_at(record.engine, "version")) text += " " + *version;
  if (const auto ggml = base::string_at(record.engine, "ggml_version")) text += ", ggml " + *ggml;
  if (const auto source = base::string_at(record.engine, "source")) text += ", " + *source;
  return text;
}

std::string setting_text(const Json& value) {
  if (value.is_string()) return fmt::format("'{}'", base::ellipsize(value.get<std::string>(), kMostOfText));
  return base::ellipsize(base::to_text(value), 2 * kMostOfText);
}

// "engine: threads 1, cache_type_k 'f16', ...", one line per section of the settings.
std::vector<std::string> settings_lines(const std::vector<const Record*>& records) {
  std::map<std::string, std::vector<std::string>> lines;
  for (const Record* record : records) {
    if (!record->settings.is_object()) continue;
    for (const auto& [section, values] : record->settings.items()) {
      if (!values.is_object()) {
        append_unique(lines[section], fmt::format("{} {}", section, setting_text(values)));
        continue;
      }
      std::vector<std::string> parts;
      for (const auto& [key, value] : values.items())
        parts.push_back(fmt::format("{} {}", key, setting_text(value)));
      append_unique(lines[section], fmt::format("{}: {}", section, base::join(parts, ", ")));
    }
  }
  std::vector<std::string> all;
  for (const auto& [section, texts] : lines) all.push_back("Settings, " + base::join(texts, "; or "));
  return all;
}

// "Task gsm8k: generate_until, 5-shot, version 3, data openai/gsm8k (main), 1319 items".
std::string task_of(const Record& record) {
  const auto tasks = record::tasks(record);
  if (tasks.empty()) return {};
  const record::TaskFacts& first = tasks.front();
  std::string text = fmt::format("Task {}: ", record.task);
  if (tasks.size() > 1) text += fmt::format("{} tasks, ", tasks.size());
  text += first.output_type;
  const auto shots = analyze::told_shots(record, first);
  text += shots ? fmt::format(", {}-shot", *shots) : ", an unknown number of examples";
  if (first.version) {
    text += ", version ";
    text += first.version->is_string() ? first.version->get<std::string>() : base::to_text(*first.version);
  }
  if (tasks.size() == 1 && !first.data.empty()) text += ", data " + first.data;
  const auto items = analyze::item_count(record);
  return text + (items ? ", " + items->text() : ", an unknown number of items");
}

std::string dates_line(const std::vector<const Record*>& records) {
  std::vector<std::string> days;
  for (const Record* record : records) {
    for (const std::string& time : {record->started_at, record->finished_at})
      append_unique(days, time.substr(0, std::string_view("2026-01-31").size()));
  }
  if (days.empty()) return {};
  const auto [first, last] = std::ranges::minmax(days);
  return first == last ? fmt::format("Date: {} (UTC)", first)
                       : fmt::format("Dates: {} to {} (UTC)", first, last);
}

// What stands behind the figures: samples that were taken here, or another tool's word.
std::vector<std::string> evidence_lines(const Analysis& analysis) {
  std::vector<std::string> lines;
  bool has_measured = false;
  std::vector<Told> imported;
  for (const Configuration& one : analysis.configurations) {
    for (const auto& [task, cell] : one.cells) {
      const auto origin = record::imported(cell);
      has_measured = has_measured || !origin;
      if (origin) imported.push_back({one.setup() + " " + task, "imported from " + origin->tool});
    }
  }
  if (has_measured)
    lines.emplace_back(
        "Evidence: measured with bantam; every figure follows from raw samples in its store, which 'bantam "
        "verify' "
        "computes again.");
  for (const std::string& line : grouped_lines(imported))
    lines.push_back("Evidence: " + line + "; taken as its files say, not measured again.");
  return lines;
}

}  // namespace

std::string device_text(const Analysis& analysis) {
  const Record* record = leading_record(analysis);
  return record == nullptr ? std::string() : device_of(*record);
}

std::vector<std::string> how_measured(const Analysis& analysis) {
  std::vector<std::string> lines;
  const auto add_all = [&lines](const char* name, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) lines.push_back(name + text);
  };
  if (const std::string device = device_text(analysis); !device.empty()) lines.push_back("Device: " + device);
  const auto records = measured(analysis);
  add_all("Engine: ", each_of(records, engine_of));
  add_all("", settings_lines(records));
  add_all("", each_of(records, task_of));
  if (std::string dates = dates_line(records); !dates.empty()) lines.push_back(std::move(dates));
  for (std::string& line : evidence_lines(analysis)) lines.push_back(std::move(line));
  // The first line of the methods explains marks that a card does not have.
  const std::vector<std::string> methods = method_lines(analysis);
  for (std::size_t i = 1; i < methods.size(); ++i) lines.push_back(methods[i]);
  return lines;
}

}  // namespace bantam::report
