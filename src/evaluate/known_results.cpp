#include "evaluate/known_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/text.hpp"
#include "prompt/python_literal.hpp"
#include "score/bleu.hpp"
#include "score/choices.hpp"
#include "score/instructions.hpp"
#include "score/python_text.hpp"
#include "score/rouge.hpp"
#include "score/text_match.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using base::Result;
using Texts = std::vector<std::string>;

tl::unexpected<base::Error> missing(const std::string& column) {
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("column '{}' is missing or of another kind", column));
}

Texts texts_in(const Json& list) {
  Texts texts;
  for (const Json& text : list) texts.push_back(prompt::python_str(text));
  return texts;
}

// SQuAD v1.1: the best over the answers.
Result<AnswerScores> squad(const Json& row, const std::string& answer) {
  const Texts golds = texts_in(base::child_at(base::child_at(row, "answers"), "text"));
  if (golds.empty()) return missing("answers.text");
  AnswerScores scores;
  double& exact = scores.values["exact_match"];
  double& f1 = scores.values["f1"];
  for (const std::string& gold : golds) {
    exact = std::max(exact, score::squad_exact_match(answer, gold) ? 1.0 : 0.0);
    f1 = std::max(f1, score::squad_f1(answer, gold));
  }
  return scores;
}

// SQuAD 2.0. "unanswerable" is what the task's examples say where there is no answer.
Result<AnswerScores> squad_v2(const Json& row, const std::string& answer) {
  const Json& list = base::child_at(base::child_at(row, "answers"), "text");
  if (!list.is_array()) return missing("answers.text");
  const Texts golds = texts_in(list);
  const std::vector<std::string_view> views(golds.begin(), golds.end());
  const bool declined = score::squad_normalized(answer) == "unanswerable";
  const score::SquadV2Item item = score::squad_v2_item(declined ? "" : answer, views);
  AnswerScores scores;
  scores.values["exact"] = item.exact ? 1.0 : 0.0;
  scores.values["f1"] = item.f1;
  const std::string part = item.has_answer ? "HasAns" : "NoAns";
  scores.values[part + "_exact"] = item.exact ? 1.0 : 0.0;
  scores.values[part + "_f1"] = item.f1;
  return scores;
}

// coqa/utils.py: each answer left out in turn, the best of the others; then the mean.
Result<AnswerScores> coqa(const Json& row, const std::string& answer) {
  TRY_ASSIGN(const Json list, task::field_value(task::KnownFunction::coqa_doc_to_target, row));
  const Texts golds = texts_in(list);
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
  AnswerScores scores;
  scores.values["em"] = mean_of_best(
      [&](const std::string& gold) { return score::squad_exact_match(first_line, gold) ? 1.0 : 0.0; });
  scores.values["f1"] =
      mean_of_best([&](const std::string& gold) { return score::squad_answer_f1(first_line, gold); });
  return scores;
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

std::string drop_number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return prompt::python_str(Json(value));
}

// drop/utils.py, _normalize: words between spaces and hyphens, numbers as floats, no punctuation or articles.
std::string drop_normalized(const std::string& text) {
  Texts words;
  for (const std::string& piece : base::split(base::replace_all(text, "-", " "), ' ')) {
    std::string word = score::lower(piece);
    if (!python_float(word)) word = score::without_punctuation(word);
    if (const auto number = python_float(word)) word = drop_number_text(*number);
    Texts kept;
    for (const std::string& part : score::split_words(word)) {
      if (part != "a" && part != "an" && part != "the") kept.push_back(part);
    }
    if (!kept.empty()) words.push_back(base::join(kept, " "));
  }
  return base::join(words, " ");
}

std::set<std::string> bag_of(const std::string& normalized) {
  const Texts words = score::split_words(normalized);
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
double drop_bag_f1(const std::set<std::string>& predicted, const std::set<std::string>& gold) {
  const std::set<std::string> numbers = numbers_in(gold);
  if (!numbers.empty() && shared_words(numbers, numbers_in(predicted)) == 0) return 0.0;
  const auto shared = static_cast<double>(shared_words(gold, predicted));
  const double precision = predicted.empty() ? 1.0 : shared / static_cast<double>(predicted.size());
  const double recall = gold.empty() ? 1.0 : shared / static_cast<double>(gold.size());
  return precision + recall == 0.0 ? 0.0 : 2.0 * precision * recall / (precision + recall);
}

// drop/utils.py: one answer against the spans of each gold answer. A single prediction is aligned with the
// span that it fits best; the other spans count as 0. F1 is rounded to two decimals as there.
Result<AnswerScores> drop(const Json& row, const std::string& answer) {
  const Json& golds = base::child_at(row, "answers");
  if (!golds.is_array() || golds.empty()) return missing("answers");
  const std::string predicted = drop_normalized(answer);
  const std::set<std::string> predicted_bag = bag_of(predicted);
  AnswerScores scores;
  double& em = scores.values["em"];
  double& f1 = scores.values["f1"];
  for (const Json& gold : golds) {
    const Texts spans = texts_in(gold);
    if (spans.empty() || score::strip(spans.front()).empty()) continue;
    double best = 0.0;
    for (const std::string& span : spans)
      best = std::max(best, drop_bag_f1(predicted_bag, bag_of(drop_normalized(span))));
    const bool equal = spans.size() == 1 && drop_normalized(spans.front()) == predicted;
    em = std::max(em, equal ? 1.0 : 0.0);
    f1 = std::max(f1, std::nearbyint(best / static_cast<double>(spans.size()) * 100.0) / 100.0);
  }
  return scores;
}

// The best similarity to the right answers, and how it compares with the best to the wrong ones.
void add_truthfulqa(const std::string& name, const std::vector<double>& similarities, std::size_t right,
                    AnswerScores& scores) {
  const auto middle = similarities.begin() + static_cast<std::ptrdiff_t>(right);
  const double correct = *std::max_element(similarities.begin(), middle);
  const double incorrect = *std::max_element(middle, similarities.end());
  scores.values[name + "_max"] = correct;
  scores.values[name + "_diff"] = correct - incorrect;
  scores.values[name + "_acc"] = correct > incorrect ? 1.0 : 0.0;
}

Result<AnswerScores> truthfulqa(const Json& row, const std::string& answer) {
  Texts references = texts_in(base::child_at(row, "correct_answers"));
  const std::size_t right = references.size();
  for (const std::string& wrong : texts_in(base::child_at(row, "incorrect_answers")))
    references.push_back(wrong);
  if (right == 0) return missing("correct_answers");
  if (references.size() == right) return missing("incorrect_answers");
  score::BleuOptions options;
  options.tokenizer = score::BleuTokenizer::international;
  const std::string lines = base::replace_all(answer, " . ", ".\n");
  std::vector<double> bleu, rouge1, rouge2, rouge_l;
  for (const std::string& reference : references) {
    const std::string_view view = reference;
    bleu.push_back(score::bleu_score(score::bleu_stats(answer, {&view, 1}, options), options).score);
    const score::RougeScores rouge = score::rouge(lines, base::replace_all(reference, " . ", ".\n"), {});
    rouge1.push_back(100.0 * rouge.rouge1.f1);
    rouge2.push_back(100.0 * rouge.rouge2.f1);
    rouge_l.push_back(100.0 * rouge.rouge_lsum.f1);
  }
  AnswerScores scores;
  add_truthfulqa("bleu", bleu, right, scores);
  add_truthfulqa("rouge1", rouge1, right, scores);
  add_truthfulqa("rouge2", rouge2, right, scores);
  add_truthfulqa("rougeL", rouge_l, right, scores);
  return scores;
}

// An item with an instruction that cannot be checked has no prompt-level value; the instruction itself is
// left out of the others.
void add_ifeval(const std::string& mode, const std::vector<score::Followed>& verdicts, AnswerScores& scores) {
  const auto count = [&](score::Followed kind) { return std::count(verdicts.begin(), verdicts.end(), kind); };
  const auto followed = count(score::Followed::yes);
  const auto unchecked = count(score::Followed::unchecked);
  const auto checked = static_cast<std::ptrdiff_t>(verdicts.size()) - unchecked;
  const std::string instructions = "inst_level_" + mode + "_acc";
  scores.statistics[instructions] = Json::array({followed, checked});
  if (checked > 0) scores.values[instructions] = static_cast<double>(followed) / static_cast<double>(checked);
  if (unchecked == 0) scores.values["prompt_level_" + mode + "_acc"] = followed == checked ? 1.0 : 0.0;
}

Result<AnswerScores> ifeval(const Json& row, const std::string& answer) {
  const Json& kinds = base::child_at(row, "instruction_id_list");
  const Json& arguments = base::child_at(row, "kwargs");
  if (!kinds.is_array() || kinds.empty()) return missing("instruction_id_list");
  if (!arguments.is_array() || arguments.size() != kinds.size()) return missing("kwargs");
  std::vector<score::Instruction> instructions;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    instructions.push_back({prompt::python_str(kinds[i]), arguments[i]});
  TRY_ASSIGN(const score::InstructionVerdicts verdicts, score::judge_instructions(instructions, answer));
  AnswerScores scores;
  add_ifeval("strict", verdicts.strict, scores);
  add_ifeval("loose", verdicts.loose, scores);
  return scores;
}

}  // namespace

Result<AnswerScores> known_results(task::KnownFunction function, const Json& row, const std::string& answer) {
  switch (function) {
    case task::KnownFunction::squad_process_results:
      return squad(row, answer);
    case task::KnownFunction::squad_v2_process_results:
      return squad_v2(row, answer);
    case task::KnownFunction::coqa_process_results:
      return coqa(row, answer);
    case task::KnownFunction::drop_process_results:
      return drop(row, answer);
    case task::KnownFunction::truthfulqa_process_results_gen:
      return truthfulqa(row, answer);
    case task::KnownFunction::ifeval_process_results:
      return ifeval(row, answer);
    default:
      return AnswerScores{};
  }
}

Result<double> right_probability(const Json& row, std::span<const double> log_likelihoods) {
  const Json& labels = base::child_at(base::child_at(row, "mc2_targets"), "labels");
  if (!labels.is_array() || labels.size() != log_likelihoods.size()) return missing("mc2_targets.labels");
  const std::vector<double> shares = score::softmax(log_likelihoods);
  double right = 0.0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (labels[i] == 1) right += shares[i];
  }
  return right;
}

}  // namespace bantam::evaluate
