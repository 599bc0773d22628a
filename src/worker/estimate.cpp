// What a model takes, planned by the engine without loading it.
#include <malloc.h>
#include <algorithm>
#include <filesystem>

#include "engine/llama/estimate.hpp"
#include "measure/counters.hpp"
#include "shape/llama/shape_file.hpp"
#include "shape/shape.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

// Cache types that predictions compare.
const std::vector<std::string>& compared_cache_types() {
  static const std::vector<std::string> kTypes{"f16", "q8_0", "q4_0"};
  return kTypes;
}

// This program as it is now, which holds the vocabulary and the graphs but neither weights nor buffers.
engine::ProgramMemory program_memory() {
  ::malloc_trim(0);  // what making the estimate left behind
  const measure::Counters counters = measure::read_counters();
  engine::ProgramMemory memory;
  memory.private_bytes = measure::private_bytes(counters).value_or(0);
  memory.bytes = measure::read_pss_bytes().value_or(memory.private_bytes);
  return memory;
}

// What was added since `before`: vocabulary and graphs are private, the program's own pages are there once.
engine::ProgramMemory added_memory(const engine::ProgramMemory& before) {
  const std::int64_t added = std::max<std::int64_t>(0, program_memory().private_bytes - before.private_bytes);
  return {added, added};
}

}  // namespace

base::Result<engine::HollowFile> hollow_synthetic(const std::string& name, const std::string& llama_type) {
  TRY_ASSIGN(const shape::Shape shape, shape::find_shape(name));
  TRY_ASSIGN(const shape::SyntheticHead head, shape::synthetic_head(shape, llama_type));
  TRY_ASSIGN(engine::HollowFile file, engine::HollowFile::make());
  TRY(file.write(head.bytes));
  TRY(file.extend(static_cast<std::int64_t>(head.file_bytes)));
  return file;
}

base::Result<engine::Estimate> work_on(const job::EstimateJob& job, const Desk&) {
  engine::EstimateRequest request;
  request.parts = job.parts;
  request.name = job.name;
  request.llama_type = job.llama_type;
  std::optional<engine::HollowFile> synthetic;
  if (!job.shape.empty()) {
    TRY_ASSIGN(synthetic, hollow_synthetic(job.shape, job.llama_type));
    request.parts = {
        {synthetic->path(), static_cast<std::int64_t>(std::filesystem::file_size(synthetic->path()))}};
    request.llama_type.clear();
  }
  request.engine = job.engine;
  request.prompt = job.performance.prompt;
  request.prompt_tokens = job.performance.n_prompt;
  request.new_tokens = job.performance.max_new_tokens;
  request.context = job.context;
  request.streams = job.performance.batch_size;
  request.file_piece_bytes = job.file_piece_bytes;
  if (const auto bytes = drilled_number("file_piece"))
    request.file_piece_bytes = static_cast<std::int64_t>(*bytes);
  request.cache_types = compared_cache_types();
  request.read_program = program_memory;
  if (job.is_beside) request.read_program = [before = program_memory()] { return added_memory(before); };
  return engine::estimate(request);
}

}  // namespace bantam::worker
