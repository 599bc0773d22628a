#pragma once
// One results file of lm-evaluation-harness as records: one for each task, and one for each group that stands
// in no other, with its tasks in it. Knows nothing of folders; samples come from whoever asks.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "exchange/imported.hpp"

namespace bantam::exchange {

struct ResultsFile {
  std::string name;    // within what is imported
  std::string sha256;  // of the file
  base::Json json;
  std::string model;      // by itself: keys do not depend on what else is imported
  std::string full_name;  // of the model, with its path
  std::string reference;
  std::string precision;
  std::string basis;  // what tells the precision, as a sentence without its subject
  std::string device;
  std::string started_at;   // UTC
  std::string finished_at;  // UTC
};

// The samples of one task.
struct SamplesFile {
  std::string name;  // within what is imported
  base::Result<std::string> text;
};
// Absent where the task has none.
using SamplesOf = std::function<std::optional<SamplesFile>(const std::string& task)>;

// The records in the order of their tasks in the file, with their items. Notes name what was left out: tasks
// without a score, scores that are no numbers, items that do not fit the results, groups within themselves.
ImportedRecords records_of(const ResultsFile& file, const SamplesOf& samples);

}  // namespace bantam::exchange
