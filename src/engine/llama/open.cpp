#include "engine/llama/open.hpp"

#include "engine/program_engine.hpp"

namespace bantam::engine {

base::Result<std::unique_ptr<Engine>> open(const ModelFile& file, const plan::EngineSettings& settings,
                                           Capacity capacity, Heartbeat* heartbeat,
                                           const std::optional<Draft>& draft) {
  if (file.program) return open_program(file, settings, capacity, heartbeat);
  return open_llama(file, settings, capacity, heartbeat, draft);
}

}  // namespace bantam::engine
