#include "base/yaml_text.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/yaml.hpp"

namespace bantam::base {
namespace {

std::string text_of(const Json& json) {
  const auto text = yaml_text(json);
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  return text.value_or("");
}

TEST(YamlText, IsInBlocksAndPlainWhereItCanBe) {
  Json json{{"tags", Json::array({"gguf"})}};
  json["model-index"] = Json::array();
  json["model-index"].push_back({{"name", "nano"}, {"results", Json::array()}});
  json["value"] = 41.3;
  json["count"] = 8;
  json["is_open"] = true;
  EXPECT_EQ(
      text_of(json),
      "tags:\n- gguf\nmodel-index:\n- name: nano\n  results: []\nvalue: 41.3\ncount: 8\nis_open: true\n");
}

// What YAML takes for something else than a text, or for markup of its own, stays the text that it is;
// parse_yaml() reads as PyYAML does.
TEST(YamlText, TextsComeBackAsTheyWere) {
  const Json json{{"no", "no"},
                  {"date", "2026-01-31T10:20:03Z"},
                  {"number", "1.5"},
                  {"null", "~"},
                  {"empty", ""},
                  {"list", "- a: b"},
                  {"comment", "a # b"},
                  {"tag", "!function x"},
                  {"anchor", "*a &b"},
                  {"quotes", "\"it's\" \\ "},
                  {"lines", "first\nsecond\r\n\tthird  "},
                  {"control", std::string("\x01\x7f\0", 3)},
                  {"marks", "--- \u202e \u2028 é 中 😀 \ufeff"},
                  {"percent", "%YAML 1.1"},
                  {"key: with #", "{a}"}};
  const auto read = parse_yaml(text_of(json), "the text");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, json);
}

// YAML 1.1 knows no exponent without a point.
TEST(YamlText, NumbersComeBackAsTheyWere) {
  const Json json{{"values", Json::array({0.1, 1e-05, 2.5e-12, 1e+20, -3.0, 0, -7, 9007199254740993})}};
  const auto read = parse_yaml(text_of(json), "the text");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, json);
}

TEST(YamlText, WhatIsNoNumberIsNull) {
  EXPECT_EQ(text_of({{"value", std::nan("")}}), "value: null\n");
}

TEST(YamlText, BrokenBytesAreReplaced) {
  const auto read = parse_yaml(text_of({{"name", "a\xff"}}), "the text");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)["name"], "a\ufffd");
}

}  // namespace
}  // namespace bantam::base
