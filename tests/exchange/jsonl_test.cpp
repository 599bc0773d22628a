#include "exchange/jsonl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/secrets.hpp"
#include "support/finished_cells.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Two cells as a store holds them.
struct Cells {
  std::vector<record::FinishedCell> all{support::finished_performance(), support::finished_accuracy()};

  base::Result<std::vector<Json>> lines(const JsonlParts& parts) const {
    std::vector<record::Record> records;
    for (const record::FinishedCell& cell : all) records.push_back(cell.record);
    std::vector<Json> lines;
    const EachTrial each_trial = [this](const std::string& key, std::int64_t,
                                        const TakeTrial& take) -> base::Status {
      for (const record::Trial& trial : of(key).trials) TRY(take(trial));
      return {};
    };
    const EachItem each_item = [this](const std::string& key, const TakeItem& take) -> base::Status {
      for (const record::Item& item : of(key).items) TRY(take(item));
      return {};
    };
    const TakeLine take_line = [&lines](std::string_view line) -> base::Status {
      EXPECT_EQ(line.find('\n'), line.size() - 1);
      TRY_ASSIGN(lines.emplace_back(), base::parse_json(line, "line"));
      return {};
    };
    TRY(write_jsonl({records, each_trial, each_item}, parts, take_line));
    return lines;
  }
  const record::FinishedCell& of(const std::string& key) const {
    for (const record::FinishedCell& cell : all) {
      if (cell.record.cell_key == key) return cell;
    }
    throw std::out_of_range(key);
  }
};

std::vector<std::string> kinds(const std::vector<Json>& lines) {
  std::vector<std::string> all;
  for (const Json& line : lines) all.push_back(line["kind"].get<std::string>());
  return all;
}

TEST(Jsonl, RecordsReadBackAsTheyWere) {
  const Cells cells;
  const auto lines = cells.lines({});
  ASSERT_TRUE(lines) << lines.error().message;
  ASSERT_THAT(kinds(*lines), ElementsAre("record", "record"));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*lines)[i]["schema"], kJsonlSchema);
    const auto read = record::record_from((*lines)[i]["record"]);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(record::to_json(*read), record::to_json(cells.all[i].record));
  }
}

TEST(Jsonl, TrialsAndItemsStandBelowTheirRecord) {
  const Cells cells;
  const auto lines = cells.lines({.trials = true, .items = true}).value();
  ASSERT_EQ(lines.size(), 2U + 8U + 10U);
  EXPECT_EQ(kinds(lines)[1], "trial");
  EXPECT_EQ(kinds(lines)[9], "record");
  EXPECT_EQ(kinds(lines)[10], "item");
  EXPECT_EQ(lines[3]["cell_key"], cells.all[0].record.cell_key);
  EXPECT_EQ(lines[3]["attempt"], 1);
  EXPECT_EQ(record::to_json(record::trial_from(lines[3]["trial"]).value()),
            record::to_json(cells.all[0].trials[2]));
  EXPECT_EQ(lines[12]["model"], "nano");
  EXPECT_EQ(lines[12]["precision"], "int8");
  EXPECT_EQ(lines[12]["item"]["doc_id"], 2);
  EXPECT_EQ(record::to_json(record::item_from(lines[12]["item"]).value()),
            record::to_json(cells.all[1].items[2]));
  for (const Json& line : lines) EXPECT_EQ(line["schema"], kJsonlSchema);
}

TEST(Jsonl, PathsAndSecretsStayBehind) {
  base::keep_secret("battery-staple-correct");
  Cells cells;
  cells.all[1].record.model = cells.all[1].record.reference = "/home/ada/m.gguf";
  cells.all[1].items[0].content["context"] = "say battery-staple-correct";
  std::string text;
  const auto lines = cells.lines({.items = true}).value();
  for (const Json& line : lines) text += base::to_text(line);
  EXPECT_THAT(text, Not(HasSubstr("/home/ada")));
  EXPECT_THAT(text, HasSubstr(R"("model":"m.gguf")"));
  EXPECT_THAT(text, Not(HasSubstr("battery-staple")));
}

TEST(Jsonl, AnEmptyStoreIsAnErrorAndErrorsArePassedOn) {
  const std::vector<record::Record> none;
  const auto take = [](std::string_view) -> base::Status { return {}; };
  EXPECT_FALSE(write_jsonl({none, {}, {}}, {}, take));
  const std::vector<record::Record> one{support::finished_accuracy().record};
  const auto full = [](std::string_view) -> base::Status {
    return base::fail(base::ErrorKind::storage, "full");
  };
  EXPECT_EQ(write_jsonl({one, {}, {}}, {}, full).error().message, "full");
}

}  // namespace
}  // namespace bantam::exchange
