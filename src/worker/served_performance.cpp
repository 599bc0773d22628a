// The requests of a performance cell to a model behind a server, each trial sent as it ends.
#include "base/clock.hpp"
#include "engine/served_engine.hpp"
#include "measure/served_workload.hpp"
#include "plan/served.hpp"
#include "served/server_facts.hpp"
#include "worker/bodies.hpp"
#include "worker/send_trials.hpp"

namespace bantam::worker {

base::Result<job::PerformanceAnswer> work_on(const job::ServedPerformanceJob& job, const Desk& desk) {
  const base::MonotonicClock clock;
  const std::int64_t start_ns = clock.now_ns();
  served::Server server;
  server.address = job.address;
  server.api_key = job.api_key;
  server.patience.first_byte_s = job.patience_s;
  server.patience.stall_s = job.patience_s;
  // A server that says nothing is not waited for longer than that; meanwhile the worker is alive.
  const auto beat = [&desk] {
    if (desk.heartbeat != nullptr) ++*desk.heartbeat;
    return false;
  };
  TRY_ASSIGN(served::Client client, served::Client::make(server));
  for (const std::string& warning : client.warnings()) TRY(desk.channel.send(job::Warning{warning}));
  TRY_ASSIGN(const served::ServerFacts facts, served::find_facts(client, beat));
  TRY(engine::check_is_same_server(job.server.kind, job.server.build, facts));
  const measure::ServedModel model{server, facts.kind, job.model, job.api == plan::kChat};
  SendTrials sink(desk.channel);
  TRY_ASSIGN(auto end,
             measure::measure_served(model, job.performance, clock, sink, start_ns, job.round, beat));
  for (const std::string& warning : end.warnings) TRY(desk.channel.send(job::Warning{warning}));
  job::PerformanceAnswer answer;
  answer.origin_ns = start_ns;
  answer.absent = std::move(end.absent);
  answer.absent.try_emplace("prefill_tokens_per_s", "a server does not tell when a prompt was computed");
  for (const char* load : {"load_cold_s", "load_warm_s"})
    answer.absent.try_emplace(load, "the server has loaded the model itself");
  return answer;
}

}  // namespace bantam::worker
