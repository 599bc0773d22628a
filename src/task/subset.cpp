#include "task/subset.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "stats/python_random.hpp"

namespace bantam::task {

namespace {

struct Ranked {
  double rank = 0.0;
  Stratum stratum;  // decides between equal ranks
  std::int64_t row = 0;

  bool operator<(const Ranked& other) const {
    return std::tie(rank, stratum, row) < std::tie(other.rank, other.stratum, other.row);
  }
};

}  // namespace

std::vector<std::int64_t> subset_order(const std::vector<Stratum>& strata, std::uint64_t seed) {
  std::map<Stratum, std::vector<std::int64_t>> members;
  for (std::size_t row = 0; row < strata.size(); ++row)
    members[strata[row]].push_back(static_cast<std::int64_t>(row));
  stats::PythonRandom random(seed);
  std::vector<Ranked> ranked;
  ranked.reserve(strata.size());
  for (const auto& [stratum, rows] : members) {
    const double offset = random.uniform();
    double position = 0.0;
    for (const std::size_t at : random.sample(rows.size(), rows.size())) {
      ranked.push_back({(position + offset) / static_cast<double>(rows.size()), stratum, rows[at]});
      position += 1.0;
    }
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::int64_t> order;
  order.reserve(ranked.size());
  for (const Ranked& one : ranked) order.push_back(one.row);
  return order;
}

std::size_t subset_size(std::size_t rows, const Settings& settings) {
  if (!settings.limit) return rows;
  const double wanted =
      *settings.limit < 1.0 ? std::ceil(*settings.limit * static_cast<double>(rows)) : *settings.limit;
  return std::min(rows, static_cast<std::size_t>(std::max(wanted, 0.0)));
}

std::size_t rows_until(double share, std::size_t subset) {
  return std::min(subset, static_cast<std::size_t>(std::ceil(share * static_cast<double>(subset))));
}

std::vector<std::int64_t> selected_rows(const std::vector<Stratum>& strata, const Settings& settings) {
  const std::vector<std::int64_t> order = subset_order(strata, settings.seed);
  const std::size_t size = subset_size(order.size(), settings);
  const auto at = [&](double share) {
    return order.begin() + static_cast<std::ptrdiff_t>(rows_until(share, size));
  };
  std::vector<std::int64_t> selected(at(settings.stage.begin), at(settings.stage.end));
  std::sort(selected.begin(), selected.end());
  return selected;
}

}  // namespace bantam::task
