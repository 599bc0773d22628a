#pragma once
// What a worker tells of its engine, as JSON.

#include "base/json.hpp"
#include "engine/engine.hpp"

namespace bantam::job {

base::Json engine_message(const engine::Properties& properties);
base::Json memory_json(const engine::MemoryUse& memory);
engine::MemoryUse memory_from(const base::Json& json);

}  // namespace bantam::job
