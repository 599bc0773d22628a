#include "report/pull_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using Algorithm = hub::ContentHash::Algorithm;

PulledModel planned() {
  PulledModel pulled;
  pulled.reference.text = "hf:user/repo";
  const hub::Repository repository{hub::RepositoryKind::models, "user/repo"};
  pulled.files = {"user/repo",
                  "main",
                  "c0ffee",
                  true,
                  {{repository, "c0ffee", "a.gguf", 5 << 20, {Algorithm::sha256, "aa"}},
                   {repository, "c0ffee", "b\x1b.json", 700, {Algorithm::git_blob, "bb"}}}};
  return pulled;
}

TEST(pull_page, a_dry_run_lists_files_with_their_sizes) {
  EXPECT_EQ(pulled_lines(planned()),
            " 5.00 MiB  a.gguf\n"
            "    700 B  b\\x1b.json\n");
  const base::Json json = to_json(planned());
  EXPECT_EQ(json["bytes"], (5 << 20) + 700);
  EXPECT_EQ(json["files"][0]["sha256"], "aa");
  EXPECT_EQ(json["files"][1]["git_blob"], "bb");
  EXPECT_FALSE(json.contains("path"));
}

TEST(pull_page, of_a_model_that_came_a_shell_gets_the_path) {
  PulledModel pulled = planned();
  pulled.model = model::HubModel{"user/repo", "c0ffee", true, {"/hub/a.gguf", "/hub/b"}, "/hub", {}, 42};
  EXPECT_EQ(pulled_lines(pulled), "/hub/a.gguf\n");
  const base::Json json = to_json(pulled);
  EXPECT_EQ(json["received_bytes"], 42);
  EXPECT_EQ(json["files"][1]["path"], "/hub/b");
}

TEST(pull_page, a_summary_says_what_came_over_the_network) {
  PulledModel pulled = planned();
  EXPECT_EQ(pull_summary(pulled), "would fetch user/repo at c0ffee: 2 files, 5.00 MiB");
  pulled.model = model::HubModel{"user/repo", "c0ffee", true, {"/hub/a.gguf", "/hub/b"}, "/hub", {}, 42};
  EXPECT_EQ(pull_summary(pulled), "fetched user/repo at c0ffee: 2 files, 5.00 MiB (42 B over the network)");
  pulled.model->received_bytes = 0;
  EXPECT_EQ(pull_summary(pulled), "in the cache: user/repo at c0ffee: 2 files, 5.00 MiB");
}

TEST(pull_page, tasks_say_what_came_or_would_come) {
  EXPECT_EQ(pulled_lines(PulledTask{"mmlu", 57, 14042, 6 << 20, 0}, false),
            "mmlu (57 tasks): fetched 14042 rows, 6.00 MiB\n");
  EXPECT_EQ(pulled_lines(PulledTask{"qa", 1, 100, 0, 1}, true), "qa: would fetch 100 rows\n");
  EXPECT_EQ(pulled_lines(PulledTask{"qa", 1, 0, 0, 2}, true), "qa: would fetch 2 files\n");
  EXPECT_EQ(pulled_lines(PulledTask{"qa", 1, 0, 0, 0}, false), "qa: all here\n");
  EXPECT_EQ(to_json(PulledTask{"qa", 1, 100, 7, 0}, true),
            base::Json({{"name", "qa"}, {"tasks", 1}, {"missing_rows", 100}, {"missing_bytes", 7}}));
}

}  // namespace
}  // namespace bantam::report
