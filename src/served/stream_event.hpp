#pragma once
// What one event of an OpenAI-compatible stream says: text, reasoning, calls, why it ended, and whatever it
// tells of tokens. Absent members are absent: nothing is guessed. Knows nothing of time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::served {

// `usage` of an answer, as the server tells it.
struct Usage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;  // reasoning and an end token included
  std::optional<std::int64_t> cached_tokens;      // of the prompt
  std::optional<std::int64_t> reasoning_tokens;   // of the completion
};

// `timings` of llama-server: what the engine itself counted and measured.
struct ServerTimings {
  std::optional<std::int64_t> cache_n;   // tokens of the prompt that stood in the cache
  std::optional<std::int64_t> prompt_n;  // tokens of the prompt that were computed
  std::optional<double> prompt_ms;
  std::optional<std::int64_t> predicted_n;
  std::optional<double> predicted_ms;
  std::optional<std::int64_t> draft_n;
  std::optional<std::int64_t> draft_n_accepted;
};

// One entry of `logprobs`.
struct TokenLogprob {
  std::string token;                // bytes
  std::optional<std::int64_t> id;   // llama-server tells it
  std::optional<double> logprob;    // natural; absent for the first token of an echoed prompt
  std::optional<bool> is_greatest;  // no listed alternative has a greater one; absent where none are listed
};

struct StreamEvent {
  std::string text;       // bytes; may begin or end within a character
  std::string reasoning;  // the same; `reasoning_content` or `reasoning`
  bool has_call = false;  // a part of a tool call
  // Tokens of this event: the length of `token_ids` (vLLM).
  std::optional<std::int64_t> token_ids;
  // Tokens of the completion up to this event: `timings.predicted_n`, or a `usage` beside choices.
  std::optional<std::int64_t> tokens_so_far;
  std::vector<TokenLogprob> logprobs;
  std::optional<std::string> finish;  // "stop", "length", "tool_calls", ...
  std::optional<Usage> usage;
  std::optional<ServerTimings> timings;
  std::optional<std::string> error;  // the server's words: the stream failed
  std::optional<std::string> model;
  std::optional<std::string> fingerprint;

  // Something that the model said. A first event with nothing but the role is none.
  bool has_output() const { return !text.empty() || !reasoning.empty() || has_call; }
};

// `json`: the data of an event. Bytes in it that are no UTF-8, as where a character is cut, stay as they are.
// bad_input, which names the event by its number from 1, when it is no JSON object, has neither choices nor
// usage, timings or an error, or has a member of the wrong type, a count below 0 or more than one choice.
base::Result<StreamEvent> read_event(std::string_view json, std::int64_t number);

// The members that an object has of them. bad_input for a wrong type and a count below 0.
base::Result<Usage> read_usage(const base::Json& json);

}  // namespace bantam::served
