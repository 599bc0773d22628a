#pragma once
// Heads of models that are not on this machine, kept as files for a worker as long as this lives.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/llama/head.hpp"

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

}  // namespace bantam::predict
