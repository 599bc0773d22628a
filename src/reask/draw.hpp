#pragma once
// Which items of a cell are asked again. Pure.

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/record.hpp"

namespace bantam::reask {

inline constexpr std::int64_t kUsualItems = 5;  // of each cell
inline constexpr std::int64_t kMostItems = 1'000'000;

struct Draw {
  std::int64_t items = kUsualItems;        // each as likely as any other
  std::uint64_t seed = 0;                  // each cell has a draw of its own
  std::vector<std::int64_t> doc_ids = {};  // not empty: these instead, of every task that has them
};

// Ascending. All of them where there are no more.
std::vector<record::ItemName> drawn_of(const std::vector<record::Item>& items, std::string_view cell_key,
                                       const Draw& draw);

}  // namespace bantam::reask
