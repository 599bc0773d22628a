#include "worker/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "engine/llama/self_test.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"
#include "job/process.hpp"
#include "worker/accuracy.hpp"
#include "worker/compare.hpp"
#include "worker/estimate.hpp"
#include "worker/fidelity.hpp"
#include "worker/peaks.hpp"
#include "worker/performance.hpp"
#include "worker/quantize.hpp"
#include "worker/similarity.hpp"
#include "worker/template.hpp"
#include "worker/tokenize.hpp"

namespace bantam::worker {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 5> kSignals{{{"SIGILL", SIGILL},
                                                                    {"SIGSEGV", SIGSEGV},
                                                                    {"SIGKILL", SIGKILL},
                                                                    {"SIGABRT", SIGABRT},
                                                                    {"SIGBUS", SIGBUS}}};

}  // namespace

void drill(std::string_view place) {
  const char* const text = std::getenv("BANTAM_DRILL");
  if (!text) return;
  const std::string_view asked(text);
  const auto equals = asked.rfind('=');
  if (equals == std::string_view::npos || asked.substr(0, equals) != place) return;
  for (const auto& [name, number] : kSignals) {
    if (name == asked.substr(equals + 1)) std::raise(number);
  }
}

namespace {

using base::Json;
using base::Result;

Result<Json> work_on(const job::SelfTestJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  for (const std::string& type : job.types) {
    TRY(channel.send({{"type", job::message::kTrying}, {"name", type}}));
    drill(fmt::format("self_test/{}/{}", type, job.extra_buffers ? "fast" : "plain"));
    const auto test = engine::test_kernels(type, job.extra_buffers);
    Json verdict{{"type", job::message::kKernel}, {"name", type}, {"ok", test && test->ok}};
    if (!test)
      verdict["reason"] = test.error().message;
    else if (!test->ok)
      verdict["reason"] = test->reason;
    TRY(channel.send(verdict));
    if (heartbeat) heartbeat->fetch_add(1, std::memory_order_relaxed);
  }
  return Json::object();
}

Result<Json> work_on(const job::QuantizeJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_quantize(job, channel, heartbeat);
}

Result<Json> work_on(const job::PerformanceJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_performance(job, channel, heartbeat);
}

Result<Json> work_on(const job::FidelityJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_fidelity(job, channel, heartbeat);
}

Result<Json> work_on(const job::SimilarityJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_similarity(job, channel, heartbeat);
}

Result<Json> work_on(const job::CompareJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_compare(job, channel, heartbeat);
}

Result<Json> work_on(const job::AccuracyJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_accuracy(job, channel, heartbeat);
}

Result<Json> work_on(const job::EstimateJob& job, job::Channel&, engine::Heartbeat*) {
  return work_on_estimate(job);
}

Result<Json> work_on(const job::TokenizeJob& job, job::Channel&, engine::Heartbeat*) {
  return work_on_tokenize(job);
}

Result<Json> work_on(const job::EncodeJob& job, job::Channel&, engine::Heartbeat*) {
  return work_on_encode(job);
}

Result<Json> work_on(const job::TemplateJob& job, job::Channel&, engine::Heartbeat*) {
  return work_on_template(job);
}

Result<Json> work_on(const job::PeaksJob& job, job::Channel& channel, engine::Heartbeat* heartbeat) {
  return work_on_peaks(job, channel, heartbeat);
}

Result<Json> work(job::Channel& channel) {
  TRY_ASSIGN(const Json json, channel.receive());
  TRY_ASSIGN(const job::Job job, job::job_from(json));
  engine::Heartbeat* heartbeat = job::map_heartbeat();
  return std::visit([&](const auto& kind) { return work_on(kind, channel, heartbeat); }, job);
}

}  // namespace

int run_worker_main() {
  // ggml's abort would start a debugger to print a backtrace; the signal says enough.
  ::setenv("GGML_NO_BACKTRACE", "1", 1);
  job::Channel channel(STDIN_FILENO, job::kMessageDescriptor);
  auto result = work(channel);
  if (!result && result.error().kind == base::ErrorKind::interrupted) return 0;
  base::Status sent;
  if (result) {
    (*result)["type"] = job::message::kDone;
    sent = channel.send(*std::move(result));
  } else {
    const base::Error& error = result.error();
    sent = channel.send({{"type", job::message::kFailed},
                         {"kind", std::string(base::name(error.kind))},
                         {"message", error.message},
                         {"hint", error.hint}});
  }
  return sent ? 0 : 1;
}

}  // namespace bantam::worker
