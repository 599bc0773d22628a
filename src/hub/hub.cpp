#include "hub/hub.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include "base/environment.hpp"
#include "base/text.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using base::Result;

constexpr const char* kPublicHub = "https://huggingface.co";

std::string endpoint_text() {
  for (const char* name : {"MODEL_ENDPOINT", "HF_ENDPOINT"}) {
    if (std::string value = base::environment_text(name); !value.empty()) return value;
  }
  return kPublicHub;
}

void leave_no_core_file() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

Result<Listing> files_in_cache(const HubCache& cache, const Repository& repository,
                               const std::string& revision) {
  TRY_ASSIGN(const auto commit, cache.known_commit(repository, revision));
  Listing listing{repository, revision, commit.value_or(""), {}};
  if (commit) {
    TRY_ASSIGN(listing.files, cache.files_in(repository, *commit));
  }
  if (!listing.files.empty()) return listing;
  return base::fail(ErrorKind::environment,
                    fmt::format("{} (revision {}) is not in the cache {}, and the network is not to be used",
                                repository.name, revision, base::printable(cache.root().string())),
                    "fetch it first, without --offline and HF_HUB_OFFLINE: bantam models pull");
}

}  // namespace

Result<Hub> open_hub(const HubOptions& options) {
  TRY_ASSIGN(HubCache cache, HubCache::shared());
  if (options.offline || base::is_switched_on("HF_HUB_OFFLINE") ||
      base::is_switched_on("TRANSFORMERS_OFFLINE"))
    return Hub{std::move(cache), std::nullopt, options.stopped};
  TRY_ASSIGN(Url endpoint, parse_url(endpoint_text()));
  TRY_ASSIGN(std::optional<Token> token, find_token());
  if (token) leave_no_core_file();
  TRY_ASSIGN(std::shared_ptr<Transport> transport, make_http_transport());
  TRY_ASSIGN(Client client, Client::make(std::move(endpoint), std::move(token), std::move(transport),
                                         real_waiting(options.stopped)));
  return Hub{std::move(cache), std::move(client), options.stopped};
}

Result<Listing> list_repository(Hub& hub, const Repository& repository, const std::string& revision) {
  if (!hub.client) return files_in_cache(hub.cache, repository, revision);
  auto listing = list_files(*hub.client, repository, revision);
  if (listing) return listing;
  base::Error error = std::move(listing).error();
  if (error.kind == ErrorKind::environment && files_in_cache(hub.cache, repository, revision)) {
    error.hint += fmt::format("{}--offline uses what is in the cache", error.hint.empty() ? "" : "; ");
  }
  return tl::unexpected(std::move(error));
}

}  // namespace bantam::hub
