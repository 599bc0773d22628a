#include "measure/least_limit.hpp"

#include <algorithm>
#include <cmath>

namespace bantam::measure {
namespace {

constexpr double kFirstStep = 0.04;  // of the limit; each further one is twice as large
constexpr double kLargestStep = 0.5;

class Search {
 public:
  Search(const LimitSearch& search, const TryLimit& attempt) : search_(search), attempt_(attempt) {}

  base::Result<LimitFound> run() {
    TRY(bracket());
    while (found_.works_bytes && found_.failed_bytes && !is_close()) {
      TRY(take(*found_.failed_bytes + (*found_.works_bytes - *found_.failed_bytes) / 2));
    }
    return std::move(found_);
  }

 private:
  // Until a limit has worked and one has failed, or there is none left to try.
  base::Status bracket() {
    std::int64_t limit = std::clamp(search_.first_bytes, search_.least_bytes, search_.most_bytes);
    double step = kFirstStep;
    while (true) {
      TRY(take(limit));
      if (found_.works_bytes && found_.failed_bytes) return {};
      const double factor = found_.works_bytes ? 1.0 - step : 1.0 + step;
      const auto wanted = static_cast<std::int64_t>(std::llround(static_cast<double>(limit) * factor));
      const std::int64_t next = std::clamp(wanted, search_.least_bytes, search_.most_bytes);
      if (next == limit) return {};
      limit = next;
      step = std::min(2.0 * step, kLargestStep);
    }
  }

  base::Status take(std::int64_t limit) {
    TRY_ASSIGN(UnderLimit outcome, attempt_(limit));
    found_.tries.push_back({limit, outcome});
    if (outcome == UnderLimit::slow) {
      TRY_ASSIGN(outcome, attempt_(limit));
      found_.tries.push_back({limit, outcome});
    }
    (outcome == UnderLimit::runs ? found_.works_bytes : found_.failed_bytes) = limit;
    return {};
  }

  bool is_close() const {
    const std::int64_t apart = *found_.works_bytes - *found_.failed_bytes;
    return apart <= 1 ||
           static_cast<double>(apart) <= search_.resolution * static_cast<double>(*found_.works_bytes);
  }

  const LimitSearch& search_;
  const TryLimit& attempt_;
  LimitFound found_;
};

}  // namespace

std::string_view name(UnderLimit outcome) {
  switch (outcome) {
    case UnderLimit::runs:
      return "runs";
    case UnderLimit::slow:
      return "slow";
    case UnderLimit::pages:
      return "pages";
    case UnderLimit::no_memory:
      return "no_memory";
  }
  return "";
}

base::Result<LimitFound> find_least_limit(const LimitSearch& search, const TryLimit& attempt) {
  return Search(search, attempt).run();
}

}  // namespace bantam::measure
