#include <gmock/gmock.h>

#include "base/json.hpp"
#include "support/shared.hpp"
#include "support/task_folder.hpp"
#include "task/library.hpp"

namespace bantam::task {
namespace {

using base::Json;
using testing::HasSubstr;

// As a task travels: written as text and read again.
base::Result<Task> sent(const Task& task) {
  TRY_ASSIGN(const Json json, base::parse_json(base::to_text(to_json(task)), "task"));
  return task_from(json);
}

// How many tasks of the folder come back as they were.
std::size_t expect_exact(const std::filesystem::path& folder) {
  const auto library = TaskLibrary::open({folder}, {});
  EXPECT_TRUE(library);
  std::size_t tasks = 0;
  for (const Entry& entry : library->entries()) {
    const auto selection = library->find(entry.name);
    if (!selection) continue;  // a file that cannot run here
    for (const Task& task : selection->leaves) {
      const auto read = sent(task);
      EXPECT_TRUE(read) << task.name;
      EXPECT_TRUE(read && *read == task) << task.name;
      ++tasks;
    }
  }
  return tasks;
}

TEST(TaskJson, IsExactForEveryShippedTask) {
  const std::filesystem::path source = BANTAM_SOURCE_DIR;
  EXPECT_GT(expect_exact(source / "tasks"), 70u);
  EXPECT_GT(expect_exact(source / "models" / "nano" / "tasks"), 3u);
}

TEST(TaskJson, IsExactForSharedTasks) {
  SKIP_WITHOUT_SHARED("oracle");
  EXPECT_GT(expect_exact(support::shared_folder() / "oracle"), 5u);
}

using TaskJsonTest = support::TaskFolderTest;

// Every member away from its default.
TEST_F(TaskJsonTest, EveryMemberTravels) {
  write("t.yaml",
        "task: my_copa\ntask_alias: T\ntag: [a, b]\ndataset_path: csv\n"
        "dataset_kwargs: {data_files: {test: t.csv, train: [u.csv, v.csv]}, column_names: [q, a], sep: ';'}\n"
        "test_split: test\ntraining_split: train\noutput_type: generate_until\ndoc_to_text: q\n"
        "doc_to_target: !function copa.doc_to_target\n"
        "description: D\ntarget_delimiter: '|'\nfewshot_delimiter: '#'\ngen_prefix: G\nnum_fewshot: 2\n"
        "fewshot_config: {sampler: first_n, doc_to_text: '{{q}}'}\n"
        "generation_kwargs: {until: ['.', x], max_gen_toks: 7, temperature: 0.7, top_p: 0.9, min_p: 0.1}\n"
        "repeats: 2\n"
        "metadata: {version: 1.5, items: 12, classifier_text: a}\n"
        "metric_list:\n  - metric: exact_match\n    aggregation: median\n    ignore_case: true\n"
        "  - metric: bleu\n    tokenize: char\n"
        "filter_list:\n  - name: f\n    filter: [{function: lowercase}, {function: take_first}]\n");
  Task task = find("my_copa").leaves.front();
  task.rows = 12;
  const auto read = sent(task);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(*read == task);
  EXPECT_EQ(read->data.format.separator, ';');
  EXPECT_EQ(read->generation.repeats, 2);
  EXPECT_EQ(read->generation.sampling->min_p, 0.1);
  EXPECT_EQ(read->version, Json(1.5));
  EXPECT_EQ(read->stated_items, 12);
  EXPECT_EQ(read->classifier_text, "a");
  EXPECT_EQ(read->num_fewshot, 2);
}

TEST_F(TaskJsonTest, WhatTheFileLeavesOutIsAbsent) {
  write_choice_task("t", 1);
  const auto read = sent(find("t").leaves.front());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->num_fewshot) << "not said, as against 0";
  EXPECT_FALSE(read->version);
  EXPECT_FALSE(read->stated_items);
  EXPECT_EQ(read->classifier_text, read->doc_to_text);
}

TEST_F(TaskJsonTest, WhatIsMissingOrUnknownIsNamed) {
  write_choice_task("t", 1);
  const Json json = to_json(find("t").leaves.front());
  for (const char* key : {"name", "output_type", "config", "until", "filters", "num_fewshot"}) {
    Json lacking = json;
    lacking.erase(key);
    const auto read = task_from(lacking);
    ASSERT_FALSE(read) << key;
    EXPECT_THAT(read.error().message, HasSubstr(key));
  }
  Json other = json;
  other["metrics"][0]["metric"] = "no_such_metric";
  EXPECT_FALSE(task_from(other));
  other = json;
  other["metrics"][0]["aggregation"] = "bleu";
  EXPECT_FALSE(task_from(other));
  other = json;
  other["process_results"] = "no.such";
  EXPECT_FALSE(task_from(other));
}

}  // namespace
}  // namespace bantam::task
