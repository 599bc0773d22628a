#pragma once
// What a precision lost against the base precision, on a text: perplexity, KL divergence, agreement on the
// next token. Both models walk through the text in lock-step, so that memory is of the order of the
// vocabulary. Knows nothing of files, stores or processes.
//
// The rule is that of llama.cpp's llama-perplexity: the text is tokenized as one piece and cut into chunks of
// `context` tokens, each computed alone; the second half of a chunk is scored (in 512 tokens, positions 256
// to 510 predict tokens 257 to 511); what does not fill a chunk is left out. In models whose tokenizer adds a
// BOS it stands before the text and takes the place of each chunk's first token.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "evaluate/ask.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"

namespace bantam::damage {

struct FidelityText {
  std::string text;
  int context = 512;          // tokens of a chunk, at least 4
  std::optional<int> chunks;  // the first N; absent: all
};

// The chunks of a text; none holds less than `context` tokens. bad_input when not even one is filled, or the
// tokenizer fails.
base::Result<std::vector<std::vector<engine::Token>>> fidelity_chunks(engine::Engine& engine,
                                                                      const FidelityText& text);

// One item per chunk, handed on as soon as it is done; those that are `done` are not computed again. Without
// a `base` the candidate is the base itself: its perplexity alone. Item metrics: "nll", "nll_base" (means
// over the chunk's positions, in nats), "kld", "same_top" (a share). Content: "positions", "kld" (one per
// position), "nll_squares", "p_change_squares" (sums). bad_input when the two models do not give the text the
// same tokens; integrity for logits that are not finite.
base::Status measure_fidelity(engine::Engine* base, engine::Engine& candidate, const FidelityText& text,
                              const record::DoneItems& done, evaluate::Sink& sink);

// The task name of fidelity's items.
inline constexpr std::string_view kFidelityItems = "fidelity";

// From all items to the record's metrics (metric/catalogue.hpp, group fidelity). Intervals are Student's over
// the means of chunks, which are the clusters; the standard error of the perplexity is llama-perplexity's,
// over positions. `absent` names what a base, or too short a text, does not have.
struct FidelitySummary {
  std::map<std::string, record::Value> metrics;
  std::map<std::string, std::string> absent;
};
FidelitySummary summarize_fidelity(const std::vector<record::Item>& items);

// The text of a cell: the file that the settings name; for an embedded model the text of its own world
// (<name>/tasks/<name>_text.jsonl), since it knows no other; else the embedded text. `embedded_model` is
// its name. bad_input for a file that cannot be read.
base::Result<std::string> fidelity_text(const plan::FidelitySettings& settings,
                                        const std::optional<std::string>& embedded_model);

}  // namespace bantam::damage
