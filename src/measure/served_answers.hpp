#pragma once
// Answers of a server as trials keep them: their time lines, as far as the server tells them. Pure: sends
// nothing.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "record/record.hpp"
#include "served/answer.hpp"
#include "served/concurrency.hpp"

namespace bantam::measure {

// Stamps count from `from_ns`: when the request was handed over or, where it arrives on its own, was to be.
// Where the server tells which tokens came when, one for each; a token that shows no text has that of the
// text next to it. `prompts_are_alike`: outputs are hashed, to be compared.
record::Stream stream_from(const served::Answer& answer, std::int64_t from_ns, bool prompts_are_alike);

// wall_s is from the first hand-over, or scheduled arrival, to the last output. Requests that have a schedule
// have arrival_ns.
record::Trial trial_from(const served::LoadResult& result, bool prompts_are_alike);

// Metrics of this scenario that this answer cannot give -> why.
std::map<std::string, std::string> absent_of(const served::Answer& answer, std::string_view scenario);

}  // namespace bantam::measure
