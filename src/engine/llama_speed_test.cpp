#include "engine/llama_speed_test.hpp"

#include <fmt/format.h>

#include <random>
#include <vector>

#include "base/clock.hpp"

namespace bantam::engine {
namespace {

// The same tokens for a given vocabulary every time; BOS first where the model's tokenizer adds it.
std::vector<Token> pseudo_random_tokens(const llama_vocab* vocabulary, int count) {
  std::minstd_rand sequence(1);
  const auto size = static_cast<std::uint32_t>(llama_vocab_n_tokens(vocabulary));
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) tokens.push_back(static_cast<Token>(sequence() % size));
  if (llama_vocab_get_add_bos(vocabulary)) tokens.front() = llama_vocab_bos(vocabulary);
  return tokens;
}

// Tokens in batches of `batch_tokens`, logits for the last one of each batch.
base::Result<std::int64_t> time_tokens(LlamaSession& session, int count, int batch_tokens) {
  const base::MonotonicClock clock;
  const std::vector<Token> tokens = pseudo_random_tokens(session.vocabulary(), count);
  const std::int64_t start_ns = clock.now_ns();
  for (int first = 0; first < count; first += batch_tokens) {
    session.start_batch();
    const int end = std::min(count, first + batch_tokens);
    for (int i = first; i < end; ++i) session.add(tokens[static_cast<std::size_t>(i)], i, 0, 0, i + 1 == end);
    TRY(session.compute());
    session.wait();
  }
  return clock.now_ns() - start_ns;
}

base::Status prepare(LlamaSession& session, int count) {
  if (count < 1) return base::fail(base::ErrorKind::usage, fmt::format("a speed test of {} tokens", count));
  if (count > session.request_tokens()) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("a speed test of {} tokens is longer than the context of {} tokens", count,
                                  session.request_tokens()),
                      "ask for fewer tokens, or raise max_model_len");
  }
  return session.use(Shape::apart);
}

}  // namespace

base::Result<std::int64_t> llama_time_prompt(LlamaSession& session, int n_prompt) {
  TRY(prepare(session, n_prompt));
  return time_tokens(session, n_prompt, session.batch_tokens());
}

base::Result<std::int64_t> llama_time_generation(LlamaSession& session, int n_gen) {
  TRY(prepare(session, n_gen));
  return time_tokens(session, n_gen, 1);
}

}  // namespace bantam::engine
