#include "score/rouge.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "score/ngrams.hpp"
#include "score/porter.hpp"

namespace bantam::score {
namespace {

constexpr std::size_t kBlock = 64;

std::uint64_t bit_at(std::size_t position) {
  return std::uint64_t{1} << (position % kBlock);
}

}  // namespace

LcsTable::LcsTable(Ids reference, std::uint32_t id_count)
    : reference_(reference),
      blocks_((reference.size() + kBlock - 1) / kBlock),
      first_(std::size_t{id_count} + 1, 0),
      positions_(reference.size()) {
  for (const std::uint32_t id : reference) ++first_[id + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t i = 0; i < reference.size(); ++i) positions_[next[reference[i]]++] = i;
}

// Column by column of the table; a bit of `column` is 0 where the length grows by one from one row to the
// next. `rows`, when given, receives every column.
std::vector<std::uint64_t> LcsTable::advance(Ids other, std::vector<std::uint64_t>* rows) const {
  std::vector<std::uint64_t> column(blocks_, ~std::uint64_t{0});
  std::vector<std::uint64_t> equal(blocks_, 0);
  if (rows != nullptr) rows->reserve(blocks_ * other.size());
  for (const std::uint32_t id : other) {
    const std::uint32_t begin = first_[id];
    const std::uint32_t end = first_[id + 1];
    if (begin != end) {
      for (std::uint32_t i = begin; i < end; ++i) equal[positions_[i] / kBlock] |= bit_at(positions_[i]);
      std::uint64_t carry = 0;
      for (std::size_t b = 0; b < blocks_; ++b) {
        const std::uint64_t both = column[b] & equal[b];
        const std::uint64_t partial = column[b] + both;
        const std::uint64_t sum = partial + carry;
        carry = static_cast<std::uint64_t>(partial < both) | static_cast<std::uint64_t>(sum < carry);
        column[b] = sum | (column[b] & ~equal[b]);
      }
      for (std::uint32_t i = begin; i < end; ++i) equal[positions_[i] / kBlock] = 0;
    }
    if (rows != nullptr) rows->insert(rows->end(), column.begin(), column.end());
  }
  return column;
}

std::int64_t LcsTable::length(Ids other) const {
  const std::vector<std::uint64_t> column = advance(other, nullptr);
  std::int64_t grown = 0;
  for (std::size_t b = 0; b < blocks_; ++b) {
    const std::size_t used = reference_.size() - b * kBlock;
    const std::uint64_t mask = used >= kBlock ? ~std::uint64_t{0} : bit_at(used) - 1;
    grown += std::popcount(~column[b] & mask);
  }
  return grown;
}

void LcsTable::mark(Ids other, std::vector<bool>& marked) const {
  std::vector<std::uint64_t> rows;
  advance(other, &rows);
  std::size_t i = reference_.size();
  std::size_t j = other.size();
  while (i > 0 && j > 0) {
    const std::uint64_t column = rows[(j - 1) * blocks_ + (i - 1) / kBlock];
    if (reference_[i - 1] == other[j - 1]) {
      marked[i - 1] = true;
      --i;
      --j;
    } else if ((column & bit_at(i - 1)) == 0) {
      --j;
    } else {
      --i;
    }
  }
}

namespace {

// A text as word ids; a line is a span of them. Lines without words are left out.
struct RougeText {
  std::vector<std::uint32_t> ids;
  std::vector<std::size_t> line_starts;

  std::size_t lines() const { return line_starts.size(); }
  Ids line(std::size_t i) const {
    const std::size_t end = i + 1 < lines() ? line_starts[i + 1] : ids.size();
    return Ids(ids).subspan(line_starts[i], end - line_starts[i]);
  }
};

// The letter or digit that str.lower() leaves at this byte, 0 for none. Outside ASCII only two characters
// become a letter: the Kelvin sign (k) and I with a dot (i and a combining dot, which separates words).
char word_char(std::string_view text, std::size_t at, std::size_t& length) {
  const char c = text[at];
  length = 1;
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + ('a' - 'A'));
  if (c == '\xc4' && text.substr(at, 2) == "\u0130") {
    length = 2;
    return 'i';
  }
  if (c == '\xe2' && text.substr(at, 3) == "\u212a") {
    length = 3;
    return 'k';
  }
  return 0;
}

// Reads texts into one numbering of words.
class Reader {
 public:
  explicit Reader(bool stem) : stem_(stem) {}

  RougeText read(std::string_view text) {
    RougeText read;
    std::string& lowered = lowered_.emplace_back();
    lowered.reserve(text.size());  // never grows beyond: word views point into it
    std::optional<std::size_t> start;
    bool new_line = true;
    const auto end_word = [&] {
      if (!start) return;
      if (new_line) read.line_starts.push_back(read.ids.size());
      new_line = false;
      read.ids.push_back(number(std::string_view(lowered).substr(*start)));
      start.reset();
    };
    std::size_t length = 1;
    for (std::size_t at = 0; at < text.size(); at += length) {
      const char c = word_char(text, at, length);
      if (c != 0) {
        if (!start) start = lowered.size();
        lowered += c;
      }
      if (c == 0 || text[at] == '\xc4') end_word();
      if (text[at] == '\n') new_line = true;
    }
    end_word();
    return read;
  }

  std::uint32_t id_count() const { return stem_ ? stems_.size() : words_.size(); }

 private:
  std::uint32_t number(std::string_view word) {
    const std::uint32_t id = words_.id(word);
    if (!stem_) return id;
    if (id == stem_of_.size()) {
      if (word.size() > 3) word = stem_texts_.emplace_back(porter_stem(word));
      stem_of_.push_back(stems_.id(word));
    }
    return stem_of_[id];
  }

  bool stem_;
  std::deque<std::string> lowered_;
  WordIds words_;
  std::deque<std::string> stem_texts_;
  WordIds stems_;
  std::vector<std::uint32_t> stem_of_;  // by id in words_
};

RougeScore overlap_score(std::int64_t shared, std::int64_t of_prediction, std::int64_t of_reference) {
  RougeScore score;
  score.precision =
      static_cast<double>(shared) / static_cast<double>(std::max<std::int64_t>(of_prediction, 1));
  score.recall = static_cast<double>(shared) / static_cast<double>(std::max<std::int64_t>(of_reference, 1));
  const double sum = score.precision + score.recall;
  if (sum > 0.0) score.f1 = 2.0 * score.precision * score.recall / sum;
  return score;
}

// Every reference line against all lines of the prediction: the union of its longest common subsequences,
// each word counted at most as often as either side has it.
std::int64_t summary_hits(const RougeText& prediction, const RougeText& reference, std::uint32_t id_count) {
  std::vector<std::int32_t> left_prediction(id_count, 0);
  std::vector<std::int32_t> left_reference(id_count, 0);
  for (const std::uint32_t id : prediction.ids) ++left_prediction[id];
  for (const std::uint32_t id : reference.ids) ++left_reference[id];
  std::int64_t hits = 0;
  for (std::size_t r = 0; r < reference.lines(); ++r) {
    const Ids line = reference.line(r);
    const LcsTable table(line, id_count);
    std::vector<bool> marked(line.size(), false);
    for (std::size_t p = 0; p < prediction.lines(); ++p) table.mark(prediction.line(p), marked);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!marked[i] || left_prediction[line[i]] == 0 || left_reference[line[i]] == 0) continue;
      ++hits;
      --left_prediction[line[i]];
      --left_reference[line[i]];
    }
  }
  return hits;
}

RougeScores compare(const RougeText& prediction, const RougeText& reference, std::uint32_t id_count) {
  const std::size_t n = prediction.ids.size();
  const std::size_t m = reference.ids.size();
  const std::array<Ids, 1> references{Ids(reference.ids)};
  const std::vector<std::int64_t> shared = shared_ngrams(prediction.ids, references, 2, id_count);
  const std::int64_t lcs = LcsTable(reference.ids, id_count).length(prediction.ids);
  // For a line each, the union is the longest common subsequence itself.
  const bool single_lines = prediction.lines() <= 1 && reference.lines() <= 1;
  const std::int64_t hits = single_lines ? lcs : summary_hits(prediction, reference, id_count);
  RougeScores scores;
  scores.rouge1 = overlap_score(shared[0], ngram_count(n, 1), ngram_count(m, 1));
  scores.rouge2 = overlap_score(shared[1], ngram_count(n, 2), ngram_count(m, 2));
  scores.rouge_l = overlap_score(lcs, ngram_count(n, 1), ngram_count(m, 1));
  scores.rouge_lsum = overlap_score(hits, ngram_count(n, 1), ngram_count(m, 1));
  return scores;
}

void keep_better(RougeScore& best, const RougeScore& other) {
  if (other.f1 > best.f1) best = other;
}

}  // namespace

RougeScores rouge(std::string_view prediction, std::string_view reference, const RougeOptions& options) {
  return rouge_best(prediction, std::array{reference}, options);
}

RougeScores rouge_best(std::string_view prediction, std::span<const std::string_view> references,
                       const RougeOptions& options) {
  Reader reader(options.stem);
  const RougeText predicted = reader.read(prediction);
  RougeScores best;
  for (std::size_t i = 0; i < references.size(); ++i) {
    const RougeText reference = reader.read(references[i]);
    const RougeScores scores = compare(predicted, reference, reader.id_count());
    if (i == 0) {
      best = scores;
      continue;
    }
    keep_better(best.rouge1, scores.rouge1);
    keep_better(best.rouge2, scores.rouge2);
    keep_better(best.rouge_l, scores.rouge_l);
    keep_better(best.rouge_lsum, scores.rouge_lsum);
  }
  return best;
}

}  // namespace bantam::score
