#include "damage/similarity.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/pauses.hpp"
#include "base/text.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "score/bert_score.hpp"
#include "stats/means.hpp"
#include "stats/order.hpp"
#include "stats/proportion.hpp"

namespace bantam::damage {
namespace {

using base::Result;
using record::Value;

constexpr int kMostTries = 3;  // of an answer during which the program was paused
constexpr const char* kIsBase = "this is the base precision, which the others are compared with";
constexpr const char* kAllEmpty = "every answer is empty, the base precision's too";

// Whether the model or the base precision said something.
bool has_text(const record::Item& item) {
  const auto has = [&item](const char* key) {
    return !base::trim(base::string_at(item.content, key).value_or("")).empty();
  };
  return has("answer") || has("base_answer");
}

Answer answer_from(engine::Generation generation) {
  Answer answer;
  if (!generation.token_ns.empty()) {
    const std::int64_t last_ns = generation.token_ns.back();
    answer.latency_s = base::seconds(last_ns - generation.submitted_ns);
    const double decode_s = base::seconds(last_ns - generation.token_ns.front());
    const auto gaps = static_cast<double>(generation.token_ns.size() - 1);
    if (decode_s > 0.0) answer.tokens_per_s = gaps / decode_s;
  }
  answer.tokens = std::move(generation.tokens);
  answer.text = std::move(generation.text);
  answer.finish = std::move(generation.finish);
  return answer;
}

Result<engine::Embedding> embed(engine::Encoder& encoder, const std::string& text) {
  std::vector<std::vector<engine::Token>> sequences(1);
  TRY_ASSIGN(sequences.front(), encoder.tokenize(text));
  evaluate::cut_sequence(sequences.front(), encoder.properties().request_tokens);
  TRY_ASSIGN(auto embeddings, encoder.encode(sequences));
  return std::move(embeddings.front());
}

std::vector<double> metric_values(const std::vector<record::Item>& items, const char* metric) {
  std::vector<double> values;
  for (const record::Item& item : items) {
    if (const auto found = item.metrics.find(metric); found != item.metrics.end()) {
      values.push_back(found->second);
    }
  }
  return values;
}

Value with_count(double value, const std::vector<double>& samples) {
  return {value, std::nullopt, std::nullopt, static_cast<std::int64_t>(samples.size())};
}

void add_mean(SimilaritySummary& summary, const char* name, const std::vector<double>& samples) {
  Value value = with_count(*stats::mean(samples), samples);
  value.std_error = stats::standard_error(samples);
  summary.metrics[name] = value;
}

void add_median(SimilaritySummary& summary, const char* name, const std::vector<double>& samples,
                const char* absent) {
  if (samples.empty()) {
    summary.absent[name] = absent;
    return;
  }
  Value value = with_count(*stats::median(samples), samples);
  if (const auto found = stats::median_interval(samples)) {
    value.interval = record::Interval{found->interval.low, found->interval.high, 0.95, "order_statistic"};
  }
  summary.metrics[name] = value;
}

void add_equality(SimilaritySummary& summary, const std::vector<record::Item>& items) {
  const std::vector<double> equal = metric_values(items, "equal_answer");
  if (!equal.empty() && std::ranges::none_of(items, has_text)) {
    // Nothing equals nothing, which says nothing about the precision.
    summary.absent["similarity_equal_answers"] = kAllEmpty;
    summary.absent["similarity_equal_tokens"] = kAllEmpty;
    return;
  }
  if (equal.empty()) {
    summary.absent["similarity_equal_answers"] = kIsBase;
    summary.absent["similarity_equal_tokens"] = kIsBase;
    return;
  }
  Value share = with_count(*stats::mean(equal), equal);
  const auto interval = stats::wilson_interval(std::count(equal.begin(), equal.end(), 1.0), *share.n);
  share.interval = record::Interval{interval.low, interval.high, 0.95, "wilson"};
  summary.metrics["similarity_equal_answers"] = share;
  add_mean(summary, "similarity_equal_tokens", metric_values(items, "equal_tokens"));
}

void add_cosines(SimilaritySummary& summary, const std::vector<record::Item>& items) {
  const std::vector<double> cosines = metric_values(items, "cosine");
  const auto unequal = summary.absent.find("similarity_equal_answers");
  const bool all_empty = unequal != summary.absent.end() && unequal->second == kAllEmpty;
  if (cosines.empty() || all_empty) {
    const char* why = all_empty                         ? kAllEmpty
                      : unequal == summary.absent.end() ? metric::kNoEmbeddingModel
                                                        : kIsBase;
    summary.absent["similarity_cosine"] = why;
    summary.absent["similarity_cosine_min"] = why;
    return;
  }
  add_mean(summary, "similarity_cosine", cosines);
  summary.metrics["similarity_cosine_min"] =
      with_count(*std::min_element(cosines.begin(), cosines.end()), cosines);
}

}  // namespace

Result<std::vector<Answer>> answers_to(engine::Engine& engine, std::span<const std::string> prompts,
                                       int max_new_tokens) {
  engine::GenerateOptions options;
  options.max_new_tokens = max_new_tokens;
  std::vector<Answer> answers;
  for (const std::string& prompt : prompts) {
    const std::vector<engine::GenerateRequest> request{{prompt, {}}};
    bool paused = true;
    for (int i = 0; paused && i < kMostTries; ++i) {
      const base::Pauses before = base::pauses();
      TRY_ASSIGN(auto generations, engine.generate(request, options));
      paused = base::paused_between(before, base::pauses());
      if (i > 0) answers.pop_back();
      answers.push_back(answer_from(std::move(generations.front())));
    }
    if (!paused) continue;
    answers.back().latency_s.reset();
    answers.back().tokens_per_s.reset();
  }
  return answers;
}

std::int64_t equal_tokens(const Answer& a, const Answer& b) {
  const auto [first, second] =
      std::mismatch(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end());
  return first - a.tokens.begin();
}

Result<std::optional<double>> answer_cosine(engine::Encoder& encoder, const std::string& a,
                                            const std::string& b) {
  TRY_ASSIGN(const engine::Embedding first, embed(encoder, a));
  TRY_ASSIGN(const engine::Embedding second, embed(encoder, b));
  return score::cosine(first, second);
}

record::Item similarity_item(std::int64_t prompt_number, const Comparison& comparison) {
  record::Item item;
  item.task = kSimilarityItems;
  item.doc_id = prompt_number;
  const Answer& answer = comparison.answer;
  item.content = {{"prompt", comparison.prompt}, {"answer", answer.text}, {"finish", answer.finish}};
  item.metrics["answer_tokens"] = static_cast<double>(answer.tokens.size());
  base::set_if(item.content, "private_peak_bytes", comparison.private_peak_bytes);
  if (answer.latency_s) item.metrics["latency_s"] = *answer.latency_s;
  if (answer.tokens_per_s) item.metrics["tokens_per_s"] = *answer.tokens_per_s;
  if (comparison.cosine) item.metrics["cosine"] = *comparison.cosine;
  if (!comparison.base) return item;
  const Answer& base = *comparison.base;
  item.content["base_answer"] = base.text;
  item.content["base_finish"] = base.finish;
  item.metrics["equal_answer"] = answer.tokens == base.tokens ? 1.0 : 0.0;
  item.metrics["equal_tokens"] = static_cast<double>(equal_tokens(answer, base));
  return item;
}

SimilaritySummary summarize_similarity(const std::vector<record::Item>& items) {
  SimilaritySummary summary;
  add_equality(summary, items);
  add_cosines(summary, items);
  add_median(summary, "answer_tokens_per_s", metric_values(items, "tokens_per_s"), "no answer has 2 tokens");
  add_median(summary, "answer_latency_s", metric_values(items, "latency_s"), "no answer has a token");
  std::optional<double> peak;
  for (const record::Item& item : items) {
    const auto own = base::number_at(item.content, "private_peak_bytes");
    if (own) peak = std::max(peak.value_or(*own), *own);
  }
  if (peak) {
    summary.metrics["answer_memory_bytes"] = {*peak, std::nullopt, std::nullopt, std::nullopt};
  } else {
    summary.absent["answer_memory_bytes"] = "the system does not report RssAnon and RssShmem";
  }
  return summary;
}

}  // namespace bantam::damage
