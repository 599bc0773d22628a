#include <algorithm>
#include <cmath>

#include "evaluate/fidelity.hpp"
#include "stats/mean_interval.hpp"
#include "stats/moments.hpp"
#include "stats/order.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using record::Value;

constexpr const char* kIsBase = "this is the base precision, which the others are compared with";

// Means of a metric, chunk by chunk. All chunks have equally many positions.
std::vector<double> chunk_means(const std::vector<record::Item>& items, const char* metric) {
  std::vector<double> means;
  for (const record::Item& item : items) {
    if (const auto found = item.metrics.find(metric); found != item.metrics.end()) {
      means.push_back(found->second);
    }
  }
  return means;
}

double sum_of(const std::vector<record::Item>& items, const char* content) {
  double sum = 0.0;
  for (const record::Item& item : items) sum += base::number_at(item.content, content).value_or(0.0);
  return sum;
}

std::optional<record::Interval> as_recorded(const std::optional<stats::Interval>& interval) {
  if (!interval) return std::nullopt;
  return record::Interval{interval->low, interval->high, 0.95, "student_by_chunk"};
}

// A mean over positions with the chunks as clusters.
Value clustered_mean(const std::vector<double>& means, std::int64_t positions) {
  Value value;
  value.value = *stats::mean(means);
  value.interval = as_recorded(stats::mean_interval(means));
  value.std_error = stats::standard_error(means);
  value.n = positions;
  return value;
}

// A share's interval ends at 0 and 1.
Value share(Value value) {
  if (value.interval) {
    value.interval->low = std::max(0.0, value.interval->low);
    value.interval->high = std::min(1.0, value.interval->high);
  }
  return value;
}

// exp of such a mean; the interval is that of the exponent.
Value exponential(const Value& mean) {
  Value value;
  value.value = std::exp(mean.value);
  value.n = mean.n;
  value.interval = mean.interval;
  if (value.interval) {
    value.interval->low = std::exp(mean.interval->low);
    value.interval->high = std::exp(mean.interval->high);
  }
  if (mean.std_error) value.std_error = value.value * *mean.std_error;  // delta method
  return value;
}

// As llama-perplexity: exp(m) · sqrt((mean of squares − m²) / (n − 1)), over positions.
std::optional<double> perplexity_error(double nll, double squares, std::int64_t positions) {
  if (positions < 2) return std::nullopt;
  const auto n = static_cast<double>(positions);
  const double variance = std::max(0.0, squares / n - nll * nll);
  return std::exp(nll) * std::sqrt(variance / (n - 1.0));
}

void add_percentiles(const std::vector<record::Item>& items, FidelitySummary& summary) {
  std::vector<double> all;
  for (const record::Item& item : items) {
    for (const Json& value : base::child_at(item.content, "kld")) all.push_back(value.get<double>());
  }
  const auto n = static_cast<std::int64_t>(all.size());
  const auto add = [&](const char* name, double fraction) {
    if (n < stats::percentile_floor(fraction)) {
      summary.absent[name] = "the text is too short for this percentile";
    } else {
      summary.metrics[name] = {*stats::percentile(all, fraction), std::nullopt, std::nullopt, n};
    }
  };
  add("kld_p50", 0.50);
  add("kld_p90", 0.90);
  add("kld_p99", 0.99);
  summary.metrics["kld_max"] = {*stats::percentile(all, 1.0), std::nullopt, std::nullopt, n};
}

}  // namespace

FidelitySummary summarize_fidelity(const std::vector<record::Item>& items) {
  FidelitySummary summary;
  const std::vector<double> nll = chunk_means(items, "nll");
  if (nll.empty()) return summary;
  std::int64_t positions = 0;
  for (const record::Item& item : items) {
    positions += base::integer_at(item.content, "positions").value_or(0);
  }
  Value perplexity = exponential(clustered_mean(nll, positions));
  perplexity.std_error = perplexity_error(*stats::mean(nll), sum_of(items, "nll_squares"), positions);
  summary.metrics["chunk_perplexity"] = perplexity;

  const std::vector<double> nll_base = chunk_means(items, "nll_base");
  if (nll_base.size() != nll.size()) {
    for (const char* name : {"kld_mean", "kld_p50", "kld_p90", "kld_p99", "kld_max", "top_token_agreement",
                             "p_change_rms", "perplexity_ratio"}) {
      summary.absent[name] = kIsBase;
    }
    return summary;
  }
  std::vector<double> log_ratios;
  for (std::size_t i = 0; i < nll.size(); ++i) log_ratios.push_back(nll[i] - nll_base[i]);
  summary.metrics["perplexity_ratio"] = exponential(clustered_mean(log_ratios, positions));
  summary.metrics["kld_mean"] = clustered_mean(chunk_means(items, "kld"), positions);
  summary.metrics["top_token_agreement"] = share(clustered_mean(chunk_means(items, "same_top"), positions));
  summary.metrics["p_change_rms"] = {
      std::sqrt(sum_of(items, "p_change_squares") / static_cast<double>(positions)), std::nullopt,
      std::nullopt, positions};
  add_percentiles(items, summary);
  return summary;
}

}  // namespace bantam::evaluate
