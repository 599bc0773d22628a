#pragma once
// Where the shared test material lies (real data, small models, reference values). It is not part of the
// project: a test that needs it is skipped, saying so, where it is missing.

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/json_lines.hpp"

namespace bantam::support {

inline std::filesystem::path shared_folder() {
  return std::filesystem::path(BANTAM_SOURCE_DIR) / ".." / "shared";
}

// `relative`: a file that is there.
inline std::vector<base::Json> shared_json_lines(const std::string& relative) {
  return json_lines(shared_folder() / relative);
}

}  // namespace bantam::support

#define SKIP_WITHOUT_SHARED(relative)                                                          \
  if (!std::filesystem::exists(::bantam::support::shared_folder() / (relative))) {             \
    GTEST_SKIP() << "needs ../shared/" << (relative) << ", which is not part of this project"; \
  }
