#include "verify/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "record/sections.hpp"
#include "support/sample_records.hpp"
#include "support/temp_dir.hpp"

namespace bantam::verify {
namespace {

using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kCell = "nano/int8/qa";

// Ten items, seven of them right.
Record accuracy() {
  Record record = support::accuracy("nano", "int8", "qa", 0.7, 0.4, 0.9, 10);
  record::TaskFacts task;
  task.name = "qa";
  task.output_type = "multiple_choice";
  task.metrics = {"acc"};
  task.items = 10;
  record::set_tasks(record, {task});
  return record;
}

class VerifyTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = store::Store::open(path());
    ASSERT_TRUE(store);
    Record record = accuracy();
    record.attempt = store->begin_attempt(record).value();
    ASSERT_TRUE(store->append_items(kCell, support::items("qa", 10, 7)));
    ASSERT_TRUE(store->finish(record));
  }
  std::filesystem::path path() const { return folder_.path() / "s.db"; }
  void change(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    char* error = nullptr;
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(database);
  }
  Report verify() {
    auto store = store::Store::open_read_only(path());
    EXPECT_TRUE(store);
    auto report = verify_store(*store);
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return *report;
  }
  std::string only_finding() {
    const Report report = verify();
    EXPECT_EQ(report.findings.size(), 1u);
    return report.findings.empty() ? "" : report.findings[0].place + ": " + report.findings[0].what;
  }

 private:
  support::TempDir folder_;
};

TEST_F(VerifyTest, a_store_as_it_was_written_has_no_findings) {
  const Report report = verify();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.cells, 1);
  EXPECT_EQ(report.items, 10);
  EXPECT_EQ(report.recomputed, 1);
  EXPECT_EQ(report.without_basis, 0);
}

TEST_F(VerifyTest, an_item_that_is_missing_is_noticed) {
  change("delete from items where doc_id = 3");
  const Report report = verify();
  ASSERT_FALSE(report.findings.empty());
  EXPECT_THAT(report.findings[0].what, HasSubstr("some are missing"));
}

TEST_F(VerifyTest, a_changed_item_is_noticed) {
  change("update items set metrics = '{\"acc\":1.0}' where doc_id = 9");
  const Report report = verify();
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0].what, "items that are not what was written: 1");
  EXPECT_EQ(report.findings[1].place, "nano int8 qa");
}

TEST_F(VerifyTest, an_attempt_that_is_lost_is_noticed) {
  change("delete from attempts");
  EXPECT_THAT(verify().findings, testing::SizeIs(testing::Ge(1)));
}

TEST_F(VerifyTest, a_changed_score_is_noticed) {
  change("update attempts set record = replace(record, '0.7', '0.9')");
  EXPECT_THAT(verify().findings, testing::SizeIs(testing::Ge(1)));
}

// Even where whoever changed it took the checksum away.
TEST_F(VerifyTest, a_score_that_does_not_follow_from_its_items_is_named) {
  change("update attempts set record = replace(record, '\"value\":0.7', '\"value\":0.9'), checksum = null");
  EXPECT_EQ(only_finding(), "nano int8 qa: qa acc is 0.9, its items give 0.7");
}

TEST_F(VerifyTest, another_name_in_the_table_of_cells_is_noticed) {
  change("update cells set model = 'other'");
  EXPECT_THAT(only_finding(), HasSubstr("another model"));
}

TEST_F(VerifyTest, imported_cells_and_those_of_earlier_versions_are_counted) {
  change("update attempts set basis = null");
  EXPECT_EQ(verify().without_basis, 1);
}

}  // namespace
}  // namespace bantam::verify
