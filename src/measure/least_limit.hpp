#pragma once
// The smallest memory limit under which something works, by bisection. Pure: what is tried is a function.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::measure {

// How a try under a limit went.
enum class UnderLimit {
  runs,
  slow,       // it ran without steady page faults, but slower than without a limit by more than is allowed
  pages,      // pages that it needs were read from the disk again and again
  no_memory,  // it did not get the memory that it asked for
};
std::string_view name(UnderLimit outcome);

struct LimitTry {
  std::int64_t limit_bytes = 0;
  UnderLimit outcome = UnderLimit::runs;
};

struct LimitSearch {
  std::int64_t first_bytes = 0;  // the first limit that is tried
  std::int64_t least_bytes = 0;  // no limit below is tried
  std::int64_t most_bytes = 0;   // nor one above
  double resolution = 0.01;      // of the limit that works: the search ends when the two are as close
};

// `works_bytes` is above `failed_bytes` where both are there.
struct LimitFound {
  std::optional<std::int64_t> failed_bytes;  // the largest limit below works_bytes that failed
  std::optional<std::int64_t> works_bytes;   // the smallest one that worked; absent: none did
  std::vector<LimitTry> tries;               // in their order
};

using TryLimit = std::function<base::Result<UnderLimit>(std::int64_t limit_bytes)>;

// From `first_bytes` in growing steps, up after a failure and down after a success, until one limit has
// worked and one has failed; then halfway between the two. A limit that failed for its speed alone is tried
// once more, since other programs slow things down, too. Errors are those of `attempt`.
base::Result<LimitFound> find_least_limit(const LimitSearch& search, const TryLimit& attempt);

}  // namespace bantam::measure
