#pragma once
// A finished attempt of a cell and the raw data that its figures follow from.

#include <vector>

#include "record/block.hpp"
#include "record/record.hpp"

namespace bantam::record {

struct FinishedCell {
  Record record;
  std::vector<Trial> trials;  // in the order of measuring
  std::vector<Block> blocks;  // by round
  std::vector<Item> items;    // by task, then doc_id
};

}  // namespace bantam::record
