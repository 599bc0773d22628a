#pragma once
// The scores of a cell's items, one after another, so that two cells of millions are compared without holding
// either. Knows nothing of where they are kept.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "record/record.hpp"

namespace bantam::analyze {

// The items of a cell, whole or with their metrics alone. An empty list when there are none.
using ItemSource = std::function<base::Result<std::vector<record::Item>>(const std::string& cell_key)>;

struct ItemScore {
  std::string_view task;  // lives until the next one is asked for
  std::int64_t doc_id = 0;
  double value = 0.0;
};
// By task, then doc_id. Absent at the end.
using NextScore = std::function<base::Result<std::optional<ItemScore>>()>;

// Where the scores of any cell come from; there may be none at all.
class ScoreSource {
 public:
  ScoreSource() = default;
  // From items that are held at once, in any order.
  template <typename Items>
  requires std::is_invocable_r_v < base::Result<std::vector<record::Item>>, Items,
  const std::string& > ScoreSource(Items items) : open_(from_items(ItemSource(std::move(items)))) {}
  // `open` gives the scores of a cell by a metric; items without the metric are passed over.
  template <typename Opener>
  requires std::is_invocable_r_v < base::Result<NextScore>, Opener,
  const std::string&, const std::string& > ScoreSource(Opener open) : open_(std::move(open)) {}

  explicit operator bool() const { return open_ != nullptr; }
  base::Result<NextScore> open(const std::string& cell_key, const std::string& metric) const {
    return open_(cell_key, metric);
  }

 private:
  using Open = std::function<base::Result<NextScore>(const std::string& cell_key, const std::string& metric)>;
  static Open from_items(ItemSource items);

  Open open_;
};

}  // namespace bantam::analyze
