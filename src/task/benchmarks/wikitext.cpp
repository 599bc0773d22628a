// WikiText: pages without their tokenizer's blanks, and perplexities over the words and bytes of the page as
// it came.

#include <array>
#include <utility>

#include "base/text.hpp"
#include "score/pattern.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;

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

Result<std::string> wikitext_detokenized(const std::string& page) {
  std::string text(page);
  for (const auto& [source, replacement] : kWikitextSubstitutions) {
    TRY_ASSIGN(const score::Pattern pattern, score::Pattern::compile(source));
    TRY_ASSIGN(text, pattern.replace_all(text, replacement));
  }
  return base::replace_all(text, " 's", "'s");
}

Result<Json> detokenized_page(const Json& row) {
  TRY_ASSIGN(const std::string page, text_column(row, "page"));
  TRY_ASSIGN(std::string text, wikitext_detokenized(page));
  return Json(std::move(text));
}

// Words and bytes are counted before detokenization.
std::optional<std::string> page(const Json& row) {
  return base::string_at(row, "page");
}

constexpr FieldFunction kFields[] = {{{"wikitext.detokenizer",
                                       {"a2a1bb4fef23fa6fdee70c860db5c53939be008ffe371c7f7bdd1122848d7510",
                                        "0e0faedac99c7ed32ec34316b6dd49a3a91961930b492b1475471ec5d79f502d"}},
                                      detokenized_page}};
constexpr GivenMetric kMetrics[] = {
    {&metric::word_perplexity}, {&metric::byte_perplexity}, {&metric::bits_per_byte}};
constexpr ResultsFunction kResults[] = {
    {.is = {"wikitext.process_results",
            {"8e6ea9f63996ad069e6725365176fbb58780878ba2ef7564a0c24e533c22ae2d",
             "1b00f00050bce23ddd5b85d99f54af2c8c41845cff1b5d629b7ba2ffc3c22657"}},
     .metrics = kMetrics,
     .counted_text = page}};

}  // namespace

constinit const Benchmark wikitext{.fields = kFields, .results = kResults};

}  // namespace bantam::task
