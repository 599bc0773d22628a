#include "cli/progress.hpp"

#include <fmt/format.h>
#include <cstdio>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"

namespace bantam::cli {
namespace {

constexpr double kLiveInterval_s = 0.1;
constexpr double kPlainInterval_s = 15.0;
constexpr double kHashingUnshown_s = 0.5;

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole % 3600 / 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

// Seconds still to go at the pace of this sitting; absent until there is a pace.
std::optional<double> remaining_s(const run::Progress& progress, double elapsed_s) {
  const std::int64_t fresh = progress.done - progress.reused;
  if (!progress.total || fresh <= 0) return std::nullopt;
  return elapsed_s / static_cast<double>(fresh) * static_cast<double>(*progress.total - progress.done);
}

// The few values that say most about a finished cell.
std::string headline(const record::Record& record) {
  std::set<std::string> keys;
  for (const auto& [key, value] : record.metrics) keys.insert(key);
  std::string text;
  for (const std::string& key : metric::cell_headlines(keys)) {
    const metric::Metric* metric = metric::find_metric(key);
    text +=
        fmt::format("  {} {}", metric->title, metric::format_value(*metric, record.metrics.at(key).value));
  }
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

std::string cell_label(const run::CellPosition& position) {
  const std::string part = position.part.empty() ? "" : ", " + position.part;
  return fmt::format("[{}/{}] {} {} {}{}", position.index + 1, position.total, position.cell.model.name,
                     position.cell.precision, position.cell.task, part);
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

void ProgressLine::on_cell_started(const run::CellPosition& position) {
  label_ = cell_label(position);
  phase_.clear();
  cell_start_ns_ = phase_start_ns_ = clock_.now_ns();
  last_shown_ns_ = 0;
  if (!line_.is_live() && !quiet_) note(label_ + "  started");
}

void ProgressLine::on_progress(const run::Progress& progress) {
  if (quiet_) return;
  const std::int64_t now = clock_.now_ns();
  const bool new_phase = progress.phase != phase_;
  if (new_phase) {
    phase_ = progress.phase;
    phase_start_ns_ = now;
  }
  const double since_shown_s = base::seconds(now - last_shown_ns_);
  const double interval_s = line_.is_live() ? kLiveInterval_s : kPlainInterval_s;
  if (!line_.is_live() && last_shown_ns_ == 0) last_shown_ns_ = now;
  if (since_shown_s < interval_s && !(new_phase && line_.is_live())) return;
  last_shown_ns_ = now;

  std::string line = fmt::format("{}  {}", label_, progress.phase);
  if (!progress.unit.empty()) {
    line += progress.total ? fmt::format("  {}/{} {}", progress.done, *progress.total, progress.unit)
                           : fmt::format("  {} {}", progress.done, progress.unit);
  }
  line += "  " + clock_text(base::seconds(now - cell_start_ns_));
  if (const auto left = remaining_s(progress, base::seconds(now - phase_start_ns_)))
    line += "  ETA " + clock_text(*left);
  line_.show_or_note(line);
}

base::Status ProgressLine::on_cell_finished(const run::CellPosition& position, const record::Record& record,
                                            bool reused) {
  const bool bad = record.outcome == record::Outcome::failed || record.outcome == record::Outcome::invalid;
  if ((!quiet_ && !reused) || (bad && !reused)) {
    clear();
    const std::string label = cell_label(position);
    std::string line = fmt::format("{}  {}", label, outcome_text(record));
    // When a cell is measured in parts, the clock has only seen the last one started.
    if (label == label_)
      line += fmt::format("  ({})", clock_text(base::seconds(clock_.now_ns() - cell_start_ns_)));
    note(line);
    if (!quiet_) {
      for (const std::string& warning : record.warnings) note("    warning: " + warning);
    }
  }
  return on_record_(record, reused);
}

void ProgressLine::on_notice(const std::string& text) {
  if (quiet_) return;
  clear();
  note("bantam: " + text);
}

}  // namespace bantam::cli
