#pragma once
// How many tokens an answer has, and its parts, by what the server counted. Never from text and never from
// the number of events: a token may come in two events, several in one, and some in none. Where a server's
// own numbers contradict each other there is no count.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "served/stream_event.hpp"

namespace bantam::served {

// Events that came at one instant.
struct Arrival {
  std::int64_t at_ns = 0;              // nanoseconds of base::MonotonicClock
  bool has_output = false;             // text, reasoning or a call
  bool has_end = false;                // why the answer ended
  std::optional<std::int64_t> tokens;  // that it brought; absent where that is not known
};

enum class CountSource { usage, logprobs, token_ids, timings };
// "usage", "logprobs", "token_ids", "timings".
std::string_view name(CountSource source);

struct TokenCount {
  std::optional<std::int64_t> value;
  CountSource source = CountSource::usage;  // of the value
  std::string reason;                       // why there is no value
};

// What the events of one instant say together.
struct Evidence {
  std::int64_t at_ns = 0;
  bool has_output = false;
  bool has_end = false;
  std::optional<std::int64_t> token_ids = {};      // of all of them
  std::optional<std::int64_t> logprobs = {};       // the same; absent for an echoed prompt
  std::optional<std::int64_t> tokens_so_far = {};  // the last
};

struct AnswerFacts {
  std::optional<Usage> usage;            // the last
  std::optional<ServerTimings> timings;  // the last
  std::optional<std::string> finish;
  std::int64_t bytes = 0;       // of text and reasoning
  std::int64_t max_tokens = 0;  // that were asked for
};

struct Counts {
  TokenCount output_tokens;
  TokenCount prompt_tokens;
  TokenCount cached_tokens;
  std::vector<std::string> contradictions;  // sentences; then there is no output_tokens
  std::vector<Arrival> arrivals;            // with tokens for all of them or for none
  std::string no_parts_reason;              // why the arrivals have none; empty where they have
};

// An answer that ended by itself may have one token, its end, that neither ids nor log-probabilities show.
// llama-server holds text back that may become a stop word or a character, with its log-probabilities, so
// these may be fewer than its engine counted (`timings`). A count may exceed max_tokens by 3: characters of
// four bytes are completed.
Counts count_tokens(const std::vector<Evidence>& evidence, const AnswerFacts& facts);

}  // namespace bantam::served
