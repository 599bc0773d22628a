#pragma once
// What the process returns.

#include "base/result.hpp"

namespace bantam::cli {

inline constexpr int kOk = 0;
inline constexpr int kSomeFailed = 1;  // finished; some items or cells failed

// 2 usage, 3 bad input, 4 environment, 5 storage, 6 invalid measurement, 7 worker, 8 integrity, 130
// interrupted.
int exit_code(base::ErrorKind kind);

}  // namespace bantam::cli
