#include "report/task_list_page.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace bantam::report {
namespace {

using table::Format;

task::Task leaf(const std::string& name, int shots, std::optional<std::int64_t> items) {
  task::Task task;
  task.name = name;
  task.output_type = task::OutputType::multiple_choice;
  task.num_fewshot = shots;
  task.data.dataset = "user/data";
  task.metrics = {{metric::find_task_metric("acc"), nullptr, {}},
                  {metric::find_task_metric("acc_norm"), nullptr, {}}};
  task.stated_items = items;
  return task;
}

// A task of the program, a group of two tasks of the user's, and one that cannot be used.
std::vector<TaskRow> rows() {
  task::Selection alone{"qa", std::nullopt, {leaf("qa", 0, 100)}, {}};
  task::Selection group{"science", task::Group{}, {leaf("physics", 5, 10), leaf("biology", 3, 20)}, {}};
  group.leaves[1].output_type = task::OutputType::generate_until;
  group.leaves[1].metrics = {{metric::find_task_metric("prompt_level_strict_acc"), nullptr, {}},
                             {metric::find_task_metric("exact_match"), nullptr, {}}};
  group.leaves[1].data.dataset = "user/other";
  return {{{"broken", "task", "/mine/broken.yaml", {}},
           std::nullopt,
           "/mine/broken.yaml: no metric",
           "add a metric"},
          {{"qa", "task", "/embedded/tasks/qa.yaml", {}}, alone, ""},
          {{"science", "group", "/mine/science.yaml", {"physics", "biology"}}, group, ""}};
}

TEST(task_list_page, terminal_shortens_metrics_and_tells_faults_below) {
  EXPECT_EQ(task_list_page(rows(), false, "/embedded", Format::table, {80, false}),
            "Tasks\n"
            "name     kind         shots  items                metrics\n"
            "broken   task                              cannot be used\n"
            "qa       task             0    100          acc, acc_norm\n"
            "science  group of 2  3 to 5     30  acc, acc_norm, 2 more\n"
            "broken: /mine/broken.yaml: no metric\n"
            "Tasks inside groups are left out; --all lists them too.\n");
}

TEST(task_list_page, markdown_has_room_for_everything) {
  EXPECT_EQ(task_list_page(rows(), true, "/embedded", Format::md, {}),
            "## Tasks\n"
            "\n"
            "| name | kind | shots | items | metrics | output type | data |\n"
            "|---|---|---:|---:|---:|---:|---:|\n"
            "| broken | task |  |  | cannot be used |  |  |\n"
            "| qa | task | 0 | 100 | acc, acc\\_norm | multiple\\_choice | user/data |\n"
            "| science | group of 2 | 3 to 5 | 30 | acc, acc\\_norm, prompt\\_level\\_strict\\_acc, "
            "exact\\_match | multiple\\_choice, generate\\_until | 2 sources |\n"
            "\n"
            "- broken: /mine/broken.yaml: no metric\n");
}

TEST(task_list_page, json_says_where_a_task_comes_from) {
  const auto json =
      base::parse_json(task_list_page(rows(), true, "/embedded", Format::json, {}), "page").value();
  EXPECT_EQ(json[0]["fault"], "/mine/broken.yaml: no metric");
  EXPECT_EQ(json[0]["hint"], "add a metric");
  EXPECT_EQ(json[1]["file"], "in this program");
  EXPECT_EQ(json[2]["file"], "/mine/science.yaml");
  EXPECT_EQ(json[2]["items"], 30);
  EXPECT_EQ(json[2]["parts"], base::Json({"physics", "biology"}));
}

}  // namespace
}  // namespace bantam::report
