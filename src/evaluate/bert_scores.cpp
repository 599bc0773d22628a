#include "evaluate/bert_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

using base::Result;
using engine::Token;
using score::TokenVectors;

// Pairs whose token vectors are held at once: 384 floats a token make 10 MB of 64 pairs of 50 tokens.
constexpr std::size_t kPairsAtOnce = 64;

class Texts {
 public:
  Texts(engine::TokenEncoder& encoder, int layer, int at_once)
      : encoder_(encoder), layer_(layer), at_once_(static_cast<std::size_t>(std::max(1, at_once))) {}

  Result<const std::vector<Token>*> tokens(const std::string& text) {
    const auto found = tokens_.find(text);
    if (found != tokens_.end()) return &found->second;
    TRY_ASSIGN(auto tokens, encoder_.tokenize(score::strip(text)));
    const auto most = static_cast<std::size_t>(encoder_.properties().request_tokens);
    if (tokens.size() > most) {
      tokens[most - 1] = tokens.back();
      tokens.resize(most);
    }
    return &tokens_.emplace(text, std::move(tokens)).first->second;
  }

  // Forgets the vectors of all other texts.
  base::Status encode(std::span<const TextPair> pairs) {
    std::map<std::string, TokenVectors> before = std::move(vectors_);
    vectors_.clear();
    std::vector<const std::string*> missing;
    const auto want = [&](const std::string& text) {
      if (vectors_.contains(text)) return;
      const auto known = before.find(text);
      if (known == before.end()) missing.push_back(&text);
      vectors_[text] = known == before.end() ? TokenVectors{} : std::move(known->second);
    };
    for (const TextPair& pair : pairs) {
      want(pair.prediction);
      for (const std::string& reference : pair.references) want(reference);
    }
    for (std::size_t begin = 0; begin < missing.size(); begin += at_once_) {
      const std::size_t count = std::min(at_once_, missing.size() - begin);
      TRY(encode_batch(std::span(missing).subspan(begin, count)));
    }
    return {};
  }

  const TokenVectors& vectors(const std::string& text) const { return vectors_.at(text); }

 private:
  base::Status encode_batch(std::span<const std::string* const> texts) {
    std::vector<std::vector<Token>> sequences;
    for (const std::string* text : texts) {
      TRY_ASSIGN(const auto* sequence, tokens(*text));
      sequences.push_back(*sequence);
    }
    TRY_ASSIGN(auto embeddings, encoder_.encode(sequences, layer_));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      vectors_[*texts[i]] = {std::move(sequences[i]), std::move(embeddings[i].components),
                             embeddings[i].width};
    }
    return {};
  }

  engine::TokenEncoder& encoder_;
  int layer_;
  std::size_t at_once_;
  std::map<std::string, std::vector<Token>> tokens_;
  std::map<std::string, TokenVectors> vectors_;
};

Result<score::TokenWeights> weights_of(Texts& texts, std::span<const TextPair> pairs, bool idf) {
  if (!idf) {
    TRY_ASSIGN(const auto* special, texts.tokens(""));
    return score::TokenWeights::plain(*special);
  }
  std::vector<std::vector<Token>> references;
  for (const TextPair& pair : pairs) {
    for (const std::string& reference : pair.references) {
      TRY_ASSIGN(const auto* tokens, texts.tokens(reference));
      references.push_back(*tokens);
    }
  }
  return score::TokenWeights::inverse_frequency(references);
}

}  // namespace

Result<std::vector<score::BertScore>> bert_scores(engine::TokenEncoder& encoder,
                                                  std::span<const TextPair> pairs,
                                                  const BertScoreOptions& options, int at_once) {
  Texts texts(encoder, options.layer == 0 ? encoder.layers() : options.layer, at_once);
  TRY_ASSIGN(const score::TokenWeights weights, weights_of(texts, pairs, options.idf));
  std::vector<score::BertScore> scores;
  for (std::size_t begin = 0; begin < pairs.size(); begin += kPairsAtOnce) {
    const auto some = pairs.subspan(begin, std::min(kPairsAtOnce, pairs.size() - begin));
    TRY(texts.encode(some));
    for (const TextPair& pair : some) {
      std::vector<const TokenVectors*> references;
      for (const std::string& reference : pair.references) references.push_back(&texts.vectors(reference));
      scores.push_back(score::bert_score_best(texts.vectors(pair.prediction), references, weights));
    }
  }
  return scores;
}

std::string bert_score_name(std::string_view model, int layer, bool idf) {
  return fmt::format("bertscore_{}_L{}{}", model, layer, idf ? "_idf" : "");
}

}  // namespace bantam::evaluate
