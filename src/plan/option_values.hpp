#pragma once
// The text of one option value -> a checked value. `flag` is the option's name as users type it, for
// messages.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::plan {

// "num_runs" -> "num-runs".
std::string flag_name(std::string_view option_name);

// usage when the text is no number or out of [low, high].
base::Result<std::int64_t> integer_from(std::string_view flag, const std::string& text, std::int64_t low,
                                        std::int64_t high);
base::Result<double> number_from(std::string_view flag, const std::string& text, double low, double high);
base::Result<bool> boolean_from(std::string_view flag, const std::string& text);
// usage unless `allowed` is empty or holds the text.
base::Result<std::string> word_from(std::string_view flag, const std::string& text,
                                    const std::vector<std::string>& allowed);

// A plan file's value as texts: a scalar is one, a list of scalars several; {name: N, path: P} becomes "N=P".
base::Result<std::vector<std::string>> texts_from(const base::Json& value);

}  // namespace bantam::plan
