#include "analyze/known_tasks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace bantam::analyze {

std::string hint_of_tasks(std::string_view name, const std::vector<std::string>& known) {
  std::vector<std::string> each;
  for (const std::string& task : known) {
    if (std::ranges::find(each, task) == each.end()) each.push_back(task);
  }
  const auto near = base::closest(name, each);
  return base::printable(fmt::format("{}there are results of: {}",
                                     near ? fmt::format("did you mean {}? ", *near) : "",
                                     each.empty() ? "no task" : base::join(each, ", ")));
}

tl::unexpected<base::Error> no_results_of(std::string_view name, const std::vector<std::string>& known) {
  return base::fail(base::ErrorKind::usage, fmt::format("no results of the task '{}'", base::printable(name)),
                    hint_of_tasks(name, known));
}

}  // namespace bantam::analyze
