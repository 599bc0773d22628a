#include "cli/pace.hpp"

namespace bantam::cli {

std::optional<std::int64_t> Pace::items(std::size_t cell) const {
  return cell < cells_.size() ? cells_[cell].items : std::nullopt;
}

std::optional<double> Pace::expected_s(std::size_t cell) const {
  if (cell >= cells_.size()) return std::nullopt;
  const auto seen = seen_.find(cells_[cell].kind);
  if (seen == seen_.end()) return cells_[cell].seconds;
  if (cells_[cell].seconds && seen->second.forecast_s > 0.0)
    return *cells_[cell].seconds * seen->second.took_forecast_s / seen->second.forecast_s;
  return seen->second.took_s / static_cast<double>(seen->second.cells);
}

std::optional<Remaining> Pace::others_s(std::size_t cell) const {
  std::optional<Remaining> remaining;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (i == cell || cells_[i].is_done) continue;
    if (!remaining) remaining.emplace();
    const auto expected = expected_s(i);
    remaining->seconds += expected.value_or(0.0);
    remaining->is_least = remaining->is_least || !expected;
  }
  return remaining;
}

void Pace::on_finished(std::size_t cell, std::optional<double> seconds) {
  if (cell >= cells_.size()) return;
  cells_[cell].is_done = true;
  if (!seconds) return;
  Seen& seen = seen_[cells_[cell].kind];
  seen.took_s += *seconds;
  ++seen.cells;
  if (!cells_[cell].seconds) return;
  seen.forecast_s += *cells_[cell].seconds;
  seen.took_forecast_s += *seconds;
}

}  // namespace bantam::cli
