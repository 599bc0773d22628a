#include "record/record.hpp"

#include <fmt/format.h>
#include <array>
#include <cmath>

#include "base/secrets.hpp"

namespace bantam::record {
namespace {

using base::Json;

constexpr int kSchema = 1;
constexpr std::array kOutcomes{Outcome::ok, Outcome::failed, Outcome::skipped, Outcome::invalid};

// Reads members of one JSON object and remembers the first thing that is wrong, so that a whole struct can be
// read before asking once.
class MemberReader {
 public:
  MemberReader(const Json& object, std::string what) : object_(object), what_(std::move(what)) {
    if (!object.is_object()) note("is not an object");
  }

  std::string text(std::string_view key) { return required(key, base::string_at(object_, key), "text"); }
  double number(std::string_view key) { return required(key, base::number_at(object_, key), "a number"); }
  std::int64_t integer(std::string_view key) {
    return required(key, base::integer_at(object_, key), "an integer");
  }
  bool boolean(std::string_view key) { return required(key, base::bool_at(object_, key), "true or false"); }

  // The member as it is; null when absent.
  const Json& child(std::string_view key) const { return base::child_at(object_, key); }
  bool has(std::string_view key) const { return object_.is_object() && object_.contains(key); }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> list;
    for (const Json& entry : child(key)) {
      if (entry.is_string()) {
        list.push_back(entry.get<std::string>());
      } else {
        note(fmt::format("'{}' is not a list of texts", key));
      }
    }
    return list;
  }

  void note(std::string_view problem) {
    if (problem_.empty()) problem_ = fmt::format("{} {}", what_, problem);
  }
  void note(const base::Error& error) {
    if (problem_.empty()) problem_ = error.message;
  }

  base::Status status() const {
    if (problem_.empty()) return {};
    return base::fail(base::ErrorKind::bad_input, problem_,
                      "the file or store is damaged, or made by another tool");
  }

 private:
  template <typename T>
  T required(std::string_view key, std::optional<T> value, std::string_view type) {
    if (!value) note(has(key) ? fmt::format("'{}' is not {}", key, type) : fmt::format("lacks '{}'", key));
    return value.value_or(T{});
  }

  const Json& object_;
  std::string what_;
  std::string problem_;
};

void set_if_there(Json& json, std::string_view key, const Json& value) {
  if (!value.is_null()) json[std::string(key)] = value;
}

void set_if_filled(Json& json, std::string_view key, const std::vector<std::string>& list) {
  if (!list.empty()) json[std::string(key)] = list;
}

bool is_finite(const Value& value) {
  return std::isfinite(value.value) &&
         (!value.interval || (std::isfinite(value.interval->low) && std::isfinite(value.interval->high))) &&
         (!value.std_error || std::isfinite(*value.std_error));
}

Json to_json(const std::map<std::string, Value>& metrics) {
  Json json = Json::object();
  for (const auto& [key, value] : metrics) {
    if (is_finite(value)) json[key] = to_json(value);
  }
  return json;
}

std::vector<std::string> without_secrets(std::vector<std::string> lines) {
  for (std::string& line : lines) line = base::mask_secrets(line);
  return lines;
}

Json to_json(const Failure& failure) {
  Json json{{"kind", failure.kind}, {"message", base::mask_secrets(failure.message)}};
  if (failure.signal) json["signal"] = *failure.signal;
  return json;
}

Json to_json(const ToldByServer& told) {
  Json json{{"is_stamped", told.is_stamped}};
  base::set_if(json, "prompt_tokens", told.prompt_tokens);
  base::set_if(json, "cached_tokens", told.cached_tokens);
  base::set_if(json, "output_tokens", told.output_tokens);
  if (told.error) json["error"] = base::mask_secrets(*told.error);
  return json;
}

base::Result<ToldByServer> told_from(const Json& json) {
  MemberReader reader(json, "told");
  ToldByServer told;
  told.is_stamped = reader.boolean("is_stamped");
  if (reader.has("prompt_tokens")) told.prompt_tokens = reader.integer("prompt_tokens");
  if (reader.has("cached_tokens")) told.cached_tokens = reader.integer("cached_tokens");
  if (reader.has("output_tokens")) told.output_tokens = reader.integer("output_tokens");
  if (reader.has("error")) told.error = reader.text("error");
  TRY(reader.status());
  return told;
}

Json to_json(const Stream& stream) {
  Json json{{"prompt_tokens", stream.prompt_tokens}, {"cached_tokens", stream.cached_tokens},
            {"prefill_ns", stream.prefill_ns},       {"token_ns", stream.token_ns},
            {"output_sha256", stream.output_sha256}, {"finish", stream.finish}};
  base::set_if(json, "arrival_ns", stream.arrival_ns);
  base::set_if(json, "drafted_tokens", stream.drafted_tokens);
  base::set_if(json, "accepted_tokens", stream.accepted_tokens);
  if (stream.told) json["told"] = to_json(*stream.told);
  return json;
}

base::Result<Stream> stream_from(const Json& json) {
  MemberReader reader(json, "stream");
  Stream stream;
  stream.prompt_tokens = reader.integer("prompt_tokens");
  stream.cached_tokens = reader.integer("cached_tokens");
  stream.prefill_ns = reader.integer("prefill_ns");
  for (const Json& stamp : reader.child("token_ns")) {
    if (!stamp.is_number_integer()) {
      reader.note("'token_ns' is not a list of integers");
      break;
    }
    stream.token_ns.push_back(stamp.get<std::int64_t>());
  }
  stream.output_sha256 = reader.text("output_sha256");
  stream.finish = reader.text("finish");
  if (reader.has("arrival_ns")) stream.arrival_ns = reader.integer("arrival_ns");
  if (reader.has("drafted_tokens")) stream.drafted_tokens = reader.integer("drafted_tokens");
  if (reader.has("accepted_tokens")) stream.accepted_tokens = reader.integer("accepted_tokens");
  TRY(reader.status());
  if (reader.has("told")) {
    TRY_ASSIGN(stream.told, told_from(reader.child("told")));
  }
  return stream;
}

base::Result<Interval> interval_from(const Json& json) {
  MemberReader reader(json, "interval");
  Interval interval;
  interval.low = reader.number("low");
  interval.high = reader.number("high");
  interval.confidence = reader.number("confidence");
  interval.method = reader.text("method");
  TRY(reader.status());
  return interval;
}

base::Result<Value> value_from(const Json& json, const std::string& name) {
  MemberReader reader(json, fmt::format("value of '{}'", name));
  Value value;
  value.value = reader.number("value");
  if (reader.has("interval")) {
    TRY_ASSIGN(value.interval, interval_from(reader.child("interval")));
  }
  if (reader.has("stderr")) value.std_error = reader.number("stderr");
  if (reader.has("n")) value.n = reader.integer("n");
  TRY(reader.status());
  return value;
}

base::Result<std::map<std::string, Value>> metrics_from(const Json& json) {
  std::map<std::string, Value> metrics;
  for (const auto& [name, entry] : json.items()) {
    TRY_ASSIGN(metrics[name], value_from(entry, name));
  }
  return metrics;
}

base::Result<Failure> failure_from(const Json& json) {
  MemberReader reader(json, "failure");
  Failure failure{reader.text("kind"), reader.text("message"), base::string_at(json, "signal")};
  TRY(reader.status());
  return failure;
}

base::Status check_schema(MemberReader& reader) {
  const std::int64_t schema = reader.integer("schema");
  TRY(reader.status());
  if (schema >= 1 && schema <= kSchema) return {};
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("the record has schema {}; this version reads schema {}", schema, kSchema),
                    "read it with a newer bantam");
}

// The values of a record: metrics, why others are absent, and the metrics of a group's tasks.
base::Status read_values(const MemberReader& reader, Record& record) {
  TRY_ASSIGN(record.metrics, metrics_from(reader.child("metrics")));
  for (const auto& [name, reason] : reader.child("absent").items()) {
    if (!reason.is_string())
      return base::fail(base::ErrorKind::bad_input, "record 'absent' is not a map of texts");
    record.absent[name] = reason.get<std::string>();
  }
  for (const auto& [task, metrics] : reader.child("subtasks").items()) {
    TRY_ASSIGN(record.subtasks[task], metrics_from(metrics));
  }
  return {};
}

}  // namespace

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::failed:
      return "failed";
    case Outcome::skipped:
      return "skipped";
    case Outcome::invalid:
      return "invalid";
  }
  return {};
}

std::optional<Outcome> outcome_from(std::string_view text) {
  for (const Outcome outcome : kOutcomes) {
    if (name(outcome) == text) return outcome;
  }
  return std::nullopt;
}

Json to_json(const Interval& interval) {
  return {{"low", interval.low},
          {"high", interval.high},
          {"confidence", interval.confidence},
          {"method", interval.method}};
}

Json to_json(const Value& value) {
  Json json{{"value", value.value}};
  if (value.interval) json["interval"] = to_json(*value.interval);
  if (value.std_error) json["stderr"] = *value.std_error;
  if (value.n) json["n"] = *value.n;
  return json;
}

Json to_json(const Trial& trial) {
  Json json{{"scenario", trial.scenario}, {"index", trial.index},   {"warmup", trial.warmup},
            {"start_s", trial.start_s},   {"wall_s", trial.wall_s}, {"tokens", trial.tokens}};
  json["streams"] = Json::array();
  for (const Stream& stream : trial.streams) json["streams"].push_back(to_json(stream));
  set_if_there(json, "counters", trial.counters);
  base::set_if(json, "round", trial.round);
  return json;
}

Json to_json(const Item& item) {
  Json json{{"task", item.task}, {"doc_id", item.doc_id}};
  json["metrics"] = Json::object();
  for (const auto& [name, value] : item.metrics) {
    if (std::isfinite(value)) json["metrics"][name] = value;
  }
  set_if_there(json, "content", item.content);
  return json;
}

Json to_json(const Record& record) {
  Json json{{"schema", record.schema},       {"cell_key", record.cell_key},   {"model", record.model},
            {"reference", record.reference}, {"precision", record.precision}, {"task", record.task},
            {"attempt", record.attempt},     {"status", name(record.outcome)}};
  if (!record.point.empty()) json["point"] = record.point;
  set_if_filled(json, "swept", record.swept);
  if (record.failure) json["failure"] = to_json(*record.failure);
  set_if_filled(json, "reasons", without_secrets(record.reasons));
  set_if_filled(json, "warnings", without_secrets(record.warnings));
  json["started_at"] = record.started_at;
  json["finished_at"] = record.finished_at;
  json["metrics"] = to_json(record.metrics);
  json["absent"] = Json::object();
  for (const auto& [metric, reason] : record.absent) json["absent"][metric] = reason;
  for (const auto& [metric, value] : record.metrics) {
    if (!is_finite(value)) json["absent"][metric] = "the result is not a finite number";
  }
  for (const auto& [task, metrics] : record.subtasks) json["subtasks"][task] = to_json(metrics);
  set_if_there(json, "settings", record.settings);
  set_if_there(json, "device", record.device);
  set_if_there(json, "engine", record.engine);
  set_if_there(json, "model_info", record.model_info);
  set_if_there(json, "task_info", record.task_info);
  return json;
}

base::Result<Trial> trial_from(const Json& json) {
  MemberReader reader(json, "trial");
  Trial trial;
  trial.scenario = reader.text("scenario");
  trial.index = reader.integer("index");
  trial.warmup = reader.boolean("warmup");
  trial.start_s = reader.number("start_s");
  trial.wall_s = reader.number("wall_s");
  trial.tokens = reader.integer("tokens");
  for (const Json& entry : reader.child("streams")) {
    TRY_ASSIGN(Stream stream, stream_from(entry));
    trial.streams.push_back(std::move(stream));
  }
  trial.counters = reader.child("counters");
  if (reader.has("round")) trial.round = reader.integer("round");
  TRY(reader.status());
  return trial;
}

base::Result<Item> item_from(const Json& json) {
  MemberReader reader(json, "item");
  Item item;
  item.task = reader.text("task");
  item.doc_id = reader.integer("doc_id");
  for (const auto& [metric, value] : reader.child("metrics").items()) {
    if (value.is_number()) {
      item.metrics[metric] = value.get<double>();
    } else {
      reader.note(fmt::format("metric '{}' is not a number", metric));
    }
  }
  item.content = reader.child("content");
  TRY(reader.status());
  return item;
}

base::Result<Record> record_from(const Json& json) {
  MemberReader reader(json, "record");
  TRY(check_schema(reader));
  Record record;
  record.cell_key = reader.text("cell_key");
  record.model = reader.text("model");
  record.reference = reader.text("reference");
  record.precision = reader.text("precision");
  record.task = reader.text("task");
  if (reader.has("point")) record.point = reader.text("point");
  record.swept = reader.texts("swept");
  record.attempt = reader.integer("attempt");
  const auto outcome = outcome_from(reader.text("status"));
  if (!outcome) reader.note("'status' is none of ok, failed, skipped, invalid");
  record.outcome = outcome.value_or(Outcome::failed);
  if (reader.has("failure")) {
    TRY_ASSIGN(record.failure, failure_from(reader.child("failure")));
  }
  record.reasons = reader.texts("reasons");
  record.warnings = reader.texts("warnings");
  record.started_at = reader.text("started_at");
  record.finished_at = reader.text("finished_at");
  TRY(read_values(reader, record));
  record.settings = reader.child("settings");
  record.device = reader.child("device");
  record.engine = reader.child("engine");
  record.model_info = reader.child("model_info");
  record.task_info = reader.child("task_info");
  TRY(reader.status());
  return record;
}

}  // namespace bantam::record
