#include "score/instructions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/text.hpp"
#include "score/english.hpp"
#include "score/pattern.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

Result<std::int64_t> count_argument(const Json& arguments, std::string_view name) {
  if (const auto value = base::number_at(arguments, name)) return static_cast<std::int64_t>(*value);
  return base::fail(ErrorKind::bad_input, fmt::format("the instruction has no {}", name));
}

Result<std::string> text_argument(const Json& arguments, std::string_view name) {
  if (auto value = base::string_at(arguments, name)) return std::move(*value);
  return base::fail(ErrorKind::bad_input, fmt::format("the instruction has no {}", name));
}

Result<std::vector<std::string>> list_argument(const Json& arguments, std::string_view name) {
  std::vector<std::string> texts;
  for (const Json& text : base::child_at(arguments, name)) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  if (texts.empty()) return base::fail(ErrorKind::bad_input, fmt::format("the instruction has no {}", name));
  return texts;
}

Result<std::int64_t> matches(const std::string& pattern, std::string_view text) {
  TRY_ASSIGN(const Pattern compiled, Pattern::compile(pattern));
  TRY_ASSIGN(const auto found, compiled.find_all(text));
  return static_cast<std::int64_t>(found.size());
}

// `count` against the arguments named: "less than N", else "at least N".
Result<bool> compares(std::int64_t count, const Json& arguments, std::string_view limit_name,
                      std::string_view relation_name) {
  TRY_ASSIGN(const std::int64_t limit, count_argument(arguments, limit_name));
  TRY_ASSIGN(const std::string relation, text_argument(arguments, relation_name));
  if (relation == "less than") return count < limit;
  if (relation == "at least") return count >= limit;
  return base::fail(ErrorKind::bad_input, fmt::format("{} '{}' is not known", relation_name, relation),
                    "use 'less than' or 'at least'");
}

Result<bool> has_keywords(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const auto keywords, list_argument(arguments, "keywords"));
  for (const std::string& keyword : keywords) {
    TRY_ASSIGN(const std::int64_t found, matches("(?i)" + keyword, answer));
    if (found == 0) return false;
  }
  return true;
}

Result<bool> has_keyword_often(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::string keyword, text_argument(arguments, "keyword"));
  TRY_ASSIGN(const std::int64_t found, matches("(?i)" + std::string(strip(keyword)), answer));
  return compares(found, arguments, "frequency", "relation");
}

Result<bool> has_no_forbidden_word(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const auto words, list_argument(arguments, "forbidden_words"));
  for (const std::string& word : words) {
    TRY_ASSIGN(const std::int64_t found, matches("(?i)\\b" + word + "\\b", answer));
    if (found > 0) return false;
  }
  return true;
}

Result<bool> has_letter_often(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::string argument, text_argument(arguments, "letter"));
  const std::string letter = lower(strip(argument));
  std::size_t at = 0;
  const char32_t wanted = next_code_point(letter, at);
  const std::string small = lower(answer);
  std::int64_t count = 0;
  for (at = 0; at < small.size();) count += next_code_point(small, at) == wanted ? 1 : 0;
  return compares(count, arguments, "let_frequency", "let_relation");
}

Result<bool> has_sentences(const Json& arguments, std::string_view answer) {
  return compares(count_sentences(answer), arguments, "num_sentences", "relation");
}

Result<bool> has_words(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::int64_t words, matches("\\w+", answer));
  return compares(words, arguments, "num_words", "relation");
}

bool is_blank(std::string_view text) {
  return strip(text).empty();
}

// str.split(separator).
std::vector<std::string_view> pieces(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> found;
  for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    found.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  found.push_back(text);
  return found;
}

// Paragraphs are set apart by ***; an empty one is allowed at the ends only.
Result<bool> has_paragraphs(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::int64_t wanted, count_argument(arguments, "num_paragraphs"));
  const std::vector<std::string_view> paragraphs = pieces(answer, "***");
  auto count = static_cast<std::int64_t>(paragraphs.size());
  for (std::size_t i = 0; i < paragraphs.size(); ++i) {
    if (!is_blank(paragraphs[i])) continue;
    if (i != 0 && i + 1 != paragraphs.size()) return false;
    --count;
  }
  return count == wanted;
}

// The first word of a paragraph, up to a punctuation mark, in small letters.
std::string first_word(std::string_view paragraph) {
  const std::vector<std::string> words = split_words(paragraph);
  if (words.empty()) return "";
  std::string_view word = words.front();
  for (const char quote : {'\'', '"'}) {
    word.remove_prefix(std::min(word.find_first_not_of(quote), word.size()));
  }
  return lower(word.substr(0, word.find_first_of(".,?!'\"")));
}

Result<bool> has_nth_first_word(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::int64_t wanted, count_argument(arguments, "num_paragraphs"));
  TRY_ASSIGN(const std::int64_t nth, count_argument(arguments, "nth_paragraph"));
  TRY_ASSIGN(const std::string word, text_argument(arguments, "first_word"));
  const std::vector<std::string_view> paragraphs = pieces(answer, "\n\n");
  const std::int64_t count = std::count_if(paragraphs.begin(), paragraphs.end(),
                                           [](std::string_view paragraph) { return !is_blank(paragraph); });
  if (nth < 1 || nth > count) return false;
  const std::string_view paragraph = paragraphs[static_cast<std::size_t>(nth - 1)];
  return !is_blank(paragraph) && count == wanted && first_word(paragraph) == lower(word);
}

Result<bool> has_placeholders(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::int64_t wanted, count_argument(arguments, "num_placeholders"));
  TRY_ASSIGN(const std::int64_t found, matches("\\[.*?\\]", answer));
  return found >= wanted;
}

Result<bool> has_postscript(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::string argument, text_argument(arguments, "postscript_marker"));
  const std::string marker(strip(argument));
  const std::string pattern = marker == "P.P.S"  ? "p\\.\\s?p\\.\\s?s"
                              : marker == "P.S." ? "p\\.\\s?s\\."
                                                 : lower(marker);
  TRY_ASSIGN(const std::int64_t found, matches(pattern, lower(answer)));
  return found > 0;
}

Result<bool> has_bullets(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::int64_t wanted, count_argument(arguments, "num_bullets"));
  TRY_ASSIGN(const std::int64_t stars, matches("(?m)^\\s*\\*[^\\*].*$", answer));
  TRY_ASSIGN(const std::int64_t dashes, matches("(?m)^\\s*-.*$", answer));
  return stars + dashes == wanted;
}

Result<bool> is_constrained(const Json&, std::string_view answer) {
  constexpr std::array kOptions{"My answer is yes.", "My answer is no.", "My answer is maybe."};
  return std::any_of(kOptions.begin(), kOptions.end(),
                     [&](const char* option) { return answer.find(option) != std::string_view::npos; });
}

std::int64_t with_content(const std::vector<std::vector<std::string>>& found, std::string_view marks) {
  return std::count_if(found.begin(), found.end(), [&](const std::vector<std::string>& match) {
    std::string_view inner = match.front();
    inner.remove_prefix(std::min(inner.find_first_not_of(marks), inner.size()));
    inner = inner.substr(0, inner.find_last_not_of(marks) + 1);
    return !is_blank(inner);
  });
}

Result<bool> has_highlights(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::int64_t wanted, count_argument(arguments, "num_highlights"));
  TRY_ASSIGN(const Pattern single, Pattern::compile("\\*[^\\n\\*]*\\*"));
  TRY_ASSIGN(const Pattern twofold, Pattern::compile("\\*\\*[^\\n\\*]*\\*\\*"));
  TRY_ASSIGN(const auto singles, single.find_all(answer));
  TRY_ASSIGN(const auto twofolds, twofold.find_all(answer));
  return with_content(singles, "*") + with_content(twofolds, "*") >= wanted;
}

Result<bool> has_sections(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::int64_t wanted, count_argument(arguments, "num_sections"));
  TRY_ASSIGN(const std::string splitter, text_argument(arguments, "section_spliter"));
  TRY_ASSIGN(const std::int64_t found,
             matches("\\s?" + std::string(strip(splitter)) + "\\s?\\d+\\s?", answer));
  return found >= wanted;
}

Result<bool> is_json(const Json&, std::string_view answer) {
  std::string_view text = strip(answer);
  for (const std::string_view fence : {"```json", "```Json", "```JSON", "```"}) {
    if (text.starts_with(fence)) text.remove_prefix(fence.size());
  }
  if (text.ends_with("```")) text.remove_suffix(3);
  return base::parse_json(strip(text), "answer").has_value();
}

Result<bool> has_title(const Json&, std::string_view answer) {
  TRY_ASSIGN(const Pattern pattern, Pattern::compile("<<[^\\n]+>>"));
  TRY_ASSIGN(const auto titles, pattern.find_all(answer));
  return with_content(titles, "<>") > 0;
}

Result<bool> has_two_responses(const Json&, std::string_view answer) {
  std::vector<std::string_view> responses;
  const std::vector<std::string_view> parts = pieces(answer, "******");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!is_blank(parts[i])) {
      responses.push_back(strip(parts[i]));
    } else if (i != 0 && i + 1 != parts.size()) {
      return false;
    }
  }
  return responses.size() == 2 && responses[0] != responses[1];
}

Result<bool> repeats_prompt(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::string prompt, text_argument(arguments, "prompt_to_repeat"));
  return lower(strip(answer)).starts_with(lower(strip(prompt)));
}

Result<bool> ends_with_phrase(const Json& arguments, std::string_view answer) {
  TRY_ASSIGN(const std::string phrase, text_argument(arguments, "end_phrase"));
  std::string_view text = strip(answer);
  text.remove_prefix(std::min(text.find_first_not_of('"'), text.size()));
  text = text.substr(0, text.find_last_not_of('"') + 1);
  return lower(text).ends_with(lower(strip(phrase)));
}

Result<bool> has_capital_words(const Json& arguments, std::string_view answer) {
  const std::vector<std::string> words = nltk_words(answer);
  const std::int64_t count = std::count_if(words.begin(), words.end(), is_upper);
  return compares(count, arguments, "capital_frequency", "capital_relation");
}

Result<bool> is_all_capital(const Json&, std::string_view answer) {
  return is_upper(answer);
}

Result<bool> is_all_small(const Json&, std::string_view answer) {
  return is_lower(answer);
}

Result<bool> has_no_comma(const Json&, std::string_view answer) {
  return answer.find(',') == std::string_view::npos;
}

Result<bool> is_quoted(const Json&, std::string_view answer) {
  const std::string_view text = strip(answer);
  return text.size() > 1 && text.front() == '"' && text.back() == '"';
}

using Check = Result<bool> (*)(const Json& arguments, std::string_view answer);
constexpr std::string_view kLanguage = "language:response_language";
constexpr std::array kChecks{
    std::pair<std::string_view, Check>{"keywords:existence", has_keywords},
    std::pair<std::string_view, Check>{"keywords:frequency", has_keyword_often},
    std::pair<std::string_view, Check>{"keywords:forbidden_words", has_no_forbidden_word},
    std::pair<std::string_view, Check>{"keywords:letter_frequency", has_letter_often},
    std::pair<std::string_view, Check>{"length_constraints:number_sentences", has_sentences},
    std::pair<std::string_view, Check>{"length_constraints:number_paragraphs", has_paragraphs},
    std::pair<std::string_view, Check>{"length_constraints:number_words", has_words},
    std::pair<std::string_view, Check>{"length_constraints:nth_paragraph_first_word", has_nth_first_word},
    std::pair<std::string_view, Check>{"detectable_content:number_placeholders", has_placeholders},
    std::pair<std::string_view, Check>{"detectable_content:postscript", has_postscript},
    std::pair<std::string_view, Check>{"detectable_format:number_bullet_lists", has_bullets},
    std::pair<std::string_view, Check>{"detectable_format:constrained_response", is_constrained},
    std::pair<std::string_view, Check>{"detectable_format:number_highlighted_sections", has_highlights},
    std::pair<std::string_view, Check>{"detectable_format:multiple_sections", has_sections},
    std::pair<std::string_view, Check>{"detectable_format:json_format", is_json},
    std::pair<std::string_view, Check>{"detectable_format:title", has_title},
    std::pair<std::string_view, Check>{"combination:two_responses", has_two_responses},
    std::pair<std::string_view, Check>{"combination:repeat_prompt", repeats_prompt},
    std::pair<std::string_view, Check>{"startend:end_checker", ends_with_phrase},
    std::pair<std::string_view, Check>{"startend:quotation", is_quoted},
    std::pair<std::string_view, Check>{"change_case:capital_word_frequency", has_capital_words},
    std::pair<std::string_view, Check>{"change_case:english_capital", is_all_capital},
    std::pair<std::string_view, Check>{"change_case:english_lowercase", is_all_small},
    std::pair<std::string_view, Check>{"punctuation:no_comma", has_no_comma},
};

// The answer as it stands and what is left of it without first line, last line, both, and asterisks.
std::vector<std::string> loose_forms(std::string_view answer) {
  const std::size_t first_end = answer.find('\n');
  const std::size_t last_start = answer.rfind('\n');
  const bool one_line = first_end == std::string_view::npos;
  const std::string_view without_first = one_line ? "" : answer.substr(first_end + 1);
  const std::string_view without_last = one_line ? "" : answer.substr(0, last_start);
  const std::string_view without_both =
      one_line || first_end == last_start ? "" : answer.substr(first_end + 1, last_start - first_end - 1);
  std::vector<std::string> forms{std::string(answer)};
  for (const std::string_view part : {without_first, without_last, without_both})
    forms.emplace_back(strip(part));
  for (std::size_t i = 0; i < 4; ++i) forms.push_back(base::replace_all(forms[i], "*", ""));
  return forms;
}

// Followed by any of the forms that are not blank.
Result<Followed> any_follows(const Instruction& instruction, const std::vector<std::string>& forms) {
  Followed verdict = Followed::no;
  for (const std::string& form : forms) {
    if (is_blank(form)) continue;
    TRY_ASSIGN(verdict, follows(instruction, form));
    if (verdict != Followed::no) return verdict;
  }
  return verdict;
}

}  // namespace

Result<Followed> follows(const Instruction& instruction, std::string_view answer) {
  if (instruction.kind == kLanguage) return Followed::unchecked;
  const auto check = std::find_if(kChecks.begin(), kChecks.end(),
                                  [&](const auto& known) { return known.first == instruction.kind; });
  if (check == kChecks.end()) {
    return base::fail(ErrorKind::bad_input, fmt::format("instruction '{}' is not known", instruction.kind));
  }
  const auto followed = check->second(instruction.arguments, answer);
  if (!followed) {
    return base::fail(followed.error().kind,
                      fmt::format("{}: {}", instruction.kind, followed.error().message),
                      followed.error().hint);
  }
  return *followed ? Followed::yes : Followed::no;
}

Result<InstructionVerdicts> judge_instructions(const std::vector<Instruction>& instructions,
                                               std::string_view answer) {
  const std::vector<std::string> forms = loose_forms(answer);
  InstructionVerdicts verdicts;
  for (const Instruction& instruction : instructions) {
    TRY_ASSIGN(const Followed strict, any_follows(instruction, {std::string(answer)}));
    TRY_ASSIGN(const Followed loose, any_follows(instruction, forms));
    verdicts.strict.push_back(strict);
    verdicts.loose.push_back(loose);
  }
  return verdicts;
}

}  // namespace bantam::score
