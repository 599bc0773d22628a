#pragma once
// METEOR as nltk 3.10.4 computes it (Lavie and Agarwal 2007): words are aligned in three stages, equal words,
// equal Porter stems, WordNet synonyms. Without a WordNet the last stage is left out, and the value has
// another name.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "score/wordnet.hpp"

namespace bantam::score {

struct MeteorOptions {
  double alpha = 0.9;
  double beta = 3.0;
  double gamma = 0.5;
};

struct MeteorScore {
  double score = 0.0;                                          // 0..1; 0 when nothing matches
  std::int64_t chunks = 0;                                     // runs of matches adjacent on both sides
  std::vector<std::pair<std::int32_t, std::int32_t>> matches;  // positions (prediction, reference), ascending
};

// The score of two lists of words as split from the text; they are lower-cased here. `wordnet` may be null.
MeteorScore meteor(std::span<const std::string> prediction, std::span<const std::string> reference,
                   const WordNet* wordnet, const MeteorOptions& options = {});

// The best of the references; 0 without references.
double meteor_best_of_words(std::span<const std::string> prediction,
                            std::span<const std::vector<std::string>> references, const WordNet* wordnet,
                            const MeteorOptions& options = {});

// The same of texts, split as nltk_words() does.
double meteor_best(std::string_view prediction, std::span<const std::string_view> references,
                   const WordNet* wordnet, const MeteorOptions& options = {});

}  // namespace bantam::score
