// What a precision has lost: fidelity and similarity to the base. Rows of the catalogue
// (metric/catalogue.hpp) and nothing else. Columns: name, title, unit, direction, format, group, definition,
// absent_when, is_headline.

#include "metric/columns.hpp"

namespace bantam::metric {
namespace {

constexpr Metric kDamageMetrics[] = {
    {"chunk_perplexity", "Perplexity", "", lower_is_better, precise, kFidelity,
     "exp(mean of -ln q(token)) over the scored positions, as llama-perplexity counts: the text cut into "
     "chunks, the second half of each scored. Its stderr is over positions, its interval over chunks. Not "
     "comparable with a task's perplexity.",
     ""},
    {"perplexity_ratio", "Ratio", "", lower_is_better, fine_ratio, kFidelity,
     "chunk_perplexity / that of the base precision, on the same positions; interval from the chunks' "
     "differences of mean log-likelihood.",
     "this is the base precision"},
    {"kld_mean", "Mean KLD", "nat", lower_is_better, precise, kFidelity,
     "Kullback-Leibler divergence of the next-token distribution from the base's: sum of p ln(p / q) over "
     "the vocabulary, p the base's, q this precision's; mean over positions, interval over chunks.",
     "this is the base precision", true},
    {"kld_p50", "KLD p50", "nat", lower_is_better, number, kFidelity,
     "The 50th percentile of the positions' divergences.", "this is the base precision"},
    {"kld_p90", "KLD p90", "nat", lower_is_better, number, kFidelity,
     "The 90th percentile of the positions' divergences.", "this is the base precision"},
    {"kld_p99", "KLD p99", "nat", lower_is_better, number, kFidelity,
     "The 99th percentile of the positions' divergences.", "this is the base precision"},
    {"kld_max", "KLD max", "nat", lower_is_better, number, kFidelity,
     "The largest of the positions' divergences.", "this is the base precision"},
    {"top_token_agreement", "Same top", "", higher_is_better, percent, kFidelity,
     "Share of positions where the most probable next token is the base's.", "this is the base precision"},
    {"p_change_rms", "RMS Δp", "", lower_is_better, number, kFidelity,
     "Root mean square over positions of q(token) - p(token), the change in probability of the text's own "
     "next token.",
     "this is the base precision"},

    {"similarity_cosine", "Cosine", "", higher_is_better, ratio, kSimilarity,
     "Cosine of the sentence embeddings of this precision's greedy answer and of the base precision's, mean "
     "over prompts. The embedding model is named in the record.",
     "no embedding model is named, or this is the base precision", true},
    {"similarity_cosine_min", "Lowest cosine", "", higher_is_better, ratio, kSimilarity,
     "The lowest of the prompts' cosines.", "no embedding model is named, or this is the base precision"},
    {"similarity_equal_answers", "Equal answers", "", higher_is_better, percent, kSimilarity,
     "Share of prompts whose answer has the same tokens as the base precision's.",
     "this is the base precision"},
    {"similarity_equal_tokens", "Equal tokens", "tok", higher_is_better, number, kSimilarity,
     "Tokens before the first difference from the base precision's answer, mean over prompts.",
     "this is the base precision"},
    {"answer_tokens_per_s", "Answers", "tok/s", higher_is_better, tokens_per_s, kSimilarity,
     "decode_tokens_per_s of the answers that are compared, median over prompts: beside the similarity for "
     "orientation; the performance cell measures speed.",
     "no answer has 2 tokens"},
    {"answer_latency_s", "Latency", "s", lower_is_better, seconds, kSimilarity,
     "e2e_latency_s of the answers that are compared, median over prompts.", "no token came out"},
    {"answer_memory_bytes", "Private peak", "B", lower_is_better, bytes, kSimilarity,
     "private_peak_bytes of the worker while this precision answered.", "the system does not report RssAnon"},
};

}  // namespace

std::span<const Metric> damage_metrics() {
  return kDamageMetrics;
}

}  // namespace bantam::metric
