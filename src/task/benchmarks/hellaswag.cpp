// HellaSwag: endings without the marks of the pages they come from.

#include "base/text.hpp"
#include "score/pattern.hpp"
#include "score/python_text.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;

// hellaswag/utils.py, preprocess()
Result<std::string> without_artefacts(std::string_view text) {
  std::string out = base::replace_all(std::string(score::strip(text)), " [title]", ". ");
  TRY_ASSIGN(const score::Pattern brackets, score::Pattern::compile(R"(\[.*?\])"));
  TRY_ASSIGN(out, brackets.replace_all(out, ""));
  return base::replace_all(out, "  ", " ");
}

// hellaswag/utils.py, process_docs
Result<Json> hellaswag_row(const Json& row) {
  TRY_ASSIGN(const std::string label, text_column(row, "activity_label"));
  TRY_ASSIGN(const std::string first, text_column(row, "ctx_a"));
  TRY_ASSIGN(const std::string second, text_column(row, "ctx_b"));
  TRY_ASSIGN(const auto endings, texts_column(row, "endings"));
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

constexpr RowFunction kRows[] = {
    {{"hellaswag.process_docs", {"61a82ac0429920c43ac6006b42d8195440f58c0972118ee12b4faafa9a49041e"}},
     hellaswag_row}};

}  // namespace

constinit const Benchmark hellaswag{.rows = kRows};

}  // namespace bantam::task
