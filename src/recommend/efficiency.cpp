#include "recommend/efficiency.hpp"

#include "recommend/figures.hpp"

namespace bantam::recommend {
namespace {

using Figure = std::optional<double>;

// Absent where one is absent, or nothing is divided by.
Figure quotient(const Figure& value, const Figure& by) {
  return value && by && *by > 0.0 ? Figure(*value / *by) : std::nullopt;
}

Figure mean_score(const Quality& quality) {
  if (quality.tasks.empty()) return std::nullopt;
  double sum = 0.0;
  for (const TaskQuality& task : quality.tasks) sum += task.score;
  return sum / static_cast<double>(quality.tasks.size());
}

}  // namespace

Efficiencies find_efficiencies(const analyze::Analysis& analysis, const Recommendation& recommendation,
                               const std::optional<double>& device_price) {
  constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
  Efficiencies all;
  all.device_price = device_price;
  all.latency = first_known(analysis, recommendation, kLatencies);
  all.speed = first_known(analysis, recommendation, kSpeeds);
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    const auto figure = [&](const std::optional<std::string>& metric) {
      return metric ? figure_by(*metric, analysis, recommendation, i) : std::nullopt;
    };
    Efficiency row;
    row.configuration = i;
    if (figure(std::string(kQuality))) row.mean_score = mean_score(*recommendation.qualities[i]);
    Figure gib = figure(std::string(kMemory));
    if (gib) *gib /= kGib;
    row.per_latency_s = quotient(row.mean_score, figure(all.latency));
    row.per_gib = quotient(row.mean_score, gib);
    row.per_joule = quotient(row.mean_score, figure(std::string(kEnergies.front())));
    row.speed_per_gib = quotient(figure(all.speed), gib);
    row.per_price = quotient(row.mean_score, device_price);
    row.speed_per_price = quotient(figure(all.speed), device_price);
    all.rows.push_back(row);
  }
  return all;
}

}  // namespace bantam::recommend
