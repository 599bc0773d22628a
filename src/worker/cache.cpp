// What a model keeps for a token, told by the engine from the head of its file.
#include "engine/llama/cache.hpp"

#include <optional>

#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

constexpr const char* kSyntheticType = "F16";  // the cache is the same for all

}  // namespace

base::Result<job::CachesTold> work_on(const job::CacheJob& job, const Desk&) {
  std::optional<engine::HollowFile> synthetic;
  std::filesystem::path head = job.head;
  if (!job.shape.empty()) {
    TRY_ASSIGN(synthetic, hollow_synthetic(job.shape, kSyntheticType));
    head = synthetic->path();
  }
  job::CachesTold answer;
  for (const plan::EngineSettings& settings : job.settings) {
    const auto size = engine::cache_size(head, settings);
    if (!size && size.error().kind != base::ErrorKind::usage) return tl::unexpected(size.error());
    job::CacheTold& cache = answer.caches.emplace_back();
    if (size) cache.size = *size;
    if (!size) cache.why_not = size.error().message;
  }
  return answer;
}

}  // namespace bantam::worker
