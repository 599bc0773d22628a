// CoQA: a story, the turns so far and the last question; several people's answers.

#include <algorithm>

#include "base/text.hpp"
#include "score/python_text.hpp"
#include "score/text_match.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;
using metric::ItemScores;

// coqa/utils.py: the story, the turns so far, and the last question.
Result<Json> coqa_text(const Json& row) {
  TRY_ASSIGN(std::string text, text_column(row, "story"));
  TRY_ASSIGN(const auto questions, texts_column(base::child_at(row, "questions"), "input_text"));
  TRY_ASSIGN(const auto answers, texts_column(base::child_at(row, "answers"), "input_text"));
  if (questions.size() != answers.size() || questions.empty())
    return missing("questions", "a list as long as the answers");
  text += "\n\n";
  for (std::size_t i = 0; i < questions.size(); ++i) {
    text += "Q: " + questions[i] + "\n\n";
    text += i + 1 < questions.size() ? "A: " + answers[i] + "\n\n" : "A:";
  }
  return Json(text);
}

// coqa/utils.py: the answers to the last question, each once whatever its case.
Result<Json> coqa_answers(const Json& row) {
  TRY_ASSIGN(const auto questions, texts_column(base::child_at(row, "questions"), "input_text"));
  TRY_ASSIGN(const auto own, texts_column(base::child_at(row, "answers"), "input_text"));
  if (questions.empty() || own.size() < questions.size()) return missing("answers", "one for each question");
  const std::size_t turn = questions.size() - 1;
  Json answers = Json::array({own[turn]});
  std::vector<std::string> lowered{score::lower(own[turn])};
  for (const auto& [key, other] : base::child_at(row, "additional_answers").items()) {
    TRY_ASSIGN(const auto texts, texts_column(other, "input_text"));
    if (texts.size() <= turn) return missing("additional_answers", "one for each question");
    if (std::find(lowered.begin(), lowered.end(), score::lower(texts[turn])) != lowered.end()) continue;
    answers.push_back(texts[turn]);
    lowered.push_back(score::lower(texts[turn]));
  }
  return answers;
}

// coqa/utils.py: each answer left out in turn, the best of the others; then the mean.
Result<ItemScores> coqa_scores(const Json& row, const std::string& answer) {
  TRY_ASSIGN(const Json list, coqa_answers(row));
  const std::vector<std::string> golds = texts_in_list(list);
  const std::string first_line = base::split(score::strip(answer), '\n').front();
  const auto mean_of_best = [&](const auto& measure) {
    double sum = 0.0;
    for (std::size_t left_out = 0; left_out < golds.size(); ++left_out) {
      double best = 0.0;
      for (std::size_t i = 0; i < golds.size(); ++i) {
        if (i != left_out || golds.size() == 1) best = std::max(best, measure(golds[i]));
      }
      sum += best;
    }
    return sum / static_cast<double>(golds.size());
  };
  ItemScores scores;
  scores.set(metric::em, mean_of_best([&](const std::string& gold) {
               return score::squad_exact_match(first_line, gold) ? 1.0 : 0.0;
             }));
  scores.set(metric::f1,
             mean_of_best([&](const std::string& gold) { return score::squad_answer_f1(first_line, gold); }));
  return scores;
}

constexpr FieldFunction kFields[] = {
    {{"coqa.doc_to_text", {"f98ddea6a1b1120c6f762a1414943bb217ed216771620ac553a55543d6a8b0c4"}}, coqa_text},
    {{"coqa.doc_to_target", {"df959af31e6a4083ff302a10d0c49f1c5ea95c93e872d99490368299c4db089a"}},
     coqa_answers}};
constexpr GivenMetric kMetrics[] = {{&metric::f1, metric::aggregations::kMeans},
                                    {&metric::em, metric::aggregations::kMeans}};
constexpr ResultsFunction kResults[] = {
    {.is = {"coqa.process_results", {"00ed306f92a42247e46a700bd73a4852f361491bdf7536a2af5aaad6995396b3"}},
     .metrics = kMetrics,
     .of_answer = coqa_scores}};

}  // namespace

constinit const Benchmark coqa{.fields = kFields, .results = kResults};

}  // namespace bantam::task
