#pragma once
// The files of a model as a worker plans with them: those that are here, and heads of those that are not,
// kept as files as long as this lives.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/llama/head.hpp"
#include "model/locate.hpp"

namespace bantam::predict {

class HeadFiles {
 public:
  HeadFiles() = default;
  ~HeadFiles();
  HeadFiles(const HeadFiles&) = delete;
  HeadFiles& operator=(const HeadFiles&) = delete;

  // `file_bytes`: of the whole file. storage when the cache folder cannot be written.
  base::Status add(const std::string& head, std::int64_t file_bytes);
  const std::vector<engine::ModelHead>& parts() const { return parts_; }

 private:
  std::vector<engine::ModelHead> parts_;
};

// The parts of a model; those that are not here are added to `heads`, which must outlive their use. None of a
// synthetic model, which has no file. bad_input when a file cannot be looked at; the errors of
// HeadFiles::add().
base::Result<std::vector<engine::ModelHead>> parts_of(const model::Source& source, HeadFiles& heads);

}  // namespace bantam::predict
