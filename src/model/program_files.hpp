#pragma once
// Models that a program of its own loads (docs/engines.md), as files: what identifies them. Knows nothing of
// what is in them.

#include "base/result.hpp"
#include "model/locate.hpp"

namespace bantam::model {

// The folder or file, hashed with all that is in it, and the adapter's; hidden files are not looked at. usage
// where there is nothing, or an adapter's scale is not 1; bad_input for a folder without files or with too
// many.
base::Result<Source> find_program_model(const Reference& reference);

// The largest file of the model, with its weights, as a rule.
std::filesystem::path largest_file(const std::filesystem::path& model);

}  // namespace bantam::model
