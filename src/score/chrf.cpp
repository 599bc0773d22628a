#include "score/chrf.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "score/ngrams.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

struct ChrfText {
  std::vector<std::uint32_t> characters;
  std::vector<std::uint32_t> words;
};

bool is_ascii_punctuation(char c) {
  constexpr std::string_view kPunctuation = R"(!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~)";
  return kPunctuation.find(c) != std::string_view::npos;
}

bool is_one_character(std::string_view word) {
  std::size_t at = 0;
  next_code_point(word, at);
  return at == word.size();
}

// One numbering of characters and one of words for all texts of an item, which must outlive it.
class Reader {
 public:
  explicit Reader(const ChrfOptions& options) : options_(options) {}

  ChrfText read(std::string_view text) {
    ChrfText read;
    read.characters.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t start = at;
      const char32_t c = next_code_point(text, at);
      if (!options_.white_space && is_space(c)) continue;
      read.characters.push_back(c < kAscii ? static_cast<std::uint32_t>(c)
                                           : kAscii + other_.id(text.substr(start, at - start)));
    }
    if (options_.word_order > 0) read.words = word_ids(text);
    return read;
  }

  std::uint32_t character_count() const { return kAscii + other_.size(); }
  std::uint32_t word_count() const { return words_.size(); }

 private:
  static constexpr std::uint32_t kAscii = 128;  // characters below are their own ids

  // One ASCII punctuation mark comes off each word: the last one, else the first.
  std::vector<std::uint32_t> word_ids(std::string_view text) {
    std::vector<std::uint32_t> ids;
    for (const std::string_view word : word_views(text)) {
      std::size_t cut = word.size();
      if (!is_one_character(word)) {
        if (is_ascii_punctuation(word.back())) {
          cut = word.size() - 1;
        } else if (is_ascii_punctuation(word.front())) {
          cut = 1;
        }
      }
      ids.push_back(words_.id(word.substr(0, cut)));
      if (cut < word.size()) ids.push_back(words_.id(word.substr(cut)));
    }
    return ids;
  }

  const ChrfOptions& options_;
  WordIds other_;
  WordIds words_;
};

// What the prediction and one reference share, for each order: [prediction, reference, matches].
void append_orders(Ids prediction, Ids reference, int max_order, std::uint32_t id_count, TextStats& stats) {
  const std::vector<std::int64_t> shared =
      shared_ngrams(prediction, std::array{reference}, max_order, id_count);
  for (int order = 1; order <= max_order; ++order) {
    const auto of_reference = static_cast<double>(ngram_count(reference.size(), order));
    // A prediction counts only where the reference has n-grams of this order.
    stats.push_back(of_reference > 0.0 ? static_cast<double>(ngram_count(prediction.size(), order)) : 0.0);
    stats.push_back(of_reference);
    stats.push_back(static_cast<double>(shared[static_cast<std::size_t>(order) - 1]));
  }
}

}  // namespace

TextStats chrf_stats(std::string_view prediction, std::span<const std::string_view> references,
                     const ChrfOptions& options) {
  const auto cased = [&](std::string_view text) {
    return options.lower_case ? lower(text) : std::string(text);
  };
  std::vector<std::string> texts{cased(prediction)};
  for (const std::string_view reference : references) texts.push_back(cased(reference));
  Reader reader(options);
  const ChrfText predicted = reader.read(texts.front());
  TextStats best;
  double best_score = -1.0;
  for (std::size_t i = 1; i < texts.size(); ++i) {
    const ChrfText reference = reader.read(texts[i]);
    TextStats stats;
    append_orders(predicted.characters, reference.characters, options.char_order, reader.character_count(),
                  stats);
    append_orders(predicted.words, reference.words, options.word_order, reader.word_count(), stats);
    const double score = chrf_score(stats, options);
    if (score <= best_score) continue;
    best_score = score;
    best = std::move(stats);
  }
  return best;
}

double chrf_score(std::span<const double> stats, const ChrfOptions& options) {
  constexpr double kEpsilon = 1e-16;
  const double factor = options.beta * options.beta;
  const std::size_t orders = stats.size() / 3;
  double sum = 0.0;
  double precision = 0.0;
  double recall = 0.0;
  int present = 0;
  for (std::size_t i = 0; i < orders; ++i) {
    const double predicted = stats[3 * i];
    const double reference = stats[3 * i + 1];
    const double shared = stats[3 * i + 2];
    const double p = predicted > 0.0 ? shared / predicted : kEpsilon;
    const double r = reference > 0.0 ? shared / reference : kEpsilon;
    const double denominator = factor * p + r;
    sum += denominator > 0.0 ? (1.0 + factor) * p * r / denominator : kEpsilon;
    if (predicted <= 0.0 || reference <= 0.0) continue;
    precision += p;
    recall += r;
    ++present;
  }
  if (options.epsilon_smoothing) return orders > 0 ? 100.0 * sum / static_cast<double>(orders) : 0.0;
  if (present == 0 || precision + recall == 0.0) return 0.0;
  precision /= present;
  recall /= present;
  return 100.0 * (1.0 + factor) * precision * recall / (factor * precision + recall);
}

}  // namespace bantam::score
