#include "prompt/python_literal.hpp"

#include <gtest/gtest.h>

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

TEST(PythonLiteral, ReadsWhatPythonReads) {
  EXPECT_EQ(*parse_python_literal(R"py( ['a', "b'", 'c\'\x41\u00e9', -1, 2.5, (1, 2), True, None, ] )py"),
            Json::parse(R"json(["a", "b'", "c'Aé", -1, 2.5, [1, 2], true, null])json"));
  EXPECT_EQ(*parse_python_literal("{'a': [1]}"), Json::parse(R"json({"a": [1]})json"));
  EXPECT_EQ(*parse_python_literal("'a' 'b'"), Json("ab"));
  EXPECT_EQ(*parse_python_literal("[]"), Json::array());
}

TEST(PythonLiteral, RefusesEverythingElse) {
  for (const char* text : {"", "[1", "['a]", "name", "[1] 2", "1 + 1", "[,]", "f()", "[1 2]"}) {
    EXPECT_FALSE(parse_python_literal(text)) << text;
  }
  EXPECT_FALSE(parse_python_literal(std::string(100000, '[')));
}

TEST(PythonLiteral, ReprIsReadBack) {
  const Json value = Json::parse(R"json(["x \\ y", "\u0001\n'\"", [["é"], 7], {"a b": false}])json");
  EXPECT_EQ(*parse_python_literal(python_repr(value)), value);
}

}  // namespace
}  // namespace bantam::prompt
