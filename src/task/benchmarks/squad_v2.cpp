// SQuAD 2.0: as SQuAD, with questions that the passage does not answer.

#include "score/text_match.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;
using metric::ItemScores;

// SQuAD 2.0. "unanswerable" is what the task's examples say where there is no answer.
Result<ItemScores> squad_v2_scores(const Json& row, const std::string& answer) {
  const Json& list = base::child_at(base::child_at(row, "answers"), "text");
  if (!list.is_array()) return missing("answers.text");
  const std::vector<std::string> golds = texts_in_list(list);
  const std::vector<std::string_view> views(golds.begin(), golds.end());
  const bool declined = score::squad_normalized(answer) == "unanswerable";
  const score::SquadV2Item item = score::squad_v2_item(declined ? "" : answer, views);
  ItemScores scores;
  const double exact = item.exact ? 1.0 : 0.0;
  scores.set(metric::exact, exact);
  scores.set(metric::f1, item.f1);
  scores.set(item.has_answer ? metric::has_answer_exact : metric::no_answer_exact, exact);
  scores.set(item.has_answer ? metric::has_answer_f1 : metric::no_answer_f1, item.f1);
  return scores;
}

constexpr GivenMetric kMetrics[] = {{&metric::f1, metric::aggregations::kMeans},
                                    {&metric::exact, metric::aggregations::kMeans},
                                    {&metric::has_answer_exact, metric::aggregations::kNanMeans},
                                    {&metric::has_answer_f1, metric::aggregations::kNanMeans},
                                    {&metric::no_answer_exact, metric::aggregations::kNanMeans},
                                    {&metric::no_answer_f1, metric::aggregations::kNanMeans}};
constexpr ResultsFunction kResults[] = {
    {.is = {"squad_v2.process_results"}, .metrics = kMetrics, .of_answer = squad_v2_scores}};

}  // namespace

constinit const Benchmark squad_v2{.results = kResults};

}  // namespace bantam::task
