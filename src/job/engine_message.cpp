#include "job/engine_message.hpp"

#include "job/job.hpp"

namespace bantam::job {

using base::Json;

Json engine_message(const engine::Properties& properties) {
  Json facts = Json::object();
  facts["engine"] = properties.engine;
  facts["context"] = properties.context;
  facts["adds_bos"] = properties.adds_bos;
  Json& tokens = facts["special_tokens"] = Json::object();
  if (properties.bos) tokens["bos"] = {{"id", *properties.bos}, {"text", properties.bos_text}};
  if (properties.eos) tokens["eos"] = {{"id", *properties.eos}, {"text", properties.eos_text}};
  if (properties.pad) tokens["pad"] = {{"id", *properties.pad}, {"text", properties.pad_text}};
  if (properties.details.is_object()) facts.update(properties.details);
  return {{"type", message::kEngine}, {"properties", std::move(facts)}};
}

Json memory_json(const engine::MemoryUse& memory) {
  Json json = Json::object();
  base::set_if(json, "weights_bytes", memory.weights_bytes);
  base::set_if(json, "kv_bytes", memory.kv_bytes);
  base::set_if(json, "compute_bytes", memory.compute_bytes);
  base::set_if(json, "device_bytes", memory.device_bytes);
  return json;
}

engine::MemoryUse memory_from(const Json& json) {
  engine::MemoryUse memory;
  memory.weights_bytes = base::integer_at(json, "weights_bytes");
  memory.kv_bytes = base::integer_at(json, "kv_bytes");
  memory.compute_bytes = base::integer_at(json, "compute_bytes");
  memory.device_bytes = base::integer_at(json, "device_bytes");
  return memory;
}

}  // namespace bantam::job
