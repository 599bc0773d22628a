#pragma once
// Shows a run on stderr: on a terminal one live line for the cell at work with its ETA, elsewhere plain
// lines; quiet shows failures only.

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "cli/terminal.hpp"
#include "run/observer.hpp"

namespace bantam::cli {

class ProgressLine final : public run::Observer {
 public:
  // Called with every record that the run made or found.
  using RecordSink = std::function<base::Status(const record::Record&, bool reused)>;

  ProgressLine(Terminal terminal, bool quiet, RecordSink on_record)
      : terminal_(terminal), quiet_(quiet), on_record_(std::move(on_record)) {}

  ~ProgressLine() override { clear(); }

  void on_cell_started(const run::CellPosition& position) override;
  void on_progress(const run::Progress& progress) override;
  base::Status on_cell_finished(const run::CellPosition& position, const record::Record& record,
                                bool reused) override;
  void on_notice(const std::string& text) override;
  // Takes the live line away, before something else is written.
  void clear();

 private:
  void show(const std::string& line);

  Terminal terminal_;
  bool quiet_;
  RecordSink on_record_;
  base::MonotonicClock clock_;
  std::string label_;
  std::string phase_;
  std::int64_t cell_start_ns_ = 0;
  std::int64_t phase_start_ns_ = 0;
  std::int64_t last_shown_ns_ = 0;
  bool line_is_open_ = false;
};

}  // namespace bantam::cli
