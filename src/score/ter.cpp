#include "score/ter.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <limits>
#include <tuple>
#include <vector>

#include "base/text.hpp"
#include "score/bleu.hpp"
#include "score/ngrams.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kBeamWidth = 25;
constexpr std::int32_t kFar = 1 << 29;  // cells outside the beam

enum class Edit : std::uint8_t { none, keep, substitute, remove, insert };

// Fewest edits of a way from (0, 0) to (n, m) through cell (i, j).
std::int64_t cost_through(std::int64_t i, std::int64_t j, std::int64_t n, std::int64_t m) {
  return std::abs(i - j) + std::abs((n - i) - (m - j));
}

// The beam's table, a row at a time; `remember(i, j, edit)` learns how each cell was reached.
template <typename Remember>
std::int64_t fill_beam(Ids hypothesis, Ids reference, const Beam& beam, Remember remember) {
  const std::size_t n = hypothesis.size();
  const std::size_t m = reference.size();
  std::vector<std::int32_t> above(m + 1);
  for (std::size_t j = 0; j <= m; ++j) above[j] = static_cast<std::int32_t>(j);
  std::vector<std::int32_t> row(m + 1, kFar);
  for (std::size_t i = 1; i <= n; ++i) {
    const std::size_t begin = beam.begin(i);
    const std::size_t end = beam.end(i);
    const std::size_t read_end = i < n ? std::max(end, beam.end(i + 1)) : end;
    if (begin > 0) row[begin - 1] = kFar;
    std::fill(row.begin() + static_cast<std::ptrdiff_t>(end),
              row.begin() + static_cast<std::ptrdiff_t>(read_end), kFar);
    for (std::size_t j = begin; j < end; ++j) {
      if (j == 0) {
        row[0] = above[0] + 1;
        remember(i, j, Edit::remove);
        continue;
      }
      const bool equal = hypothesis[i - 1] == reference[j - 1];
      std::int32_t best = above[j - 1] + (equal ? 0 : 1);
      Edit edit = equal ? Edit::keep : Edit::substitute;
      if (above[j] + 1 < best) {
        best = above[j] + 1;
        edit = Edit::remove;
      }
      if (row[j - 1] + 1 < best) {
        best = row[j - 1] + 1;
        edit = Edit::insert;
      }
      row[j] = std::min(best, kFar);
      remember(i, j, edit);
    }
    std::swap(row, above);
  }
  return above[m];
}

void accumulate(std::vector<std::int64_t>& errors) {
  std::int64_t sum = 0;
  for (std::int64_t& error : errors) {
    const std::int64_t here = error;
    error = sum;
    sum += here;
  }
}

}  // namespace

EditRows::EditRows(Ids reference, std::uint32_t id_count)
    : length_(reference.size()),
      blocks_((reference.size() + kBlock - 1) / kBlock),
      mask_of_(id_count, 0),
      masks_(blocks_, 0) {
  for (std::size_t j = 0; j < reference.size(); ++j) {
    std::uint32_t& mask = mask_of_[reference[j]];
    if (mask == 0) {
      mask = static_cast<std::uint32_t>(masks_.size() / blocks_);
      masks_.resize(masks_.size() + blocks_, 0);
    }
    masks_[mask * blocks_ + j / kBlock] |= std::uint64_t{1} << (j % kBlock);
  }
}

EditRows::Row EditRows::first() const {
  return {std::vector<std::uint64_t>(blocks_, ~std::uint64_t{0}), std::vector<std::uint64_t>(blocks_, 0),
          static_cast<std::int64_t>(length_)};
}

void EditRows::step(Row& row, std::uint32_t word) const {
  const std::uint64_t* const masks = &masks_[mask_of_[word] * blocks_];
  std::uint64_t grows = 1;  // the change from the row above at the block's left edge: +1 at column 0
  std::uint64_t falls = 0;
  for (std::size_t b = 0; b < blocks_; ++b) {
    const std::uint64_t up = row.up[b];
    const std::uint64_t down = row.down[b];
    const std::uint64_t equal = masks[b] | falls;
    const std::uint64_t no_change = (((equal & up) + up) ^ up) | equal;
    const std::uint64_t row_up = down | ~(no_change | up);
    const std::uint64_t row_down = up & no_change;
    const std::uint64_t reached = masks[b] | down;
    const unsigned top = static_cast<unsigned>(b + 1 < blocks_ ? kBlock - 1 : (length_ - 1) % kBlock);
    const std::uint64_t shifted_up = row_up << 1 | grows;
    const std::uint64_t shifted_down = row_down << 1 | falls;
    grows = row_up >> top & 1;
    falls = row_down >> top & 1;
    row.up[b] = shifted_down | ~(reached | shifted_up);
    row.down[b] = shifted_up & reached;
  }
  row.last += static_cast<std::int64_t>(grows) - static_cast<std::int64_t>(falls);
}

Beam::Beam(std::size_t hypothesis_length, std::size_t reference_length)
    : rows_(hypothesis_length), columns_(reference_length) {
  if (rows_ > 0) ratio_ = static_cast<double>(columns_) / static_cast<double>(rows_);
  const auto narrow = static_cast<double>(kBeamWidth);
  width_ = static_cast<std::size_t>(narrow < ratio_ / 2.0 ? std::ceil(ratio_ / 2.0 + narrow) : narrow);
  cheapest_escape_ = std::numeric_limits<std::int64_t>::max();
  const auto n = static_cast<std::int64_t>(rows_);
  const auto m = static_cast<std::int64_t>(columns_);
  for (std::int64_t i = 1; i <= n; ++i) {
    // The cost grows to both sides of the cells between i and i + m - n.
    const auto first = static_cast<std::int64_t>(begin(static_cast<std::size_t>(i)));
    const auto behind = static_cast<std::int64_t>(end(static_cast<std::size_t>(i)));
    if (first > 0) {
      const std::int64_t j = std::min(first - 1, std::max(i, i + m - n));
      cheapest_escape_ = std::min(cheapest_escape_, cost_through(i, j, n, m));
    }
    if (behind <= m) {
      const std::int64_t j = std::max(behind, std::min(i, i + m - n));
      cheapest_escape_ = std::min(cheapest_escape_, cost_through(i, j, n, m));
    }
  }
}

std::size_t Beam::diagonal(std::size_t i) const {
  return static_cast<std::size_t>(std::floor(static_cast<double>(i) * ratio_));
}

std::size_t Beam::begin(std::size_t i) const {
  const std::size_t middle = diagonal(i);
  return middle > width_ ? middle - width_ : 0;
}

std::size_t Beam::end(std::size_t i) const {
  return i == rows_ ? columns_ + 1 : std::min(columns_ + 1, diagonal(i) + width_);
}

std::int64_t beam_distance(Ids hypothesis, Ids reference, const Beam& beam) {
  return fill_beam(hypothesis, reference, beam, [](std::size_t, std::size_t, Edit) {});
}

Alignment beam_alignment(Ids hypothesis, Ids reference, const Beam& beam) {
  const std::size_t n = hypothesis.size();
  const std::size_t m = reference.size();
  std::vector<std::size_t> row_start(n + 1, 0);  // of a row's edits, less the row's first column
  std::vector<Edit> edits;
  Alignment alignment;
  alignment.distance = fill_beam(hypothesis, reference, beam, [&](std::size_t i, std::size_t j, Edit edit) {
    if (j == beam.begin(i)) row_start[i] = edits.size() - j;
    edits.push_back(edit);
  });
  alignment.place.assign(m, -1);
  alignment.reference_errors.assign(m + 1, 0);
  alignment.hypothesis_errors.assign(n + 1, 0);
  std::size_t i = n;
  std::size_t j = m;
  while (i > 0 || j > 0) {
    const Edit edit = i == 0 ? Edit::insert : edits[row_start[i] + j];
    const bool kept = edit == Edit::keep;
    if (edit != Edit::remove) {
      alignment.place[j - 1] = static_cast<std::int64_t>(i) - 1;
      alignment.reference_errors[j - 1] = kept ? 0 : 1;
    }
    if (edit != Edit::insert) alignment.hypothesis_errors[i - 1] = kept ? 0 : 1;
    if (edit != Edit::remove) --j;
    if (edit != Edit::insert) --i;
  }
  accumulate(alignment.reference_errors);
  accumulate(alignment.hypothesis_errors);
  return alignment;
}

namespace {

using Words = std::vector<std::uint32_t>;

// Tercom's limits, and sacrebleu's own one on the shifts that are tried for a pair of texts.
constexpr std::size_t kMaxShiftSize = 10;
constexpr std::size_t kMaxShiftDistance = 50;
constexpr int kMaxShiftsTried = 1000;

bool is_asian_punctuation(char32_t c) {
  return c == 0x3001 || c == 0x3002 || (c >= 0x3008 && c <= 0x3011) || (c >= 0x3014 && c <= 0x301f) ||
         (c >= 0xff61 && c <= 0xff65) || c == 0x30fb ||
         std::u32string_view(U"\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09").find(c) !=
             std::u32string_view::npos;
}

// Characters that Tercom makes words of their own. The block of enclosed letters ends at U+3F22, as sacrebleu
// writes it.
bool is_asian_character(char32_t c) {
  return (c >= 0x2e80 && c <= 0x2eff) || (c >= 0x31c0 && c <= 0x31ef) || (c >= 0x3200 && c <= 0x4dbf) ||
         (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe4f);
}

// Calls `put(bytes, code point)` for each character.
template <typename Put>
void for_each_character(std::string_view text, Put put) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(text, at);
    put(text.substr(start, at - start), c);
  }
}

std::string split_asian(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view bytes, char32_t c) {
    const bool apart = is_asian_character(c) || is_asian_punctuation(c);
    if (apart) out += ' ';
    out += bytes;
    if (apart) out += ' ';
  });
  return out;
}

std::string without_marks(std::string_view text, bool asian) {
  constexpr std::string_view kMarks = ".,?:;!\"()";
  std::string out;
  for_each_character(text, [&](std::string_view bytes, char32_t c) {
    if (kMarks.find(bytes) != std::string_view::npos || (asian && is_asian_punctuation(c))) return;
    out += bytes;
  });
  return out;
}

std::string normalized(std::string_view text) {
  std::string line = base::replace_all(std::string(text), "\n-", "");
  std::replace(line.begin(), line.end(), '\n', ' ');
  line = resolve_entities(std::move(line));
  line.insert(line.begin(), ' ');
  line += ' ';
  line = pad_punctuation(line);
  return split_at_numbers(base::replace_all(std::move(line), "'s ", " 's "));
}

std::string tercom_line(std::string_view text, const TerOptions& options) {
  const std::string_view stripped = strip_end(text);
  std::string line = options.case_sensitive ? std::string(stripped) : lower(stripped);
  if (options.normalized) {
    line = normalized(line);
    if (options.asian) line = split_asian(line);
  }
  return options.no_punctuation ? without_marks(line, options.asian) : line;
}

// `length` words from `start` on are taken out and put before what stood at `target`.
struct Shift {
  std::int64_t gain = 0;
  std::size_t length = 0;
  std::size_t start = 0;
  std::size_t target = 0;

  // Tercom's order: most edits saved, longest, leftmost, nearest to the start.
  bool better_than(const Shift& other) const {
    return std::tuple(gain, length, other.start, other.target) >
           std::tuple(other.gain, other.length, start, target);
  }
  // The first word that moves, and the one behind the last.
  std::size_t first_moved() const { return std::min(start, target); }
};

void apply(const Shift& shift, Ids words, Words& shifted) {
  shifted.assign(words.begin(), words.end());
  const auto at = [&](std::size_t i) {
    return shifted.begin() + static_cast<std::ptrdiff_t>(std::min(i, words.size()));
  };
  const std::size_t end = shift.start + shift.length;
  if (shift.target < shift.start) {
    std::rotate(at(shift.target), at(shift.start), at(end));
  } else if (shift.target > end) {
    std::rotate(at(shift.start), at(end), at(shift.target));
  } else {
    std::rotate(at(shift.start), at(end), at(shift.length + shift.target));
  }
}

// Edits between one hypothesis and one reference: shifts of runs of words, each the best of its round, then
// the edit distance.
class ShiftSearch {
 public:
  ShiftSearch(Words hypothesis, Ids reference, std::uint32_t id_count)
      : words_(std::move(hypothesis)),
        reference_(reference),
        rows_(reference, id_count),
        beam_(words_.size(), reference.size()),
        places_(id_count) {
    for (std::size_t j = 0; j < reference.size(); ++j) places_[reference[j]].push_back(j);
  }

  std::int64_t edits() {
    std::int64_t shifts = 0;
    while (true) {
      const std::optional<Shift> best = best_shift();
      if (tried_ >= kMaxShiftsTried || !best || best->gain <= 0) break;
      apply(*best, words_, shifted_);
      std::swap(words_, shifted_);
      ++shifts;
    }
    return shifts + beam_distance(words_, reference_, beam_);
  }

 private:
  std::optional<Shift> best_shift() {
    alignment_ = beam_alignment(words_, reference_, beam_);
    prefixes_.assign(1, rows_.first());
    best_.reset();
    for (std::size_t start = 0; start < words_.size() && tried_ < kMaxShiftsTried; ++start) {
      for (const std::size_t place : places_[words_[start]]) {
        const std::size_t distance = place > start ? place - start : start - place;
        if (distance <= kMaxShiftDistance && !try_runs(start, place)) break;
      }
    }
    return best_;
  }

  // Runs of equal words that begin at `start` and, in the reference, at `place`. False when no more may be
  // tried.
  bool try_runs(std::size_t start, std::size_t place) {
    for (std::size_t length = 1; length <= kMaxShiftSize; ++length) {
      if (start + length > words_.size() || place + length > reference_.size()) break;
      if (words_[start + length - 1] != reference_[place + length - 1]) break;
      if (may_move(start, place, length)) try_targets(start, place, length);
      if (tried_ >= kMaxShiftsTried) return false;
    }
    return true;
  }

  // Both sides have an error there, and the run would not move onto itself.
  bool may_move(std::size_t start, std::size_t place, std::size_t length) const {
    const auto& wrong = alignment_.hypothesis_errors;
    const auto& missed = alignment_.reference_errors;
    if (wrong[start + length] == wrong[start] || missed[place + length] == missed[place]) return false;
    const std::int64_t partner = alignment_.place[place];
    const auto first = static_cast<std::int64_t>(start);
    return partner < first || partner >= first + static_cast<std::int64_t>(length);
  }

  void try_targets(std::size_t start, std::size_t place, std::size_t length) {
    std::optional<std::size_t> before;
    for (std::size_t offset = 0; offset <= length; ++offset) {
      const std::size_t behind =
          place + offset;  // the target is behind the partner of reference word behind - 1
      const std::size_t target = behind == 0 ? 0 : static_cast<std::size_t>(alignment_.place[behind - 1] + 1);
      if (before == target) continue;
      before = target;
      ++tried_;
      evaluate({0, length, start, target});
    }
  }

  void evaluate(Shift shift) {
    apply(shift, words_, shifted_);
    std::int64_t distance = exact_distance(shift.first_moved());
    shift.gain = alignment_.distance - distance;
    if (best_ && !shift.better_than(*best_)) return;  // the beam's distance is no shorter
    if (distance >= beam_.cheapest_escape()) {
      distance = beam_distance(shifted_, reference_, beam_);
      shift.gain = alignment_.distance - distance;
      if (best_ && !shift.better_than(*best_)) return;
    }
    best_ = shift;
  }

  // Of `shifted_`, which begins with the same words as `words_`.
  std::int64_t exact_distance(std::size_t same_words) {
    while (prefixes_.size() <= same_words) {
      prefixes_.push_back(prefixes_.back());
      rows_.step(prefixes_.back(), words_[prefixes_.size() - 2]);
    }
    row_ = prefixes_[same_words];
    for (std::size_t i = same_words; i < shifted_.size(); ++i) rows_.step(row_, shifted_[i]);
    return row_.last;
  }

  Words words_;
  Ids reference_;
  EditRows rows_;
  Beam beam_;
  std::vector<std::vector<std::size_t>> places_;  // by word: where it stands in the reference
  int tried_ = 0;

  // The current round's.
  Alignment alignment_;
  std::vector<EditRows::Row> prefixes_;  // of words_, as far as needed
  std::optional<Shift> best_;
  Words shifted_;
  EditRows::Row row_;
};

}  // namespace

TextStats ter_stats(std::string_view prediction, std::span<const std::string_view> references,
                    const TerOptions& options) {
  if (references.empty()) return {0.0, 0.0};
  WordIds ids;
  std::deque<std::string> lines;
  const auto read = [&](std::string_view text) {
    Words words;
    for (const std::string_view word : word_views(lines.emplace_back(tercom_line(text, options)))) {
      words.push_back(ids.id(word));
    }
    return words;
  };
  const Words predicted = read(prediction);
  std::optional<std::int64_t> fewest;
  std::size_t reference_words = 0;
  for (const std::string_view text : references) {
    const Words reference = read(text);
    reference_words += reference.size();
    const std::int64_t edits = reference.empty() ? static_cast<std::int64_t>(predicted.size())
                                                 : ShiftSearch(predicted, reference, ids.size()).edits();
    fewest = std::min(fewest.value_or(edits), edits);
  }
  return {static_cast<double>(*fewest),
          static_cast<double>(reference_words) / static_cast<double>(references.size())};
}

TerScore ter_score(std::span<const double> stats) {
  TerScore ter;
  if (stats.size() != 2) return ter;
  ter.edits = stats[0];
  ter.reference_length = stats[1];
  if (ter.reference_length > 0.0) {
    ter.score = 100.0 * (ter.edits / ter.reference_length);
  } else if (ter.edits > 0.0) {
    ter.score = 100.0;
  }
  return ter;
}

}  // namespace bantam::score
