#include "tracker/yaml_text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/yaml.hpp"

namespace bantam::tracker {
namespace {

using base::Json;

// base::parse_yaml reads as PyYAML does.
TEST(YamlText, IsReadBackAsItWas) {
  const Json json{{"model", "nano: \"int8\" # not a comment"},
                  {"numbers", {1, -2, 0.5, 1e-05, 1e20, 7273824.0, 123456789012}},
                  {"switches", {true, false, nullptr}},
                  {"nested", {{"no", "no"}, {"~", {{"deep", Json::array({Json{{"a", 1}}, Json::array()})}}}}},
                  {"empty", Json::object()},
                  {"none", Json::array()},
                  {"prompt", "line\nbreak\ttab \\ backslash"},
                  {"odd", "DEL \x7f, C1 \xc2\x80, BOM \xef\xbb\xbf, caf\xc3\xa9"},
                  {"key: with # marks", "- yes"}};
  const auto read = base::parse_yaml(yaml_text(json), "config.yaml");
  ASSERT_TRUE(read) << read.error().message << "\n" << yaml_text(json);
  EXPECT_EQ(*read, json);
  EXPECT_TRUE((*read)["numbers"][3].is_number());  // PyYAML takes 1e-05 for a text
}

TEST(YamlText, MapsAreBlocks) {
  EXPECT_EQ(yaml_text(Json{{"a", {{"value", Json{{"b", 1}}}}}, {"c", 2}}),
            "\"a\":\n    \"value\":\n        \"b\": 1\n\"c\": 2\n");
  EXPECT_EQ(yaml_text(Json::object()), "{}\n");
}

}  // namespace
}  // namespace bantam::tracker
