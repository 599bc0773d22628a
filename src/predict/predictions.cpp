// What predictions add up to, and their JSON.

#include <utility>

#include "predict/predict.hpp"

namespace bantam::predict {
namespace {

using base::Json;

Json to_json(const Speed& speed) {
  Json json;
  base::set_if(json, "ttft_s", speed.ttft_s);
  base::set_if(json, "ttft_absent", speed.ttft_absent);
  json["decode_tokens_per_s"] = speed.decode_tokens_per_s;
  base::set_if(json, "output_tokens_per_s", speed.output_tokens_per_s);
  base::set_if(json, "read_bandwidth_share", speed.read_share);
  base::set_if(json, "prefill_flops_per_s", speed.prefill_flops_per_s);
  base::set_if(json, "time_error", speed.time_error);
  json["decode_step_s"] = {{"matrices", speed.decode.matrices_s},
                           {"attention", speed.decode.attention_s},
                           {"other", speed.decode.other_s},
                           {"operations", speed.decode.operations_s}};
  return json;
}

void add_beside_total(Json& memory, const engine::Estimate& estimate) {
  // In memory while there is room.
  memory["file_evictable_bytes"] = estimate.file_bytes - estimate.memory.file;
  memory["reserved_compute_bytes"] = estimate.reserved_compute_bytes;
}

// `draft`: null where there is none; the totals are of both models then.
Json memory_json(const engine::Estimate& estimate, const engine::Estimate* draft, std::int64_t margin_bytes) {
  Json json = engine::to_json(estimate.memory);
  std::int64_t total = estimate.memory.total();
  std::int64_t private_total = estimate.memory.private_total();
  if (draft != nullptr) {
    json["draft_bytes"] = draft->memory.total();
    total += draft->memory.total();
    private_total += draft->memory.private_total();
  }
  json["total_bytes"] = total;
  json["private_bytes"] = private_total;
  add_beside_total(json, estimate);
  json["margin_bytes"] = margin_bytes;
  return json;
}

Json draft_json(const DraftPart& draft) {
  Json json{{"reference", draft.reference},
            {"file_bytes", draft.estimate.file_bytes},
            {"download_bytes", draft.download_bytes},
            {"memory", engine::to_json(draft.estimate.memory)}};
  add_beside_total(json["memory"], draft.estimate);
  return json;
}

void add_speeds(Json& json, const std::optional<Speed>& single, const std::optional<Speed>& batch,
                const engine::Estimate& estimate) {
  if (single) json["single_stream"] = to_json(*single);
  if (!batch) return;
  json["batch"] = to_json(*batch);
  json["batch"]["batch_size"] = estimate.batch->streams;
}

void add_ways(Json& json, const Ways& ways, const engine::Estimate* draft) {
  json["fits_with"] = Json::array();
  for (const Way& way : ways.ways) {
    Json& entry = json["fits_with"].emplace_back(Json{{"options", way.options}, {"cost", way.cost}});
    entry["memory"] = memory_json(way.estimate, way.with_draft ? draft : nullptr, way.margin_bytes);
    add_speeds(entry, way.single, way.batch, way.estimate);
  }
  base::set_if(json, "fits_with_absent", ways.none);
}

Json to_json(const Prediction& row) {
  Json json{{"model", row.model}, {"reference", row.reference}, {"precision", row.precision}};
  if (row.skip_reason) {
    json["skipped"] = *row.skip_reason;
    return json;
  }
  const engine::Estimate& estimate = row.estimate;
  json["architecture"] = estimate.architecture;
  json["parameters"] = estimate.parameters;
  json["file_bytes"] = estimate.file_bytes;
  json["weight_bytes"] = estimate.weight_bytes;
  json["download_bytes"] = row.download_bytes;
  json["tensor_types"] = estimate.types;
  json["context_train"] = estimate.context_train;
  json["context"] = estimate.context;
  json["prompt_tokens"] = estimate.single.prompt_tokens;
  json["new_tokens"] = estimate.single.new_tokens;
  const engine::Estimate* draft = row.draft ? &row.draft->estimate : nullptr;
  json["memory"] = memory_json(estimate, draft, row.margin_bytes);
  if (row.draft) json["draft"] = draft_json(*row.draft);
  json["fits"] = row.fits;
  if (row.ways) add_ways(json, *row.ways, draft);
  json["kv_cache_bytes"] = Json::object();
  for (const engine::CacheBytes& cache : estimate.cache) json["kv_cache_bytes"][cache.type] = cache.bytes;
  add_speeds(json, row.single, row.batch, estimate);
  base::set_if(json, "speed_absent", row.speed_absent);
  return json;
}

}  // namespace

engine::MemoryParts Prediction::memory() const {
  engine::MemoryParts all = estimate.memory;
  if (!draft) return all;
  const engine::MemoryParts& more = draft->estimate.memory;
  all.file += more.file;
  all.rearranged += more.rearranged;
  all.kv += more.kv;
  all.compute += more.compute;
  all.outputs += more.outputs;
  all.program += more.program;
  all.program_private += more.program_private;
  all.device += more.device;
  return all;
}

std::int64_t Prediction::draft_bytes() const {
  return draft ? draft->estimate.memory.total() : 0;
}

std::int64_t Prediction::need_of(const Way& way) const {
  return way.estimate.memory.total() + way.margin_bytes + (way.with_draft ? draft_bytes() : 0);
}

Json to_json(const OtherMachine& machine) {
  Json json{{"name", machine.rates.name}, {"from", machine.from}, {"measured_here", false}};
  json["measured"] = machine.rates.measured;
  base::set_if(json, "measured_at", machine.rates.measured_at);
  json["source"] = machine.rates.source;
  json["engine"] = machine.rates.engine;
  json["rules"] = machine.rules;
  json["notes"] = machine.rates.notes;
  json["warnings"] = machine.rates.warnings;
  return json;
}

Json to_json(const Predictions& predictions) {
  Json json;
  if (predictions.machine) json["predicted_for"] = to_json(*predictions.machine);
  json["budget_bytes"] = predictions.budget_bytes;
  json["budget_source"] = predictions.budget_source;
  json["threads"] = predictions.threads;
  base::set_if(json, "read_bytes_per_s", predictions.peaks.read_bytes_per_s);
  base::set_if(json, "operation_s", predictions.peaks.operation_s);
  json["warnings"] = predictions.warnings;
  json["predictions"] = Json::array();
  for (const Prediction& row : predictions.rows) json["predictions"].push_back(to_json(row));
  return json;
}

}  // namespace bantam::predict
