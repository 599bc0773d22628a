// Tries the engine's kernels on each weight type; a kernel that does not work on this CPU may end the
// process.
#include <fmt/format.h>

#include "engine/llama/self_test.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {

base::Result<job::Nothing> work_on(const job::SelfTestJob& job, const Desk& desk) {
  for (const std::string& type : job.types) {
    TRY(desk.channel.send(job::Trying{type}));
    drill(fmt::format("self_test/{}/{}", type, job.extra_buffers ? "fast" : "plain"));
    const auto test = engine::test_kernels(type, job.extra_buffers);
    TRY(desk.channel.send(
        job::KernelTried{type, test && test->ok, test ? test->reason : test.error().message}));
    if (desk.heartbeat) desk.heartbeat->fetch_add(1, std::memory_order_relaxed);
  }
  return job::Nothing{};
}

}  // namespace bantam::worker
