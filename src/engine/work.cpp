#include "engine/work.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;
using base::Json;
using base::Result;

Json work_json(const MatrixWork& work) {
  return {{"type", work.type},       {"buffer", work.buffer}, {"inner", work.inner}, {"rows", work.rows},
          {"columns", work.columns}, {"bytes", work.bytes},   {"count", work.count}, {"cells", work.cells}};
}

Json work_json(const AttentionWork& work) {
  return {{"type_k", work.type_k},           {"type_v", work.type_v},   {"head_size_k", work.head_size_k},
          {"head_size_v", work.head_size_v}, {"heads", work.heads},     {"kv_heads", work.kv_heads},
          {"columns", work.columns},         {"streams", work.streams}, {"cells", work.cells},
          {"cell_bytes", work.cell_bytes},   {"count", work.count}};
}

std::int64_t whole_at(const Json& json, const char* key) {
  return base::integer_at(json, key).value_or(0);
}

// Absent for 0, too, which older files hold for what was not measured.
std::optional<double> measured_at(const Json& json, const char* key) {
  const auto value = base::number_at(json, key);
  return value && *value > 0.0 ? value : std::nullopt;
}

Json spread_json(const stats::Spread& spread) {
  return Json::array({spread.least, spread.most});
}

stats::Spread spread_at(const Json& json, const char* key) {
  const Json& limits = base::child_at(json, key);
  if (!limits.is_array() || limits.size() != 2 || !limits[0].is_number() || !limits[1].is_number()) return {};
  return {limits[0].get<double>(), limits[1].get<double>()};
}

std::string text_at(const Json& json, const char* key) {
  return base::string_at(json, key).value_or("");
}

}  // namespace

Json to_json(const Work& work) {
  Json json{{"tokens", work.tokens},
            {"other_bytes", work.other_bytes},
            {"operations", work.operations},
            {"matrices", Json::array()},
            {"attentions", Json::array()}};
  for (const MatrixWork& matrix : work.matrices) json["matrices"].push_back(work_json(matrix));
  for (const AttentionWork& attention : work.attentions) json["attentions"].push_back(work_json(attention));
  return json;
}

Result<Work> work_from(const Json& json) {
  if (!json.is_object()) return fail(ErrorKind::bad_input, "a description of work is not an object");
  Work work{whole_at(json, "tokens"), {}, {}, whole_at(json, "other_bytes"), whole_at(json, "operations")};
  for (const Json& entry : base::child_at(json, "matrices")) {
    work.matrices.push_back({text_at(entry, "type"), text_at(entry, "buffer"), whole_at(entry, "inner"),
                             whole_at(entry, "rows"), whole_at(entry, "columns"), whole_at(entry, "bytes"),
                             whole_at(entry, "count"), whole_at(entry, "cells")});
  }
  for (const Json& entry : base::child_at(json, "attentions")) {
    work.attentions.push_back(
        {text_at(entry, "type_k"), text_at(entry, "type_v"), whole_at(entry, "head_size_k"),
         whole_at(entry, "head_size_v"), whole_at(entry, "heads"), whole_at(entry, "kv_heads"),
         whole_at(entry, "columns"), whole_at(entry, "streams"), whole_at(entry, "cells"),
         whole_at(entry, "cell_bytes"), whole_at(entry, "count")});
  }
  return work;
}

Json to_json(const Peaks& peaks) {
  Json json{{"span_limit_bytes", peaks.span_limit_bytes}};
  base::set_if(json, "read_bytes_per_s", peaks.read_bytes_per_s);
  if (peaks.read_bytes_per_s) json["read_spread"] = spread_json(peaks.read_spread);
  base::set_if(json, "operation_s", peaks.operation_s);
  if (peaks.operation_s) json["operation_spread"] = spread_json(peaks.operation_spread);
  json["matrices"] = Json::array();
  json["attentions"] = Json::array();
  for (const MatrixRate& rate : peaks.matrices) {
    json["matrices"].push_back({{"type", rate.type},
                                {"buffer", rate.buffer},
                                {"columns", rate.columns},
                                {"span_bytes", rate.span_bytes},
                                {"bytes_per_s", rate.bytes_per_s},
                                {"spread", spread_json(rate.spread)}});
  }
  for (const AttentionRate& rate : peaks.attentions) {
    json["attentions"].push_back({{"type_k", rate.type_k},
                                  {"type_v", rate.type_v},
                                  {"head_size_k", rate.head_size_k},
                                  {"head_size_v", rate.head_size_v},
                                  {"heads", rate.heads},
                                  {"kv_heads", rate.kv_heads},
                                  {"columns", rate.columns},
                                  {"streams", rate.streams},
                                  {"cells_per_s", rate.cells_per_s},
                                  {"spread", spread_json(rate.spread)}});
  }
  return json;
}

Result<Peaks> peaks_from(const Json& json) {
  if (!json.is_object()) return fail(ErrorKind::bad_input, "measured peaks are not an object");
  Peaks peaks;
  peaks.span_limit_bytes = base::integer_at(json, "span_limit_bytes").value_or(peaks.span_limit_bytes);
  peaks.read_bytes_per_s = measured_at(json, "read_bytes_per_s");
  peaks.operation_s = measured_at(json, "operation_s");
  peaks.read_spread = spread_at(json, "read_spread");
  peaks.operation_spread = spread_at(json, "operation_spread");
  for (const Json& entry : base::child_at(json, "matrices")) {
    peaks.matrices.push_back({text_at(entry, "type"), text_at(entry, "buffer"), whole_at(entry, "columns"),
                              whole_at(entry, "span_bytes"),
                              base::number_at(entry, "bytes_per_s").value_or(0.0),
                              spread_at(entry, "spread")});
  }
  for (const Json& entry : base::child_at(json, "attentions")) {
    peaks.attentions.push_back(
        {text_at(entry, "type_k"), text_at(entry, "type_v"), whole_at(entry, "head_size_k"),
         whole_at(entry, "head_size_v"), whole_at(entry, "heads"), whole_at(entry, "kv_heads"),
         whole_at(entry, "columns"), whole_at(entry, "streams"),
         base::number_at(entry, "cells_per_s").value_or(0.0), spread_at(entry, "spread")});
  }
  return peaks;
}

Json to_json(const MemoryParts& parts) {
  return {{"file_bytes", parts.file},
          {"rearranged_bytes", parts.rearranged},
          {"kv_bytes", parts.kv},
          {"compute_bytes", parts.compute},
          {"outputs_bytes", parts.outputs},
          {"program_bytes", parts.program},
          {"program_private_bytes", parts.program_private},
          {"device_bytes", parts.device}};
}

MemoryParts memory_parts_from(const Json& json) {
  return {whole_at(json, "file_bytes"),
          whole_at(json, "rearranged_bytes"),
          whole_at(json, "kv_bytes"),
          whole_at(json, "compute_bytes"),
          whole_at(json, "outputs_bytes"),
          whole_at(json, "program_bytes"),
          whole_at(json, "program_private_bytes"),
          whole_at(json, "device_bytes")};
}

}  // namespace bantam::engine
