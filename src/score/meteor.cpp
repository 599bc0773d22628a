#include "score/meteor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <deque>
#include <limits>
#include <optional>

#include "score/english.hpp"
#include "score/ngrams.hpp"
#include "score/porter.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

// A word that has no partner yet.
struct Word {
  std::int32_t position = 0;
  std::uint32_t id = 0;
};
using Words = std::vector<Word>;
using Matches = std::vector<std::pair<std::int32_t, std::int32_t>>;

bool needs_lowering(std::string_view word) {
  return std::any_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; });
}

// Where the words of a reference stand that are still free, the last one first.
class FreePlaces {
 public:
  FreePlaces(const Words& reference, std::uint32_t id_count)
      : last_(id_count, kNone), before_(reference.size()) {
    for (std::size_t i = 0; i < reference.size(); ++i) {
      before_[i] = last_[reference[i].id];
      last_[reference[i].id] = static_cast<std::int32_t>(i);
    }
  }

  static constexpr std::int32_t kNone = -1;
  // Index into the reference; kNone when no such word is free.
  std::int32_t last(std::uint32_t id) const { return id < last_.size() ? last_[id] : kNone; }
  void take_last(std::uint32_t id) { last_[id] = before_[static_cast<std::size_t>(last_[id])]; }

 private:
  std::vector<std::int32_t> last_;    // by id
  std::vector<std::int32_t> before_;  // by index: the place before it of the same word
};

// Aligns one prediction with references. Words are numbered once for all of them.
class Aligner {
 public:
  explicit Aligner(const WordNet* wordnet) : wordnet_(wordnet) {}

  Words read(std::span<const std::string> words) {
    Words read;
    read.reserve(words.size());
    for (const std::string& word : words) {
      const std::uint32_t id = ids_.id(needs_lowering(word) ? keep(lower(word)) : std::string_view(word));
      read.push_back({static_cast<std::int32_t>(read.size()), id});
    }
    return read;
  }

  // Each stage goes on with what the stage before left, stems in place of words: nltk looks up the synonyms
  // of stems.
  Matches align(Words prediction, Words reference) {
    Matches matches;
    match_equal(prediction, reference, matches);
    to_stems(prediction);
    to_stems(reference);
    match_equal(prediction, reference, matches);
    if (wordnet_ != nullptr) match_synonyms(prediction, reference, matches);
    std::sort(matches.begin(), matches.end());
    return matches;
  }

 private:
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }

  // `choose(id, places)` gives the id whose last free place is taken, or none. From the end of the
  // prediction.
  template <typename Choose>
  void match(Words& prediction, Words& reference, Matches& matches, Choose choose) {
    FreePlaces places(reference, ids_.size());
    for (std::size_t i = prediction.size(); i-- > 0;) {
      const std::optional<std::uint32_t> id = choose(prediction[i].id, places);
      if (!id) continue;
      Word& partner = reference[static_cast<std::size_t>(places.last(*id))];
      matches.emplace_back(prediction[i].position, partner.position);
      places.take_last(*id);
      prediction[i].position = kMatched;
      partner.position = kMatched;
    }
    const auto is_matched = [](const Word& word) { return word.position == kMatched; };
    std::erase_if(prediction, is_matched);
    std::erase_if(reference, is_matched);
  }

  void match_equal(Words& prediction, Words& reference, Matches& matches) {
    match(prediction, reference, matches, [](std::uint32_t id, const FreePlaces& places) {
      return places.last(id) == FreePlaces::kNone ? std::nullopt : std::optional(id);
    });
  }

  // Equal words are gone by now, so that only other words of a synset can match; those are lemmas.
  void match_synonyms(Words& prediction, Words& reference, Matches& matches) {
    std::erase_if(reference, [&](const Word& word) { return !wordnet_->has_lemma(ids_.word(word.id)); });
    if (reference.empty()) return;
    match(prediction, reference, matches, [&](std::uint32_t id, const FreePlaces& places) {
      std::optional<std::uint32_t> best;
      for (const std::string_view name : synonyms(id)) {
        const std::optional<std::uint32_t> other = ids_.find(name);
        if (!other || places.last(*other) == FreePlaces::kNone) continue;
        if (!best || places.last(*other) > places.last(*best)) best = other;
      }
      return best;
    });
  }

  void to_stems(Words& words) {
    for (Word& word : words) {
      if (word.id >= stem_of_.size()) stem_of_.resize(word.id + std::size_t{1}, kUnknown);
      std::uint32_t stem = stem_of_[word.id];
      if (stem == kUnknown) {
        stem = ids_.id(keep(porter_stem(ids_.word(word.id))));
        stem_of_[word.id] = stem;
      }
      word.id = stem;
    }
  }

  const std::vector<std::string_view>& synonyms(std::uint32_t id) {
    if (id >= synonyms_.size()) synonyms_.resize(id + std::size_t{1});
    if (!synonyms_[id]) synonyms_[id] = wordnet_->synonyms(ids_.word(id));
    return *synonyms_[id];
  }

  static constexpr std::int32_t kMatched = -1;
  static constexpr std::uint32_t kUnknown = std::numeric_limits<std::uint32_t>::max();

  const WordNet* wordnet_;
  std::deque<std::string> kept_;  // texts that ids_ has views of
  WordIds ids_;
  std::vector<std::uint32_t> stem_of_;                                  // by id; kUnknown: not yet asked for
  std::vector<std::optional<std::vector<std::string_view>>> synonyms_;  // by id; absent: not yet asked for
};

std::int64_t count_chunks(const Matches& matches) {
  std::int64_t chunks = matches.empty() ? 0 : 1;
  for (std::size_t i = 1; i < matches.size(); ++i) {
    const auto& [p, r] = matches[i - 1];
    if (matches[i] != std::pair(p + 1, r + 1)) ++chunks;
  }
  return chunks;
}

MeteorScore match_score(Matches matches, std::size_t predicted, std::size_t referred,
                        const MeteorOptions& options) {
  MeteorScore score;
  score.chunks = count_chunks(matches);
  score.matches = std::move(matches);
  if (score.matches.empty()) return score;
  const auto matched = static_cast<double>(score.matches.size());
  const double precision = matched / static_cast<double>(predicted);
  const double recall = matched / static_cast<double>(referred);
  const double mean = precision * recall / (options.alpha * precision + (1.0 - options.alpha) * recall);
  const double fragmentation = static_cast<double>(score.chunks) / matched;
  score.score = (1.0 - options.gamma * std::pow(fragmentation, options.beta)) * mean;
  return score;
}

}  // namespace

MeteorScore meteor(std::span<const std::string> prediction, std::span<const std::string> reference,
                   const WordNet* wordnet, const MeteorOptions& options) {
  Aligner aligner(wordnet);
  Words predicted = aligner.read(prediction);
  Words referred = aligner.read(reference);
  return match_score(aligner.align(std::move(predicted), std::move(referred)), prediction.size(),
                     reference.size(), options);
}

double meteor_best_of_words(std::span<const std::string> prediction,
                            std::span<const std::vector<std::string>> references, const WordNet* wordnet,
                            const MeteorOptions& options) {
  Aligner aligner(wordnet);
  const Words predicted = aligner.read(prediction);
  double best = 0.0;
  for (const std::vector<std::string>& reference : references) {
    Matches matches = aligner.align(predicted, aligner.read(reference));
    best =
        std::max(best, match_score(std::move(matches), prediction.size(), reference.size(), options).score);
  }
  return best;
}

double meteor_best(std::string_view prediction, std::span<const std::string_view> references,
                   const WordNet* wordnet, const MeteorOptions& options) {
  std::vector<std::vector<std::string>> words;
  for (const std::string_view reference : references) words.push_back(nltk_words(reference));
  return meteor_best_of_words(nltk_words(prediction), words, wordnet, options);
}

}  // namespace bantam::score
