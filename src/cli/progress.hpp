#pragma once
// How far the work is, on stderr: on a terminal one live line with rate and ETA, elsewhere a plain line now
// and then.

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "cache/hashing.hpp"
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

// A run: the current cell, and the outcome of each. Quiet shows failures only.
class ProgressLine final : public run::Observer {
 public:
  // Called with every record that the run made or found.
  using RecordSink = std::function<base::Status(const record::Record&, bool reused)>;

  ProgressLine(Terminal terminal, bool quiet, RecordSink on_record)
      : line_(terminal), quiet_(quiet), on_record_(std::move(on_record)) {}

  void on_cell_started(const run::CellPosition& position) override;
  void on_progress(const run::Progress& progress) override;
  base::Status on_cell_finished(const run::CellPosition& position, const record::Record& record,
                                bool reused) override;
  void on_notice(const std::string& text) override;
  void clear() { line_.clear(); }

 private:
  LiveLine line_;
  bool quiet_;
  RecordSink on_record_;
  base::MonotonicClock clock_;
  std::string label_;
  std::string phase_;
  std::int64_t cell_start_ns_ = 0;
  std::int64_t phase_start_ns_ = 0;
  std::int64_t last_shown_ns_ = 0;
};

}  // namespace bantam::cli
