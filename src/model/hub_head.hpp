#pragma once
// What a model on the hub says about itself, read from the heads of its files without fetching them.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hub/client.hpp"
#include "model/gguf.hpp"
#include "model/gguf_reader.hpp"
#include "model/hub_model.hpp"

namespace bantam::model {

struct HubHead {
  GgufContent content;  // of all parts together
  ModelInfo info;
  std::vector<std::string> heads;   // the beginning of each part, with all that stands before its weights
  std::uint64_t fetched_bytes = 0;  // over the network
};

// A few hundred KB, or some MB where the vocabulary is large. `files` are the parts of one GGUF model. The
// errors of inspect() and of the transfer.
base::Result<HubHead> read_hub_head(hub::Client& client, const HubFiles& files);

}  // namespace bantam::model
