#include "evaluate/validate.hpp"

#include <gmock/gmock.h>

#include "support/task_folder.hpp"

namespace bantam::evaluate {
namespace {

using testing::HasSubstr;

class ValidateTest : public support::TaskFolderTest {
 protected:
  DataFindings findings(const std::string& text) {
    write("t.yaml",
          "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\ntest_split: test\n"
          "doc_to_text: '" +
              text + "'\ndoc_to_target: a\n");
    write("t.jsonl", "{\"q\": \"x\", \"a\": \"1\"}\n{\"q\": \"y\", \"a\": \"2\"}\n");
    return check_data(find("t").leaves.front());
  }
};

TEST_F(ValidateTest, PromptsThatAreAllEqualAreAProblem) {
  const DataFindings found = findings("Ask {q}?");
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_THAT(found.problems[0].message, HasSubstr("the prompts of all 2 items are equal: 'Ask {q}?'"));
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_THAT(found.warnings[0].message, HasSubstr("a column is written {{q}}"));
  EXPECT_TRUE(findings("Ask {{q}}?").problems.empty());
  EXPECT_TRUE(findings("Ask {{q}}?").warnings.empty());
}

}  // namespace
}  // namespace bantam::evaluate
