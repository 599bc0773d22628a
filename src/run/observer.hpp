#pragma once
// What a run tells whoever watches it. Called from the run's own thread, between trials and items, never
// inside a timed region.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"

namespace bantam::run {

struct CellPosition {
  std::size_t index = 0;  // from 0
  std::size_t total = 0;
  plan::Cell cell;
  std::string part = {};      // of a cell that is measured in parts: "look 2 of 4"; empty otherwise
  bool is_announced = false;  // it was started before, and goes on
};

struct Progress {
  std::string phase;                       // "making Q8_0", "loading", "single_stream", a task's name, ...
  std::int64_t done = 0;                   // steps of this phase, those of earlier sittings included
  std::int64_t reused = 0;                 // of `done`, those of earlier sittings
  std::optional<std::int64_t> total = {};  // absent: not known
  std::string unit;                        // "items", "runs", "%"; empty when steps are not counted
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_cell_started(const CellPosition& position) = 0;
  virtual void on_progress(const Progress& progress) = 0;
  // Time goes by, and there is no news; several times a second, but never while something is timed.
  virtual void on_tick() {}
  // `reused`: the record was there already. An error ends the run.
  virtual base::Status on_cell_finished(const CellPosition& position, const record::Record& record,
                                        bool reused) = 0;
  virtual void on_notice(const std::string& text) = 0;
};

}  // namespace bantam::run
