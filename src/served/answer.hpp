#pragma once
// What came of one request: the answer's text, when its parts came, and how many tokens it has as far as that
// is known. Pure: made from the events and their time stamps.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "served/stream_event.hpp"
#include "served/token_counts.hpp"

namespace bantam::served {

// The data of an event, and when its last byte was there. Nanoseconds of base::MonotonicClock.
struct StampedEvent {
  std::int64_t at_ns = 0;
  std::string type;
  std::string data;
};

// What an exchange over the network left behind.
struct Received {
  std::int64_t begin_ns = 0;                  // the request was handed over
  std::optional<std::int64_t> first_byte_ns;  // of the body
  std::optional<double>
      connect_s;  // from begin_ns until the connection stood; absent of an exchange that failed
  std::vector<StampedEvent> events;
  bool is_page = false;              // the one event is a page, which has no [DONE]
  std::optional<int> refused_with;   // the status, where it is not 200
  std::optional<base::Error> error;  // it broke off; the events came before
};

struct Answer {
  std::string text;       // bytes
  std::string reasoning;  // bytes
  bool has_call = false;
  std::vector<Arrival> arrivals;  // with tokens for all of them or for none
  std::string no_parts_reason;    // why they have none
  std::vector<TokenLogprob> logprobs;
  std::optional<std::string> finish;  // absent: the server gave no reason

  std::int64_t begin_ns = 0;
  std::optional<std::int64_t> first_byte_ns;
  std::optional<std::int64_t> first_output_ns;  // text, reasoning or a call; not the role alone
  std::optional<std::int64_t> first_text_ns;    // text alone
  std::optional<std::int64_t> last_output_ns;   // the last of them, or the end where an end token was made
  std::optional<double> connect_s;

  TokenCount output_tokens;  // reasoning included
  TokenCount prompt_tokens;
  TokenCount cached_tokens;  // of the prompt, used again from before
  // The server contradicts itself, or cannot be right: one sentence each. Then output_tokens is absent.
  std::vector<std::string> contradictions;
  std::vector<std::string> warnings;
  std::optional<Usage> usage;            // as it was told
  std::optional<ServerTimings> timings;  // the last
  std::optional<std::string> model;      // as the server names it
  std::optional<std::string> fingerprint;

  std::optional<int> refused_with;  // the status, where it is not 200
  // Why there is no whole answer; all else is what came until then.
  std::optional<base::Error> error;
};

// `max_tokens`, `echo`: of the request.
Answer answer_from(const Received& received, std::int64_t max_tokens, bool echo);

}  // namespace bantam::served
