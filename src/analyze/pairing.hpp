#pragma once
// Two configurations on the same items: who got which right. Knows nothing of how likely that is by chance.

#include <cstdint>
#include <string>
#include <vector>

#include "record/record.hpp"
#include "stats/clustered.hpp"

namespace bantam::analyze {

struct Pairing {
  std::int64_t common = 0;     // items that both have
  std::int64_t only_base = 0;  // items that only one has
  std::int64_t only_other = 0;
  bool right_or_wrong =
      true;  // every value of the common items is 0 or 1; the counts below mean nothing otherwise
  std::int64_t both = 0;    // both right
  std::int64_t lost = 0;    // right in the base only
  std::int64_t gained = 0;  // right in the other only
  std::int64_t neither = 0;
  std::vector<stats::Cluster> differences;  // other - base, by leaf task

  bool same_items() const { return only_base == 0 && only_other == 0; }
};

// Items are matched by task and doc_id; an item without the metric counts as not there.
Pairing pair_items(const std::vector<record::Item>& base, const std::vector<record::Item>& other,
                   const std::string& metric);

}  // namespace bantam::analyze
