#include "prompt/python_literal.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/json_lines.hpp"

namespace bantam::prompt {
namespace {

using base::Json;

// Expected values: Python 3.11, repr().
TEST(PythonLiteral, ReprIsPythons) {
  EXPECT_EQ(python_repr(Json::parse(R"json(["a", 1, 1.0, true, null, {"k": "it's"}])json")),
            R"py(['a', 1, 1.0, True, None, {'k': "it's"}])py");
  EXPECT_EQ(python_repr("both ' and \""), R"py('both \' and "')py");
  EXPECT_EQ(python_repr("a\n\\\t"), R"py('a\n\\\t')py");
  EXPECT_EQ(python_repr(1e20), "1e+20");
  EXPECT_EQ(python_str("plain"), "plain");
}

TEST(PythonLiteral, ReprEscapesWhatIsNotPrinted) {
  EXPECT_EQ(python_repr("\u00a0\u3000\u00e9\u200b\U0001F600\U000E0001\x1c\u0085"),
            "'\\xa0\\u3000\u00e9\\u200b\U0001F600\\U000e0001\\x1c\\x85'");
}

// Values: Python 3.11, ast.literal_eval; none where it fails, and of bytes, sets, complex numbers and "...".
TEST(PythonLiteral, ReadsWhatPythonReads) {
  for (const Json& one :
       support::json_lines(std::filesystem::path(BANTAM_SOURCE_DIR) / "tests/prompt/literals.jsonl")) {
    SCOPED_TRACE(one["text"]);
    const auto read = parse_python_literal(one["text"].get<std::string>());
    ASSERT_EQ(read.has_value(), one.contains("value"));
    if (read) {
      EXPECT_EQ(*read, one["value"]);
      EXPECT_EQ(read->is_number_float(), one["value"].is_number_float());
    }
  }
  EXPECT_FALSE(parse_python_literal(std::string(100000, '[')));
}

TEST(PythonLiteral, ReprIsReadBack) {
  const Json value = Json::parse(R"json(["x \\ y", "\u0001\n'\"", [["é"], 7], {"a b": false}])json");
  EXPECT_EQ(*parse_python_literal(python_repr(value)), value);
}

}  // namespace
}  // namespace bantam::prompt
