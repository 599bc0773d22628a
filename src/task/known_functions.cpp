#include "task/known_functions.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "prompt/python_literal.hpp"
#include "score/pattern.hpp"
#include "score/python_text.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;
using enum KnownFunction;

struct Rule {
  KnownFunction function;
  FunctionUse use;
  std::string_view name;
  std::string_view called;  // as lm-eval's task files write it
  std::string_view task;    // part of the names of the tasks it belongs to; empty: of any
};

constexpr std::array kRules{
    Rule{hellaswag_process_docs, FunctionUse::rows, "hellaswag.process_docs", "utils.process_docs",
         "hellaswag"},
    Rule{truthfulqa_process_docs_gen, FunctionUse::rows, "truthfulqa.process_docs_gen",
         "utils.process_docs_gen", "truthfulqa"},
    Rule{drop_process_docs, FunctionUse::rows, "drop.process_docs", "utils.process_docs", "drop"},
    Rule{wikitext_detokenizer, FunctionUse::field, "wikitext.detokenizer",
         "preprocess_wikitext.wikitext_detokenizer", ""},
    Rule{winogrande_doc_to_text, FunctionUse::field, "winogrande.doc_to_text",
         "preprocess_winogrande.doc_to_text", ""},
    Rule{winogrande_doc_to_target, FunctionUse::field, "winogrande.doc_to_target",
         "preprocess_winogrande.doc_to_target", ""},
    Rule{winogrande_doc_to_choice, FunctionUse::field, "winogrande.doc_to_choice",
         "preprocess_winogrande.doc_to_choice", ""},
    Rule{copa_doc_to_text, FunctionUse::field, "copa.doc_to_text", "utils.doc_to_text", "copa"},
    Rule{copa_doc_to_target, FunctionUse::field, "copa.doc_to_target", "utils.doc_to_target", "copa"},
    Rule{copa_doc_to_choice, FunctionUse::field, "copa.doc_to_choice", "utils.doc_to_choice", "copa"},
    Rule{coqa_doc_to_text, FunctionUse::field, "coqa.doc_to_text", "utils.doc_to_text", "coqa"},
    Rule{coqa_doc_to_target, FunctionUse::field, "coqa.doc_to_target", "utils.doc_to_target", "coqa"},
    Rule{wikitext_process_results, FunctionUse::results, "wikitext.process_results",
         "preprocess_wikitext.process_results", ""},
    Rule{squad_process_results, FunctionUse::results, "squad.process_results",
         "squad_metrics.process_results", ""},
    Rule{squad_v2_process_results, FunctionUse::results, "squad_v2.process_results",
         "squad_v2.process_results", ""},
    Rule{truthfulqa_process_results_mc2, FunctionUse::results, "truthfulqa.process_results_mc2",
         "utils.process_results_mc2", "truthfulqa"},
    Rule{truthfulqa_process_results_gen, FunctionUse::results, "truthfulqa.process_results_gen",
         "utils.process_results_gen", "truthfulqa"},
    Rule{drop_process_results, FunctionUse::results, "drop.process_results", "utils.process_results", "drop"},
    Rule{coqa_process_results, FunctionUse::results, "coqa.process_results", "utils.process_results", "coqa"},
    Rule{ifeval_process_results, FunctionUse::results, "ifeval.process_results", "utils.process_results",
         "ifeval"},
    Rule{agg_inst_level_acc, FunctionUse::aggregation, "ifeval.agg_inst_level_acc",
         "utils.agg_inst_level_acc", ""},
    Rule{macro_f1_score, FunctionUse::aggregation, "macro_f1_score", "utils.macro_f1_score", ""},
    Rule{micro_f1_score, FunctionUse::aggregation, "micro_f1_score", "utils.micro_f1_score", ""},
    Rule{weighted_f1_score, FunctionUse::aggregation, "weighted_f1_score", "utils.weighted_f1_score", ""},
};

// lm-eval 0.4.13, tasks/wikitext/preprocess_wikitext.py: pattern and replacement ($1: the first group), in
// order.
constexpr std::array<std::pair<const char*, const char*>, 23> kWikitextSubstitutions{{
    {"s '", "s'"},
    {"/' [0-9]/", "/'[0-9]/"},
    {" @-@ ", "-"},
    {" @,@ ", ","},
    {R"( @\.@ )", "."},
    {" : ", ": "},
    {" ; ", "; "},
    {R"( \. )", ". "},
    {" ! ", "! "},
    {R"( \? )", "? "},
    {" , ", ", "},
    {R"(\(\s*([^\)]*?)\s*\))", "($1)"},
    {R"(\[\s*([^\]]*?)\s*\])", "[$1]"},
    {R"({\s*([^}]*?)\s*})", "{$1}"},
    {R"re("\s*([^"]*?)\s*")re", R"("$1")"},
    {R"('\s*([^']*?)\s*')", "'$1'"},
    {"= = = =", "===="},
    {"= = =", "==="},
    {"= =", "=="},
    {" \u00b0 ", "\u00b0"},
    {R"( \n)", "\n"},
    {R"(\n )", "\n"},
    {" N ", " 1 "},
}};

// hellaswag/utils.py, preprocess()
Result<std::string> without_artefacts(std::string_view text) {
  std::string out = base::replace_all(std::string(score::strip(text)), " [title]", ". ");
  TRY_ASSIGN(const score::Pattern brackets, score::Pattern::compile(R"(\[.*?\])"));
  TRY_ASSIGN(out, brackets.replace_all(out, ""));
  return base::replace_all(out, "  ", " ");
}

tl::unexpected<base::Error> missing(const char* column, const char* kind) {
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("column '{}' is missing or is not {}", column, kind));
}

Result<std::string> text_of(const Json& row, const char* column) {
  if (auto text = base::string_at(row, column)) return *text;
  return missing(column, "text");
}

Result<std::vector<std::string>> texts_in(const Json& row, const char* column) {
  const Json& list = base::child_at(row, column);
  std::vector<std::string> texts;
  for (const Json& text : list) {
    if (!text.is_string()) return missing(column, "a list of texts");
    texts.push_back(text.get<std::string>());
  }
  if (!list.is_array()) return missing(column, "a list of texts");
  return texts;
}

// hellaswag/utils.py, process_docs
Result<Json> hellaswag_row(const Json& row) {
  TRY_ASSIGN(const std::string label, text_of(row, "activity_label"));
  TRY_ASSIGN(const std::string first, text_of(row, "ctx_a"));
  TRY_ASSIGN(const std::string second, text_of(row, "ctx_b"));
  TRY_ASSIGN(const auto endings, texts_in(row, "endings"));
  Json out = row;
  TRY_ASSIGN(out["query"], without_artefacts(label + ": " + first + " " + score::capitalize(second)));
  out["choices"] = Json::array();
  for (const std::string& ending : endings) {
    TRY_ASSIGN(std::string choice, without_artefacts(ending));
    out["choices"].push_back(std::move(choice));
  }
  const auto label_text = base::string_at(row, "label");
  const auto gold = label_text ? base::parse_integer(*label_text) : base::integer_at(row, "label");
  if (!gold) return missing("label", "an integer");
  out["gold"] = *gold;
  return out;
}

// truthfulqa/utils.py, preprocess_function: stripped answers with a full stop, empty ones left out.
Result<Json> truthfulqa_answers(const Json& row, const char* column) {
  TRY_ASSIGN(const auto texts, texts_in(row, column));
  Json answers = Json::array();
  for (const std::string& text : texts) {
    std::string answer(score::strip(text));
    if (answer.empty()) continue;
    if (!answer.ends_with('.')) answer += '.';
    answers.push_back(std::move(answer));
  }
  return answers;
}

Result<Json> truthfulqa_row(const Json& row) {
  constexpr const char* kNoComment = "I have no comment.";
  Json out = row;
  TRY_ASSIGN(const std::string question, text_of(row, "question"));
  out["question"] = score::strip(question);
  TRY_ASSIGN(out["incorrect_answers"], truthfulqa_answers(row, "incorrect_answers"));
  TRY_ASSIGN(Json correct, truthfulqa_answers(row, "correct_answers"));
  if (std::find(correct.begin(), correct.end(), Json(kNoComment)) == correct.end())
    correct.push_back(kNoComment);
  out["correct_answers"] = std::move(correct);
  return out;
}

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
  TRY_ASSIGN(const std::string passage, text_of(row, "passage"));
  TRY_ASSIGN(const std::string question, text_of(row, "question"));
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

// The sentence of a winogrande row around its gap.
struct Gap {
  std::string before;
  std::string after;
};
Result<Gap> gap_of(const Json& row) {
  TRY_ASSIGN(const std::string sentence, text_of(row, "sentence"));
  const std::size_t at = sentence.find('_');
  if (at == std::string::npos) return missing("sentence", "text with a gap '_'");
  return Gap{sentence.substr(0, at), sentence.substr(at + 1)};
}

Result<Json> winogrande_value(KnownFunction function, const Json& row) {
  if (function == winogrande_doc_to_text) {
    TRY_ASSIGN(const std::string answer, text_of(row, "answer"));
    if (answer != "1" && answer != "2") return missing("answer", "'1' or '2'");
    return Json(answer == "1" ? 0 : 1);
  }
  TRY_ASSIGN(const Gap gap, gap_of(row));
  if (function == winogrande_doc_to_target) return Json(score::strip(gap.after));
  TRY_ASSIGN(const std::string first, text_of(row, "option1"));
  TRY_ASSIGN(const std::string second, text_of(row, "option2"));
  return Json::array({gap.before + first, gap.before + second});
}

// super_glue/copa/utils.py: the choice as a subordinate clause.
Result<std::string> copa_choice(const Json& row, const char* column) {
  TRY_ASSIGN(const std::string choice, text_of(row, column));
  std::size_t first = 0;
  if (!choice.empty()) static_cast<void>(score::next_code_point(choice, first));
  return fmt::format(" {}{}", score::lower(choice.substr(0, first)), choice.substr(first));
}

Result<Json> copa_value(KnownFunction function, const Json& row) {
  if (function == copa_doc_to_text) {
    TRY_ASSIGN(const std::string question, text_of(row, "question"));
    TRY_ASSIGN(const std::string premise, text_of(row, "premise"));
    if (question != "cause" && question != "effect") return missing("question", "'cause' or 'effect'");
    std::string stem(score::strip(premise));
    if (!stem.empty()) stem.pop_back();  // the full stop
    return Json(stem + (question == "cause" ? " because" : " therefore"));
  }
  TRY_ASSIGN(std::string first, copa_choice(row, "choice1"));
  TRY_ASSIGN(std::string second, copa_choice(row, "choice2"));
  if (function == copa_doc_to_choice) return Json::array({first, second});
  return Json(base::integer_at(row, "label") == 0 ? first : second);
}

// coqa/utils.py: the story, the turns so far, and the last question.
Result<Json> coqa_text(const Json& row) {
  TRY_ASSIGN(std::string text, text_of(row, "story"));
  TRY_ASSIGN(const auto questions, texts_in(base::child_at(row, "questions"), "input_text"));
  TRY_ASSIGN(const auto answers, texts_in(base::child_at(row, "answers"), "input_text"));
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
  TRY_ASSIGN(const auto questions, texts_in(base::child_at(row, "questions"), "input_text"));
  TRY_ASSIGN(const auto own, texts_in(base::child_at(row, "answers"), "input_text"));
  if (questions.empty() || own.size() < questions.size()) return missing("answers", "one for each question");
  const std::size_t turn = questions.size() - 1;
  Json answers = Json::array({own[turn]});
  std::vector<std::string> lowered{score::lower(own[turn])};
  for (const auto& [key, other] : base::child_at(row, "additional_answers").items()) {
    TRY_ASSIGN(const auto texts, texts_in(other, "input_text"));
    if (texts.size() <= turn) return missing("additional_answers", "one for each question");
    if (std::find(lowered.begin(), lowered.end(), score::lower(texts[turn])) != lowered.end()) continue;
    answers.push_back(texts[turn]);
    lowered.push_back(score::lower(texts[turn]));
  }
  return answers;
}

}  // namespace

std::optional<KnownFunction> known_function(std::string_view called, std::string_view task_name,
                                            FunctionUse use) {
  const std::size_t folder = called.rfind('/');
  if (folder != std::string_view::npos) called.remove_prefix(folder + 1);
  for (const Rule& rule : kRules) {
    const bool belongs = rule.task.empty() || task_name.find(rule.task) != std::string_view::npos;
    if (rule.use == use && rule.called == called && belongs) return rule.function;
  }
  return std::nullopt;
}

std::string_view name(KnownFunction function) {
  const auto found =
      std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) { return rule.function == function; });
  return found == kRules.end() ? "" : found->name;
}

std::optional<KnownFunction> known_function_named(std::string_view name) {
  const auto found =
      std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) { return rule.name == name; });
  if (found == kRules.end()) return std::nullopt;
  return found->function;
}

std::string known_function_list(FunctionUse use) {
  std::vector<std::string> names;
  for (const Rule& rule : kRules) {
    if (rule.use == use) names.emplace_back(rule.name);
  }
  return base::join(names, ", ");
}

Result<Json> processed_row(KnownFunction function, const Json& row) {
  if (function == hellaswag_process_docs) return hellaswag_row(row);
  if (function == truthfulqa_process_docs_gen) return truthfulqa_row(row);
  if (function == drop_process_docs) return drop_row(row);
  return row;
}

Result<Json> field_value(KnownFunction function, const Json& row) {
  switch (function) {
    case wikitext_detokenizer: {
      TRY_ASSIGN(const std::string page, text_of(row, "page"));
      TRY_ASSIGN(std::string text, wikitext_detokenized(page));
      return Json(std::move(text));
    }
    case winogrande_doc_to_text:
    case winogrande_doc_to_target:
    case winogrande_doc_to_choice:
      return winogrande_value(function, row);
    case copa_doc_to_text:
    case copa_doc_to_target:
    case copa_doc_to_choice:
      return copa_value(function, row);
    case coqa_doc_to_text:
      return coqa_text(row);
    default:
      return coqa_answers(row);
  }
}

Result<std::string> wikitext_detokenized(std::string_view page) {
  std::string text(page);
  for (const auto& [source, replacement] : kWikitextSubstitutions) {
    TRY_ASSIGN(const score::Pattern pattern, score::Pattern::compile(source));
    TRY_ASSIGN(text, pattern.replace_all(text, replacement));
  }
  return base::replace_all(text, " 's", "'s");
}

}  // namespace bantam::task
