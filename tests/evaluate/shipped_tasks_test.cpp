// The tasks that come with the project can be opened, and every prompt of theirs can be made.
#include <gtest/gtest.h>

#include "evaluate/prompts.hpp"
#include "task/library.hpp"

namespace bantam::evaluate {
namespace {

TEST(ShippedTasks, EveryPromptCanBeMade) {
  const auto folder = std::filesystem::path(BANTAM_SOURCE_DIR) / "models" / "nano" / "tasks";
  const auto library = task::TaskLibrary::open({folder}, {});
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_TRUE(library->warnings().empty());
  EXPECT_FALSE(library->entries().empty());
  for (const task::Entry& entry : library->entries()) {
    SCOPED_TRACE(entry.name);
    const auto selection = library->find(entry.name);
    ASSERT_TRUE(selection) << selection.error().message;
    for (const task::Task& task : selection->leaves) {
      EXPECT_TRUE(task.warnings.empty());
      const auto prompter = Prompter::make(task, {});
      ASSERT_TRUE(prompter) << prompter.error().message;
      for (std::size_t doc = 0; doc < prompter->docs(); ++doc) {
        const auto prompt = prompter->prompt(static_cast<std::int64_t>(doc));
        ASSERT_TRUE(prompt) << prompt.error().message;
      }
    }
  }
}

}  // namespace
}  // namespace bantam::evaluate
