// How likely the model holds a text, over its tokens, words or bytes.

#include <cmath>
#include <numbers>

#include "metric/metric_objects.hpp"

namespace bantam::metric {
namespace {

using base::Json;
using std::optional;

optional<double> own_perplexity(const Continuation& continuation) {
  return std::exp(-continuation.log_likelihood);
}

optional<double> per_word(const Document& document) {
  if (document.words == 0) return std::nullopt;
  return std::exp(-document.log_likelihood / static_cast<double>(document.words));
}

optional<double> nats_per_byte(const Document& document) {
  if (document.bytes == 0) return std::nullopt;
  return -document.log_likelihood / static_cast<double>(document.bytes);
}

optional<double> per_byte(const Document& document) {
  const auto nats = nats_per_byte(document);
  if (!nats) return std::nullopt;
  return std::exp(*nats);
}

optional<double> bits(const Document& document) {
  const auto nats = nats_per_byte(document);
  if (!nats) return std::nullopt;
  return *nats / std::numbers::ln2;
}

// A number of its own, or the first of a list.
optional<double> item_log_likelihood(const record::Item& item) {
  if (const auto own = base::number_at(item.content, "log_likelihood")) return own;
  const Json& list = base::child_at(item.content, "log_likelihoods");
  if (!list.is_array() || list.empty() || !list.front().is_number()) return std::nullopt;
  return list.front().get<double>();
}

ScoreOf mean_perplexity(const ItemList& items, const std::string& /*key*/) {
  std::vector<double> values;
  for (const record::Item* item : items) {
    const auto value = item_log_likelihood(*item);
    if (!value) return {};
    values.push_back(*value);
  }
  return score_of_drawn(std::move(values), score::perplexity);
}

// `weight`: "words" or "bytes" of the items' content. Absent when an item lacks one of the two.
optional<std::vector<score::Weighted>> weighted(const ItemList& items, const char* weight) {
  std::vector<score::Weighted> values;
  for (const record::Item* item : items) {
    const auto value = item_log_likelihood(*item);
    const auto own_weight = base::number_at(item->content, weight);
    if (!value || !own_weight) return std::nullopt;
    values.push_back({*value, *own_weight});
  }
  return values;
}

ScoreOf over_words(const ItemList& items, const std::string& /*key*/) {
  auto values = weighted(items, "words");
  return values ? score_of_drawn(*std::move(values), score::weighted_perplexity) : ScoreOf{};
}

ScoreOf over_bytes(const ItemList& items, const std::string& /*key*/) {
  auto values = weighted(items, "bytes");
  return values ? score_of_drawn(*std::move(values), score::weighted_perplexity) : ScoreOf{};
}

ScoreOf bits_over_bytes(const ItemList& items, const std::string& /*key*/) {
  auto values = weighted(items, "bytes");
  return values ? score_of_drawn(*std::move(values), score::bits_per_weight) : ScoreOf{};
}

constinit const Aggregation kPerplexity{.name = "perplexity", .scorer = mean_perplexity};
constinit const Aggregation kOverWords{.name = "weighted_perplexity", .scorer = over_words};
constinit const Aggregation kOverBytes{.name = "weighted_perplexity", .scorer = over_bytes};
constinit const Aggregation kBits{.name = "bits_per_byte", .scorer = bits_over_bytes};
constexpr const Aggregation* kPerplexityOnly[] = {&kPerplexity};
constexpr const Aggregation* kOverWordsOnly[] = {&kOverWords};
constexpr const Aggregation* kOverBytesOnly[] = {&kOverBytes};
constexpr const Aggregation* kBitsOnly[] = {&kBits};

}  // namespace

constinit const TaskMetric perplexity{
    .row = {"perplexity", "Perplexity", "", lower_is_better, number, kAccuracy,
            "exp(-mean log-likelihood) of the targets, one value per item.", "the task does not ask for it"},
    .of_continuation =
        OfContinuation{
            .value = own_perplexity, .aggregations = kPerplexityOnly, .logged_as = LoggedAs::log_likelihood},
    .yields_to = &acc};
constinit const TaskMetric word_perplexity{
    .row = {"word_perplexity", "Word perplexity", "", lower_is_better, number, kAccuracy,
            "exp(-sum of log-likelihoods / number of white-space separated words) over all documents.",
            "the task does not ask for it"},
    .of_document = OfDocument{.value = per_word,
                              .aggregations = kOverWordsOnly,
                              .logged_as = LoggedAs::log_likelihood_and_words},
    .without_error_in_lm_eval = true};
constinit const TaskMetric byte_perplexity{
    .row = {"byte_perplexity", "Byte perplexity", "", lower_is_better, number, kAccuracy,
            "exp(-sum of log-likelihoods / number of UTF-8 bytes) over all documents.",
            "the task does not ask for it"},
    .of_document = OfDocument{.value = per_byte,
                              .aggregations = kOverBytesOnly,
                              .logged_as = LoggedAs::log_likelihood_and_bytes},
    .without_error_in_lm_eval = true};
constinit const TaskMetric bits_per_byte{
    .row = {"bits_per_byte", "Bits/byte", "bit", lower_is_better, number, kAccuracy,
            "-sum of log-likelihoods / (number of UTF-8 bytes * ln 2) over all documents.",
            "the task does not ask for it"},
    .of_document =
        OfDocument{.value = bits, .aggregations = kBitsOnly, .logged_as = LoggedAs::log_likelihood_and_bytes},
    .without_error_in_lm_eval = true};

}  // namespace bantam::metric
