#include "score/wer.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "base/text.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

// re.sub(r"\s\s+", " ", text)
std::string without_runs_of_space(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    std::size_t spaces = 0;
    std::size_t end = at;
    for (std::size_t next = at; next < text.size() && is_space(next_code_point(text, next)); ++spaces)
      end = next;
    if (spaces == 0) {
      static_cast<void>(next_code_point(text, at));
      out += text.substr(begin, at - begin);
    } else {
      out += spaces > 1 ? " " : text.substr(begin, end - begin);
      at = end;
    }
  }
  return out;
}

// Substitutions, deletions and insertions that make the reference of the answer.
std::size_t edits(const std::vector<std::string>& answer, const std::vector<std::string>& reference) {
  // Row by row: the edits between the reference's first words and each of the answer's beginnings.
  std::vector<std::size_t> row(answer.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < reference.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < answer.size(); ++j) {
      const std::size_t replaced = diagonal + (answer[j] == reference[i] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> jiwer_words(std::string_view text) {
  const std::string single = without_runs_of_space(text);
  std::vector<std::string> words = base::split(std::string(strip(single)), ' ');
  std::erase(words, "");
  return words;
}

std::optional<double> word_error_rate(std::string_view answer, std::string_view reference) {
  const std::vector<std::string> words = jiwer_words(reference);
  if (words.empty()) return std::nullopt;
  return static_cast<double>(edits(jiwer_words(answer), words)) / static_cast<double>(words.size());
}

}  // namespace bantam::score
