#include "base/json_width.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bantam::base {
namespace {

TEST(Json, TheWidestObjectIsFoundBeforeItIsParsed) {
  EXPECT_FALSE(has_wide_object(R"({"a": 1, "b": 2})", 2));
  EXPECT_TRUE(has_wide_object(R"({"a": 1, "b": 2, "c": 3})", 2));
  EXPECT_TRUE(has_wide_object(R"([{"x": {"a": 1, "b": 2, "c": 3}}])", 2));
  EXPECT_FALSE(has_wide_object(R"({"a": {"b": {"c": 3}}, "d": [{"e": 1}, {"f": 2}]})", 2));
  EXPECT_FALSE(has_wide_object(R"({"a": "::\":::", "b": [1, 2, 3, 4]})", 2));
  EXPECT_FALSE(has_wide_object("]}::: \"", 2));
  EXPECT_FALSE(has_wide_object(std::string(10'000'000, '['), 2));
}

}  // namespace
}  // namespace bantam::base
