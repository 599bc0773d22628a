#pragma once
// Where the shared test material lies (real data, small models, reference values). It is not part of the
// project: a test that needs it is skipped, saying so, where it is missing.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace bantam::support {

inline std::filesystem::path shared_folder() {
  return std::filesystem::path(BANTAM_SOURCE_DIR) / ".." / "shared";
}

// One value a line; empty lines are passed over. `relative`: a file that is there.
inline std::vector<base::Json> shared_json_lines(const std::string& relative) {
  std::vector<base::Json> values;
  std::ifstream file(shared_folder() / relative);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) values.push_back(base::parse_json(line, relative).value());
  }
  EXPECT_FALSE(values.empty()) << relative;
  return values;
}

}  // namespace bantam::support

#define SKIP_WITHOUT_SHARED(relative)                                                          \
  if (!std::filesystem::exists(::bantam::support::shared_folder() / (relative))) {             \
    GTEST_SKIP() << "needs ../shared/" << (relative) << ", which is not part of this project"; \
  }
