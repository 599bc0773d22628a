#pragma once
// A block: what one process measured of a performance cell in one round. In each round every cell of a run
// gives one, so that blocks of one round lie side by side in time and are compared in pairs.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/block_energy.hpp"
#include "record/memory_line.hpp"
#include "record/record.hpp"

namespace bantam::record {

// As it is kept while the cell is measured; its trials are kept beside it. A block that is there is whole.
struct Block {
  std::int64_t round = 0;                          // from 0
  std::string series;                              // rounds of one series only were measured side by side
  std::string started_at;                          // UTC
  double wall_s = 0.0;                             // the whole process
  base::Json engine;                               // facts of the engine that ran it
  base::Json answer;                               // what the worker left beside the trials
  std::optional<std::int64_t> private_peak_bytes;  // seen from outside; absent without samples
  std::vector<std::string> scenarios;              // how each ended, one sentence each
  std::vector<std::string> warnings;
  std::optional<MemoryLine> memory_line = {};  // of the first block of a cell that counts; absent in others
  std::optional<BlockEnergy> energy = {};      // of cells whose energy is measured
  std::optional<double> start_temperature_c =
      {};  // of the hottest sensor as it began; absent: none can be read
};
base::Json to_json(const Block& block);
// bad_input, naming the member, when one is missing or of another type.
base::Result<Block> block_from(const base::Json& json);

// What a finished record says of one of its blocks (task_info.blocks).
struct BlockFigures {
  std::int64_t round = 0;
  std::string series;
  std::vector<std::string> reasons;      // why it does not count; none: it does
  std::map<std::string, double> values;  // catalogue name -> the block's median
};
// Empty for records of earlier versions, and of cells that were not measured in blocks.
std::vector<BlockFigures> block_figures(const Record& record);
void set_block_figures(Record& record, const std::vector<BlockFigures>& blocks);

}  // namespace bantam::record
