// WinoGrande: the two options stand in the gap, the rest of the sentence is what is scored.

#include "score/python_text.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;

// The sentence of a winogrande row around its gap.
struct Gap {
  std::string before;
  std::string after;
};
Result<Gap> sentence_around_gap(const Json& row) {
  TRY_ASSIGN(const std::string sentence, text_column(row, "sentence"));
  const std::size_t at = sentence.find('_');
  if (at == std::string::npos) return missing("sentence", "text with a gap '_'");
  return Gap{sentence.substr(0, at), sentence.substr(at + 1)};
}

Result<Json> right_option(const Json& row) {
  TRY_ASSIGN(const std::string answer, text_column(row, "answer"));
  if (answer != "1" && answer != "2") return missing("answer", "'1' or '2'");
  return Json(answer == "1" ? 0 : 1);
}

Result<Json> behind_gap(const Json& row) {
  TRY_ASSIGN(const Gap gap, sentence_around_gap(row));
  return Json(score::strip(gap.after));
}

Result<Json> filled_gaps(const Json& row) {
  TRY_ASSIGN(const Gap gap, sentence_around_gap(row));
  TRY_ASSIGN(const std::string first, text_column(row, "option1"));
  TRY_ASSIGN(const std::string second, text_column(row, "option2"));
  return Json::array({gap.before + first, gap.before + second});
}

constexpr FieldFunction kFields[] = {
    {{"winogrande.doc_to_text", "preprocess_winogrande.doc_to_text", ""}, right_option},
    {{"winogrande.doc_to_target", "preprocess_winogrande.doc_to_target", ""}, behind_gap},
    {{"winogrande.doc_to_choice", "preprocess_winogrande.doc_to_choice", ""}, filled_gaps}};

}  // namespace

constinit const Benchmark winogrande{.fields = kFields};

}  // namespace bantam::task
