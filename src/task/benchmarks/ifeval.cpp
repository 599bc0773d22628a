// IFEval: instructions about the form of an answer, checked by rules.

#include <algorithm>

#include "prompt/python_literal.hpp"
#include "score/instructions.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;
using metric::ItemScores;

// An item with an instruction that cannot be checked has no prompt-level value; the instruction itself is
// left out of the others.
void add(const metric::TaskMetric& instructions, const metric::TaskMetric& prompt,
         const std::vector<score::Followed>& verdicts, ItemScores& scores) {
  const auto count = [&](score::Followed kind) { return std::count(verdicts.begin(), verdicts.end(), kind); };
  const auto followed = count(score::Followed::yes);
  const auto unchecked = count(score::Followed::unchecked);
  const auto checked = static_cast<std::ptrdiff_t>(verdicts.size()) - unchecked;
  scores.statistics[std::string(instructions.name())] = Json::array({followed, checked});
  if (checked > 0) scores.set(instructions, static_cast<double>(followed) / static_cast<double>(checked));
  if (unchecked == 0) scores.set(prompt, followed == checked ? 1.0 : 0.0);
}

Result<ItemScores> ifeval_scores(const Json& row, const std::string& answer) {
  const Json& kinds = base::child_at(row, "instruction_id_list");
  const Json& arguments = base::child_at(row, "kwargs");
  if (!kinds.is_array() || kinds.empty()) return missing("instruction_id_list");
  if (!arguments.is_array() || arguments.size() != kinds.size()) return missing("kwargs");
  std::vector<score::Instruction> instructions;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    instructions.push_back({prompt::python_str(kinds[i]), arguments[i]});
  TRY_ASSIGN(const score::InstructionVerdicts verdicts, score::judge_instructions(instructions, answer));
  ItemScores scores;
  add(metric::inst_level_strict_acc, metric::prompt_level_strict_acc, verdicts.strict, scores);
  add(metric::inst_level_loose_acc, metric::prompt_level_loose_acc, verdicts.loose, scores);
  return scores;
}

// Instructions that are followed over those that can be checked, both summed over the items.
metric::ScoreOf followed_share(const metric::ItemList& items, const std::string& key) {
  struct Counts {
    double followed = 0.0;
    double checked = 0.0;
  };
  std::vector<Counts> of_items;
  for (const record::Item* item : items) {
    Counts& own = of_items.emplace_back();
    const Json& counts = metric::item_statistics(*item, key);
    if (!counts.is_array() || counts.size() != 2 || !counts[0].is_number() || !counts[1].is_number())
      continue;
    own = {counts[0].get<double>(), counts[1].get<double>()};
  }
  return metric::score_of_drawn(std::move(of_items),
                                [](const std::vector<Counts>& drawn) -> std::optional<double> {
                                  Counts sum;
                                  for (const Counts& own : drawn) {
                                    sum.followed += own.followed;
                                    sum.checked += own.checked;
                                  }
                                  if (sum.checked == 0.0) return std::nullopt;
                                  return sum.followed / sum.checked;
                                });
}

constinit const metric::Aggregation kRatio{.name = "ratio", .scorer = followed_share};
constexpr const metric::Aggregation* kRatioOnly[] = {&kRatio};
constexpr GivenMetric kMetrics[] = {{&metric::prompt_level_strict_acc, metric::aggregations::kMeans},
                                    {&metric::prompt_level_loose_acc, metric::aggregations::kMeans},
                                    {&metric::inst_level_strict_acc, kRatioOnly},
                                    {&metric::inst_level_loose_acc, kRatioOnly}};
constexpr ResultsFunction kResults[] = {
    {.is = {"ifeval.process_results", {"3963f99bf609aeecc915161ae1c501e394a84ab047463e76869f53ffcd0f3ee4"}},
     .metrics = kMetrics,
     .of_answer = ifeval_scores}};
constexpr AggregationFunction kAggregations[] = {
    {{"ifeval.agg_inst_level_acc", {"539a31ae279242182992c11faccd427ec5b18330809fa9d96f03d7d0c6fddd5f"}},
     "ratio"}};

}  // namespace

constinit const Benchmark ifeval{.results = kResults, .aggregations = kAggregations};

}  // namespace bantam::task
