#include "record/headline.hpp"

#include <array>
#include <optional>
#include <string_view>

#include "record/catalogue.hpp"

namespace bantam::record {
namespace {

constexpr auto kHeadlines =
    std::to_array<std::string_view>({"acc_norm", "acc", "exact_match", "f1", "mcc", "word_perplexity",
                                     "perplexity", "byte_perplexity", "bits_per_byte", "brier_score"});

// The keys "exact_match" or "exact_match,FILTER"; strict filters come before flexible ones. Absent if none.
std::optional<std::string> key_of(const std::set<std::string>& keys, std::string_view metric) {
  std::optional<std::string> best;
  for (const std::string& key : keys) {
    if (key != metric && !key.starts_with(std::string(metric) + ",")) continue;
    if (!best || key.find("strict") != std::string::npos) best = key;
  }
  return best;
}

}  // namespace

bool is_score(const std::string& key) {
  const Metric* metric = find_metric(key);
  return metric && metric->group == MetricGroup::accuracy;
}

std::string headline_metric(const std::set<std::string>& keys) {
  std::set<std::string> scores;
  for (const std::string& key : keys) {
    if (is_score(key)) scores.insert(key);
  }
  for (const std::string_view metric : kHeadlines) {
    if (auto key = key_of(scores, metric)) return *key;
  }
  return scores.empty() ? "acc" : *scores.begin();
}

}  // namespace bantam::record
