#pragma once
// Greedy decoding of several requests in lock-step, each token stamped when it is known.

#include <span>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama/session.hpp"

namespace bantam::engine {

base::Result<std::vector<Generation>> llama_generate(LlamaSession& session,
                                                     std::span<const GenerateRequest> requests,
                                                     const GenerateOptions& options);

// Greedy or sampled decoding of any number of requests on a few streams, for answers and not for timing: a
// stream that ends is taken by the next request at once, and the tokens that all prompts begin with are
// computed once and their cells shared. Batches follow from the requests alone, so a call gives the same bits
// every time; another set of requests gives other batches, whose sums differ in the last bits.

base::Result<std::vector<Generation>> llama_generate_queue(LlamaSession& session,
                                                           std::span<const GenerateRequest> requests,
                                                           const GenerateOptions& options);

// Greedy decoding of requests that arrive while others are computed (GenerateRequest::arrival_ns): any
// number, as many at once as there are streams, first come, first served. Stamps count from the arrival.
// usage with stop strings.
base::Result<std::vector<Generation>> llama_generate_arrivals(LlamaSession& session,
                                                              std::span<const GenerateRequest> requests,
                                                              const GenerateOptions& options);

}  // namespace bantam::engine
