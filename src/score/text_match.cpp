#include "score/text_match.hpp"

#include <unicode/uchar.h>
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

base::Result<std::string> prepared(std::string_view text, const ExactMatchOptions& options) {
  std::string out(text);
  for (const Pattern& pattern : options.regexes_to_ignore) {
    TRY_ASSIGN(out, pattern.replace_all(out, ""));
  }
  if (options.ignore_case) out = lower(out);
  if (options.ignore_punctuation) out = without_punctuation(out);
  if (options.ignore_numbers) out = without_digits(out);
  return out;
}

bool is_word_character(char32_t c) {
  return u_isalnum(static_cast<UChar32>(c)) != 0 || c == U'_';
}

// re.sub(r"\b(a|an|the)\b", " ", text)
std::string without_articles(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const bool word = is_word_character(next_code_point(text, at));
    for (std::size_t next = at; word && next < text.size(); at = next) {
      if (!is_word_character(next_code_point(text, next))) break;
    }
    const std::string_view run = text.substr(start, at - start);
    out += run == "a" || run == "an" || run == "the" ? std::string_view(" ") : run;
  }
  return out;
}

}  // namespace

base::Result<bool> exact_match(std::string_view answer, std::string_view reference,
                               const ExactMatchOptions& options) {
  TRY_ASSIGN(const std::string left, prepared(answer, options));
  TRY_ASSIGN(const std::string right, prepared(reference, options));
  return left == right;
}

std::string squad_normalized(std::string_view text) {
  return base::join(split_words(without_articles(without_punctuation(lower(text)))), " ");
}

bool squad_exact_match(std::string_view answer, std::string_view reference) {
  return squad_normalized(answer) == squad_normalized(reference);
}

double squad_f1(std::string_view answer, std::string_view reference) {
  const std::vector<std::string> given = split_words(squad_normalized(answer));
  const std::vector<std::string> wanted = split_words(squad_normalized(reference));
  std::map<std::string, int> left;
  for (const std::string& word : wanted) ++left[word];
  const auto shared = static_cast<double>(
      std::count_if(given.begin(), given.end(), [&](const std::string& word) { return left[word]-- > 0; }));
  if (shared == 0.0) return 0.0;
  const double precision = shared / static_cast<double>(given.size());
  const double recall = shared / static_cast<double>(wanted.size());
  return 2.0 * precision * recall / (precision + recall);
}

double squad_answer_f1(std::string_view prediction, std::string_view gold) {
  const std::string given = squad_normalized(prediction);
  const std::string wanted = squad_normalized(gold);
  if (given.empty() || wanted.empty()) return given == wanted ? 1.0 : 0.0;
  return squad_f1(prediction, gold);
}

SquadV2Item squad_v2_item(std::string_view prediction, std::span<const std::string_view> gold_answers) {
  SquadV2Item item;
  item.has_answer = !gold_answers.empty();
  std::vector<std::string_view> gold;
  for (const std::string_view answer : gold_answers) {
    if (!squad_normalized(answer).empty()) gold.push_back(answer);
  }
  if (gold.empty()) gold.emplace_back();
  for (const std::string_view answer : gold) {
    item.exact = item.exact || squad_exact_match(prediction, answer);
    item.f1 = std::max(item.f1, squad_answer_f1(prediction, answer));
  }
  return item;
}

}  // namespace bantam::score
