#pragma once
// How long a run still takes: what its cells were expected to take, corrected by what those before them took.
// Knows nothing of what is shown.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "record/cell_kind.hpp"

namespace bantam::cli {

// What is known of a cell before it runs.
struct Forecast {
  record::CellKind kind = record::CellKind::performance;
  std::optional<double> seconds;      // absent: nobody can tell
  std::optional<std::int64_t> items;  // of a cell that scores some
  bool is_done = false;               // its record is there
};

// Seconds still to go.
struct Remaining {
  double seconds = 0.0;
  bool is_least = false;  // of some cells nobody can tell: it takes longer
};

class Pace {
 public:
  explicit Pace(std::vector<Forecast> cells) : cells_(std::move(cells)) {}

  // Absent for a cell that was not forecast.
  std::optional<std::int64_t> items(std::size_t cell) const;
  // The whole cell, by its forecast and by cells of its kind that are over. Absent when neither tells.
  std::optional<double> expected_s(std::size_t cell) const;
  // All cells that are not over, without this one. Absent when there is none.
  std::optional<Remaining> others_s(std::size_t cell) const;

  // A cell is over. `seconds` of work in this run; absent when its record was there.
  void on_finished(std::size_t cell, std::optional<double> seconds);

 private:
  struct Seen {
    double took_s = 0.0;
    double forecast_s = 0.0;  // of those that had one
    double took_forecast_s = 0.0;
    std::int64_t cells = 0;
  };

  std::vector<Forecast> cells_;
  std::map<record::CellKind, Seen> seen_;
};

}  // namespace bantam::cli
