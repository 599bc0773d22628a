#pragma once
// The models of a request as users write them: NAME=REFERENCE, or a text file with one of them a line. Knows
// nothing of what a reference means.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

// "NAME=REFERENCE", or a reference alone, whose name is left empty. An '=' after the first '/' or ':' belongs
// to the reference.
ModelEntry model_entry_from(const std::string& text);

// One model a line; empty lines and lines that begin with '#' are skipped. usage, with file and line, for a
// file that cannot be read, is larger than 1 MiB, is no text or names no model.
base::Result<std::vector<ModelEntry>> read_model_list(const std::filesystem::path& path);

// A text that ends in ".txt" names a list, any other one model.
base::Result<std::vector<ModelEntry>> models_from(const std::vector<std::string>& texts);

}  // namespace bantam::plan
