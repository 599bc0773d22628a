#include "taskcode/values.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bantam::taskcode {
namespace {

using base::Json;

// The forms of taskcode/PROTOCOL.md, and what each stands for.
TEST(Values, FormsOfTheProtocolBecomeWhatTemplatesRead) {
  EXPECT_EQ(plain(Json::parse(R"({"$tuple": [1, {"$set": ["a"]}]})")), Json::parse(R"([1, ["a"]])"));
  EXPECT_EQ(plain(Json::parse(R"({"a": {"$array": [[1, 2], [3, 4]]}})")),
            Json::parse(R"({"a": [[1, 2], [3, 4]]})"));
  EXPECT_EQ(plain(Json::parse(R"({"$time": "2020-01-02"})")), Json("2020-01-02"));
  EXPECT_EQ(plain(Json::parse(R"({"$map": [[1, "one"], ["$x", 2]]})")),
            Json::parse(R"({"1": "one", "$x": 2})"));
  const auto nan = plain(Json::parse(R"({"$float": "nan"})"));
  ASSERT_TRUE(nan);
  EXPECT_TRUE(std::isnan(nan->get<double>()));
  EXPECT_EQ(plain(Json::parse(R"({"$float": "-inf"})")), Json(-INFINITY));
}

TEST(Values, UnknownFormsAndHugeIntegersAreRefused) {
  for (const char* text : {R"({"$new": 1})", R"({"$float": "many"})", R"({"$tuple": 1})",
                           R"({"$map": [[1]]})", R"({"a": [{"$int": "100000000000000000000"}]})"}) {
    EXPECT_FALSE(plain(Json::parse(text))) << text;
  }
  // Two keys: a map of the code's own.
  EXPECT_EQ(plain(Json::parse(R"({"$a": 1, "b": 2})")), Json::parse(R"({"$a": 1, "b": 2})"));
}

TEST(Values, OnlyFiniteNumbersAreScores) {
  EXPECT_EQ(finite_number(Json(true)), 1.0);
  EXPECT_EQ(finite_number(Json(false)), 0.0);
  EXPECT_EQ(finite_number(Json(-3)), -3.0);
  EXPECT_EQ(finite_number(Json(0.25)), 0.25);
  for (const Json& none :
       {Json(), Json("1"), Json(INFINITY), Json::parse(R"({"$float": "nan"})"), Json::array({1})})
    EXPECT_FALSE(finite_number(none)) << none;
}

TEST(Values, TruthIsPythons) {
  for (const Json& yes : {Json(true), Json(0.1), Json("0"), Json::array({0})})
    EXPECT_TRUE(is_true(yes)) << yes;
  for (const Json& no : {Json(), Json(false), Json(0), Json(""), Json::array(), Json::object()})
    EXPECT_FALSE(is_true(no)) << no;
}

}  // namespace
}  // namespace bantam::taskcode
