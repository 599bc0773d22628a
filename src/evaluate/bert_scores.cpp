#include "evaluate/bert_scores.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "score/python_text.hpp"

namespace bantam::evaluate {

using base::Result;
using engine::Token;
using score::TokenVectors;

BertScorer::BertScorer(engine::TokenEncoder& encoder, int layer, int at_once)
    : encoder_(&encoder), layer_(layer), at_once_(static_cast<std::size_t>(std::max(1, at_once))) {}

Result<BertScorer> BertScorer::make(engine::TokenEncoder& encoder, const BertScoreOptions& options,
                                    std::span<const std::string> references, int at_once) {
  BertScorer scorer(encoder, options.layer == 0 ? encoder.layers() : options.layer, at_once);
  if (!options.idf) {
    TRY_ASSIGN(const Tokens* special, scorer.tokens(""));
    scorer.weights_ = score::TokenWeights::plain(special->ids);
    return scorer;
  }
  std::vector<std::vector<Token>> sequences;
  for (const std::string& reference : references) {
    TRY_ASSIGN(const Tokens* tokens, scorer.tokens(reference));
    sequences.push_back(tokens->ids);
  }
  scorer.weights_ = score::TokenWeights::inverse_frequency(sequences);
  return scorer;
}

Result<const BertScorer::Tokens*> BertScorer::tokens(const std::string& text) {
  const auto found = tokens_.find(text);
  if (found != tokens_.end()) return &found->second;
  Tokens tokens;
  TRY_ASSIGN(tokens.ids, encoder_->tokenize(score::strip(text)));
  tokens.cut = cut_sequence(tokens.ids, encoder_->properties().request_tokens);
  return &tokens_.emplace(text, std::move(tokens)).first->second;
}

base::Status BertScorer::encode(std::span<const TextPair> pairs) {
  vectors_.clear();
  std::vector<const std::string*> texts;
  const auto want = [&](const std::string& text) {
    if (vectors_.try_emplace(text).second) texts.push_back(&text);
  };
  for (const TextPair& pair : pairs) {
    want(pair.prediction);
    for (const std::string& reference : pair.references) want(reference);
  }
  for (std::size_t begin = 0; begin < texts.size(); begin += at_once_) {
    TRY(encode_batch(std::span(texts).subspan(begin, std::min(at_once_, texts.size() - begin))));
  }
  return {};
}

base::Status BertScorer::encode_batch(std::span<const std::string* const> texts) {
  std::vector<std::vector<Token>> sequences;
  for (const std::string* text : texts) {
    TRY_ASSIGN(const Tokens* own, tokens(*text));
    sequences.push_back(own->ids);
  }
  TRY_ASSIGN(auto embeddings, encoder_->encode(sequences, layer_));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    vectors_[*texts[i]] = {std::move(sequences[i]), std::move(embeddings[i].components), embeddings[i].width};
  }
  return {};
}

Result<std::vector<ScoredPair>> BertScorer::score(std::span<const TextPair> pairs) {
  TRY(encode(pairs));
  std::vector<ScoredPair> scores;
  for (const TextPair& pair : pairs) {
    std::vector<const TokenVectors*> references;
    bool cut = tokens_.at(pair.prediction).cut;
    for (const std::string& reference : pair.references) {
      references.push_back(&vectors_.at(reference));
      cut = cut || tokens_.at(reference).cut;
    }
    scores.push_back({score::bert_score_best(vectors_.at(pair.prediction), references, weights_), cut});
  }
  return scores;
}

Result<std::vector<score::BertScore>> bert_scores(engine::TokenEncoder& encoder,
                                                  std::span<const TextPair> pairs,
                                                  const BertScoreOptions& options, int at_once) {
  std::vector<std::string> references;
  for (const TextPair& pair : pairs) {
    references.insert(references.end(), pair.references.begin(), pair.references.end());
  }
  TRY_ASSIGN(BertScorer scorer, BertScorer::make(encoder, options, references, at_once));
  std::vector<score::BertScore> scores;
  for (std::size_t begin = 0; begin < pairs.size(); begin += kPairsAtOnce) {
    TRY_ASSIGN(const auto some,
               scorer.score(pairs.subspan(begin, std::min(kPairsAtOnce, pairs.size() - begin))));
    for (const ScoredPair& pair : some) scores.push_back(pair.score);
  }
  return scores;
}

bool cut_sequence(std::vector<Token>& tokens, int most) {
  const auto length = static_cast<std::size_t>(most);
  if (tokens.size() <= length) return false;
  tokens[length - 1] = tokens.back();
  tokens.resize(length);
  return true;
}

std::string bert_score_name(std::string_view model, int layer, bool idf) {
  return fmt::format("bertscore_{}_L{}{}", model, layer, idf ? "_idf" : "");
}

}  // namespace bantam::evaluate
