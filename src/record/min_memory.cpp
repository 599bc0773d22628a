#include "record/min_memory.hpp"

#include <utility>

namespace bantam::record {
namespace {

using base::Json;

constexpr const char* kMinMemory = "min_memory";
constexpr const char* kBisection = "bisection";

Json to_json(const MinMemory::Try& one) {
  Json json{{"limit_bytes", one.limit_bytes}, {"outcome", one.outcome}};
  base::set_if(json, "request_s", one.request_s);
  base::set_if(json, "major_faults", one.major_faults);
  return json;
}

}  // namespace

Json to_json(const MinMemory& found) {
  Json json{{"method", found.method}};
  base::set_if(json, "limit_bytes", found.limit_bytes);
  base::set_if(json, "failed_limit_bytes", found.failed_limit_bytes);
  for (const MinMemory::Try& one : found.tries) json["tries"].push_back(to_json(one));
  base::set_if(json, "request_s", found.request_s);
  base::set_if(json, "private_bytes", found.private_bytes);
  base::set_if(json, "file_used_bytes", found.file_used_bytes);
  base::set_if(json, "file_resident_bytes", found.file_resident_bytes);
  base::set_if(json, "program_bytes", found.program_bytes);
  base::set_if(json, "absent", found.absent);
  return json;
}

MinMemory min_memory_from(const Json& json) {
  MinMemory found;
  found.method = base::string_at(json, "method").value_or("");
  found.limit_bytes = base::integer_at(json, "limit_bytes");
  found.failed_limit_bytes = base::integer_at(json, "failed_limit_bytes");
  for (const Json& one : base::child_at(json, "tries")) {
    found.tries.push_back({base::integer_at(one, "limit_bytes").value_or(0),
                           base::string_at(one, "outcome").value_or(""), base::number_at(one, "request_s"),
                           base::integer_at(one, "major_faults")});
  }
  found.request_s = base::number_at(json, "request_s");
  found.private_bytes = base::integer_at(json, "private_bytes");
  found.file_used_bytes = base::integer_at(json, "file_used_bytes");
  found.file_resident_bytes = base::integer_at(json, "file_resident_bytes");
  found.program_bytes = base::integer_at(json, "program_bytes");
  found.absent = base::string_at(json, "absent");
  return found;
}

std::optional<MinMemory> min_memory(const Record& record) {
  const Json& json = base::child_at(record.task_info, kMinMemory);
  if (!json.is_object()) return std::nullopt;
  return min_memory_from(json);
}

void set_min_memory(Record& record, const MinMemory& found) {
  record.task_info[kMinMemory] = to_json(found);
}

std::optional<Value> min_memory_value(const MinMemory& found) {
  if (found.absent || !found.program_bytes) return std::nullopt;
  const auto program = static_cast<double>(*found.program_bytes);
  Value value;
  if (found.limit_bytes) {
    value.value = static_cast<double>(*found.limit_bytes) + program;
    if (found.failed_limit_bytes) {
      value.interval =
          Interval{static_cast<double>(*found.failed_limit_bytes) + program, value.value, 1.0, kBisection};
    }
    return value;
  }
  if (!found.private_bytes || !found.file_used_bytes) return std::nullopt;
  value.value = static_cast<double>(*found.private_bytes + *found.file_used_bytes) + program;
  return value;
}

}  // namespace bantam::record
