// SQuAD v1.1: the span of a passage that answers a question.

#include <algorithm>

#include "score/text_match.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;
using metric::ItemScores;

// SQuAD v1.1: the best over the answers.
Result<ItemScores> squad_scores(const Json& row, const std::string& answer) {
  const std::vector<std::string> golds =
      texts_in_list(base::child_at(base::child_at(row, "answers"), "text"));
  if (golds.empty()) return missing("answers.text");
  double exact = 0.0;
  double f1 = 0.0;
  for (const std::string& gold : golds) {
    exact = std::max(exact, score::squad_exact_match(answer, gold) ? 1.0 : 0.0);
    f1 = std::max(f1, score::squad_f1(answer, gold));
  }
  ItemScores scores;
  scores.set(metric::exact_match, exact);
  scores.set(metric::f1, f1);
  return scores;
}

constexpr GivenMetric kMetrics[] = {{&metric::exact_match, metric::aggregations::kMeans, true},
                                    {&metric::f1, metric::aggregations::kMeans}};
constexpr ResultsFunction kResults[] = {
    {.is = {"squad.process_results", {"8ac013c53bd82da6ec3353f532d57d2f1f7f539f4bfe23955f19340fe89d7931"}},
     .metrics = kMetrics,
     .of_answer = squad_scores}};

}  // namespace

constinit const Benchmark squad{.results = kResults};

}  // namespace bantam::task
