// DROP: numbers, spans or dates of a passage.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/text.hpp"
#include "prompt/python_literal.hpp"
#include "score/python_text.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;
using metric::ItemScores;

// drop/utils.py, parse_answer: the number, else the spans, else the date.
Result<Json> drop_answer(const Json& answer) {
  const auto number_text = base::string_at(answer, "number");
  if (number_text && !number_text->empty()) return Json::array({*number_text});
  if (!number_text && answer.contains("number") && !answer["number"].is_null())
    return Json::array({prompt::python_str(answer["number"])});
  const Json& spans = base::child_at(answer, "spans");
  if (spans.is_array() && !spans.empty()) return spans;
  const Json& date = base::child_at(answer, "date");
  std::string text;
  for (const char* part : {"day", "month", "year"}) {
    text += (text.empty() && std::string_view(part) == "day" ? "" : " ");
    text += base::string_at(date, part).value_or("");
  }
  return Json::array({std::string(score::strip(text))});
}

// drop/utils.py, process_docs: all answers that people gave, each once, a list of spans for each.
Result<Json> drop_row(const Json& row) {
  TRY_ASSIGN(const std::string passage, text_column(row, "passage"));
  TRY_ASSIGN(const std::string question, text_column(row, "question"));
  const Json& validated = base::child_at(row, "validated_answers");
  Json out = row;
  out["answers"] = Json::array();
  const auto add = [&](const Json& candidate) -> base::Status {
    TRY_ASSIGN(Json answer, drop_answer(candidate));
    const Json& known = out["answers"];
    if (std::find(known.begin(), known.end(), answer) == known.end())
      out["answers"].push_back(std::move(answer));
    return {};
  };
  if (!row.contains("answer")) return missing("answer", "an answer");
  TRY(add(row["answer"]));
  const Json& numbers = base::child_at(validated, "number");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Json& dates = base::child_at(validated, "date");
    const Json& spans = base::child_at(validated, "spans");
    if (i >= dates.size() || i >= spans.size()) return missing("validated_answers", "lists of one length");
    TRY(add(Json{{"number", numbers[i]}, {"date", dates[i]}, {"spans", spans[i]}}));
  }
  return out;
}

// Python's float(text), where it gives a number.
std::optional<double> python_float(const std::string& text) {
  const std::string stripped(score::strip(text));
  if (stripped.empty() || stripped.find_first_of("xXpP") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(stripped.c_str(), &end);
  if (end != stripped.c_str() + stripped.size()) return std::nullopt;
  return value;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return prompt::python_str(Json(value));
}

// drop/utils.py, _normalize: words between spaces and hyphens, numbers as floats, no punctuation or articles.
std::string normalized(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& piece : base::split(base::replace_all(text, "-", " "), ' ')) {
    std::string word = score::lower(piece);
    if (!python_float(word)) word = score::without_punctuation(word);
    if (const auto number = python_float(word)) word = number_text(*number);
    std::vector<std::string> kept;
    for (const std::string& part : score::split_words(word)) {
      if (part != "a" && part != "an" && part != "the") kept.push_back(part);
    }
    if (!kept.empty()) words.push_back(base::join(kept, " "));
  }
  return base::join(words, " ");
}

std::set<std::string> word_set(const std::string& text) {
  const std::vector<std::string> words = score::split_words(text);
  return {words.begin(), words.end()};
}

std::set<std::string> numbers_in(const std::set<std::string>& bag) {
  std::set<std::string> numbers;
  for (const std::string& word : bag) {
    if (python_float(word)) numbers.insert(word);
  }
  return numbers;
}

std::size_t shared_words(const std::set<std::string>& a, const std::set<std::string>& b) {
  return static_cast<std::size_t>(
      std::count_if(a.begin(), a.end(), [&](const std::string& word) { return b.contains(word); }));
}

// 0 where the gold answer has numbers and the prediction has none of them.
double word_set_f1(const std::set<std::string>& predicted, const std::set<std::string>& gold) {
  const std::set<std::string> numbers = numbers_in(gold);
  if (!numbers.empty() && shared_words(numbers, numbers_in(predicted)) == 0) return 0.0;
  const auto shared = static_cast<double>(shared_words(gold, predicted));
  const double precision = predicted.empty() ? 1.0 : shared / static_cast<double>(predicted.size());
  const double recall = gold.empty() ? 1.0 : shared / static_cast<double>(gold.size());
  return precision + recall == 0.0 ? 0.0 : 2.0 * precision * recall / (precision + recall);
}

// drop/utils.py: one answer against the spans of each gold answer. A single prediction is aligned with the
// span that it fits best; the other spans count as 0. F1 is rounded to two decimals as there.
Result<ItemScores> drop_scores(const Json& row, const std::string& answer) {
  const Json& golds = base::child_at(row, "answers");
  if (!golds.is_array() || golds.empty()) return missing("answers");
  const std::string predicted = normalized(answer);
  const std::set<std::string> predicted_bag = word_set(predicted);
  double em = 0.0;
  double f1 = 0.0;
  for (const Json& gold : golds) {
    const std::vector<std::string> spans = texts_in_list(gold);
    if (spans.empty() || score::strip(spans.front()).empty()) continue;
    double best = 0.0;
    for (const std::string& span : spans)
      best = std::max(best, word_set_f1(predicted_bag, word_set(normalized(span))));
    const bool equal = spans.size() == 1 && normalized(spans.front()) == predicted;
    em = std::max(em, equal ? 1.0 : 0.0);
    f1 = std::max(f1, std::nearbyint(best / static_cast<double>(spans.size()) * 100.0) / 100.0);
  }
  ItemScores scores;
  scores.set(metric::em, em);
  scores.set(metric::f1, f1);
  return scores;
}

constexpr RowFunction kRows[] = {
    {{"drop.process_docs", {"4194809b5199d6331e128ce87ac76a9af8b3dbcadf1dc33cef0d78519738df48"}}, drop_row}};
constexpr GivenMetric kMetrics[] = {{&metric::f1, metric::aggregations::kMeans},
                                    {&metric::em, metric::aggregations::kMeans}};
constexpr ResultsFunction kResults[] = {
    {.is = {"drop.process_results", {"dff046dca70dfa4fb08889d1c1421b9df390e3d1c710fc26052adc5c4f589d2d"}},
     .metrics = kMetrics,
     .of_answer = drop_scores}};

}  // namespace

constinit const Benchmark drop{.rows = kRows, .results = kResults};

}  // namespace bantam::task
