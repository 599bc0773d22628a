#include "score/ter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <tuple>
#include <vector>

#include "base/text.hpp"
#include "score/edit_distance.hpp"
#include "score/mteval.hpp"
#include "score/ngram_overlap.hpp"
#include "score/python_text.hpp"
#include "score/word_ids.hpp"

namespace bantam::score {
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

  // Of the current round.
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

std::string ter_signature(const TerOptions& options, std::optional<int> references, bool brief) {
  const auto yes_no = [](bool value) { return value ? "yes" : "no"; };
  return fmt::format(
      fmt::runtime(brief ? "#:{}|c:{}|t:tercom|nr:{}|pn:{}|as:{}|v:2.6.0"
                         : "nrefs:{}|case:{}|tok:tercom|norm:{}|punct:{}|asian:{}|version:2.6.0"),
      references ? std::to_string(*references) : "var", options.case_sensitive ? "mixed" : "lc",
      yes_no(options.normalized), yes_no(!options.no_punctuation), yes_no(options.asian));
}

std::string ter_line(double score, const TerOptions& options, std::optional<int> references) {
  return fmt::format("TER|{} = {:.2f}", ter_signature(options, references), score);
}

}  // namespace bantam::score
