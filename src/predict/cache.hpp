#pragma once
// What an inspected model keeps for a token, told by the engine in a worker: its rules differ by
// architecture.

#include <optional>
#include <string>
#include <vector>

#include "engine/llama/cache.hpp"
#include "model/inspection.hpp"

namespace bantam::predict {

struct CacheOfType {
  std::string type;  // of K and V
  std::optional<engine::CacheSize> size;
  std::optional<std::string> why_not;  // the engine does not take the type for this model
};

struct CacheFacts {
  std::vector<CacheOfType> of_types;   // f16 and q8_0
  std::optional<std::string> why_not;  // the engine cannot tell; then there are none
};

// Of an inspected adapter by itself: nothing.
CacheFacts cache_facts(const model::Inspection& inspection);

}  // namespace bantam::predict
