#include "run/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cstdlib>

#include "engine/llama_self_test.hpp"
#include "run/channel.hpp"
#include "run/drill.hpp"
#include "run/job.hpp"
#include "run/worker_accuracy.hpp"
#include "run/worker_compare.hpp"
#include "run/worker_estimate.hpp"
#include "run/worker_fidelity.hpp"
#include "run/worker_peaks.hpp"
#include "run/worker_performance.hpp"
#include "run/worker_quantize.hpp"
#include "run/worker_similarity.hpp"
#include "run/worker_spawn.hpp"
#include "run/worker_template.hpp"
#include "run/worker_tokenize.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;

Result<Json> work_on(const SelfTestJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  for (const std::string& type : job.types) {
    TRY(channel.send({{"type", message::kTrying}, {"name", type}}));
    drill(fmt::format("self_test/{}/{}", type, job.extra_buffers ? "fast" : "plain"));
    const auto test = engine::test_kernels(type, job.extra_buffers);
    Json verdict{{"type", message::kKernel}, {"name", type}, {"ok", test && test->ok}};
    if (!test)
      verdict["reason"] = test.error().message;
    else if (!test->ok)
      verdict["reason"] = test->reason;
    TRY(channel.send(verdict));
    if (heartbeat) heartbeat->fetch_add(1, std::memory_order_relaxed);
  }
  return Json::object();
}

Result<Json> work_on(const QuantizeJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_quantize(job, channel, heartbeat);
}

Result<Json> work_on(const PerformanceJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_performance(job, channel, heartbeat);
}

Result<Json> work_on(const FidelityJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_fidelity(job, channel, heartbeat);
}

Result<Json> work_on(const SimilarityJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_similarity(job, channel, heartbeat);
}

Result<Json> work_on(const CompareJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_compare(job, channel, heartbeat);
}

Result<Json> work_on(const AccuracyJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_accuracy(job, channel, heartbeat);
}

Result<Json> work_on(const EstimateJob& job, Channel&, engine::Heartbeat*) {
  return work_on_estimate(job);
}

Result<Json> work_on(const TokenizeJob& job, Channel&, engine::Heartbeat*) {
  return work_on_tokenize(job);
}

Result<Json> work_on(const EncodeJob& job, Channel&, engine::Heartbeat*) {
  return work_on_encode(job);
}

Result<Json> work_on(const TemplateJob& job, Channel&, engine::Heartbeat*) {
  return work_on_template(job);
}

Result<Json> work_on(const PeaksJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_peaks(job, channel, heartbeat);
}

Result<Json> work(Channel& channel) {
  TRY_ASSIGN(const Json json, channel.receive());
  TRY_ASSIGN(const Job job, job_from(json));
  engine::Heartbeat* heartbeat = map_heartbeat();
  return std::visit([&](const auto& kind) { return work_on(kind, channel, heartbeat); }, job);
}

}  // namespace

int run_worker_main() {
  // ggml's abort would start a debugger to print a backtrace; the signal says enough.
  ::setenv("GGML_NO_BACKTRACE", "1", 1);
  Channel channel(STDIN_FILENO, kMessageDescriptor);
  auto result = work(channel);
  if (!result && result.error().kind == base::ErrorKind::interrupted) return 0;
  base::Status sent;
  if (result) {
    (*result)["type"] = message::kDone;
    sent = channel.send(*std::move(result));
  } else {
    const base::Error& error = result.error();
    sent = channel.send({{"type", message::kFailed},
                         {"kind", std::string(base::name(error.kind))},
                         {"message", error.message},
                         {"hint", error.hint}});
  }
  return sent ? 0 : 1;
}

}  // namespace bantam::run
