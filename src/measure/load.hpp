#pragma once
// How long a model takes from open to ready, from disk and from memory. Knows nothing of engines: opening is
// a callback.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "record/record.hpp"

namespace bantam::measure {

inline constexpr const char* kLoadCold = "load_cold";
inline constexpr const char* kLoadWarm = "load_warm";

// Makes the model ready; what it opened stays open until the caller closes it.
using Open = std::function<base::Status()>;

// `worker_start_ns` is the clock's value that Trial::start_s counts from; absent: the moment of the call.

// Evicts the file's pages, then times `open`. The file must not be mapped by this program. environment,
// without a call of `open`, when the pages cannot be evicted: the metric is then absent with that message.
// Errors of `open` are handed on.
base::Result<record::Trial> time_cold_load(const std::filesystem::path& model_file, const Open& open,
                                           const base::Clock& clock,
                                           std::optional<std::int64_t> worker_start_ns = std::nullopt);

// Reads the file's pages into memory, then times `open`. environment, without a call of `open`, when they do
// not stay there (checked with mincore where the kernel tells). Errors of `open` are handed on.
base::Result<record::Trial> time_warm_load(const std::filesystem::path& model_file, const Open& open,
                                           const base::Clock& clock,
                                           std::optional<std::int64_t> worker_start_ns = std::nullopt);

}  // namespace bantam::measure
