#pragma once
// A folder of task and data files for one test.

#include <fstream>

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"
#include "task/library.hpp"

namespace bantam::support {

class TaskFolderTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name, std::ios::binary) << content;
  }

  // A multiple-choice task on `rows` rows whose right answer is always "x" of the choices "x" and "yy".
  void write_choice_task(const std::string& name, int rows, const std::string& more = "") {
    write(name + ".yaml",
          "task: " + name + "\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: " + name +
              ".jsonl\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: \"{{q}}\"\n"
              "doc_to_target: \"{{a}}\"\ndoc_to_choice: [\"yy\", \"x\"]\nmetric_list:\n"
              "  - metric: acc\n" +
              more);
    std::string data;
    for (int i = 0; i < rows; ++i) data += "{\"q\": \"question " + std::to_string(i) + "\", \"a\": 1}\n";
    write(name + ".jsonl", data);
  }

  task::TaskLibrary library() { return *task::TaskLibrary::open({folder_.path()}, {}); }
  task::Selection find(const std::string& name) {
    auto selection = library().find(name);
    EXPECT_TRUE(selection) << (selection ? "" : selection.error().message);
    return *selection;
  }
  std::string error_of(const std::string& name) {
    const auto selection = library().find(name);
    return selection ? "no error" : selection.error().message;
  }

  TempDir folder_;
};

}  // namespace bantam::support
