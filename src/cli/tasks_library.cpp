#include "cli/tasks_library.hpp"

#include "cache/embedded.hpp"

namespace bantam::cli {

base::Result<OpenedTasks> open_tasks(const std::vector<std::string>& include_paths) {
  TRY_ASSIGN(const auto embedded, cache::materialize_embedded());
  TRY_ASSIGN(auto library, task::TaskLibrary::open({include_paths.begin(), include_paths.end()}, embedded));
  return OpenedTasks{std::move(library), embedded};
}

std::string origin_of(const std::filesystem::path& file, const std::filesystem::path& embedded) {
  return file.string().starts_with(embedded.string() + "/") ? "in this program" : file.string();
}

}  // namespace bantam::cli
