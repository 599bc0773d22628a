#pragma once
// The model hub as the user's environment describes it: its address, the token, the cache, and whether the
// network may be used.

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "hub/client.hpp"
#include "hub/hub_cache.hpp"
#include "hub/repository.hpp"

namespace bantam::hub {

struct Hub {
  HubCache cache;
  std::optional<Client> client;   // absent offline
  std::function<bool()> stopped;  // may be empty
};

struct HubOptions {
  bool offline = false;  // also when HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set to 1, true, yes or on
  // Asked several times a second; true ends the work with `interrupted`. May be empty.
  std::function<bool()> stopped;
};

// The address is MODEL_ENDPOINT, else HF_ENDPOINT, else https://huggingface.co; the token that of
// find_token(); the cache HubCache::shared(). A process that holds a token leaves no core file from here on.
// environment for an address or a token that cannot be used.
base::Result<Hub> open_hub(const HubOptions& options);

// All files of a revision: from the hub, or offline from the cache (then only those that are there, with
// known hashes). environment when it is offline and not in the cache.
base::Result<Listing> list_repository(Hub& hub, const Repository& repository, const std::string& revision);

}  // namespace bantam::hub
