#pragma once
// Results of SLiM-Eval 0.1.3: {model}/{model}_{precision}/{performance,energy,TASK}.json, one object each.
// What its figures are not is on record as a caveat (record::Imported), and what a failed run left behind, 0
// J or a score of 0, is a failed cell.

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "exchange/imported.hpp"

namespace bantam::exchange {

// `device`: what the machine is called. Files that are none of SLiM-Eval's, broken, without model or
// precision, or of a configuration that a newer file has, are left out with a note. usage when `folder` is no
// folder; bad_input, with what was found, when there is no result in it.
base::Result<ImportedRecords> read_slim_eval(const std::filesystem::path& folder, const std::string& device);

}  // namespace bantam::exchange
