#pragma once
// What a server tells of itself. What it does not tell is absent. Finding out asks for small pages only and
// computes nothing.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "served/client.hpp"
#include "served/request.hpp"

namespace bantam::served {

// The pages that a server answered with 200, as they came. Absent: another status, or not there.
struct Pages {
  std::optional<std::string> models = {};          // /v1/models
  std::optional<std::string> props = {};           // /props: llama-server
  std::optional<std::string> health = {};          // /health
  std::optional<std::string> version = {};         // /version: vLLM
  std::optional<std::string> ollama_version = {};  // /api/version
  std::optional<std::string> info = {};            // /info: TGI
  std::optional<std::string> metrics = {};         // /metrics: Prometheus's text
};

struct ServerFacts {
  ServerKind kind = ServerKind::unknown;
  std::vector<std::string> models;      // ids, in the server's order; at most 1000
  std::optional<std::int64_t> context;  // tokens of prompt and answer that one request may have
  std::optional<std::int64_t> slots;    // requests that it answers at once
  std::optional<std::string> build;     // its version, in its own words
  std::optional<bool> is_healthy;       // absent: it has no such page
  bool has_metrics = false;
};

// A page that is not of its expected form counts as not there. The kind is told by what only one kind says,
// never by a name that a user gives; a server that says nothing of the sort is unknown.
ServerFacts facts_from(const Pages& pages);

// Asks for the pages, one after the other. environment when the server does not answer at all; usage when the
// key is refused (401, 403).
base::Result<ServerFacts> find_facts(Client& client, const Client::Stopped& stopped = {});

}  // namespace bantam::served
