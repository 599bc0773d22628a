#include "record/block.hpp"

#include <utility>

namespace bantam::record {
namespace {

using base::Json;

constexpr const char* kBlocks = "blocks";
constexpr const char* kMemoryLine = "memory_line";
constexpr const char* kEnergy = "energy";

std::vector<std::string> texts_at(const Json& json, std::string_view key) {
  std::vector<std::string> texts;
  for (const Json& text : base::child_at(json, key)) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

BlockFigures figures_from(const Json& json) {
  BlockFigures figures{base::integer_at(json, "round").value_or(0),
                       base::string_at(json, "series").value_or(""),
                       texts_at(json, "reasons"),
                       {}};
  for (const auto& [metric, value] : base::child_at(json, "values").items()) {
    if (value.is_number()) figures.values[metric] = value.get<double>();
  }
  return figures;
}

}  // namespace

Json to_json(const Block& block) {
  Json json{{"round", block.round},   {"series", block.series}, {"started_at", block.started_at},
            {"wall_s", block.wall_s}, {"engine", block.engine}, {"answer", block.answer}};
  base::set_if(json, "private_peak_bytes", block.private_peak_bytes);
  if (!block.scenarios.empty()) json["scenarios"] = block.scenarios;
  if (!block.warnings.empty()) json["warnings"] = block.warnings;
  if (block.memory_line) json[kMemoryLine] = to_json(*block.memory_line);
  if (block.energy) json[kEnergy] = to_json(*block.energy);
  base::set_if(json, "start_temperature_c", block.start_temperature_c);
  return json;
}

base::Result<Block> block_from(const Json& json) {
  const auto round = base::integer_at(json, "round");
  const auto series = base::string_at(json, "series");
  const auto wall_s = base::number_at(json, "wall_s");
  if (!round || !series || !wall_s)
    return base::fail(base::ErrorKind::bad_input, "a block lacks 'round', 'series' or 'wall_s'");
  Block block{*round,
              *series,
              base::string_at(json, "started_at").value_or(""),
              *wall_s,
              base::child_at(json, "engine"),
              base::child_at(json, "answer"),
              base::integer_at(json, "private_peak_bytes"),
              texts_at(json, "scenarios"),
              texts_at(json, "warnings")};
  if (json.contains(kMemoryLine)) {
    TRY_ASSIGN(block.memory_line, memory_line_from(json[kMemoryLine]));
  }
  block.start_temperature_c = base::number_at(json, "start_temperature_c");
  if (json.contains(kEnergy)) {
    TRY_ASSIGN(block.energy, block_energy_from(json[kEnergy]));
  }
  return block;
}

std::vector<BlockFigures> block_figures(const Record& record) {
  std::vector<BlockFigures> blocks;
  for (const Json& block : base::child_at(record.task_info, kBlocks)) blocks.push_back(figures_from(block));
  return blocks;
}

void set_block_figures(Record& record, const std::vector<BlockFigures>& blocks) {
  if (blocks.empty()) return;
  Json& list = record.task_info[kBlocks] = Json::array();
  for (const BlockFigures& block : blocks) {
    Json json{{"round", block.round}, {"series", block.series}, {"values", block.values}};
    if (!block.reasons.empty()) json["reasons"] = block.reasons;
    list.push_back(std::move(json));
  }
}

}  // namespace bantam::record
