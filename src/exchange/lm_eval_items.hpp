#pragma once
// A samples file of lm-evaluation-harness (one JSON object for each item and filter) as items in the form of
// our own runs. What that form has no place for is kept beside it, so that an export writes every line again
// as it was. Pure functions; know nothing of files.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

struct ReadSamples {
  std::vector<record::Item> items;       // in the order of the file
  std::optional<std::string> hash;       // lm-eval's task_hashes entry; absent where a line lacks a hash
  std::optional<base::Json> generation;  // second argument of a generate_until request
  std::optional<double> chance;          // the mean of 1 / choices; absent unless every item has them
  std::optional<std::int64_t> empty;     // answers without a character; absent where nothing is written
  std::int64_t not_finite = 0;           // numbers that were NaN or infinite
};

// All items or none: a text why the file cannot be used, naming its line. `task`: name, output type, filters
// and metrics are used; every item has to have a line for each filter, and only one.
tl::expected<ReadSamples, std::string> read_samples(std::string_view text, const record::TaskFacts& task);

}  // namespace bantam::exchange
