#pragma once
// Files of JSON that tests read.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/json.hpp"

namespace bantam::support {

// One value a line; empty lines are passed over. A file that is missing or holds no line is a failure.
inline std::vector<base::Json> json_lines(const std::filesystem::path& path) {
  std::vector<base::Json> values;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) values.push_back(base::parse_json(line, path.string()).value());
  }
  EXPECT_FALSE(values.empty()) << path;
  return values;
}

inline base::Json json_file(const std::filesystem::path& path) {
  return base::parse_json(base::read_file(path).value(), path.string()).value();
}

}  // namespace bantam::support
