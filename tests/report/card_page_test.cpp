#include "report/card_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "record/sections.hpp"
#include "report/card_tables.hpp"
#include "report/recommend_page.hpp"
#include "report/sample_analysis.hpp"

namespace bantam::report {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

std::string page_of(const analyze::Analysis& analysis, const std::string& model = "nano",
                    const std::vector<CardChart>& charts = {}) {
  auto recommendation = default_recommendation(analysis, sample_items, true);
  EXPECT_TRUE(recommendation);
  return card_page(model, {{analysis, *std::move(recommendation), {}, charts}},
                   {"qa: 8 of 400 items were scored"});
}

// The rows of the first table, the one of the heads and the rule included.
std::vector<std::string> table_rows(const std::string& page) {
  std::vector<std::string> rows;
  for (const std::string& line : base::split(page, '\n')) {
    if (line.starts_with("|"))
      rows.push_back(line);
    else if (!rows.empty())
      break;
  }
  return rows;
}

std::string row_of(const std::string& page, const std::string& precision) {
  for (const std::string& row : table_rows(page)) {
    if (row.starts_with("| " + precision + " |")) return row;
  }
  return {};
}

std::int64_t columns_of(const std::string& row) {
  std::int64_t bars = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '\\')
      ++i;
    else
      bars += row[i] == '|' ? 1 : 0;
  }
  return bars - 1;
}

TEST(CardPage, HasARowForEachPrecision) {
  const std::string page = page_of(sample_analysis());
  EXPECT_THAT(row_of(page, "fp16"), HasSubstr("0.800 \\[0.710, 0.870\\]"));
  EXPECT_THAT(row_of(page, "int4"), HasSubstr("0.720 \\[0.630, 0.800\\]"));
  // 900 against 500 tok/s with intervals of 1 %: told apart.
  EXPECT_THAT(row_of(page, "int4"), HasSubstr("**900 ±1.0 %**"));
  // Of 100 items 10 were lost and 2 gained.
  EXPECT_THAT(row_of(page, "int4"), HasSubstr("12.0 %: 10 lost, 2 gained of 100"));
  EXPECT_EQ(table_rows(page).size(), 5U);
}

TEST(CardPage, ADashHasTheNumberOfItsReason) {
  const std::string page = page_of(sample_analysis());
  EXPECT_THAT(row_of(page, "int8"), HasSubstr("–¹"));
  EXPECT_THAT(page, HasSubstr("failed: SIGILL"));
  EXPECT_THAT(page, HasSubstr("- ¹ "));
  EXPECT_THAT(page, HasSubstr("No Mean KLD, Perplexity ratio and Same top token: not run."));
}

// 500 and 502 tok/s, in rounds that differ by more than that, cannot be told apart.
TEST(CardPage, NothingUndecidedIsBold) {
  const auto analysis = analyze::analyze({support::performance("nano", "fp16", 16, 500, 0.1),
                                          support::performance("nano", "int4", 4, 502, 0.1)})
                            .value();
  for (const std::string& row : table_rows(page_of(analysis))) EXPECT_THAT(row, Not(HasSubstr("±1.0 %**")));
}

TEST(CardPage, NothingInANameIsMarkup) {
  const std::string model = "a|b`c`<script>alert(1)</script>\n# [x](y)";
  const std::string page = page_of(sample_analysis_named(model, "t|u</table>"), model);
  const std::string before_commands = page.substr(0, page.find("```"));  // there all is text
  EXPECT_THAT(before_commands, Not(HasSubstr("<script>")));
  EXPECT_THAT(before_commands, Not(HasSubstr("</table>")));
  EXPECT_THAT(page, Not(HasSubstr("\n# [x]")));
  EXPECT_THAT(page, Not(HasSubstr("[x](y)")));
  const auto rows = table_rows(page);
  std::vector<std::int64_t> columns;
  for (const std::string& row : rows) columns.push_back(columns_of(row));
  EXPECT_THAT(columns, Each(columns.front()));
}

TEST(CardPage, ACommandStaysWithinItsFence) {
  auto records = sample_records();
  for (record::Record& record : records) record.reference = "a ````\n```.gguf";
  const std::string page = page_of(analyze::analyze(records, sample_items, "fp16").value());
  EXPECT_THAT(page, HasSubstr("`````sh\nbantam run 'a ````\\x0a```.gguf' "));
}

TEST(CardPage, ShowsChartsAndWhatTheHubDoesNotGet) {
  const std::string page =
      page_of(sample_analysis(), "nano", {{.path = "charts/throughput.png", .title = "Speed"}});
  EXPECT_THAT(page, HasSubstr("![Speed](charts/throughput.png)"));
  EXPECT_THAT(page, HasSubstr("## Not among the results for the hub"));
  EXPECT_THAT(page, HasSubstr("- qa: 8 of 400 items were scored"));
}

TEST(CardPage, SeveralMachinesHaveASectionEach) {
  const auto analysis = sample_analysis();
  const std::string page = card_page("nano", {{analysis, {}, {}, {}}, {analysis, {}, {}, {}}}, {});
  EXPECT_THAT(page, HasSubstr("## On a machine that the results do not name"));
}

TEST(CardTables, APartOfTheItemsIsToldAtTheScore) {
  auto records = sample_records();
  for (record::Record& record : records) {
    if (record.task != "qa") continue;
    record::TaskFacts facts;
    facts.name = "qa";
    facts.metrics = {"acc"};
    facts.items = 100;
    facts.rows = 400;
    record::set_tasks(record, {facts});
  }
  const std::string page = page_of(analyze::analyze(records, sample_items, "fp16").value());
  EXPECT_THAT(row_of(page, "fp16"), HasSubstr("0.800 \\[0.710, 0.870\\], 100 of 400 items"));
}

TEST(CardTables, ManyTasksAreATableOfTheirOwn) {
  std::vector<record::Record> records{support::performance("nano", "fp16", 16, 500, 0.1)};
  for (int i = 0; i < 7; ++i)
    records.push_back(support::accuracy("nano", "fp16", "task" + std::to_string(i), 0.5, 0.4, 0.6, 100));
  const auto tables = card_tables(analyze::analyze(records).value(), {});
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[1].title, "Scores by task");
  EXPECT_EQ(tables[1].rows.size(), 7U);
  EXPECT_EQ(tables[1].rows[0][1].text, "0.500 [0.400, 0.600]");
}

}  // namespace
}  // namespace bantam::report
