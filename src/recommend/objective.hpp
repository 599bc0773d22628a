#pragma once
// What is optimized: the value of a configuration by it, and whether one configuration is surely worse than
// another. Knows nothing of limits and of the order of objectives.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.hpp"
#include "metric/catalogue.hpp"
#include "recommend/memory_need.hpp"
#include "recommend/pairs.hpp"
#include "recommend/quality.hpp"

namespace bantam::recommend {

// What is known of the configurations, by their place.
struct Facts {
  const std::vector<analyze::Configuration>& configurations;
  QualityTasks tasks;
  std::vector<tl::expected<Quality, NoQuality>> qualities;
  std::vector<tl::expected<MemoryNeed, std::string>> needs;
};

// The value, or why there is none.
tl::expected<double, std::string> value_by(std::string_view objective, const Facts& facts, std::size_t index);

// Whether the value is predicted; false where there is none.
bool is_predicted(std::string_view objective, const Facts& facts, std::size_t index);

bool is_higher_better(std::string_view objective);

// Whether it is measured and compared in rounds: speed and energy.
bool is_in_rounds(const metric::Metric& metric);

// The title in sentences: "quality", "memory need", "decode".
std::string title_of(std::string_view objective);

// Comparisons among so many configurations: whichever turns out the best is compared with all others, so
// every pair counts.
constexpr std::int64_t pairs_among(std::int64_t configurations) {
  return configurations < 2 ? 1 : configurations * (configurations - 1) / 2;
}

enum class Side { better, worse, not_told };
struct Against {
  Side side = Side::not_told;
  std::string text;  // "quality 12.1 points lower [8.0, 16.2]", "decode 1.80x [1.76, 1.84]"
};
// Of one configuration against another, one of `comparisons` that are to hold together.
Against against(std::string_view objective, const Facts& facts, const Pair& pair, std::size_t index,
                std::size_t base, std::int64_t comparisons);

// By how much one may be better than another, as far as the two are not told apart: of quality in shares, of
// all else relative to the other, and 0 where it does not look better; infinite where nothing is known.
double most_gain(std::string_view objective, const Facts& facts, const Pair& pair, std::size_t index,
                 std::size_t base);

// "nano int4".
std::string name_of(const analyze::Configuration& configuration);

}  // namespace bantam::recommend
