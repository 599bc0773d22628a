#pragma once
// Scores as the model hub takes them: the member `model-index` of a model card's metadata, and the entries of
// a repository's files in .eval_results/ (docs/commands/export.md has both forms). What the records do not
// tell is left out; a score that lacks what the hub requires is left out with the reason. Pure functions;
// know nothing of files.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyze/configuration.hpp"
#include "analyze/scored_items.hpp"
#include "base/json.hpp"

namespace bantam::exchange {

// A data set of the hub, as the task's file names it.
struct HubData {
  std::string dataset;  // "openai/gsm8k"
  std::optional<std::string>
      config;  // absent: not named, or the tasks of a group differ in it; so are the next two
  std::optional<std::string> split;     // that was evaluated
  std::optional<std::string> revision;  // branch, tag or commit

  bool operator==(const HubData&) const = default;
};

// One score of one precision: that which leads its task.
struct HubScore {
  std::string setup;      // "int4"
  std::string file_type;  // of the model file: "Q4_K_M"; empty where the record does not tell
  std::string task;
  std::string task_type;  // as the hub calls it: text-generation, text-classification
  HubData data;
  std::string metric;  // with its filter: "exact_match,strict-match"
  double value = 0.0;  // of a share: in percent
  std::optional<record::Interval> interval;
  bool is_percent = false;
  std::optional<std::int64_t> shots;  // absent where an imported file does not tell
  std::optional<analyze::ItemCount> items;
  std::string finished_at;  // UTC
  std::string measured_by;  // "bantam, llama 0.3.36"; of imported results their tool
};

// Which scores are wanted: of whole tasks only, or also of a part of the items, and where nobody knows how
// many.
enum class ItemsWanted { all, any };

struct HubScores {
  std::vector<HubScore> scores;       // in the order of the configurations, then of the tasks
  std::vector<std::string> left_out;  // "nano_qa: 8 of 400 items were scored", one line for all precisions
  bool lacks_items = false;           // some were left out that ItemsWanted::any has
};

// Of one model. `columns`: the score of each task.
HubScores hub_scores(const std::vector<analyze::Configuration>& configurations,
                     const std::vector<analyze::ScoreColumn>& columns, ItemsWanted items);

// One entry with a result per task, and a metric per precision in it.
base::Json model_index(const std::string& model, const std::vector<HubScore>& scores);

// What else an entry of .eval_results/ says.
struct EvalResultsOptions {
  std::map<std::string, std::string>
      task_ids;            // by task: its id in the data set's eval.yaml; else the task's own name
  std::string source_url;  // where the results come from; empty: not known
};
// The content of a file: one entry for each score.
base::Json eval_results(const std::vector<HubScore>& scores, const EvalResultsOptions& options);

}  // namespace bantam::exchange
