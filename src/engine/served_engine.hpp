#pragma once
// A model behind a server, as an engine of texts: answers by generation, and log-likelihoods where the server
// echoes prompts with them. Its tokens are bytes (Properties::has_no_tokens). Knows nothing of time: requests
// that fail for a passing reason are sent again.

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "served/client.hpp"
#include "served/server_facts.hpp"

namespace bantam::engine {

// Figures and answers would be those of two servers: integrity where the server is not of this kind and
// version any more.
base::Status check_is_same_server(const std::string& kind, const std::optional<std::string>& build,
                                  const served::ServerFacts& now);

class ServedEngine : public Engine {
 public:
  // What a reader has to know of the answers so far, each sentence once.
  virtual std::vector<std::string> warnings() const = 0;
  // check_is_same_server(), asked now.
  virtual base::Status check_is_same() = 0;
};

// `at_once`: requests under way at the same time. The errors of served::Client, served::find_facts() and
// check_is_same_server(). Of the engine's calls: environment where a request fails, also the fourth time
// where its reason may pass; usage for what cannot be asked of this server.
base::Result<std::unique_ptr<ServedEngine>> open_served(const ServedModel& model, std::size_t at_once,
                                                        Heartbeat* heartbeat);

}  // namespace bantam::engine
