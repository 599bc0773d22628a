#pragma once
// A glance at a store that a run may be writing to: how much is finished and what has been begun. Reads no
// item and no trial, checks no file, and keeps nothing open.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace bantam::store {

// An attempt that was begun and is not finished: it is being measured, or was interrupted.
struct OpenAttempt {
  std::string model;
  std::string precision;
  std::string task;
  std::string point;        // of a sweep; empty: none
  std::int64_t blocks = 0;  // whole ones
  std::int64_t trials = 0;
  std::int64_t items = 0;  // those of earlier attempts included
};

struct Glance {
  bool is_there = false;      // false: no file, or one in which nothing was begun
  std::int64_t finished = 0;  // cells with a finished attempt
  std::vector<OpenAttempt> open;
  std::string results;  // another text whenever other attempts are finished; empty: none is
};

// Errors as those of Store. A store of an earlier version is brought up to date, as by
// Store::open_read_only(). No other thread of this process may have the store open.
base::Result<Glance> glance(const std::filesystem::path& path);

}  // namespace bantam::store
