#pragma once
// Names of Trial::scenario: what is repeated to measure speed, and what the figures of a trial mean.

#include <array>
#include <string_view>

namespace bantam::record {

inline constexpr const char* kSingleStream = "single_stream";  // one request at a time
inline constexpr const char* kOffline = "offline";             // batch_size requests at once
inline constexpr const char* kPrompt = "pp";                   // llama-bench's prompt test
inline constexpr const char* kGeneration = "tg";               // llama-bench's generation test
inline constexpr const char* kPoisson = "poisson";             // requests that arrive on their own
inline constexpr const char* kSustained = "sustained";         // requests without a pause, for minutes

// In the order in which they are measured.
inline constexpr std::array<std::string_view, 6> kScenarios{kSingleStream, kOffline, kPrompt,
                                                            kGeneration,   kPoisson, kSustained};

}  // namespace bantam::record
