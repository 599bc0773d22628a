#include "worker/worker.hpp"

#include <unistd.h>

#include <cstdlib>
#include <new>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/pauses.hpp"
#include "job/out_of_memory.hpp"
#include "job/process.hpp"
#include "worker/bodies.hpp"
#include "worker/memory_probe.hpp"

namespace bantam::worker {
namespace {

using base::Json;
using base::Result;

// All jobs that there are.
using Jobs = std::tuple<job::SelfTestJob, job::QuantizeJob, job::PerformanceJob, job::ServedPerformanceJob,
                        job::AccuracyJob, job::FidelityJob, job::SimilarityJob, job::CompareJob,
                        job::EstimateJob, job::CacheJob, job::PeaksJob, job::TokenizeJob, job::EncodeJob,
                        job::TemplateJob, job::AuditJob, job::MemoryProbeJob>;

template <typename Job>
Result<Json> do_job(const Json& json, const Desk& desk) {
  TRY_ASSIGN(const Job job, job::job_from<Job>(json));
  TRY_ASSIGN(const auto answer, work_on(job, desk));
  return job::answer_json(answer);
}

template <std::size_t Index = 0>
Result<Json> do_named_job(const Json& json, const Desk& desk) {
  if constexpr (Index < std::tuple_size_v<Jobs>) {
    using Job = std::tuple_element_t<Index, Jobs>;
    if (job::job_name(json) == Job::kName) return do_job<Job>(json, desk);
    return do_named_job<Index + 1>(json, desk);
  } else {
    return base::fail(base::ErrorKind::usage, "the worker got no job that it knows",
                      "`bantam worker` is started by `bantam run`, not by hand");
  }
}

Result<Json> work(job::Channel& channel) {
  TRY_ASSIGN(const Json json, channel.receive());
  try {
    auto answer = do_named_job(json, {channel, job::map_heartbeat()});
    // The engine catches it here and there, and tells it as something else.
    if (!answer && answer.error().message.find("std::bad_alloc") != std::string::npos) {
      return tl::unexpected(job::out_of_memory(answer.error().message));
    }
    return answer;
  } catch (const std::bad_alloc&) {
    return tl::unexpected(job::out_of_memory("the worker got no more memory"));
  } catch (const std::system_error& error) {
    if (!job::is_lack_of_memory(error.code())) throw;
    return tl::unexpected(job::out_of_memory("the worker got no further thread"));
  }
}

}  // namespace

int run_worker_main() {
  base::watch_pauses();
  // ggml's abort would start a debugger to print a backtrace; the signal says enough.
  ::setenv("GGML_NO_BACKTRACE", "1", 1);
  job::Channel channel(STDIN_FILENO, job::kMessageDescriptor);
  const auto answer = work(channel);
  if (!answer && answer.error().kind == base::ErrorKind::interrupted) return 0;
  return channel.finish(answer) ? 0 : 1;
}

}  // namespace bantam::worker
