#include "bundle/take_in.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bundle/bundles.hpp"
#include "support/temp_dir.hpp"
#include "verify/verify.hpp"

namespace bantam::bundle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TakeInTest : public testing::Test {
 protected:
  void SetUp() override { fill_store(path("mine.db")); }
  std::filesystem::path path(const char* file) const { return folder_.path() / file; }
  static base::Result<Taken> take(const std::string& text, store::Store& store) {
    const auto checked = check(text);
    EXPECT_TRUE(checked);
    return take_in(text, *checked, store);
  }

  support::TempDir folder_;
};

TEST_F(TakeInTest, all_that_was_written_is_there_again) {
  const std::string text = bundle_of(path("mine.db"));
  auto theirs = store::Store::open(path("theirs.db")).value();
  const auto taken = take(text, theirs);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->fresh, 2);
  EXPECT_THAT(taken->notes, IsEmpty());
  auto mine = store::Store::open_read_only(path("mine.db")).value();
  const auto records = mine.records().value();
  const auto copies = theirs.records().value();
  ASSERT_EQ(copies.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    record::Record copy = copies[i];
    EXPECT_EQ(base::child_at(copy.task_info, "bundle")["sha256"], check(text)->sha256);
    copy.task_info.erase("bundle");
    EXPECT_EQ(record::to_json(copy), record::to_json(records[i]));
    const std::string& key = copy.cell_key;
    const auto same = [](const auto& a, const auto& b) {
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t j = 0; j < a.size(); ++j) EXPECT_EQ(record::to_json(a[j]), record::to_json(b[j]));
    };
    same(theirs.trials(key, 1).value(), mine.trials(key, 1).value());
    same(theirs.blocks(key, 1).value(), mine.blocks(key, 1).value());
    same(theirs.items(key).value(), mine.items(key).value());
  }
  const auto report = verify::verify_store(theirs);
  ASSERT_TRUE(report);
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_EQ(report->without_basis, 0);
}

TEST_F(TakeInTest, the_same_again_changes_nothing) {
  const std::string text = bundle_of(path("mine.db"));
  auto theirs = store::Store::open(path("theirs.db")).value();
  ASSERT_TRUE(take(text, theirs));
  const auto again = take(text, theirs);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->fresh, 0);
  EXPECT_EQ(again->known, 2);
  EXPECT_THAT(again->notes, IsEmpty());
  EXPECT_EQ(theirs.counts()->attempts, 2);
}

TEST_F(TakeInTest, other_figures_of_a_known_cell_are_told_and_left_out) {
  auto theirs = store::Store::open(path("theirs.db")).value();
  auto own = support::finished_accuracy();
  own.record.metrics["acc"].value = 0.8;
  ASSERT_TRUE(theirs.add_finished(own));
  const auto taken = take(bundle_of(path("mine.db")), theirs);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->fresh, 1);
  EXPECT_THAT(taken->notes, ElementsAre(HasSubstr("nano int8 qa is in the store with other figures")));
  EXPECT_EQ(theirs.find_record(own.record.cell_key)->value().metrics["acc"].value, 0.8);
}

TEST_F(TakeInTest, a_cell_that_failed_here_takes_the_one_that_did_not) {
  auto theirs = store::Store::open(path("theirs.db")).value();
  auto failed = support::finished_accuracy();
  failed.record.outcome = record::Outcome::failed;
  failed.record.metrics.clear();
  failed.items.resize(2);
  ASSERT_TRUE(theirs.add_finished(failed));
  const auto taken = take(bundle_of(path("mine.db")), theirs);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->fresh, 2);
  const auto record = theirs.find_record(failed.record.cell_key)->value();
  EXPECT_EQ(record.attempt, 2);
  EXPECT_EQ(record.metrics.at("acc").value, 0.7);
  EXPECT_THAT(verify::verify_store(theirs)->findings, IsEmpty());
}

TEST_F(TakeInTest, a_cell_that_is_being_measured_is_left_alone) {
  auto theirs = store::Store::open(path("theirs.db")).value();
  ASSERT_TRUE(theirs.begin_attempt(support::finished_accuracy().record));
  const auto taken = take(bundle_of(path("mine.db")), theirs);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->fresh, 1);
  EXPECT_THAT(taken->notes, ElementsAre(HasSubstr("nano int8 qa is left out: the store has begun it")));
}

TEST_F(TakeInTest, what_does_not_verify_says_so_on_each_record) {
  const std::string text =
      with_change(bundle_of(path("mine.db")), R"("acc":{"value":0.7)", R"("acc":{"value":0.9)");
  auto theirs = store::Store::open(path("theirs.db")).value();
  ASSERT_TRUE(take(text, theirs));
  const auto records = theirs.records().value();
  ASSERT_EQ(records.size(), 2U);
  for (const auto& record : records)
    EXPECT_THAT(record.warnings, ElementsAre("from a bundle in which 2 things are wrong"));
}

TEST_F(TakeInTest, lines_that_cannot_be_read_are_refused_before_anything_is_put_in) {
  const std::string text = with_change(bundle_of(path("mine.db")), "\"doc_id\":9", "\"doc_id\":nine");
  auto theirs = store::Store::open(path("theirs.db")).value();
  const auto refused = take(text, theirs);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::integrity);
  EXPECT_EQ(theirs.counts()->cells, 0);
}

}  // namespace
}  // namespace bantam::bundle
