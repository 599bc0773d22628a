#include "base/yaml.hpp"

#include <gtest/gtest.h>

namespace bantam::base {
namespace {

TEST(ParseYaml, TypesPlainScalarsAndKeepsQuotedOnesAsText) {
  const auto json =
      parse_yaml("a: 1\nb: '1'\nc: 0.5\nd: yes\ne: \"yes\"\nf: ~\ng: [1, two]\nh: 1.2.3\n", "t");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(to_text(*json),
            R"({"a":1,"b":"1","c":0.5,"d":true,"e":"yes","f":null,"g":[1,"two"],"h":"1.2.3"})");
}

// As PyYAML reads them.
TEST(ParseYaml, EscapesGiveWholeCharacters) {
  const auto json = parse_yaml(R"({"a\_b": "\_\N", c: "é\_é", d: "\u00a0\x85\L\P"})", "t");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(to_text(*json),
            "{\"a\xC2\xA0"
            "b\":\"\xC2\xA0\xC2\x85\",\"c\":\"\xC3\xA9\xC2\xA0\xC3\xA9\","
            "\"d\":\"\xC2\xA0\xC2\x85\xE2\x80\xA8\xE2\x80\xA9\"}");
}

TEST(ParseYaml, RefusesTextThatIsNotUtf8) {
  const auto json = parse_yaml("a: \xA0\n", "file.yaml");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().message, "file.yaml: is not UTF-8 text");
}

TEST(ParseYaml, KeepsTagsOfItsOwn) {
  const auto json = parse_yaml("f: !function utils.clean\n", "t");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(to_text(*json), R"({"f":{"!function":"utils.clean"}})");
}

TEST(ParseYaml, RefusesDuplicateKeysWithTheLine) {
  const auto json = parse_yaml("a: 1\nb: 2\na: 3\n", "file.yaml");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().message, "file.yaml: line 3: key 'a' stands twice");
}

TEST(ParseYaml, RefusesAliasBombs) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string previous(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += (i ? ",*" : "*") + previous;
    bomb += "]\n";
  }
  EXPECT_FALSE(parse_yaml(bomb, "bomb"));
}

TEST(ParseYaml, RefusesDeepNesting) {
  EXPECT_FALSE(parse_yaml(std::string(100'000, '['), "deep"));
  EXPECT_FALSE(parse_yaml(std::string(200, '[') + std::string(200, ']'), "deep"));
}

TEST(ParseJson, RefusesDepthBombsAndBrokenText) {
  EXPECT_FALSE(parse_json(std::string(100'000, '['), "deep"));
  EXPECT_FALSE(parse_json("{\"a\": 1,}", "broken"));
  EXPECT_TRUE(parse_json("[\"[[[[\"]", "fine"));
}

}  // namespace
}  // namespace bantam::base
