#include "predict/cache.hpp"

#include <array>

#include "job/jobs.hpp"
#include "job/process.hpp"
#include "predict/heads.hpp"

namespace bantam::predict {
namespace {

constexpr std::array<const char*, 2> kTypes{"f16", "q8_0"};

base::Result<job::CachesTold> ask(const model::Inspection& inspection) {
  job::CacheJob job;
  for (const char* type : kTypes) {
    plan::EngineSettings& settings = job.settings.emplace_back();
    settings.cache_type_k = settings.cache_type_v = type;
  }
  job.shape = inspection.shape;
  job.head = inspection.path;
  HeadFiles heads;
  if (!inspection.head.empty()) {
    TRY(heads.add(inspection.head, static_cast<std::int64_t>(inspection.content.file_bytes)));
    job.head = heads.parts().front().path;
  }
  job::WorkerOptions options;
  options.hang_timeout_s = 60.0;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  return job::run_worker(job, options, nullptr);
}

}  // namespace

CacheFacts cache_facts(const model::Inspection& inspection) {
  CacheFacts facts;
  if (!inspection.model) return facts;
  const auto told = ask(inspection);
  if (!told) facts.why_not = told.error().message;
  for (std::size_t i = 0; told && i < told->caches.size() && i < kTypes.size(); ++i) {
    facts.of_types.push_back({kTypes[i], told->caches[i].size, told->caches[i].why_not});
  }
  return facts;
}

}  // namespace bantam::predict
