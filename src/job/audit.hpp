#pragma once
// What an audit's worker is asked, and the raw facts that it gathers. Nothing is judged here (audit/).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"

namespace bantam::job {

// The clock of all stamps, read again and again without a pause.
struct ClockFacts {
  std::int64_t readings = 0;
  std::int64_t backward_steps = 0;
  std::optional<std::int64_t> smallest_step_ns;  // absent: it never moved
  double reading_ns = 0.0;                       // mean time of one reading
};

// The engine that computes nothing, measured as a run measures.
struct OwnCostFacts {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;         // of all of them
  double timed_token_s = 0.0;      // median over requests of their timed time a token
  double with_pauses_token_s = 0;  // all time by all tokens: also what is done between requests
};

// One prompt, answered as speed is measured (one request at a time, end of sequence ignored) and as answers
// are generated for tasks (several streams, common prefixes shared).
struct OutputFacts {
  std::vector<engine::Token> measured;
  std::vector<engine::Token> answered;
  bool answer_ended = false;  // at an end-of-sequence token, which is not in `answered`
  // Where both differ first: the difference of the two best logits there, computed apart. Absent where they
  // do not, or where it could not be computed.
  std::optional<double> gap;
};

// One pair: the request that is always the same, and one that was not made before. Both have the same number
// of tokens.
struct RepeatPair {
  double same_ttft_s = 0.0, other_ttft_s = 0.0;
  double same_e2e_s = 0.0, other_e2e_s = 0.0;
};
struct RepeatFacts {
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;  // the most of any request
  std::vector<RepeatPair> pairs;
};

// One measured request, as the engine gave it. Stamps are nanoseconds since it was handed over.
struct RequestFacts {
  std::int64_t asked_tokens = 0;
  std::int64_t counted_prompt_tokens = 0;  // by tokenizing the prompt apart
  std::int64_t prompt_tokens = 0;          // as the request says
  std::int64_t vocabulary = 0;
  std::int64_t cached_tokens = 0;
  std::vector<engine::Token> tokens;
  std::int64_t prefill_ns = 0;
  std::vector<std::int64_t> token_ns;
  std::int64_t returned_ns = 0;           // the call was over
  std::string text;                       // of the tokens
  std::optional<std::string> text_again;  // of the tokens of that text; absent: it cannot be tokenized
};

struct AuditFacts {
  std::optional<ClockFacts> clock;
  std::optional<OwnCostFacts> own_cost;
  std::vector<OutputFacts> outputs;
  std::optional<RepeatFacts> repeats;
  std::vector<RequestFacts> requests;
};

// Messages: EngineOpened, PhaseBegun.
struct AuditJob {
  static constexpr const char* kName = "audit";
  using Answer = AuditFacts;
  engine::ModelFile model;
  plan::EngineSettings engine;
  bool clock = true;  // what is gathered; the first two need no model
  bool own_cost = true;
  bool outputs = true;  // also the requests, which are those of the outputs
  bool repeats = true;
  std::vector<std::string> prompts;
  int new_tokens = 64;
  double repeat_s = 5.0;  // time for the pairs; at least kFewestRepeats are made
};
inline constexpr std::int64_t kFewestRepeats = 8;
inline constexpr std::int64_t kMostRepeats = 400;

base::Json to_json(const AuditFacts& facts);
base::Result<AuditFacts> audit_facts_from(const base::Json& json);

}  // namespace bantam::job
