#include "chart/embedded_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cache/embedded.hpp"

namespace bantam::chart {

base::Result<std::string_view> embedded_file(std::string_view name) {
  const auto files = cache::embedded_files();
  const auto found =
      std::ranges::find(files, fmt::format("{}{}", cache::kOnlyInMemory, name), &cache::EmbeddedFile::name);
  if (found != files.end()) return found->content();
  return base::fail(base::ErrorKind::environment, fmt::format("this build has no {}", name),
                    "build it with scripts/build.sh, which builds web/ first");
}

}  // namespace bantam::chart
