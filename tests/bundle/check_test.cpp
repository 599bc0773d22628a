// Every change of a bundle is named.
#include "bundle/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>

#include "bundle/bundles.hpp"
#include "support/temp_dir.hpp"

namespace bantam::bundle {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CheckTest : public testing::Test {
 protected:
  void SetUp() override {
    fill_store(path());
    text_ = bundle_of(path());
  }
  std::filesystem::path path() const { return folder_.path() / "s.db"; }
  static std::vector<std::string> findings(const std::string& text) {
    const auto checked = check(text);
    EXPECT_TRUE(checked) << (checked ? "" : checked.error().message);
    std::vector<std::string> all;
    if (!checked) return all;
    for (const verify::Finding& finding : checked->report.findings)
      all.push_back(finding.place.empty() ? finding.what : finding.place + ": " + finding.what);
    return all;
  }
  static std::string refusal(const std::string& text) {
    const auto checked = check(text);
    return checked ? "" : checked.error().message;
  }
  // The number of the first line that holds this, from 1.
  std::size_t line_with(const std::string& part) const {
    const auto lines = lines_of(text_);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].find(part) != std::string::npos) return i + 1;
    }
    return 0;
  }

  support::TempDir folder_;
  std::string text_;
};

TEST_F(CheckTest, a_bundle_as_it_was_written_has_no_findings) {
  const auto checked = check(text_);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_THAT(findings(text_), IsEmpty());
  EXPECT_EQ(checked->report.cells, 2);
  EXPECT_EQ(checked->report.trials, 8);
  EXPECT_EQ(checked->report.items, 10);
  EXPECT_GT(checked->report.recomputed, 5);
  EXPECT_EQ(checked->head.newest, "2026-01-31T12:00:30Z");
  EXPECT_EQ(checked->sha256, base::sha256(text_.substr(0, text_.rfind("{\"sha256\""))));
}

TEST_F(CheckTest, the_same_store_gives_the_same_text) {
  EXPECT_EQ(bundle_of(path()), text_);
}

TEST_F(CheckTest, a_changed_figure_is_named) {
  const auto found = findings(with_change(text_, R"("acc":{"value":0.7)", R"("acc":{"value":0.9)"));
  EXPECT_THAT(found, Contains(HasSubstr("nano int8 qa: the record (line")));
  EXPECT_THAT(found, Contains(HasSubstr("nano int8 qa: qa acc is 0.9 [0.396778")));
}

TEST_F(CheckTest, a_figure_whose_checksums_were_made_to_fit_does_not_follow) {
  const auto found = findings(forged(text_, [](base::Json& line) {
    if (line.contains("record") && line["record"]["task"] == "qa")
      line["record"]["metrics"]["acc"]["value"] = 0.9;
  }));
  EXPECT_THAT(
      found,
      ElementsAre(HasSubstr("nano int8 qa: qa acc is 0.9 [0.396778, 0.892209], its items give 0.7 [0.39")));
}

TEST_F(CheckTest, a_changed_trial_is_named) {
  const auto found = findings(with_change(text_, "3000000", "2000000"));
  EXPECT_THAT(found, Contains(HasSubstr("nano int8 performance: trial 1, single_stream 0 (line")));
  EXPECT_THAT(found, Contains(HasSubstr("nano int8 performance: the rows that it rests on")));
}

TEST_F(CheckTest, a_trial_whose_checksums_were_made_to_fit_gives_other_figures) {
  const auto found = findings(forged(text_, [](base::Json& line) {
    if (line.contains("trial") && line["trial"]["round"] != 3)
      line["trial"]["streams"][0]["token_ns"][0] = 100;
  }));
  EXPECT_THAT(found, Contains(HasSubstr("nano int8 performance: ttft_s is 0.00101")));
  EXPECT_THAT(found, Contains(HasSubstr("nano int8 performance: ttft_s of round 1 is 0.001")));
  EXPECT_THAT(found, Not(Contains(HasSubstr("ttft_s of round 4"))));
}

TEST_F(CheckTest, a_figure_of_a_round_does_not_follow_alone) {
  const auto found = findings(forged(text_, [](base::Json& line) {
    if (line.contains("record") && line["record"]["task"] != "qa")
      line["record"]["task_info"]["blocks"][1]["values"]["ttft_s"] = 0.5;
  }));
  EXPECT_THAT(found, ElementsAre(HasSubstr("ttft_s of round 2 is 0.5, its trials give 0.00101")));
}

TEST_F(CheckTest, a_changed_item_is_named) {
  // Its text only: no figure rests on it.
  EXPECT_THAT(findings(with_change(text_, "Who wrote question 4", "Who wrote question 5")),
              Contains(HasSubstr("nano int8 qa: item 4 of qa (line")));
  EXPECT_THAT(
      findings(forged(text_,
                      [](base::Json& line) {
                        if (line.contains("item") && line["item"]["doc_id"] == 9)
                          line["item"]["metrics"]["acc"] = 1.0;
                      })),
      ElementsAre(HasSubstr("nano int8 qa: qa acc is 0.7 [0.396778, 0.892209], its items give 0.8 [")));
}

TEST_F(CheckTest, rows_that_are_missing_or_more_are_noticed) {
  auto lines = lines_of(text_);
  lines.pop_back();
  const auto item = static_cast<std::ptrdiff_t>(line_with("\"doc_id\":3"));
  lines.erase(lines.begin() + item - 1);
  EXPECT_THAT(findings(with_hash(lines)),
              AllOf(Contains("the first line says 10 items, 9 are there"),
                    Contains("nano int8 qa: qa rests on 10 items, 9 are there"),
                    Contains(HasSubstr("nano int8 qa: the rows that it rests on"))));
  lines = lines_of(text_);
  lines.back() = lines[lines.size() - 2];
  EXPECT_THAT(findings(with_hash(lines)), Contains(HasSubstr("item 9 of qa stands twice")));
  lines = lines_of(text_);
  lines.pop_back();
  std::swap(lines[line_with("\"doc_id\":3") - 1], lines[line_with("\"doc_id\":4") - 1]);
  EXPECT_THAT(findings(with_hash(lines)), ElementsAre(HasSubstr("nano int8 qa: the rows that it rests on")));
}

TEST_F(CheckTest, rows_stand_below_their_own_record) {
  auto lines = lines_of(text_);
  lines.pop_back();
  const std::size_t record = line_with("\"task\":\"qa\"") - 1;
  std::swap(lines[record], lines[record + 1]);  // an item goes to the cell before
  const auto found = findings(with_hash(lines));
  EXPECT_THAT(found, Contains(HasSubstr("nano int8 performance: item 0 of qa (line")));
  lines = lines_of(text_);
  std::swap(lines[1], lines[2]);
  EXPECT_THAT(findings(with_hash(lines)), Contains(HasSubstr("belongs to no record")));
}

TEST_F(CheckTest, what_is_cut_off_or_added_is_noticed) {
  EXPECT_THAT(findings(text_.substr(0, text_.size() - 1)), Contains(HasSubstr("is cut off")));
  EXPECT_THAT(findings(text_.substr(0, text_.rfind("{\"sha256\""))),
              Contains("it ends without its last line: something was cut off"));
  EXPECT_THAT(findings(text_.substr(0, text_.size() / 2)), Contains(HasSubstr("cut off")));
  EXPECT_THAT(findings(text_ + "{\"item\":{}}\n"), Contains(HasSubstr("stands behind the last one")));
  EXPECT_THAT(findings(text_ + lines_of(text_).back() + "\n"),
              Contains(HasSubstr("stands behind the last one")));
}

TEST_F(CheckTest, another_hash_than_that_of_the_content_is_noticed) {
  std::string other = text_;
  other[other.size() - 5] = other[other.size() - 5] == '0' ? '1' : '0';
  EXPECT_THAT(findings(other), ElementsAre(HasSubstr("the content has the hash")));
}

TEST_F(CheckTest, no_flipped_bit_goes_unnoticed) {
  for (std::size_t at = 0; at < text_.size(); at += 11) {
    std::string other = text_;
    other[at] = static_cast<char>(other[at] ^ (1 << (at % 7)));
    const auto checked = check(other);
    EXPECT_TRUE(!checked || !checked->report.findings.empty()) << "byte " << at;
  }
}

TEST_F(CheckTest, what_is_no_bundle_is_refused_by_name) {
  for (const std::string& text : {std::string(), std::string("\n"), std::string("SQLite format 3\0", 16),
                                  std::string("{}\n"), std::string("[]\n"), std::string("{\"format\":1}\n")})
    EXPECT_EQ(refusal(text), "the file is no bundle of bantam") << text;
  EXPECT_EQ(refusal(with_change(text_, "\"version\":1", "\"version\":2")),
            "the bundle has version 2; this bantam reads version 1");
  EXPECT_EQ(refusal(with_change(text_, "\"items\":\"whole\"", "\"items\":\"none\"")),
            "the first line of the bundle is not one of its version");
  EXPECT_EQ(refusal(with_change(text_, "\"items\":10", "\"items\":10,\"more\":1")),
            "the first line of the bundle is not one of its version");
}

TEST_F(CheckTest, lines_that_cost_too_much_are_not_read) {
  auto lines = lines_of(text_);
  lines.back() = "\"" + std::string(kMostBytesOfLine, 'a') + "\"";
  EXPECT_THAT(findings(with_hash(lines)), Contains(HasSubstr("is longer than")));
  lines.back() = std::string(100'000, '[');
  EXPECT_THAT(findings(with_hash(lines)), Contains(HasSubstr("nested deeper")));
  std::string wide = "{\"item\":{\"0\":0";
  for (int i = 1; i < 200'000; ++i) wide += ",\"" + std::to_string(i) + "\":0";
  lines.back() = wide + "}}";
  EXPECT_THAT(findings(with_hash(lines)), Contains(HasSubstr("an object of more than 4096 members")));
  EXPECT_THAT(refusal(text_ + std::string(40'000, '\n')), "");
  std::string many = lines_of(text_).front() + "\n";
  for (int i = 0; i < 20'000; ++i) many += "x\n";
  EXPECT_EQ(refusal(many), "more than 10000 lines of the bundle cannot be read");
}

TEST_F(CheckTest, lines_have_one_form_only) {
  EXPECT_THAT(findings(with_change(text_, "\"wall_s\":0.006", "\"wall_s\":0.006,\"wall_s\":0.5")),
              Contains(HasSubstr("is not written as lines of bundles are")));
  EXPECT_THAT(findings(with_change(text_, "\"wall_s\":0.006", "\"wall_s\": 0.006")),
              Contains(HasSubstr("is not written as lines of bundles are")));
  EXPECT_THAT(findings(with_change(text_, "\"wall_s\":0.006", "\"wall_s\":0.006,\"more\":1")),
              Contains(HasSubstr("the trial is not as this version writes it")));
}

TEST_F(CheckTest, numbers_that_no_measurement_has_are_refused) {
  const auto with = [&](const std::function<void(base::Json&)>& change) {
    return findings(forged(text_, change));
  };
  EXPECT_THAT(with([](base::Json& line) {
                if (line.contains("trial")) line["trial"]["streams"][0]["token_ns"][0] = INT64_MAX;
              }),
              Contains(HasSubstr("a number of the trial is none of a measurement")));
  EXPECT_THAT(with([](base::Json& line) {
                if (line.contains("trial")) line["trial"]["round"] = -1;
              }),
              Contains(HasSubstr("the trial is of round -1")));
  EXPECT_THAT(with([](base::Json& line) {
                if (line.contains("block")) line["block"]["round"] = 1'000'000;
              }),
              Contains(HasSubstr("the block is of round 1000000")));
  EXPECT_THAT(with([](base::Json& line) {
                if (line.contains("record")) line["record"]["attempt"] = 0;
              }),
              Contains(HasSubstr("the record is of attempt 0")));
  EXPECT_THAT(with([](base::Json& line) {
                if (line.contains("record")) line["record"]["task_info"] = base::Json::array();
              }),
              Contains(HasSubstr("'task_info' of the record is no object")));
}

TEST_F(CheckTest, a_record_that_stands_twice_is_noticed) {
  EXPECT_THAT(findings(forged(text_,
                              [](base::Json& line) {
                                if (line.contains("record")) line["record"]["cell_key"] = "one";
                              })),
              Contains(HasSubstr("the record stands twice")));
}

TEST_F(CheckTest, names_that_deceive_are_shown_as_they_are) {
  const auto found = findings(forged(text_, [](base::Json& line) {
    if (line.contains("record")) line["record"]["model"] = "na\x1b[31mno\u202e";
    if (line.contains("record") && line["record"]["task"] == "qa")
      line["record"]["metrics"]["acc"]["value"] = 0.9;
  }));
  EXPECT_THAT(found, ElementsAre(HasSubstr("na\\x1b[31mno\\u{202e} int8 qa: qa acc is 0.9 [")));
}

TEST_F(CheckTest, hashes_stand_for_the_content_of_items) {
  const std::string text = bundle_of(path(), ItemForm::hashes);
  EXPECT_THAT(findings(text), IsEmpty());
  EXPECT_THAT(text, Not(HasSubstr("Who wrote")));
  EXPECT_THAT(text, HasSubstr(R"("metrics":{"acc":1.0},"content":{"sha256":")" +
                              base::sha256(R"({"doc_id":0,"context":"Who wrote question 0?"})")));
  EXPECT_THAT(findings(forged(text,
                              [](base::Json& line) {
                                if (line.contains("item")) line["item"]["content"] = {{"context", "a text"}};
                              })),
              Contains(HasSubstr("item 0 of qa has its content, not the hash of it")));
  EXPECT_THAT(findings(forged(text,
                              [](base::Json& line) {
                                if (line.contains("item") && line["item"]["doc_id"] == 0)
                                  line["item"]["metrics"]["acc"] = 0.0;
                              })),
              ElementsAre(HasSubstr("its items give 0.6 [")));
}

TEST(BundleFile, is_known_by_its_name_or_its_first_byte) {
  const support::TempDir folder;
  const auto put = [&](const char* file, const char* text) {
    std::ofstream(folder.path() / file) << text;
    return is_bundle(folder.path() / file);
  };
  EXPECT_TRUE(put("a.bundle", "x"));
  EXPECT_TRUE(put("a.jsonl", "{\"format\":"));
  EXPECT_FALSE(put("a.db", "SQLite format 3"));
  EXPECT_FALSE(put("empty", ""));
  EXPECT_FALSE(is_bundle(folder.path()));
  EXPECT_FALSE(is_bundle(folder.path() / "nowhere.bundle"));
  EXPECT_FALSE(read_text(folder.path() / "nowhere.bundle"));
}

}  // namespace
}  // namespace bantam::bundle
