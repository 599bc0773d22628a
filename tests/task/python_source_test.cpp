// Expected hashes: scripts/python_functions.py, which computes the same in Python.
#include "task/python_source.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "support/task_folder.hpp"

namespace bantam::task {
namespace {

std::string squad_metrics() {
  return base::read_file(std::filesystem::path(BANTAM_SOURCE_DIR) /
                         "tests/data/oracle/lm_eval/tasks/squad_metrics.py")
      .value();
}

TEST(PythonSource, EqualsTheScript) {
  EXPECT_EQ(python_function_hash(squad_metrics(), "process_results"),
            "8ac013c53bd82da6ec3353f532d57d2f1f7f539f4bfe23955f19340fe89d7931");
  EXPECT_EQ(python_function_hash(squad_metrics(), "normalize_answer"),
            "8bbaf7d4187c5da1a0a5aeb71135358a88c68c5c5a28eb967e2e1431320f0f98");
}

TEST(PythonSource, AModuleThatFillsGlobalsIsToldAsAWhole) {
  const auto text = base::read_file(std::filesystem::path(BANTAM_SOURCE_DIR) /
                                    "tests/data/oracle/task_dialect/rows_of_a_subject/utils.py")
                        .value();
  EXPECT_FALSE(python_function_hash(text, "process_anatomy"));
  EXPECT_EQ(python_module_hash(text), "a1c26fa1cc4a147b529ea30025e7c410f3368fec4a5eebee933cf740db4aea64");
  EXPECT_NE(python_module_hash(base::replace_all(text, "==", "!=")), python_module_hash(text));
  EXPECT_FALSE(python_module_hash(squad_metrics()));
}

constexpr const char* kPlain =
    "import re\nWORD = 'a  # b'\ndef other():\n    return 1\ndef helper(x):\n    return re.sub(WORD, '', x)\n"
    "def f(doc):\n    return {'a': helper(doc['b'])}\n";

TEST(PythonSource, BlanksAndCommentsDoNotCount) {
  const auto plain = python_function_hash(kPlain, "f");
  ASSERT_TRUE(plain);
  const char* spaced =
      "# a module\r\nimport  re # of blanks\n\n\nWORD='a  # b'\n\ndef helper( x ):\n  # strips\n\n"
      "  return re.sub(\n      WORD,\n      '', x)\n\ndef f(doc):\n\treturn {'a' : helper(doc[ 'b' ])}  # "
      "done\n";
  EXPECT_EQ(python_function_hash(spaced, "f"), plain);
}

TEST(PythonSource, WhatTheFunctionNeedsCounts) {
  const auto plain = python_function_hash(kPlain, "f");
  const auto with = [](const char* from, const char* to) {
    return python_function_hash(base::replace_all(kPlain, from, to), "f");
  };
  EXPECT_NE(with("'b'", "'c'"), plain);
  EXPECT_NE(with("a  # b", "a # b"), plain);                     // inside a text
  EXPECT_NE(with("re.sub(WORD", "re.sub(WORD.lower()"), plain);  // of a helper
  EXPECT_NE(with("import re", "import regex as re"), plain);
  EXPECT_EQ(with("return 1", "return 2"), plain);  // of another function
  EXPECT_NE(python_function_hash(std::string(kPlain) + "if True:\n    WORD = 'x'\n", "f"), plain);
  EXPECT_NE(python_function_hash(std::string(kPlain) + "helper.x = 1\n", "f"), plain);
  EXPECT_NE(python_function_hash(std::string(kPlain) + "@twice\ndef f(doc):\n    return 1\n", "f"), plain);
}

TEST(PythonSource, WhatIsNotThereHasNone) {
  EXPECT_FALSE(python_function_hash(kPlain, "g"));
  EXPECT_FALSE(python_function_hash("", "f"));
  EXPECT_FALSE(python_function_hash("def f(:\n  '''", "g"));
  EXPECT_TRUE(python_function_hash("def f(:\n  '''", "f"));
}

class PythonFunctionTest : public support::TaskFolderTest {
 protected:
  void write_task(const std::string& function) {
    write("t.yaml",
          "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\ntest_split: test\n"
          "doc_to_text: q\ndoc_to_target: a\nprocess_results: !function " +
              function + "\nmetric_list:\n  - metric: f1\n");
  }
};

TEST_F(PythonFunctionTest, IsKnownByItsSourceWhateverItsFileIsCalled) {
  write_task("parts.scores.process_results");
  write("parts/scores.py", "# ours\n" + squad_metrics());
  EXPECT_EQ(find("t").leaves.front().process_results, results_function_named("squad.process_results"));
}

TEST_F(PythonFunctionTest, AnotherBodyIsRefused) {
  write_task("squad_metrics.process_results");
  write("squad_metrics.py", base::replace_all(squad_metrics(), "max(exact", "min(exact"));
  const std::string error = error_of("t");
  EXPECT_NE(error.find("'squad_metrics.process_results', which cannot run here: its source in"),
            std::string::npos)
      << error;
  write("squad_metrics.py", "def other():\n  pass\n");
  EXPECT_NE(error_of("t").find("squad_metrics.py does not define it"), std::string::npos) << error_of("t");
}

TEST_F(PythonFunctionTest, WithoutAFileOnlyOurOwnNameIsKnown) {
  write_task("squad_metrics.process_results");
  EXPECT_NE(error_of("t").find("there is no squad_metrics.py beside the task file"), std::string::npos);
  write_task("squad.process_results");
  EXPECT_EQ(find("t").leaves.front().process_results, results_function_named("squad.process_results"));
}

}  // namespace
}  // namespace bantam::task
