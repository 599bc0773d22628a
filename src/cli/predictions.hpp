#pragma once
// What is predicted for an answer: models by --predict or a plan file, with the options of a run that would
// measure them.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/arguments.hpp"
#include "plan/options.hpp"
#include "record/record.hpp"

namespace bantam::cli {

class PredictionArguments {
 public:
  void add_to(CLI::App& command);

  bool is_asked() const { return !models_.empty() || !plan_file_.empty(); }
  // usage for options that say nothing where nothing is predicted, or nothing is measured.
  base::Status check(bool measures) const;
  // Folders and the network of a run that measures.
  plan::OptionValues places() const;
  // Of the models and precisions of which the records hold no measured speed and memory. Notes on stderr what
  // is doubtful about them. usage for options that are wrong; the errors of predict::predict().
  base::Result<std::vector<record::Record>> find(const std::vector<record::Record>& records) const;

 private:
  std::vector<std::string> models_;
  std::string plan_file_;
  OptionFlags flags_;
};

}  // namespace bantam::cli
