#include "run/task_set.hpp"

#include "evaluate/runner.hpp"
#include "hub/embedded.hpp"

namespace bantam::run {

base::Result<evaluate::TaskLibrary> open_library(const plan::AccuracySettings& settings) {
  TRY_ASSIGN(const auto embedded, hub::materialize_embedded());
  return evaluate::TaskLibrary::open(settings.include_paths, embedded);
}

base::Result<std::map<std::string, TaskInput>> find_tasks(const plan::AccuracySettings& settings) {
  TRY_ASSIGN(const auto library, open_library(settings));
  std::map<std::string, TaskInput> tasks;
  for (const std::string& name : settings.tasks) {
    TRY_ASSIGN(const evaluate::Selection selection, library.find(name));
    TaskInput input;
    for (const evaluate::Task& leaf : selection.leaves) {
      TRY_ASSIGN(const std::string fingerprint, evaluate::fingerprint(leaf));
      input.fingerprint += fingerprint + " ";
      TRY_ASSIGN(const std::int64_t items, evaluate::count_items(leaf, settings.limit));
      input.items += items;
    }
    tasks.emplace(name, std::move(input));
  }
  return tasks;
}

}  // namespace bantam::run
