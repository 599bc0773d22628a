#include "cli/progress.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include "analyze/configuration.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "metric/code_metric.hpp"
#include "report/grouped_lines.hpp"

namespace bantam::cli {
namespace {

using report::Told;

constexpr double kLiveInterval_s = 0.1;
constexpr double kPlainInterval_s = 15.0;
constexpr double kHashingUnshown_s = 0.5;

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole % 3600 / 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

// With its unit, where the format does not write it.
std::string value_text(const metric::Metric& metric, const record::Value& value) {
  const std::string text = metric::format_value(metric, value.value);
  return metric.format == metric::MetricFormat::tokens_per_s ? fmt::format("{} {}", text, metric.unit) : text;
}

// The few values that say most about a finished cell.
std::string headline(const record::Record& record) {
  std::set<std::string> keys;
  for (const auto& [key, value] : record.metrics) keys.insert(key);
  std::vector<std::string> shown = metric::cell_headlines(keys);
  if (record::is_scored_task(record.task)) {
    for (const std::string& key : analyze::asked_scores(record)) {
      if (!record.metrics.contains(key)) continue;
      shown.push_back(key);
      break;
    }
  }
  std::string text;
  for (const std::string& key : shown) {
    const metric::Metric& metric = metric::shown_score(key);
    const std::string title = metric.title.empty() ? base::printable(key) : std::string(metric.title);
    text += fmt::format("  {} {}", title, value_text(metric, record.metrics.at(key)));
  }
  const auto length = record.metrics.find("prompt_tokens");
  if (record.metrics.contains("sequence_latency_s") && length != record.metrics.end())
    text += fmt::format("  (of {:.0f} tok)", length->second.value);
  return text;
}

std::string outcome_text(const record::Record& record) {
  switch (record.outcome) {
    case record::Outcome::ok:
      return "ok" + headline(record);
    case record::Outcome::failed: {
      const std::string signal =
          record.failure && record.failure->signal ? *record.failure->signal + ": " : "";
      return fmt::format("FAILED  {}{}", signal, record.failure ? record.failure->message : "");
    }
    case record::Outcome::skipped:
      return fmt::format("skipped  {}", base::join(record.reasons, "; "));
    case record::Outcome::invalid:
      return fmt::format("INVALID  {}", base::join(record.reasons, "; "));
  }
  return {};
}

ProgressParts parts_of(const run::CellPosition& position) {
  ProgressParts parts;
  parts.place = fmt::format("[{}/{}]", position.index + 1, position.total);
  parts.model = position.cell.model.name;
  parts.task = fmt::format("{} {}{}", analyze::setup_name(position.cell.precision, position.cell.point.label),
                           position.cell.task, position.part.empty() ? "" : ", " + position.part);
  return parts;
}

std::string cell_label(const run::CellPosition& position) {
  return fitted(parts_of(position), 0);
}

// "12/40 items", "45 %", "3 runs"; empty where steps are not counted.
std::string count_text(const run::Progress& progress) {
  if (progress.unit.empty()) return {};
  if (progress.unit == "%") return fmt::format("{} %", progress.done);
  if (!progress.total && progress.done == 0) return {};
  if (!progress.total && progress.done == 1) return "1 " + progress.unit.substr(0, progress.unit.size() - 1);
  if (!progress.total) return fmt::format("{} {}", progress.done, progress.unit);
  return fmt::format("{}/{} {}", progress.done, *progress.total, progress.unit);
}

std::string transfer_text(const hub::Transfer& transfer) {
  if (transfer.waiting) return transfer.name + "  waits: another process is fetching it";
  if (transfer.rows)
    return fmt::format("{}  {} / {} rows", transfer.name, transfer.rows->done, transfer.rows->total);
  const auto done = static_cast<double>(transfer.done_bytes);
  std::string line = fmt::format("{}  {}", transfer.name, base::format_bytes(done));
  if (transfer.total_bytes) {
    const auto total = static_cast<double>(*transfer.total_bytes);
    line += fmt::format(" / {}", base::format_bytes(total));
    if (total > 0) line += fmt::format("  {:.0f} %", 100.0 * done / total);
  }
  if (transfer.bytes_per_s) line += fmt::format("  {}/s", base::format_bytes(*transfer.bytes_per_s));
  if (transfer.remaining_s) line += fmt::format("  ETA {}", base::format_seconds(*transfer.remaining_s));
  return line;
}

}  // namespace

void LiveLine::show(const std::string& line) {
  if (!is_live()) return;
  const std::string visible = base::ellipsize(base::printable(line), terminal_.columns - 1);
  std::fputs(("\r\x1b[K" + visible).c_str(), stderr);
  std::fflush(stderr);
  is_open_ = true;
}

void LiveLine::clear() {
  if (!is_open_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  is_open_ = false;
}

void LiveLine::show_or_note(const std::string& line) {
  is_live() ? show(line) : note(line);
}

void TransferLine::show(const hub::Transfer& transfer) {
  if (quiet_) return;
  const std::int64_t now = clock_.now_ns();
  const bool is_new = transfer.name != name_;
  const double interval_s = line_.is_live() ? kLiveInterval_s : kPlainInterval_s;
  if (!is_new && base::seconds(now - last_shown_ns_) < interval_s) return;
  name_ = transfer.name;
  last_shown_ns_ = now;
  line_.show_or_note(transfer_text(transfer));
}

base::Status HashingLine::take(const cache::Hashing& hashing) {
  if (!quiet_) show(hashing);
  if (!stopped_ || !stopped_()) return {};
  line_.clear();
  return base::fail(base::ErrorKind::interrupted, "stopped");
}

void HashingLine::show(const cache::Hashing& hashing) {
  const std::int64_t now = clock_.now_ns();
  if (path_ != hashing.path) {
    path_ = hashing.path;
    start_ns_ = now;
    last_shown_ns_ = 0;
  }
  if (hashing.done_bytes >= hashing.total_bytes) {
    line_.clear();
    path_.clear();
    return;
  }
  const double interval_s = line_.is_live() ? kLiveInterval_s : kPlainInterval_s;
  if (base::seconds(now - start_ns_) < kHashingUnshown_s) return;
  if (last_shown_ns_ != 0 && base::seconds(now - last_shown_ns_) < interval_s) return;
  last_shown_ns_ = now;
  line_.show_or_note(fmt::format(
      "checking {}  {:.0f} %", hashing.path.filename().string(),
      100.0 * static_cast<double>(hashing.done_bytes) / static_cast<double>(hashing.total_bytes)));
}

std::string fitted(const ProgressParts& parts, std::size_t columns) {
  const auto joined = [&parts](const std::string& model, bool with_step) {
    std::string line = fmt::format("{} {} {}", parts.place, model, parts.task);
    if (with_step && !parts.step.empty()) line += "  " + parts.step;
    if (!parts.time.empty()) line += "  " + parts.time;
    return line;
  };
  constexpr std::size_t kLeastName = 6;
  const std::size_t name = base::display_width(parts.model);
  for (const bool with_step : {true, false}) {
    const std::string line = joined(parts.model, with_step);
    const std::size_t width = base::display_width(line);
    if (columns == 0 || width <= columns) return line;
    const std::size_t surplus = width - columns;
    if (name >= surplus + kLeastName) return joined(base::ellipsize(parts.model, name - surplus), with_step);
  }
  // What is left has no room beside the time.
  const std::size_t time = base::display_width(parts.time) + 2;
  const std::string head = fmt::format("{} {} {}", parts.place, parts.model, parts.task);
  if (time + kLeastName > columns) return parts.time;
  return base::ellipsize(head, columns - time) + "  " + parts.time;
}

void ProgressLine::on_cell_started(const run::CellPosition& position) {
  // A cell that is measured in parts takes turns with others.
  if (is_open_) worked_s_[position_.index] += base::seconds(clock_.now_ns() - cell_start_ns_);
  position_ = position;
  progress_ = {};
  shown_.clear();
  is_open_ = true;
  cell_start_ns_ = phase_start_ns_ = clock_.now_ns();
  last_shown_ns_ = 0;
  if (!line_.is_live() && !quiet_ && !position.is_announced) note(cell_label(position) + "  started");
}

// Of what is counted now, at the pace of this sitting. Absent until there is a pace.
std::optional<double> ProgressLine::remaining_steps_s() const {
  const std::int64_t fresh = progress_.done - progress_.reused;
  // The items of a group are told task by task; the forecast knows them all.
  auto total = progress_.total;
  if (total && progress_.unit == "items" && position_.part.empty())
    total = std::max(*total, pace_.items(position_.index).value_or(0));
  if (!total || fresh <= 0) return std::nullopt;
  const double elapsed_s = base::seconds(clock_.now_ns() - phase_start_ns_);
  const std::int64_t left = std::max<std::int64_t>(*total - progress_.done, 0);
  return elapsed_s / static_cast<double>(fresh) * static_cast<double>(left);
}

// Of the cell: what is counted now and, where that only prepares it, what is forecast. Absent until somebody
// can tell.
std::optional<double> ProgressLine::remaining_s() const {
  const auto steps = remaining_steps_s();
  const bool measures = progress_.unit == "items" || progress_.unit == "runs";
  if (measures && steps) return steps;
  const auto expected = pace_.expected_s(position_.index);
  if (!expected) return std::nullopt;
  if (!progress_.unit.empty() && !measures) return *expected + steps.value_or(0.0);
  return std::max(*expected - base::seconds(clock_.now_ns() - cell_start_ns_), 0.0);
}

std::string ProgressLine::text() const {
  ProgressParts parts = parts_of(position_);
  // A task's cell is named by its task already.
  std::vector<std::string> step;
  if (progress_.phase != position_.cell.task) step.push_back(progress_.phase);
  step.push_back(count_text(progress_));
  std::erase(step, "");
  parts.step = base::join(step, "  ");
  parts.time = clock_text(base::seconds(clock_.now_ns() - cell_start_ns_));
  const auto own = remaining_s();
  const auto others = pace_.others_s(position_.index);
  if (own) parts.time += "  ETA " + clock_text(*own);
  if (others) {
    const bool is_least = others->is_least || !own;
    parts.time += fmt::format("{}{} {}", own ? ", all" : "  ETA of all", is_least ? " over" : "",
                              clock_text(others->seconds + own.value_or(0.0)));
  }
  return fitted(parts, line_.columns());
}

void ProgressLine::show(bool is_due) {
  if (quiet_ || !is_open_) return;
  const std::int64_t now = clock_.now_ns();
  if (!line_.is_live() && last_shown_ns_ == 0) last_shown_ns_ = now;
  const double interval_s = line_.is_live() ? kLiveInterval_s : kPlainInterval_s;
  if (!is_due && base::seconds(now - last_shown_ns_) < interval_s) return;
  last_shown_ns_ = now;
  std::string line = text();
  if (line_.is_live() && line == shown_) return;
  line_.show_or_note(line);
  shown_ = std::move(line);
}

void ProgressLine::on_progress(const run::Progress& progress) {
  const bool new_phase = progress.phase != progress_.phase;
  if (new_phase) phase_start_ns_ = clock_.now_ns();
  progress_ = progress;
  show(new_phase && line_.is_live());
}

void ProgressLine::on_tick() {
  show(false);
}

// Each kind of warning once: the tables at the end name all that it holds for.
void ProgressLine::note_warnings(const record::Record& record) {
  std::vector<Told> fresh;
  for (Told& warning : report::warnings_of(record)) {
    if (warning.place == record.task) warning.place.clear();
    if (!warned_.contains(report::without_numbers(warning.text))) fresh.push_back(std::move(warning));
  }
  for (const Told& warning : fresh) warned_.insert(report::without_numbers(warning.text));
  for (const std::string& line : report::grouped_lines(fresh)) note("    warning: " + line);
}

base::Status ProgressLine::on_cell_finished(const run::CellPosition& position, const record::Record& record,
                                            bool reused) {
  const bool bad = record.outcome == record::Outcome::failed || record.outcome == record::Outcome::invalid;
  const bool is_current = is_open_ && position.index == position_.index;
  const double last_part_s = is_current ? base::seconds(clock_.now_ns() - cell_start_ns_) : 0.0;
  const double worked_s = worked_s_[position.index] + last_part_s;
  if (reused) {
    pace_.on_finished(position.index, std::nullopt);
  } else if (record.outcome != record::Outcome::skipped) {
    pace_.on_finished(position.index, worked_s);
  }
  if ((!quiet_ && !reused) || (bad && !reused)) {
    clear();
    std::string line = fmt::format("{}  {}", cell_label(position), outcome_text(record));
    if (worked_s > 0.0) line += fmt::format("  ({})", clock_text(worked_s));
    note(line);
    if (!quiet_) note_warnings(record);
  }
  if (is_current) is_open_ = false;
  return on_record_(record, reused);
}

void ProgressLine::on_notice(const std::string& text) {
  if (quiet_) return;
  clear();
  shown_.clear();  // what was cleared is shown again
  note("bantam: " + text);
}

}  // namespace bantam::cli
