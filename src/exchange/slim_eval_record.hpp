#pragma once
// A record as the content of one of SLiM-Eval's files. Pure functions; know nothing of files.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// Each gives a text why there is none, as it is said behind "it", otherwise. `model`: what it is called
// outside.

// Of a performance record: from its trials of the scenario offline or, where there are none, of
// single_stream, which is a batch of one.
tl::expected<base::Json, std::string> slim_eval_speed(const record::Record& record, const std::string& model,
                                                      const std::vector<record::Trial>& trials);
// Of an energy record.
tl::expected<base::Json, std::string> slim_eval_energy(const record::Record& record,
                                                       const std::string& model);
// Of a record with a task's scores.
tl::expected<base::Json, std::string> slim_eval_score(const record::Record& record, const std::string& model);

}  // namespace bantam::exchange
