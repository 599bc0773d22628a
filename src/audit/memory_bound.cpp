// The least time that decode can take: reading the weights once a token.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "audit/observe.hpp"
#include "base/units.hpp"
#include "engine/cores.hpp"
#include "gguf/split.hpp"
#include "job/process.hpp"
#include "predict/peaks.hpp"
#include "predict/predict.hpp"
#include "predict/speed.hpp"

namespace bantam::audit {
namespace {

using base::Result;

// Bytes of the matrices that are multiplied for one token, the KV cache left out.
double weights_of(const engine::Work& work) {
  double bytes = 0.0;
  for (const engine::MatrixWork& matrix : work.matrices) {
    if (matrix.cells == 0) bytes += static_cast<double>(matrix.bytes) * static_cast<double>(matrix.count);
  }
  return bytes;
}

Result<engine::Estimate> estimate(const Subject& subject) {
  job::EstimateJob job;
  job.name = subject.plan.models.front().reference;
  job.engine = subject.engine;
  job.performance = subject.plan.performance_settings;
  TRY_ASSIGN(const auto parts, gguf::find_parts(subject.file.gguf));
  for (const auto& part : parts) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(part, failed);
    if (failed)
      return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", part.string(), failed.message()));
    job.parts.push_back({part, static_cast<std::int64_t>(bytes)});
  }
  job::WorkerOptions options;
  options.hang_timeout_s = subject.plan.hang_timeout_s;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  return job::run_worker(job, options, nullptr);
}

}  // namespace

Result<MemoryBound> find_memory_bound(const Subject& subject, const AuditHooks& hooks) {
  MemoryBound bound;
  const auto estimated = estimate(subject);
  if (!estimated) {
    bound.why_not = "what is read for a token is not known: " + estimated.error().message;
    return bound;
  }
  if (estimated->on_accelerator) {
    bound.why_not = "part of the model is not on the CPU: memory sets no bound that is known";
    return bound;
  }
  const double bytes = weights_of(estimated->single.decode);
  const auto limit = static_cast<double>(predict::span_limit_bytes());
  if (bytes < limit) {
    bound.why_not =
        fmt::format("caches may hold {} of weights: memory sets no bound", base::format_bytes(bytes));
    return bound;
  }
  bound.token_bytes = bytes;
  const int asked = subject.engine.threads.value_or(subject.machine.physical_cores);
  predict::PeaksRequest request =
      predict::peaks_request(subject.machine, std::min(asked, engine::allowed_cpus()));
  TRY_ASSIGN(const auto measured, predict::find_peaks(request, [&hooks](const std::string& what) {
               hooks.on_phase("measuring " + what);
             }));
  if (measured.peaks.read_bytes_per_s && measured.warnings.empty()) {
    bound.read_bytes_per_s = measured.peaks.read_bytes_per_s;
  } else {
    bound.why_not = "the memory's speed could not be measured here now";
  }
  return bound;
}

}  // namespace bantam::audit
