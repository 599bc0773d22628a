#pragma once
// What a precision's answers lost against the base precision's: fixed prompts, the greedy answers of both,
// compared token by token and, through embeddings of the whole answers, by meaning. Knows nothing of files,
// stores or processes, nor of who opens the models when.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "record/record.hpp"

namespace bantam::damage {

// The task name of similarity's items.
inline constexpr std::string_view kSimilarityItems = "similarity";

// What a model writes after one prompt, alone and greedily.
struct Answer {
  std::vector<engine::Token> tokens;
  std::string text;
  std::string finish;  // "stop", "length"
  // Both absent, too, where the program was paused again and again.
  std::optional<double> latency_s;     // e2e_latency_s; absent without a token
  std::optional<double> tokens_per_s;  // decode_tokens_per_s; absent with fewer than two tokens
};

// The answer to each prompt, in order. The errors of the engine.
base::Result<std::vector<Answer>> answers_to(engine::Engine& engine, std::span<const std::string> prompts,
                                             int max_new_tokens);

// Tokens before the first difference.
std::int64_t equal_tokens(const Answer& a, const Answer& b);

// The cosine between the embeddings of both texts, each computed alone; a text longer than the encoder takes
// is cut to that. Absent when an embedding is 0. The errors of the encoder.
base::Result<std::optional<double>> answer_cosine(engine::Encoder& encoder, const std::string& a,
                                                  const std::string& b);

// One prompt's item. Metrics: "answer_tokens", "latency_s", "tokens_per_s", and against a base "equal_answer"
// (0 or 1), "equal_tokens", "cosine"; each where there is one. Content: the prompt, both texts and how they
// ended.
struct Comparison {
  std::string prompt;
  Answer answer;
  std::optional<Answer> base;  // absent: this is the base precision itself
  std::optional<double> cosine;
  std::optional<std::int64_t> private_peak_bytes;  // of the worker while this precision answered
};
record::Item similarity_item(std::int64_t prompt_number, const Comparison& comparison);

// From all items to the record's metrics (metric/catalogue.hpp, group similarity). `absent` says what a base
// does not have, and what is missing without an embedding model.
struct SimilaritySummary {
  std::map<std::string, record::Value> metrics;
  std::map<std::string, std::string> absent;
};
SimilaritySummary summarize_similarity(const std::vector<record::Item>& items);

}  // namespace bantam::damage
