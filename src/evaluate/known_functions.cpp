#include "evaluate/known_functions.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"
#include "score/pattern.hpp"
#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;

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
base::Result<std::string> without_artefacts(std::string_view text) {
  std::string out = base::replace_all(std::string(score::strip(text)), " [title]", ". ");
  TRY_ASSIGN(const score::Pattern brackets, score::Pattern::compile(R"(\[.*?\])"));
  TRY_ASSIGN(out, brackets.replace_all(out, ""));
  return base::replace_all(out, "  ", " ");
}

base::Result<std::string> text_of(const Json& row, const char* column) {
  if (auto text = base::string_at(row, column)) return *text;
  return base::fail(base::ErrorKind::bad_input,
                    std::string("column '") + column + "' is missing or is not text");
}

}  // namespace

std::optional<KnownFunction> known_function(std::string_view called) {
  constexpr std::array<std::pair<std::string_view, KnownFunction>, 4> kNames{{
      {"utils.process_docs", KnownFunction::hellaswag_process_docs},
      {"preprocess_wikitext.wikitext_detokenizer", KnownFunction::wikitext_detokenizer},
      {"preprocess_wikitext.process_results", KnownFunction::wikitext_process_results},
      {"squad_metrics.process_results", KnownFunction::squad_process_results},
  }};
  for (const auto& [known, function] : kNames) {
    if (called == known) return function;
  }
  return std::nullopt;
}

base::Result<Json> hellaswag_row(const Json& row) {
  TRY_ASSIGN(const std::string label, text_of(row, "activity_label"));
  TRY_ASSIGN(const std::string first, text_of(row, "ctx_a"));
  TRY_ASSIGN(const std::string second, text_of(row, "ctx_b"));
  Json out = row;
  TRY_ASSIGN(out["query"], without_artefacts(label + ": " + first + " " + score::capitalize(second)));
  out["choices"] = Json::array();
  for (const Json& ending : base::child_at(row, "endings")) {
    TRY_ASSIGN(std::string choice, without_artefacts(ending.is_string() ? ending.get<std::string>() : ""));
    out["choices"].push_back(std::move(choice));
  }
  const auto label_text = base::string_at(row, "label");
  const auto gold = label_text ? base::parse_integer(*label_text) : base::integer_at(row, "label");
  if (gold) out["gold"] = *gold;
  return out;
}

base::Result<std::string> wikitext_detokenized(std::string_view page) {
  std::string text(page);
  for (const auto& [source, replacement] : kWikitextSubstitutions) {
    TRY_ASSIGN(const score::Pattern pattern, score::Pattern::compile(source));
    TRY_ASSIGN(text, pattern.replace_all(text, replacement));
  }
  return base::replace_all(text, " 's", "'s");
}

}  // namespace bantam::evaluate
