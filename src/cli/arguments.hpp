#pragma once
// The command line as users type it, and the plan's option table as its flags.

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plan/options.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace bantam::cli {

// One form, before anything is parsed: --num_runs -> --num-runs (the value after '=' stays), -ngl ->
// --n-gpu-layers and the like. usage when a secret is given, which every user of the machine could read.
base::Result<std::vector<std::string>> normalized_arguments(int count, const char* const* arguments);

// usage for an empty name of a file or folder, which would stand for a default or for none.
base::Status check_file_names(const CLI::App& parsed);

// Whether a word can only be meant as a model: a scheme, a path, a model file, or something that is there.
bool looks_like_model(const std::string& word);

// usage for words that were taken as models (`models`, the positional option) although they belong to the
// option before them, as in --prompt a b c.
base::Status check_words(const CLI::App& command, const CLI::Option& models);

// The plan's options as CLI11 flags. Holds what was parsed; must outlive the parsing.
class OptionFlags {
 public:
  void add_to(CLI::App& app) { add_to(app, {}); }
  // Only the options of these names, or all when there are none.
  void add_to(CLI::App& app, const std::vector<std::string>& names);
  // In the table's order, given flags only. List arguments are split at commas and spaces, unless they name
  // an existing file or folder as they stand.
  plan::OptionValues values() const;
  // The same, with these models before those of --models.
  plan::OptionValues values_with(const std::vector<std::string>& models) const;
  // usage for a model file among the values of another list option: bantam run --precisions int8 my.gguf.
  base::Status check_lists() const;

 private:
  std::map<std::string, std::vector<std::string>> texts_;
  std::map<std::string, bool> toggles_;
  std::map<std::string, const void*> given_;  // CLI::Option, to ask whether it was on the command line
};

}  // namespace bantam::cli
