#pragma once
// The address space that this process may have.

#include <cstdint>
#include <optional>

namespace bantam::base {

// The limit of `ulimit -v` (RLIMIT_AS), which workers inherit. Absent: there is none.
std::optional<std::int64_t> address_space_limit();

}  // namespace bantam::base
