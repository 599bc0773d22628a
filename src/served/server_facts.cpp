#include "served/server_facts.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"

namespace bantam::served {
namespace {

using base::ErrorKind;
using base::Json;

constexpr std::size_t kMostModels = 1000;
constexpr int kOk = 200;

// An empty object where the page is not there or is none.
Json object_of(const std::optional<std::string>& page) {
  if (!page) return Json::object();
  auto json = base::parse_json(*page, "page");
  return json && json->is_object() ? *std::move(json) : Json::object();
}

std::optional<std::int64_t> positive_at(const Json& object, std::string_view key) {
  const auto value = base::integer_at(object, key);
  return value && *value > 0 ? value : std::nullopt;
}

std::optional<std::string> words_at(const Json& object, std::string_view key) {
  const auto words = base::string_at(object, key);
  return words && !words->empty() ? words : std::nullopt;
}

// Whether the text has a metric whose name begins so.
bool has_metric(const std::optional<std::string>& metrics, std::string_view prefix) {
  if (!metrics) return false;
  return metrics->starts_with(prefix) || metrics->find("\n" + std::string(prefix)) != std::string::npos;
}

// The first entry of the list of models; an empty object where there is none.
Json first_model(const Json& models) {
  const Json& data = base::child_at(models, "data");
  return data.is_array() && !data.empty() && data.front().is_object() ? data.front() : Json::object();
}

ServerKind kind_of(const Pages& pages, const Json& models) {
  const Json props = object_of(pages.props);
  const Json info = object_of(pages.info);
  const auto owner = base::string_at(first_model(models), "owned_by");
  if (words_at(props, "build_info") || has_metric(pages.metrics, "llamacpp:") || owner == "llamacpp")
    return ServerKind::llama_server;
  if (has_metric(pages.metrics, "vllm:") || owner == "vllm") return ServerKind::vllm;
  if (words_at(info, "model_id") && positive_at(info, "max_total_tokens")) return ServerKind::tgi;
  if (words_at(object_of(pages.ollama_version), "version")) return ServerKind::ollama;
  return ServerKind::unknown;
}

void add_llama_server(const Pages& pages, ServerFacts& facts) {
  const Json props = object_of(pages.props);
  facts.context = positive_at(base::child_at(props, "default_generation_settings"), "n_ctx");
  facts.slots = positive_at(props, "total_slots");
  facts.build = words_at(props, "build_info");
}

void add_kind(const Pages& pages, const Json& models, ServerFacts& facts) {
  switch (facts.kind) {
    case ServerKind::llama_server:
      add_llama_server(pages, facts);
      break;
    case ServerKind::vllm:
      facts.context = positive_at(first_model(models), "max_model_len");
      facts.build = words_at(object_of(pages.version), "version");
      break;
    case ServerKind::tgi:
      facts.context = positive_at(object_of(pages.info), "max_total_tokens");
      facts.slots = positive_at(object_of(pages.info), "max_concurrent_requests");
      facts.build = words_at(object_of(pages.info), "version");
      break;
    case ServerKind::ollama:
      facts.build = words_at(object_of(pages.ollama_version), "version");
      break;
    case ServerKind::unknown:
      break;
  }
}

struct Place {
  const char* path;
  std::optional<std::string> Pages::*page;
};
constexpr std::array<Place, 7> kPlaces{{{"/v1/models", &Pages::models},
                                        {"/props", &Pages::props},
                                        {"/health", &Pages::health},
                                        {"/version", &Pages::version},
                                        {"/api/version", &Pages::ollama_version},
                                        {"/info", &Pages::info},
                                        {"/metrics", &Pages::metrics}}};

}  // namespace

ServerFacts facts_from(const Pages& pages) {
  ServerFacts facts;
  const Json models = object_of(pages.models);
  const Json& data = base::child_at(models, "data");
  for (const Json& one : data.is_array() ? data : Json::array()) {
    const auto id = words_at(one, "id");
    if (id && facts.models.size() < kMostModels) facts.models.push_back(*id);
  }
  facts.kind = kind_of(pages, models);
  facts.has_metrics = pages.metrics.has_value();
  add_kind(pages, models, facts);
  return facts;
}

base::Result<ServerFacts> find_facts(Client& client, const Client::Stopped& stopped) {
  Pages pages;
  std::optional<bool> is_healthy;
  for (const Place& place : kPlaces) {
    TRY_ASSIGN(Page page, client.get(place.path, stopped));
    if (place.page == &Pages::models && (page.status == 401 || page.status == 403)) {
      return base::fail(ErrorKind::usage, fmt::format("the server answers {} to {}", page.status, place.path),
                        "does it want an API key, or another one?");
    }
    const bool is_html = base::ascii_lower(page.type).starts_with("text/html");
    if (place.page == &Pages::health && !is_html && (page.status == kOk || page.status == 503))
      is_healthy = page.status == kOk;
    if (page.status == kOk && !is_html) pages.*place.page = std::move(page.body);
  }
  ServerFacts facts = facts_from(pages);
  facts.is_healthy = is_healthy;
  return facts;
}

}  // namespace bantam::served
