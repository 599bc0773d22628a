#pragma once
// An engine whose tokens are bytes and whose answers follow from the request alone: fast, and the same every
// time.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace bantam::support {

class ByteEngine : public engine::Engine {
 public:
  ByteEngine() {
    properties_.vocabulary = 256;
    properties_.context_train = 200;
    properties_.context = 200;
    properties_.bos = 0;
    properties_.eos = 1;
  }

  const engine::Properties& properties() const override { return properties_; }
  engine::Properties& change() { return properties_; }

  // With parse_special, "<eos>" is token 1.
  base::Result<std::vector<engine::Token>> tokenize(std::string_view text, bool parse_special) override {
    std::vector<engine::Token> tokens;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool special = parse_special && text.substr(i).starts_with("<eos>");
      tokens.push_back(special ? 1 : static_cast<unsigned char>(text[i]));
      if (special) i += 4;
    }
    return tokens;
  }

  std::string detokenize(std::span<const engine::Token> tokens) override {
    std::string text;
    for (const engine::Token token : tokens) {
      if (token > 1) text += static_cast<char>(static_cast<unsigned char>(token));
    }
    return text;
  }

  // Every continuation token costs 1, an 'x' only 0.5.
  base::Result<std::vector<engine::Score>> score(std::span<const engine::ScoreRequest> requests) override {
    scored += requests.size();
    std::vector<engine::Score> scores;
    for (const engine::ScoreRequest& request : requests) {
      double sum = 0.0;
      for (const engine::Token token : request.continuation) sum -= token == 'x' ? 0.5 : 1.0;
      scores.push_back({sum, request.continuation.size() == 1});
    }
    return scores;
  }

  base::Result<std::vector<engine::Generation>> generate(std::span<const engine::GenerateRequest> requests,
                                                         const engine::GenerateOptions&) override {
    std::vector<engine::Generation> out(requests.size());
    for (engine::Generation& generation : out) generation.text = answer;
    return out;
  }

  base::Status extend(std::span<const engine::Token>, bool, std::span<float>) override {
    return base::fail(base::ErrorKind::bad_input, "no logits in this test");
  }
  base::Result<std::int64_t> time_prompt(int, int) override { return 0; }
  base::Result<std::int64_t> time_generation(int, int) override { return 0; }
  engine::MemoryUse memory() const override { return {}; }

  std::string answer = "42";
  std::size_t scored = 0;  // requests seen

 private:
  engine::Properties properties_;
};

}  // namespace bantam::support
