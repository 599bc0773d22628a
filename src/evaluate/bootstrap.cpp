#include "evaluate/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "evaluate/python_random.hpp"
#include "stats/bootstrap.hpp"
#include "stats/moments.hpp"

namespace bantam::evaluate {

std::optional<Spread> bootstrap(std::size_t items, std::size_t chunks, std::size_t chunk,
                                const ScoreOf& score) {
  if (items < 2) return std::nullopt;
  std::vector<double> scores;
  scores.reserve(chunks * chunk);
  std::vector<std::size_t> drawn(items);
  for (std::size_t seed = 0; seed < chunks; ++seed) {
    PythonRandom random(seed);
    for (std::size_t i = 0; i < chunk; ++i) {
      random.choices(items, drawn);
      const auto value = score(drawn);
      if (value && std::isfinite(*value)) scores.push_back(*value);
    }
  }
  const auto deviation = stats::sample_sd(scores);
  const auto interval = stats::bootstrap_interval(scores);
  if (!deviation || !interval) return std::nullopt;
  return Spread{*deviation, *interval};
}

std::size_t bootstrap_chunks(std::size_t items) {
  constexpr std::size_t kMost = 100;
  constexpr std::size_t kMostDraws = 8'000'000;
  return std::clamp<std::size_t>(kMostDraws / (1000 * std::max<std::size_t>(items, 1)), 1, kMost);
}

}  // namespace bantam::evaluate
