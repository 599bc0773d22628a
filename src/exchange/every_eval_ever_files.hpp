#pragma once
// Writes scores in the schema "every eval ever" 0.3.0 of the EvalEval coalition, laid out as its data store
// is: one JSON object for each model, precision and library that gave the scores,
// DIR/LIBRARY/DEVELOPER/MODEL/UUID.json. What was imported in this schema is written again as it was. The
// same results have the same files, also by name.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "exchange/export_files.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// `organization`: who has evaluated, which the schema asks for. Of several records of one cell the newest
// counts. Scores that are none of the catalogue's, and cells that have not ended well, are left out with a
// note. Nothing is written when one file is there with other content and is to be kept, or when two models
// share a folder: usage. bad_input when there is no score; storage when a file cannot be written.
base::Result<ExportedFiles> write_every_eval_ever(const std::filesystem::path& folder,
                                                  const std::vector<record::Record>& records,
                                                  const std::string& organization, Existing existing);

}  // namespace bantam::exchange
