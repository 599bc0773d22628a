#include "analyze/decided.hpp"

#include "base/json.hpp"

namespace bantam::analyze {
namespace {

using base::Json;

const Json& adaptive_of(const record::Record& record) {
  return base::child_at(record.task_info, "adaptive");
}

}  // namespace

std::optional<Stages> stages_of(const record::Record& record) {
  const Json& adaptive = adaptive_of(record);
  const auto used = base::integer_at(adaptive, "n_used");
  const auto total = base::integer_at(adaptive, "n_total");
  if (!used || !total) return std::nullopt;
  return Stages{*used, *total, base::string_at(adaptive, "stopped_because").value_or("")};
}

std::optional<Decided> decided_of(const record::Record& record) {
  const auto stages = stages_of(record);
  const Json& adaptive = adaptive_of(record);
  const Json& interval = base::child_at(adaptive, "interval");
  const auto difference = base::number_at(adaptive, "difference");
  const auto low = base::number_at(interval, "low");
  const auto high = base::number_at(interval, "high");
  if (!stages || !difference || !low || !high) return std::nullopt;
  Decided decided;
  decided.stages = *stages;
  decided.looks = static_cast<std::int64_t>(base::child_at(adaptive, "looks").size());
  decided.width = base::number_at(adaptive, "width").value_or(0.0);
  decided.metric = base::string_at(adaptive, "metric").value_or("");
  decided.base_precision = base::string_at(record.settings, "base_precision").value_or("");
  decided.verdict = base::string_at(adaptive, "verdict").value_or("undecided");
  decided.difference = *difference;
  decided.interval = {*low, *high};
  decided.confidence = base::number_at(interval, "confidence").value_or(0.0);
  return decided;
}

}  // namespace bantam::analyze
