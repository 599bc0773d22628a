// Scores of groups follow from those of their tasks.
#include "verify/groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "metric/aggregation.hpp"
#include "record/sections.hpp"
#include "support/finished_cells.hpp"

namespace bantam::verify {
namespace {

using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

record::Value share(std::int64_t right, std::int64_t n, double std_error) {
  return {static_cast<double>(right) / static_cast<double>(n), metric::wilson_interval(right, n), std_error,
          n};
}

// Two tasks of 10 and 30 items, 7 and 6 of them right: 13 of 40 are, and 0.45 is the mean of both tasks.
// Standard errors by hand: of the tasks sqrt(0.7 * 0.3 / 9) and sqrt(0.2 * 0.8 / 29); of the group as lm-eval
// has it sqrt((9 * 10 * s1^2 + 29 * 30 * s2^2) / 38 / 40).
Record group_record() {
  Record record = support::finished_accuracy("both").record;
  record.subtasks["hard"]["acc"] = share(6, 30, 0.0742781352708207);
  record.subtasks["simple"]["acc"] = share(7, 10, 0.1527525231651947);
  record.metrics.clear();
  record.metrics["acc"] = share(13, 40, 0.0673756163920637);
  record::GroupFacts facts;
  facts.name = "both";
  facts.parts = {"simple", "inner"};
  record::GroupFacts inner;
  inner.name = "inner";
  inner.parts = {"hard"};
  inner.metrics["acc"] = share(6, 30, 0.0742781352708207);
  record::set_groups(record, {facts, inner});
  return record;
}

std::vector<std::string> wrong(const std::function<void(Record&)>& change) {
  Record record = group_record();
  change(record);
  Figures figures;
  check_groups(record, figures);
  return figures.wrong;
}

TEST(Groups, follow_from_their_tasks) {
  Figures figures;
  check_groups(group_record(), figures);
  EXPECT_THAT(figures.wrong, IsEmpty());
  EXPECT_EQ(figures.recomputed, 2);
}

TEST(Groups, a_changed_score_is_named) {
  EXPECT_THAT(wrong([](Record& record) { record.metrics["acc"].value = 0.5; }),
              ElementsAre(HasSubstr("both acc is 0.5 [0.2008")));
  EXPECT_THAT(wrong([](Record& record) { record.metrics["acc"].value = 0.5; }),
              ElementsAre(HasSubstr("its tasks give 0.325 [")));
  EXPECT_THAT(wrong([](Record& record) { record.metrics["acc"].n = 400; }),
              ElementsAre(HasSubstr("(n 400, error 0.0673756, confidence 0.95), its tasks give 0.325")));
  EXPECT_THAT(wrong([](Record& record) { record.metrics["acc"].std_error = 0.01; }),
              ElementsAre(HasSubstr("(n 40, error 0.01, ")));
  EXPECT_THAT(wrong([](Record& record) { record.metrics["acc"].interval->low = 0.3; }),
              ElementsAre(HasSubstr("both acc is 0.325 [0.3, ")));
}

TEST(Groups, so_is_one_of_a_group_within) {
  EXPECT_THAT(wrong([](Record& record) {
                auto groups = record::groups(record);
                groups[1].metrics["acc"].value = 0.9;
                record::set_groups(record, groups);
              }),
              ElementsAre(HasSubstr("inner acc is 0.9 [")));
  EXPECT_THAT(wrong([](Record& record) {
                auto groups = record::groups(record);
                groups[1].parts = {"nowhere"};
                record::set_groups(record, groups);
              }),
              ElementsAre(HasSubstr("inner acc is 0.2 [")));
  EXPECT_THAT(wrong([](Record& record) {
                auto groups = record::groups(record);
                groups.push_back(groups[1]);
                record::set_groups(record, groups);
              }),
              ElementsAre("inner stands twice"));
}

TEST(Groups, a_mean_over_tasks_will_do) {
  const double error = 0.0849273;  // sqrt(s1^2 + s2^2) / 2
  EXPECT_THAT(wrong([error](Record& record) { record.metrics["acc"] = {0.45, {}, error, 40}; }), IsEmpty());
  EXPECT_THAT(wrong([](Record& record) {
                record.metrics["acc_macro"] = {0.5, {}, {}, 40};
              }),
              ElementsAre(HasSubstr("both acc_macro is 0.5, its tasks give 0.45 [")));
}

TEST(Groups, a_score_that_not_every_task_has_is_named) {
  EXPECT_THAT(wrong([](Record& record) { record.subtasks["simple"].clear(); }),
              ElementsAre(HasSubstr("both acc is 0.325 [0.200845, 0.479823], its tasks give none")));
}

TEST(Groups, numbers_that_no_task_has_are_not_added_up) {
  EXPECT_THAT(wrong([](Record& record) { record.subtasks["simple"]["acc"].n = INT64_MAX; }),
              ElementsAre(HasSubstr("its tasks give none")));
  EXPECT_THAT(wrong([](Record& record) { record.subtasks["simple"]["acc"].value = 1e300; }),
              ElementsAre(HasSubstr("its tasks give none")));
}

TEST(Groups, of_groups_within_themselves_the_tasks_count_once) {
  EXPECT_THAT(wrong([](Record& record) {
                auto groups = record::groups(record);
                groups[1].parts = {"hard", "both", "inner", "hard"};
                record::set_groups(record, groups);
              }),
              ElementsAre(HasSubstr("inner acc is 0.2 [0.0950511, 0.373057], its tasks give 0.325")));
}

TEST(Groups, too_many_are_not_judged) {
  EXPECT_THAT(wrong([](Record& record) {
                auto groups = record::groups(record);
                groups.resize(kMostGroups + 1, record::GroupFacts(groups[1]));
                record::set_groups(record, groups);
              }),
              ElementsAre("it tells of 501 groups"));
}

TEST(ImportedGroups, are_judged_where_all_their_tasks_are_there) {
  const auto judged = [](const std::function<void(Record&)>& change) {
    Record record = group_record();
    record::set_imported(record, {"lm-eval", "r.json", "", {}, {}});
    record.metrics["acc"].std_error = 0.5;  // by the other tool's formula
    change(record);
    Figures figures;
    check_groups(record, figures);
    return figures;
  };
  EXPECT_THAT(judged([](Record&) {}).wrong, IsEmpty());
  EXPECT_EQ(judged([](Record&) {}).recomputed, 2);
  EXPECT_THAT(judged([](Record& record) { record.metrics["acc"].value = 0.5; }).wrong,
              ElementsAre(HasSubstr("both acc is 0.5 [")));
  const auto lacking = judged([](Record& record) {
    record.metrics["acc"].value = 0.5;
    auto groups = record::groups(record);
    groups[0].parts.push_back("left out");
    record::set_groups(record, groups);
  });
  EXPECT_THAT(lacking.wrong, IsEmpty());
  EXPECT_THAT(lacking.unjudged, ElementsAre("both acc, of which not all tasks are there"));
}

}  // namespace
}  // namespace bantam::verify
