#include "exchange/slim_eval_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>

#include "exchange/slim_eval_form.hpp"
#include "measure/figures.hpp"
#include "record/block_energy.hpp"
#include "record/scenario.hpp"
#include "record/sections.hpp"
#include "stats/order.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Record;
using Content = tl::expected<Json, std::string>;

constexpr const char* kOwn = "bantam";  // the member with what SLiM-Eval has no place for
constexpr const char* kLeftOut = "left_out";

std::optional<double> figure(const Record& record, const char* metric) {
  const auto found = record.metrics.find(metric);
  if (found != record.metrics.end()) return found->second.value;
  return record::model_figure(record, metric);
}

// What all of its files begin with.
Json head_of(const Record& record, const std::string& model) {
  Json json{{"model", model}, {"precision", record.precision}};
  if (const auto type = record::model_facts(record).file_type)
    json["quantization_scheme"] = fmt::format("GGUF {}", *type);
  std::string time = record.finished_at;
  if (time.ends_with('Z')) time.pop_back();  // its time stamps have no zone
  json["timestamp"] = std::move(time);
  if (const auto parameters = figure(record, "parameters")) {
    json["num_parameters"] = static_cast<std::int64_t>(std::llround(*parameters));
    json["num_parameters_b"] = *parameters / kParametersB;
  }
  if (const auto bytes = figure(record, "weight_bytes")) json["model_size_gb"] = *bytes / kGib;
  return json;
}

double mean_of(const std::vector<double>& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

// NumPy's std(): of the samples themselves, not of what they are drawn from.
double deviation_of(const std::vector<double>& samples, double mean) {
  double sum = 0.0;
  for (const double sample : samples) sum += (sample - mean) * (sample - mean);
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

// Its lists have an entry for each request, the same for all of a batch.
struct Requests {
  std::vector<double> latencies;  // wall time of the batch / its requests
  std::vector<double> tokens;     // output tokens of the batch / its requests
  std::size_t batches = 0;
  std::size_t batch_size = 0;
};
Requests requests_in(const measure::Trials& trials) {
  Requests all;
  for (const record::Trial* trial : trials) {
    if (trial->streams.empty() || !(trial->wall_s > 0.0)) continue;
    double tokens = 0.0;
    bool is_known = true;
    for (const record::Stream& stream : trial->streams) {
      const auto own = measure::output_tokens(stream);
      is_known = is_known && own;
      tokens += own.value_or(0.0);
    }
    if (!is_known) continue;  // a server did not tell
    const auto count = static_cast<double>(trial->streams.size());
    all.latencies.insert(all.latencies.end(), trial->streams.size(), trial->wall_s / count);
    all.tokens.insert(all.tokens.end(), trial->streams.size(), tokens / count);
    ++all.batches;
    all.batch_size = std::max(all.batch_size, trial->streams.size());
  }
  return all;
}

void add_percentile(const Requests& requests, double fraction, const char* name, Json& json, Json& left_out) {
  // Requests of a batch are no samples of their own.
  const std::int64_t floor = stats::percentile_floor(fraction);
  if (static_cast<std::int64_t>(requests.batches) >= floor)
    json[name] = *stats::percentile(requests.latencies, fraction);
  else
    left_out[name] = fmt::format("of {} batches: it needs {}", requests.batches, floor);
}

}  // namespace

Content slim_eval_speed(const Record& record, const std::string& model,
                        const std::vector<record::Trial>& trials) {
  Requests requests = requests_in(measure::counted(trials, record::kOffline));
  if (requests.latencies.empty()) requests = requests_in(measure::counted(trials, record::kSingleStream));
  if (requests.latencies.empty())
    return tl::unexpected(std::string("has none of its repetitions in the store"));
  const double tokens = mean_of(requests.tokens);
  if (!(tokens > 0.0)) return tl::unexpected(std::string("gave no tokens"));
  const double latency = mean_of(requests.latencies);
  Json json = head_of(record, model);
  Json left_out = Json::object();
  json["mean_latency_s"] = latency;
  json["median_latency_s"] = *stats::median(requests.latencies);
  add_percentile(requests, 0.95, "p95_latency_s", json, left_out);
  add_percentile(requests, 0.99, "p99_latency_s", json, left_out);
  json["std_latency_s"] = deviation_of(requests.latencies, latency);
  for (const char* name : {"mean_peak_mem_mb", "mean_avg_mem_mb"})
    left_out[name] = "is what SLiM-Eval's server takes beforehand; nothing is taken so here";
  json["tokens_per_second"] = tokens / latency;
  json[kOwn] = {
      {"generator", "bantam " BANTAM_VERSION},
      {"batch_size", requests.batch_size},
      {"batches", requests.batches},
      {"latency", "wall time of a batch / its requests, as SLiM-Eval has it: no request takes so long"},
      {kLeftOut, std::move(left_out)}};
  return json;
}

Content slim_eval_energy(const Record& record, const std::string& model) {
  const auto energy = record.metrics.find("energy_per_request_j");
  if (energy == record.metrics.end()) return tl::unexpected(std::string("has no energy per request"));
  if (!energy->second.n || *energy->second.n <= 0)
    return tl::unexpected(std::string("does not tell how many requests its energy is of"));
  const double joules = energy->second.value * static_cast<double>(*energy->second.n);
  Json json = head_of(record, model);
  Json left_out = Json::object();
  json["energy_kwh"] = joules / kJoulesPerKwh;
  json["energy_joules"] = joules;
  const auto power = record.metrics.find("mean_power_w");
  if (power != record.metrics.end() && power->second.value > 0.0) {
    json["duration_seconds"] = joules / power->second.value;
    json["avg_power_watts"] = power->second.value;
  } else {
    for (const char* name : {"duration_seconds", "avg_power_watts"})
      left_out[name] = "the mean power is not known";
  }
  for (const char* name : {"min_power_watts", "std_power_watts"})
    left_out[name] = "single readings of the power are not kept";
  const auto peak = record.metrics.find("peak_power_w");
  if (peak != record.metrics.end())
    json["max_power_watts"] = peak->second.value;
  else
    left_out["max_power_watts"] = "the highest power is not known";
  json["energy_per_query_j"] = energy->second.value;
  const auto source = record::energy_source(record);
  json[kOwn] = {{"generator", "bantam " BANTAM_VERSION},
                {"requests", *energy->second.n},
                {"sensor", source ? record::text(*source) : "not told"},
                {kLeftOut, std::move(left_out)}};
  return json;
}

Content slim_eval_score(const Record& record, const std::string& model) {
  const std::string metric = slim_eval_task(record.task).metric;
  // As SLiM-Eval looks for it: the flexible filter goes before the strict one.
  auto found = record.metrics.find(metric + ",flexible-extract");
  if (found == record.metrics.end()) found = record.metrics.find(metric + ",strict-match");
  if (found == record.metrics.end()) found = record.metrics.find(metric);
  if (found == record.metrics.end()) return tl::unexpected(fmt::format("has no {}", metric));
  const record::Value& value = found->second;
  if (!(value.value > 0.0 && value.value <= 1.0))
    return tl::unexpected(fmt::format("has {} {}: 0 stands for a failed evaluation in SLiM-Eval's files",
                                      found->first, value.value));
  Json json = head_of(record, model);
  json["task"] = record.task;
  json["accuracy"] = value.value;
  Json& own = json[kOwn] = {{"generator", "bantam " BANTAM_VERSION}, {"metric", found->first}};
  base::set_if(own, "items", value.n);
  base::set_if(own, "stderr", value.std_error);
  for (const record::TaskFacts& task : record::tasks(record)) {
    if (task.name == record.task) own["num_fewshot"] = task.num_fewshot;
  }
  return json;
}

}  // namespace bantam::exchange
