#include "run/task_set.hpp"

#include "evaluate/documents.hpp"
#include "evaluate/prompts.hpp"
#include "evaluate/task_data.hpp"
#include "hub/embedded.hpp"

namespace bantam::run {

base::Result<evaluate::TaskLibrary> open_library(const plan::AccuracySettings& settings) {
  TRY_ASSIGN(const auto embedded, hub::materialize_embedded());
  return evaluate::TaskLibrary::open(settings.include_paths, embedded);
}

base::Result<std::map<std::string, TaskInput>> find_tasks(const plan::AccuracySettings& settings,
                                                          std::uint64_t seed) {
  TRY_ASSIGN(const auto library, open_library(settings));
  std::map<std::string, TaskInput> tasks;
  for (const std::string& name : settings.tasks) {
    TRY_ASSIGN(const evaluate::Selection selection, library.find(name));
    TaskInput input;
    for (const evaluate::Task& leaf : selection.leaves) {
      evaluate::Settings chosen;
      chosen.limit = settings.limit;
      chosen.num_fewshot = settings.num_fewshot;
      chosen.seed = seed;
      const bool with_fewshot = evaluate::shots_of(leaf, chosen) > 0;
      TRY_ASSIGN(const std::string fingerprint, evaluate::fingerprint(leaf, with_fewshot));
      input.fingerprint += fingerprint + " ";
      TRY_ASSIGN(const auto rows, evaluate::load_rows(leaf, false));
      input.items += static_cast<std::int64_t>(evaluate::selected_docs(rows.docs.size(), chosen).size());
    }
    tasks.emplace(name, std::move(input));
  }
  return tasks;
}

}  // namespace bantam::run
