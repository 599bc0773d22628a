#include "exchange/python_json.hpp"

#include <gtest/gtest.h>

namespace bantam::exchange {
namespace {

// What json.dumps(value, indent=2, ensure_ascii=False) of Python 3.11 gives.
TEST(PythonJsonText, IsWhatPythonWrites) {
  const base::Json value{{"a", {1, 2.0, 190.3870584914538, 1e-05, 0.0001, 1e16, 123456789012345.6, -0.0}},
                         {"b", base::Json::object()},
                         {"c", {{"d", "\u00fc\n"}, {"e", nullptr}, {"f", true}}}};
  EXPECT_EQ(
      python_json_text(value),
      "{\n  \"a\": [\n    1,\n    2.0,\n    190.3870584914538,\n    1e-05,\n    0.0001,\n    1e+16,\n    "
      "123456789012345.6,\n    -0.0\n  ],\n  \"b\": {},\n  \"c\": {\n    \"d\": \"\u00fc\\n\",\n    \"e\": "
      "null,\n    \"f\": true\n  }\n}");
}

}  // namespace
}  // namespace bantam::exchange
