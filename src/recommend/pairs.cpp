#include "recommend/pairs.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace bantam::recommend {
namespace {

using analyze::Configuration;
using analyze::Impact;

std::optional<std::size_t> find_place(const std::vector<Configuration>& all, const std::string& model,
                                      const std::string& precision, const std::string& point) {
  const auto found = std::ranges::find_if(all, [&](const Configuration& one) {
    return one.model == model && one.precision == precision && one.point == point;
  });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

Pairs::Pairs(const analyze::Analysis& analysis, const analyze::ScoreSource& items, const QualityTasks& tasks)
    : configurations_(analysis.configurations), items_(items), tasks_(tasks) {
  for (const Impact& impact : analysis.impacts) {
    const auto index = find_place(configurations_, impact.model, impact.precision, impact.point);
    const auto base =
        find_place(configurations_, impact.base_model, impact.base_precision, impact.base_point);
    if (!index || !base) continue;
    take(*index, *base, impact);
    take(*base, *index, analyze::inverted(impact));
  }
}

void Pairs::take(std::size_t index, std::size_t base, Impact impact) {
  const Configuration& own = configurations_[index];
  const Configuration& other = configurations_[base];
  Pair pair{std::move(impact), {}};
  if (find_quality(own, tasks_) && find_quality(other, tasks_))
    pair.quality = find_difference(pair.impact, own, other, tasks_);
  known_.insert_or_assign({index, base}, std::move(pair));
}

base::Result<const Pair*> Pairs::compare(std::size_t index, std::size_t base) {
  if (!known_.contains({index, base})) {
    TRY_ASSIGN(Impact impact,
               analyze::compare_two(configurations_[base], items_, configurations_[index], items_));
    take(base, index, analyze::inverted(impact));
    take(index, base, std::move(impact));
  }
  return &known_.at({index, base});
}

}  // namespace bantam::recommend
