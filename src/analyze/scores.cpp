#include "analyze/scores.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <tuple>

namespace bantam::analyze {
namespace {

// Of items that are held: their scores in order, and where the reading stands.
class HeldScores {
 public:
  HeldScores(std::vector<record::Item> items, const std::string& metric) : items_(std::move(items)) {
    for (const record::Item& item : items_) {
      const auto found = item.metrics.find(metric);
      if (found != item.metrics.end()) scores_.push_back({item.task, item.doc_id, found->second});
    }
    std::ranges::sort(scores_, [](const ItemScore& a, const ItemScore& b) {
      return std::tie(a.task, a.doc_id) < std::tie(b.task, b.doc_id);
    });
  }
  std::optional<ItemScore> next() {
    return at_ < scores_.size() ? std::optional(scores_[at_++]) : std::nullopt;
  }

 private:
  std::vector<record::Item> items_;
  std::vector<ItemScore> scores_;
  std::size_t at_ = 0;
};

}  // namespace

ScoreSource::Open ScoreSource::from_items(ItemSource items) {
  if (!items) return {};
  return [items = std::move(items)](const std::string& key,
                                    const std::string& metric) -> base::Result<NextScore> {
    TRY_ASSIGN(auto held, items(key));
    auto scores = std::make_shared<HeldScores>(std::move(held), metric);
    return NextScore([scores]() -> base::Result<std::optional<ItemScore>> { return scores->next(); });
  };
}

}  // namespace bantam::analyze
