// Expected texts are those of Python 3.11's repr() and json.dumps(indent=2).
#include "exchange/python_json.hpp"

#include <gtest/gtest.h>

#include "exchange/lm_eval_samples.hpp"

namespace bantam::exchange {
namespace {

using base::Json;

TEST(python_float, is_the_shortest_text_that_reads_back) {
  const std::pair<double, const char*> cases[] = {{190.3870584914538, "190.3870584914538"},
                                                  {0.1, "0.1"},
                                                  {100.0, "100.0"},
                                                  {-1.5, "-1.5"},
                                                  {-0.0, "-0.0"},
                                                  {0.0001, "0.0001"},
                                                  {0.00001, "1e-05"},
                                                  {1e16, "1e+16"},
                                                  {1e15, "1000000000000000.0"},
                                                  {1.5e-7, "1.5e-07"},
                                                  {5e-324, "5e-324"},
                                                  {1e300, "1e+300"},
                                                  {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                  {2.0 / 3.0, "0.6666666666666666"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(python_float(value), text);
}

TEST(python_text, is_what_json_dump_writes) {
  const Json json{
      {"a", 1},        {"b", Json::array()},   {"c", Json::object()}, {"d", {{"e", {1.5, nullptr, true}}}},
      {"f", "é \"\n"}, {"g", 7117336504161358}};
  EXPECT_EQ(python_text(json), R"({
  "a": 1,
  "b": [],
  "c": {},
  "d": {
    "e": [
      1.5,
      null,
      true
    ]
  },
  "f": "\u00e9 \"\n",
  "g": 7117336504161358
})");
}

}  // namespace
}  // namespace bantam::exchange
