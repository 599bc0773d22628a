#include "report/analysis_json.hpp"

#include <gtest/gtest.h>

#include "report/sample_analysis.hpp"

namespace bantam::report {
namespace {

using base::Json;

TEST(json_with_records, has_every_record_and_items_only_where_there_is_a_source) {
  const auto records = sample_records();
  const Json plain =
      base::parse_json(json_with_records(sample_analysis(), records, {}).value(), "text").value();
  EXPECT_EQ(plain["records"].size(), records.size());
  EXPECT_FALSE(plain.contains("items"));
  const auto none = [](const std::string&) { return std::vector<record::Item>{}; };
  EXPECT_EQ(base::parse_json(*json_with_records(sample_analysis(), records, none), "text").value()["items"],
            Json::array());
}

TEST(json_with_records, names_the_cell_of_each_item_and_keeps_them_on_one_line) {
  const auto records = sample_records();
  const auto one = [](const std::string& key) {
    return key == "nano/int4/qa" ? support::items("qa", 1, 1) : std::vector<record::Item>{};
  };
  const std::string text = json_with_records(sample_analysis(), records, one).value();
  const Json json = base::parse_json(text, "text").value();
  ASSERT_EQ(json["items"].size(), 1U);
  EXPECT_EQ(json["items"][0]["cell_key"], "nano/int4/qa");
  EXPECT_NE(text.find("\n    " + base::to_text(json["items"][0]) + "\n"), std::string::npos);
}

TEST(json_with_records, passes_an_error_of_the_items_on) {
  const auto broken = [](const std::string&) -> base::Result<std::vector<record::Item>> {
    return base::fail(base::ErrorKind::storage, "no items");
  };
  EXPECT_EQ(json_with_records(sample_analysis(), sample_records(), broken).error().message, "no items");
}

}  // namespace
}  // namespace bantam::report
