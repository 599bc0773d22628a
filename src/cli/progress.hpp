#pragma once
// How far the work is, on stderr: on a terminal one live line with rate and ETA, elsewhere a plain line now
// and then.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "cache/hashing.hpp"
#include "cli/pace.hpp"
#include "cli/terminal.hpp"
#include "hub/download.hpp"
#include "run/observer.hpp"

namespace bantam::cli {

// One line that is written over; nothing where stderr is no terminal.
class LiveLine {
 public:
  explicit LiveLine(Terminal terminal) : terminal_(terminal) {}
  ~LiveLine() { clear(); }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  bool is_live() const { return terminal_.is_tty; }
  // What a line may take; 0 where lines are notes of any length.
  std::size_t columns() const { return is_live() ? terminal_.columns - 1 : 0; }
  void show(const std::string& line);
  // As a line of its own where stderr is no terminal.
  void show_or_note(const std::string& line);
  // Takes the line away, before something else is written.
  void clear();

 private:
  Terminal terminal_;
  bool is_open_ = false;
};

// Downloads.
class TransferLine {
 public:
  TransferLine(Terminal terminal, bool quiet) : line_(terminal), quiet_(quiet) {}

  void show(const hub::Transfer& transfer);
  void clear() { line_.clear(); }

 private:
  LiveLine line_;
  bool quiet_;
  base::MonotonicClock clock_;
  std::string name_;
  std::int64_t last_shown_ns_ = 0;
};

// Hashing of big files, where it takes more than a moment: shown, and ended when `stopped` says so (it may be
// empty).
class HashingLine {
 public:
  HashingLine(Terminal terminal, bool quiet, std::function<bool()> stopped)
      : line_(terminal),
        quiet_(quiet),
        stopped_(std::move(stopped)),
        watch_([this](const cache::Hashing& hashing) { return take(hashing); }) {}

 private:
  base::Status take(const cache::Hashing& hashing);
  void show(const cache::Hashing& hashing);

  LiveLine line_;
  bool quiet_;
  std::function<bool()> stopped_;
  base::MonotonicClock clock_;
  std::string path_;
  std::int64_t start_ns_ = 0;
  std::int64_t last_shown_ns_ = 0;
  cache::HashingWatch watch_;
};

// A run: the current cell with the time that it and the run still take, and the outcome of each. Quiet shows
// failures only.
class ProgressLine final : public run::Observer {
 public:
  // Called with every record that the run made or found.
  using RecordSink = std::function<base::Status(const record::Record&, bool reused)>;

  ProgressLine(Terminal terminal, bool quiet, RecordSink on_record, std::vector<Forecast> forecasts = {})
      : line_(terminal), quiet_(quiet), on_record_(std::move(on_record)), pace_(std::move(forecasts)) {}

  void on_cell_started(const run::CellPosition& position) override;
  void on_progress(const run::Progress& progress) override;
  void on_tick() override;
  base::Status on_cell_finished(const run::CellPosition& position, const record::Record& record,
                                bool reused) override;
  void on_notice(const std::string& text) override;
  void clear() { line_.clear(); }

 private:
  void show(bool is_due);
  std::string text() const;
  std::optional<double> remaining_steps_s() const;
  std::optional<double> remaining_s() const;
  void note_warnings(const record::Record& record);

  LiveLine line_;
  bool quiet_;
  RecordSink on_record_;
  Pace pace_;
  base::MonotonicClock clock_;
  run::CellPosition position_;
  run::Progress progress_;
  std::map<std::size_t, double> worked_s_;  // of cells that are measured in parts: in the parts before
  std::set<std::string> warned_;            // kinds of warnings that were shown
  std::string shown_;
  bool is_open_ = false;  // a cell is at work
  std::int64_t cell_start_ns_ = 0;
  std::int64_t phase_start_ns_ = 0;
  std::int64_t last_shown_ns_ = 0;
};

// The parts of a progress line on at most `columns`: where there is no room the model's name is shortened,
// then what is done now is left out; the time is never cut. 0 columns: no limit.
struct ProgressParts {
  std::string place;  // "[1/4]"
  std::string model;
  std::string task;  // with the precision before it
  std::string step;  // "loading", "12/40 items"; may be empty
  std::string time;  // "0:12  ETA 0:30, all 2:40"
};
std::string fitted(const ProgressParts& parts, std::size_t columns);

}  // namespace bantam::cli
