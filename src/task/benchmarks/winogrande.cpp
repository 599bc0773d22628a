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
    {{"winogrande.doc_to_text", {"17d4460dda8d816f8e274a13b27270553bbfa7b5e62e9653685ad25c37dee454"}},
     right_option},
    {{"winogrande.doc_to_target", {"95ba57367c0df23f48d9a11d9057c89ab44fd2fe82b645fb06cb5c23ad28051d"}},
     behind_gap},
    {{"winogrande.doc_to_choice", {"3941e9f9408352265ddbd557342f458c93d4d20d2c47a5b6e4d027099dd851d2"}},
     filled_gaps}};

}  // namespace

constinit const Benchmark winogrande{.fields = kFields};

}  // namespace bantam::task
