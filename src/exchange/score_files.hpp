#pragma once
// What the importers of files of scores have in common: which files there are, which are left out and why,
// what the user says of them, and of two results of one place the newer. Knows nothing of the files' forms.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "exchange/imported.hpp"
#include "exchange/lm_eval_model.hpp"

namespace bantam::exchange {

struct ScoreImport {
  std::string device;                    // what the machine is called
  std::optional<std::string> model;      // of files that do not name it; of a single file, of that
  std::optional<std::string> precision;  // the same; a canonical name (plan/precision.hpp)
};

// Of a form of files.
struct ScoreForm {
  int depth = 0;                 // folders between what is imported and a file
  std::uint64_t most_bytes = 0;  // of a file
  const char* hint;              // what to give
};

// The model and precision that a file is of.
struct PlacedModel {
  std::string model;
  std::string full_name;  // with its path: tells models apart whose paths end alike
  std::string reference;
  std::string precision;
  std::string basis;  // what tells the precision, as a sentence without its subject
};

class ScoreFiles {
 public:
  // `path`: a file, or a folder. `options` outlives it.
  ScoreFiles(std::filesystem::path path, const ScoreForm& form, const ScoreImport& options);

  struct File {
    std::filesystem::path path;
    std::string name;  // within what is imported
    std::string sha256;
    base::Json json;
  };
  // Hands every file to `read` that is whole JSON; all others are left out by name. Errors are those of
  // file_or_json_files().
  base::Status read(const std::function<void(File file)>& take);

  std::string name(const std::filesystem::path& file) const;
  void note(const std::string& text);
  void leave_out(const std::string& what, const std::string& why);

  // What a file says of its model, or the user. Why it cannot be placed, otherwise.
  tl::expected<PlacedModel, std::string> place(const SaidModel& said, const std::string& file);
  // Of two records of one model, precision and task the newer counts.
  void keep(record::Record record, std::vector<record::Item> items);
  bool empty() const { return newest_.empty(); }
  // bad_input, naming what was left out first, when there is no record: the path "holds no WHAT".
  base::Result<ImportedRecords> take(std::string_view what) &&;

  bool is_folder() const { return is_folder_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path path_;
  ScoreForm form_;
  const ScoreImport& options_;
  std::filesystem::path folder_;
  bool is_folder_ = false;
  std::size_t files_ = 0;
  NewestRecords newest_;
  std::vector<std::string> notes_;
};

}  // namespace bantam::exchange
