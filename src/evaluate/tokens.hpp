#pragma once
// From prompts to what an engine takes: token ids of context and continuation, windows, left truncation, by
// the rules of lm-evaluation-harness 0.4.13.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "evaluate/prompts.hpp"

namespace bantam::evaluate {

struct EncodedPair {
  engine::ScoreRequest request;
  std::size_t context_tokens = 0;  // before truncation
  bool truncated = false;          // its start was cut off: of the context, or even of the continuation
  bool apart = false;  // tokenized together nothing is left of the continuation: it was tokenized on its own
};

struct EncodedPrompt {
  std::vector<engine::Token> tokens;
  bool truncated = false;
};

// Cuts what a task asks into tokens, by lm-eval's rules.
class PromptTokenizer {
 public:
  // `max_length`: tokens that one request can have as input. usage when the model has neither BOS nor EOS,
  // which an empty context needs.
  static base::Result<PromptTokenizer> make(engine::Engine& engine, int max_length);

  // Context and continuation are tokenized together; white space at the context's end belongs to the
  // continuation; an empty context becomes the one prefix token. What is too long keeps its end, as in
  // lm-eval; unlike there, a continuation that is itself too long is cut as well, and one whose tokens all
  // merge with the context's is tokenized on its own. bad_input when it has no tokens.
  base::Result<EncodedPair> pair(const Context& context, const std::string& continuation);

  // Windows of a long text: the first one follows the prefix token, each later one is conditioned on as much
  // of the text before it as fits. None for a text without tokens.
  base::Result<std::vector<engine::ScoreRequest>> windows(const std::string& text);

  // The last max_length - max_new_tokens tokens of the context; none where it has no tokens.
  base::Result<EncodedPrompt> prompt(const Context& context, int max_new_tokens);

 private:
  PromptTokenizer(engine::Engine& engine, std::size_t max_length, engine::Token prefix);

  // Special-token text that came from the data stays plain text; a chat template's own becomes tokens.
  base::Result<std::vector<engine::Token>> encode(const Context& parts, bool with_bos);

  engine::Engine* engine_;
  std::size_t max_length_;
  engine::Token prefix_;
};

}  // namespace bantam::evaluate
