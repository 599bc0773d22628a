#include "record/steadiness.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace bantam::record {
namespace {

using base::Json;

constexpr const char* kSteadiness = "steadiness";

// One list of members serves both directions.
template <typename Value, typename Visit>
void each(Value& warm_ups, Visit visit) requires requires {
  warm_ups.not_warm;
}
{
  visit("blocks", warm_ups.blocks);
  visit("runs", warm_ups.runs);
  visit("not_warm", warm_ups.not_warm);
}

template <typename Value, typename Visit>
void each(Value& outliers, Visit visit) requires requires {
  outliers.low_severe;
}
{
  visit("runs", outliers.runs);
  visit("low_severe", outliers.low_severe);
  visit("low_mild", outliers.low_mild);
  visit("high_mild", outliers.high_mild);
  visit("high_severe", outliers.high_severe);
  visit("high_switched", outliers.high_switched);
  visit("high_faulted", outliers.high_faulted);
}

template <typename Value>
Json written(const Value& value) {
  Json json = Json::object();
  each(value, [&json](const char* key, std::int64_t count) { json[key] = count; });
  return json;
}

template <typename Value>
Value read(const Json& json) {
  Value value;
  each(value,
       [&json](const char* key, std::int64_t& count) { count = base::integer_at(json, key).value_or(0); });
  return value;
}

}  // namespace

Outliers& Outliers::operator+=(const Outliers& other) {
  runs += other.runs;
  low_severe += other.low_severe;
  low_mild += other.low_mild;
  high_mild += other.high_mild;
  high_severe += other.high_severe;
  high_switched += other.high_switched;
  high_faulted += other.high_faulted;
  return *this;
}

std::vector<Steadiness> steadiness(const Record& record) {
  std::vector<Steadiness> all;
  for (const Json& one : base::child_at(record.task_info, kSteadiness)) {
    all.push_back({base::string_at(one, "scenario").value_or(""),
                   read<WarmUps>(base::child_at(one, "warm_ups")),
                   read<Outliers>(base::child_at(one, "outliers"))});
  }
  return all;
}

void set_steadiness(Record& record, const std::vector<Steadiness>& scenarios) {
  if (scenarios.empty()) return;
  Json& list = record.task_info[kSteadiness] = Json::array();
  for (const Steadiness& one : scenarios) {
    list.push_back({{"scenario", one.scenario},
                    {"warm_ups", written(one.warm_ups)},
                    {"outliers", written(one.outliers)}});
  }
}

}  // namespace bantam::record
