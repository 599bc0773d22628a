#include "score/bleu.hpp"

#include <unicode/uchar.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "score/ngrams.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_stop(char c) {
  return c == '.' || c == ',';
}

constexpr std::array<bool, 256> padded_bytes() {
  std::array<bool, 256> padded{};
  for (const char c : std::string_view("{|}~[\\]^_` !\"#$%&()*+:;<=>?@/"))
    padded[static_cast<unsigned char>(c)] = true;
  return padded;
}

// ([^0-9])([.,]) -> "\1 \2 ", from left to right without overlap. A character outside ASCII is only looked at
// by its last byte, which comes to the same.
std::string split_stops_before(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (is_digit(text[i]) || i + 1 == text.size() || !is_stop(text[i + 1])) continue;
    out += ' ';
    out += text[++i];
    out += ' ';
  }
  return out;
}

// ([.,])([^0-9]) -> " \1 \2"
std::string split_stops_after(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_stop(text[i]) || i + 1 == text.size() || is_digit(text[i + 1])) {
      out += text[i];
      continue;
    }
    out += ' ';
    out += text[i];
    out += ' ';
    out += text[++i];
  }
  return out;
}

// ([0-9])(-) -> "\1 \2 "
std::string split_dashes(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (!is_digit(text[i]) || i + 1 == text.size() || text[i + 1] != '-') continue;
    out += ' ';
    out += text[++i];
    out += ' ';
  }
  return out;
}

enum class Class : std::uint8_t { other, number, punctuation, symbol };

Class letter_class(char32_t c) {
  const std::uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(c));
  if ((mask & U_GC_N_MASK) != 0) return Class::number;
  if ((mask & U_GC_P_MASK) != 0) return Class::punctuation;
  if ((mask & U_GC_S_MASK) != 0) return Class::symbol;
  return Class::other;
}

// letter_class() for ASCII, by character.
constexpr std::array<Class, 128> ascii_classes() {
  std::array<Class, 128> classes{};
  for (const char c : std::string_view("0123456789")) classes[static_cast<std::size_t>(c)] = Class::number;
  for (const char c : std::string_view("$+<=>^`|~")) classes[static_cast<std::size_t>(c)] = Class::symbol;
  for (const char c : std::string_view("!\"#%&'()*,-./:;?@[\\]_{}")) {
    classes[static_cast<std::size_t>(c)] = Class::punctuation;
  }
  return classes;
}

// A character: its bytes in the line and its class. An empty one is a blank put in.
struct Letter {
  std::uint32_t start = 0;
  std::uint32_t length = 0;
  Class kind = Class::other;
};

std::vector<Letter> classed_letters(std::string_view line) {
  static constexpr std::array<Class, 128> kAscii = ascii_classes();
  std::vector<Letter> letters;
  letters.reserve(line.size());
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(line, at);
    letters.push_back({static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(at - start),
                       c < kAscii.size() ? kAscii[c] : letter_class(c)});
  }
  return letters;
}

// (\P{N})(\p{P}) -> "\1 \2 "
std::vector<Letter> split_punctuation_before(const std::vector<Letter>& letters) {
  std::vector<Letter> out;
  out.reserve(letters.size() + 32);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    out.push_back(letters[i]);
    const bool last = i + 1 == letters.size();
    if (last || letters[i].kind == Class::number || letters[i + 1].kind != Class::punctuation) continue;
    out.push_back(Letter{});
    out.push_back(letters[++i]);
    out.push_back(Letter{});
  }
  return out;
}

// (\p{P})(\P{N}) -> " \1 \2"
std::vector<Letter> split_punctuation_after(const std::vector<Letter>& letters) {
  std::vector<Letter> out;
  out.reserve(letters.size() + 32);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const bool last = i + 1 == letters.size();
    if (last || letters[i].kind != Class::punctuation || letters[i + 1].kind == Class::number) {
      out.push_back(letters[i]);
      continue;
    }
    out.push_back(Letter{});
    out.push_back(letters[i]);
    out.push_back(Letter{});
    out.push_back(letters[++i]);
  }
  return out;
}

}  // namespace

std::string resolve_entities(std::string text) {
  if (text.find('&') == std::string::npos) return text;
  text = base::replace_all(std::move(text), "&quot;", "\"");
  text = base::replace_all(std::move(text), "&amp;", "&");
  text = base::replace_all(std::move(text), "&lt;", "<");
  return base::replace_all(std::move(text), "&gt;", ">");
}

std::string pad_punctuation(std::string_view text) {
  static constexpr std::array<bool, 256> kPadded = padded_bytes();
  std::string out;
  out.reserve(text.size() + text.size() / 4 + 32);
  for (const char c : text) {
    if (!kPadded[static_cast<unsigned char>(c)]) {
      out += c;
      continue;
    }
    out += ' ';
    out += c;
    out += ' ';
  }
  return out;
}

std::string split_at_numbers(std::string text) {
  return split_dashes(split_stops_after(split_stops_before(text)));
}

std::string mteval_13a(std::string_view line) {
  std::string text = " ";
  text += line;
  if (text.find('<') != std::string::npos) text = base::replace_all(std::move(text), "<skipped>", "");
  if (text.find('\n') != std::string::npos) {
    text = base::replace_all(std::move(text), "-\n", "");
    std::replace(text.begin(), text.end(), '\n', ' ');
  }
  text = resolve_entities(std::move(text));
  text += ' ';
  return split_at_numbers(pad_punctuation(text));
}

std::string mteval_international(std::string_view line) {
  std::string out;
  out.reserve(2 * line.size());
  for (const Letter& letter : split_punctuation_after(split_punctuation_before(classed_letters(line)))) {
    const bool symbol = letter.kind == Class::symbol;
    if (symbol || letter.length == 0) out += ' ';
    out += line.substr(letter.start, letter.length);
    if (symbol) out += ' ';
  }
  return out;
}

namespace {

constexpr std::array<std::pair<std::string_view, BleuTokenizer>, 4> kTokenizers{
    {{"13a", BleuTokenizer::mteval_13a},
     {"intl", BleuTokenizer::international},
     {"char", BleuTokenizer::characters},
     {"none", BleuTokenizer::none}}};
double smoothing_value(const BleuOptions& options) {
  return options.smoothing_value.value_or(options.smoothing == BleuSmoothing::floor ? 0.1 : 1.0);
}

// Numbers the words of texts; keeps the tokenized lines that the words are views of.
class Reader {
 public:
  explicit Reader(const BleuOptions& options) : options_(options) {}

  std::vector<std::uint32_t> read(std::string_view text) {
    const std::string& line = lines_.emplace_back(joined_line(text));
    return options_.tokenizer == BleuTokenizer::characters ? characters(line) : words(line);
  }

  std::uint32_t id_count() const { return ids_.size(); }

 private:
  std::string joined_line(std::string_view text) const {
    const std::string lowered = options_.lower_case ? lower(text) : std::string();
    const std::string_view line = strip_end(options_.lower_case ? std::string_view(lowered) : text);
    if (options_.tokenizer == BleuTokenizer::mteval_13a) return mteval_13a(line);
    if (options_.tokenizer == BleuTokenizer::international) return mteval_international(line);
    return std::string(line);
  }

  std::vector<std::uint32_t> words(std::string_view line) {
    std::vector<std::uint32_t> ids;
    for (const std::string_view word : word_views(line)) ids.push_back(ids_.id(word));
    return ids;
  }

  std::vector<std::uint32_t> characters(std::string_view line) {
    std::vector<std::uint32_t> ids;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t start = at;
      if (!is_space(next_code_point(line, at))) ids.push_back(ids_.id(line.substr(start, at - start)));
    }
    return ids;
  }

  const BleuOptions& options_;
  std::deque<std::string> lines_;
  WordIds ids_;
};

// The shorter one of equally close lengths.
std::size_t closest_length(std::size_t length, const std::vector<std::vector<std::uint32_t>>& references) {
  std::optional<std::pair<std::size_t, std::size_t>> best;  // difference, length
  for (const auto& reference : references) {
    const std::size_t n = reference.size();
    const std::pair candidate{n > length ? n - length : length - n, n};
    if (!best || candidate < *best) best = candidate;
  }
  return best ? best->second : 0;
}

// Fills precisions; gives the number of orders that the mean is taken over.
std::size_t smoothed_precisions(const BleuOptions& options, BleuScore& bleu) {
  const double k = smoothing_value(options);
  double missing_orders = 1.0;
  std::size_t orders = bleu.precisions.size();
  for (std::size_t n = 0; n < bleu.precisions.size(); ++n) {
    if (options.smoothing == BleuSmoothing::add_k && n > 0) {
      bleu.counts[n] += k;
      bleu.totals[n] += k;
    }
    if (bleu.totals[n] == 0.0) break;
    if (options.effective_order) orders = n + 1;
    double matches = bleu.counts[n];
    if (matches == 0.0 && options.smoothing == BleuSmoothing::exponential)
      matches = 1.0 / (missing_orders *= 2.0);
    if (matches == 0.0 && options.smoothing == BleuSmoothing::floor) matches = k;
    bleu.precisions[n] = 100.0 * matches / bleu.totals[n];
  }
  return orders;
}

}  // namespace

std::optional<BleuTokenizer> bleu_tokenizer_named(std::string_view name) {
  for (const auto& [known, tokenizer] : kTokenizers) {
    if (known == name) return tokenizer;
  }
  return std::nullopt;
}

TextStats bleu_stats(std::string_view prediction, std::span<const std::string_view> references,
                     const BleuOptions& options) {
  Reader reader(options);
  const std::vector<std::uint32_t> predicted = reader.read(prediction);
  std::vector<std::vector<std::uint32_t>> texts;
  for (const std::string_view reference : references) texts.push_back(reader.read(reference));
  const std::vector<Ids> spans(texts.begin(), texts.end());
  TextStats stats{static_cast<double>(predicted.size()),
                  static_cast<double>(closest_length(predicted.size(), texts))};
  for (const std::int64_t count : shared_ngrams(predicted, spans, options.max_order, reader.id_count())) {
    stats.push_back(static_cast<double>(count));
  }
  for (int order = 1; order <= options.max_order; ++order) {
    stats.push_back(static_cast<double>(ngram_count(predicted.size(), order)));
  }
  return stats;
}

BleuScore bleu_score(std::span<const double> stats, const BleuOptions& options) {
  const auto orders = static_cast<std::size_t>(std::max(options.max_order, 0));
  BleuScore bleu;
  bleu.precisions.assign(orders, 0.0);
  if (stats.size() != 2 + 2 * orders) {
    bleu.counts = bleu.totals = bleu.precisions;
    return bleu;
  }
  bleu.prediction_length = stats[0];
  bleu.reference_length = stats[1];
  const auto counts = stats.subspan(2, orders);
  const auto totals = stats.subspan(2 + orders, orders);
  bleu.counts.assign(counts.begin(), counts.end());
  bleu.totals.assign(totals.begin(), totals.end());
  if (bleu.prediction_length < bleu.reference_length) {
    bleu.brevity_penalty =
        bleu.prediction_length > 0.0 ? std::exp(1.0 - bleu.reference_length / bleu.prediction_length) : 0.0;
  }
  if (std::none_of(counts.begin(), counts.end(), [](double count) { return count > 0.0; })) return bleu;
  const std::size_t used = smoothed_precisions(options, bleu);
  double log_sum = 0.0;
  for (std::size_t n = 0; n < used; ++n) {
    if (bleu.precisions[n] == 0.0) return bleu;
    log_sum += std::log(bleu.precisions[n]);
  }
  bleu.score = bleu.brevity_penalty * std::exp(log_sum / static_cast<double>(used));
  return bleu;
}

}  // namespace bantam::score
