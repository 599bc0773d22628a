#pragma once
// The performance workload of a model behind a server: the requests, repetitions and rules of
// measure/workload.hpp, sent over HTTP. Knows nothing of processes, of storage, or of what the trials will be
// summarized to.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "measure/scenario.hpp"
#include "plan/plan.hpp"
#include "served/client.hpp"
#include "served/request.hpp"

namespace bantam::measure {

struct ServedModel {
  const served::Server& server;
  served::ServerKind kind = served::ServerKind::unknown;
  std::string name;      // as the server has it
  bool is_chat = false;  // the prompt is the message of a user
};

// What became known of the server on the way.
struct ServedEnd {
  std::map<std::string, std::string> absent;  // metric -> why answers cannot give it
  std::vector<std::string> warnings;          // each once
};

// The scenarios of text requests, as measure_performance() repeats them. Every prompt is computed anew: where
// a server cannot be told so, each begins with a text of its own. A request that fails ends the workload with
// its error, after its trial was handed out. `stopped` is asked several times a second, by several threads.
// Other errors: usage for a request that cannot be made, the sink's.
base::Result<ServedEnd> measure_served(const ServedModel& model, const plan::PerformanceSettings& settings,
                                       const base::Clock& clock, TrialSink& sink, std::int64_t origin_ns,
                                       std::int64_t round, const served::Client::Stopped& stopped = {});

// The request that is repeated; `mark` makes it different from all others where that is needed. usage when
// the prompt is no UTF-8.
base::Result<served::Request> served_request(const ServedModel& model,
                                             const plan::PerformanceSettings& settings,
                                             const std::string& mark);

}  // namespace bantam::measure
