#include "verify/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "record/memory_line.hpp"
#include "record/sections.hpp"
#include "support/finished_cells.hpp"
#include "support/sample_records.hpp"
#include "support/temp_dir.hpp"

namespace bantam::verify {
namespace {

using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kCell = "nano/int8/qa";

class VerifyTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = store::Store::open(path());
    ASSERT_TRUE(store);
    Record record = support::finished_accuracy().record;
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
  EXPECT_EQ(only_finding(),
            "nano int8 qa: qa acc is 0.9 [0.396778, 0.892209], its items give 0.7 [0.396778, 0.892209]");
}

TEST_F(VerifyTest, so_is_an_interval_that_does_not) {
  change("update attempts set record = replace(record, '\"low\":0.3967', '\"low\":0.6967'), checksum = null");
  EXPECT_THAT(only_finding(), HasSubstr("qa acc is 0.7 [0.696778, 0.892209], its items give 0.7 [0.396778"));
}

TEST_F(VerifyTest, another_name_in_the_table_of_cells_is_noticed) {
  change("update cells set model = 'other'");
  EXPECT_THAT(only_finding(), HasSubstr("another model"));
}

TEST_F(VerifyTest, imported_cells_and_those_of_earlier_versions_are_counted) {
  change("update attempts set basis = null");
  EXPECT_EQ(verify().without_basis, 1);
}

std::vector<std::string> wrong_in(const record::FinishedCell& cell) {
  return check_measured(cell).wrong;
}

TEST(Speeds, follow_from_their_trials) {
  const auto cell = support::finished_performance();
  EXPECT_THAT(wrong_in(cell), IsEmpty());
  Report report;
  check_cell(cell, true, report);
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_GT(report.recomputed, 5);
  EXPECT_EQ(report.trials, 8);
}

TEST(Speeds, a_figure_of_a_round_is_judged_too) {
  auto cell = support::finished_performance();
  auto blocks = record::block_figures(cell.record);
  blocks[2].values["ttft_s"] = 0.5;
  record::set_block_figures(cell.record, blocks);
  EXPECT_THAT(wrong_in(cell), ElementsAre(HasSubstr("ttft_s of round 3 is 0.5, its trials give 0.00102")));
  blocks[2].values.erase("ttft_s");
  blocks[1].reasons = {"too loud"};
  record::set_block_figures(cell.record, blocks);
  EXPECT_THAT(wrong_in(cell),
              ElementsAre("round 2 does not count, by its trials it does",
                          HasSubstr("ttft_s of round 3 is missing, its trials give 0.00102")));
  cell = support::finished_performance();
  blocks = record::block_figures(cell.record);
  blocks[0].round = 7;
  blocks[1].round = 2;
  record::set_block_figures(cell.record, blocks);
  EXPECT_THAT(wrong_in(cell), testing::IsSupersetOf({"round 8 has no trials", "round 3 stands twice",
                                                     "round 1 has trials and no figures",
                                                     "round 2 has trials and no figures"}));
}

TEST(Speeds, samples_confidence_and_absence_are_judged_too) {
  auto cell = support::finished_performance();
  cell.record.metrics["ttft_s"].n = 100;
  EXPECT_THAT(wrong_in(cell), ElementsAre(HasSubstr("(n 100, ")));
  cell = support::finished_performance();
  cell.record.metrics["ttft_s"].interval->confidence = 0.99;
  EXPECT_THAT(wrong_in(cell), ElementsAre(HasSubstr("confidence 0.99), its trials give 0.00101")));
  cell = support::finished_performance();
  cell.record.metrics.erase("ttft_s");
  cell.record.absent["ttft_s"] = "too slow to tell";
  EXPECT_THAT(wrong_in(cell), ElementsAre(HasSubstr("ttft_s is said to be absent, its trials give 0.00101")));
}

// What would leave figures unjudged.
TEST(Cells, rounds_and_tasks_that_are_taken_out_are_noticed) {
  const auto findings = [](const record::FinishedCell& cell) {
    Report report;
    check_cell(cell, true, report);
    std::vector<std::string> all;
    for (const Finding& finding : report.findings) all.push_back(finding.what);
    return all;
  };
  auto cell = support::finished_performance();
  cell.trials[3].round.reset();
  EXPECT_THAT(findings(cell), testing::Contains("1 trials are of no round that is there"));
  cell = support::finished_performance();
  cell.blocks.clear();
  EXPECT_THAT(findings(cell), ElementsAre("8 trials are of no round that is there"));
  cell.trials.clear();
  EXPECT_THAT(findings(cell), ElementsAre("there are figures of rounds, and no trials"));
  cell = support::finished_performance();
  cell.blocks[1].series = "another start";
  EXPECT_THAT(findings(cell), ElementsAre("round 2 was measured beside others than the record says"));

  cell = support::finished_accuracy();
  EXPECT_THAT(findings(cell), IsEmpty());
  cell.record.task_info.erase("tasks");
  EXPECT_THAT(findings(cell), ElementsAre("there are scores, and no task that they are of"));
  cell = support::finished_accuracy();
  cell.record.subtasks["other"] = cell.record.metrics;
  EXPECT_THAT(findings(cell), testing::Contains("other has scores, and is no task of the record"));
  cell = support::finished_accuracy();
  cell.items[9].metrics.clear();
  EXPECT_THAT(findings(cell), ElementsAre(HasSubstr("its items give 0.777778")));
  for (record::Item& item : cell.items) item.metrics.clear();
  EXPECT_THAT(findings(cell), ElementsAre(HasSubstr("its items give none")));
  cell = support::finished_accuracy();
  cell.record.metrics["acc"].n = 100;
  EXPECT_THAT(findings(cell),
              ElementsAre(HasSubstr("(n 100, error 0.152753, confidence 0.95), its items give 0.7")));
  cell = support::finished_accuracy();
  cell.record.metrics["acc"].std_error = 0.01;
  EXPECT_THAT(findings(cell), ElementsAre(HasSubstr("(n 10, error 0.01, ")));
  cell = support::finished_accuracy();
  cell.record.metrics["acc"].interval->confidence = 0.5;
  EXPECT_THAT(findings(cell), ElementsAre(HasSubstr("confidence 0.5), its items give 0.7")));
}

Report report_of(const record::FinishedCell& cell) {
  Report report;
  check_cell(cell, true, report);
  return report;
}
std::vector<std::string> texts(const std::vector<Finding>& findings) {
  std::vector<std::string> all;
  for (const Finding& finding : findings) all.push_back(finding.what);
  return all;
}
record::FinishedCell with_score(double acc) {
  auto cell = support::finished_accuracy();
  cell.record.metrics["acc"].value = acc;
  return cell;
}

// Two rounds' peaks are 3 and 2 MB; the line is that of the second, as if the first did not count.
record::FinishedCell with_memory_line() {
  auto cell = support::finished_performance();
  cell.record.metrics["private_peak_bytes"] = support::exact(3e6);
  cell.blocks[0].private_peak_bytes = 3'000'000;
  cell.blocks[1].private_peak_bytes = 2'000'000;
  cell.blocks[1].memory_line =
      record::MemoryLine{1, 40, 0, {{0.0, 1'500'000, 1'000'000}, {0.5, 4'000'000, 2'000'000}}, {}};
  record::set_memory_line(cell.record, *cell.blocks[1].memory_line);
  return cell;
}

TEST(MemoryLines, agree_with_the_peaks) {
  EXPECT_THAT(texts(report_of(with_memory_line()).findings), IsEmpty());
}

TEST(MemoryLines, that_do_not_are_named) {
  auto cell = with_memory_line();
  cell.record.metrics["private_peak_bytes"].value = 1.5e6;
  EXPECT_THAT(texts(report_of(cell).findings),
              ElementsAre("private_peak_bytes is 1500000, its line of memory reaches 2000000"));
  cell = with_memory_line();
  cell.record.metrics.erase("private_peak_bytes");
  EXPECT_THAT(texts(report_of(cell).findings),
              ElementsAre("there is a line of memory, and no private_peak_bytes"));
  cell = with_memory_line();
  cell.blocks[1].private_peak_bytes = 1'900'000;
  EXPECT_THAT(texts(report_of(cell).findings),
              ElementsAre("private_peak_bytes of round 2 is 1900000, its line of memory reaches 2000000"));
  cell = with_memory_line();
  auto line = *cell.blocks[1].memory_line;
  line.points[0].rss_bytes += 4096;
  record::set_memory_line(cell.record, line);
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre("its line of memory is that of no round"));
  cell = with_memory_line();
  cell.record.task_info["memory_line"]["seconds"] = "none";
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre("its line of memory cannot be read"));
  cell = with_memory_line();
  cell.blocks[1].memory_line->round = 3;
  record::set_memory_line(cell.record, *cell.blocks[1].memory_line);
  EXPECT_THAT(texts(report_of(cell).findings),
              ElementsAre("the line of memory of round 2 is that of round 4"));
}

record::FinishedCell with_power_trace() {
  auto cell = support::finished_performance();
  record::SourceEnergy source;
  source.name = source.kind = source.scope = "sensor";
  source.grade = "B";
  source.is_headline = true;
  source.joules = 30.0;
  record::BlockEnergy energy;
  energy.sources = {source};
  record::GpuLoad gpu;
  gpu.name = "nvml:0";
  gpu.readings = 5;
  gpu.figures[0] = record::GpuSpan{60.0, 50.0, 70.0};
  energy.gpus = {gpu};
  energy.power_trace = record::PowerTrace{-0.5, 0.5, 1.0, {5.0, 20.0, 40.0}, {}, {}, ""};
  cell.blocks[1].energy = energy;
  record::set_block_energy(cell.record, energy);
  return cell;
}

TEST(PowerTraces, agree_with_the_joules) {
  EXPECT_THAT(texts(report_of(with_power_trace()).findings), IsEmpty());
}

TEST(PowerTraces, that_do_not_are_named) {
  auto cell = with_power_trace();
  cell.blocks[1].energy->power_trace->watts[2] = 60.0;
  record::set_block_energy(cell.record, *cell.blocks[1].energy);
  EXPECT_THAT(texts(report_of(cell).findings),
              ElementsAre("the joules of round 2 are 30, its power over time gives 40"));
  cell = with_power_trace();
  cell.record.task_info["energy"]["power_trace"]["watts"][0] = 6.0;
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre("its power over time is that of no round"));
  cell = with_power_trace();
  cell.record.task_info["energy"]["power_trace"]["bin_s"] = "half";
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre("its power over time cannot be read"));
  cell = with_power_trace();
  cell.blocks[1].energy->sources[0].joules.reset();
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre("round 2 has power over time, and no joules"));
}

TEST(Gpus, are_those_of_a_round) {
  auto cell = with_power_trace();
  cell.record.task_info["energy"]["gpus"][0]["utilization_percent"]["mean"] = 65.0;
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre("what it says of its GPUs is that of no round"));
  cell = with_power_trace();
  cell.record.task_info["energy"]["gpus"][0]["utilization_percent"]["mean"] = 165.0;
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre(HasSubstr("its GPUs cannot be read")));
}

// A record does not choose whether it is judged.
TEST(Forged, a_measured_record_that_is_said_to_be_imported) {
  auto cell = with_score(0.9);
  cell.record.task_info["imported"] = base::Json::object();
  EXPECT_THAT(texts(report_of(cell).findings), ElementsAre(HasSubstr("qa acc is 0.9 [")));
  cell = support::finished_performance();
  cell.record.metrics["ttft_s"].value = 0.5;
  cell.record.task_info["imported"] = base::Json::object();
  EXPECT_THAT(texts(report_of(cell).findings),
              ElementsAre(HasSubstr("ttft_s is 0.5"), "it is said to be imported, and has trials or rounds"));
}

TEST(Forged, rounds_that_are_taken_out_with_what_the_record_says_of_them) {
  auto cell = support::finished_performance();
  cell.record.metrics["ttft_s"].value = 0.5;
  cell.record.task_info.erase("blocks");
  cell.blocks.clear();
  const Report report = report_of(cell);
  EXPECT_THAT(
      texts(report.findings),
      testing::IsSupersetOf({testing::Matcher<std::string>(HasSubstr("ttft_s is 0.5")),
                             testing::Matcher<std::string>("round 1 has trials and no figures"),
                             testing::Matcher<std::string>("8 trials are of no round that is there")}));
  EXPECT_EQ(report.without_rounds, 0);
}

TEST(Forged, an_aggregation_of_which_shares_do_not_follow) {
  const auto added_up_by = [](double acc, const char* aggregation) {
    auto cell = with_score(acc);
    auto tasks = record::tasks(cell.record);
    const base::Json asked{{"metric", "acc"}, {"aggregation", aggregation}};
    tasks[0].config["metric_list"] = base::Json::array({asked});
    record::set_tasks(cell.record, tasks);
    return cell;
  };
  EXPECT_THAT(texts(report_of(added_up_by(0.9, "median")).findings),
              ElementsAre("qa acc is 0.9, the median of its items is 1"));
  const Report told = report_of(added_up_by(1.0, "median"));
  EXPECT_THAT(told.findings, IsEmpty());
  EXPECT_THAT(texts(told.unjudged),
              ElementsAre("the interval of qa acc, which its task file adds up by 'median'"));
  EXPECT_THAT(texts(report_of(added_up_by(0.9, "best")).findings),
              ElementsAre("qa acc, which its task file adds up by 'best', as no run does"));
  EXPECT_THAT(texts(report_of(added_up_by(0.9, "nanmean")).findings),
              ElementsAre(HasSubstr("qa acc is 0.9 [")));
  auto imported = added_up_by(0.9, "best");
  record::set_imported(imported.record, {"lm-eval", "r.json", "", {}, {}});
  EXPECT_THAT(texts(report_of(imported).findings), IsEmpty());
  EXPECT_THAT(texts(report_of(imported).unjudged),
              ElementsAre("qa acc, which its task file adds up by 'best'"));
}

TEST(Imported, shares_follow_from_their_items_where_there_are_some) {
  auto cell = support::finished_accuracy();
  record::set_imported(cell.record, {"lm-eval", "r.json", "", {}, {}});
  cell.record.metrics["acc"].std_error = 0.05;  // by the other tool's formula
  Report report = report_of(cell);
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.recomputed, 1);
  EXPECT_EQ(report.imported, 1);
  EXPECT_EQ(report.imported_without_items, 0);
  cell.items.clear();
  report = report_of(cell);
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.recomputed, 0);
  EXPECT_EQ(report.not_recomputed, 1);
  EXPECT_EQ(report.imported_without_items, 1);
}

TEST(Imported, a_task_of_a_group_may_come_without_items) {
  auto cell = support::finished_accuracy();
  record::set_imported(cell.record, {"lm-eval", "r.json", "", {}, {}});
  auto tasks = record::tasks(cell.record);
  tasks.push_back(tasks[0]);
  tasks[1].name = "other";
  record::set_tasks(cell.record, tasks);
  cell.record.subtasks["qa"] = cell.record.subtasks["other"] = cell.record.metrics;
  const Report report = report_of(cell);
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.recomputed, 2);  // the task's from its items, the group's from its tasks
}

TEST(Cells, speeds_without_any_round_are_counted) {
  auto cell = support::finished_performance();
  cell.record.task_info.erase("blocks");
  cell.blocks.clear();
  for (record::Trial& trial : cell.trials) trial.round.reset();
  EXPECT_EQ(report_of(cell).without_rounds, 1);
  EXPECT_EQ(report_of(support::finished_performance()).without_rounds, 0);
  EXPECT_EQ(report_of(support::finished_accuracy()).without_rounds, 0);
}

TEST(Cells, a_task_that_stands_twice_is_judged_once) {
  auto cell = support::finished_accuracy();
  auto tasks = record::tasks(cell.record);
  tasks.push_back(tasks[0]);
  record::set_tasks(cell.record, tasks);
  const Report report = report_of(cell);
  EXPECT_THAT(texts(report.findings), ElementsAre("qa stands twice"));
  EXPECT_EQ(report.recomputed, 1);
}

TEST(Cells, of_many_findings_the_first_are_told_and_the_others_counted) {
  auto cell = support::finished_accuracy();
  for (int i = 0; i < 200; ++i) cell.record.subtasks["other " + std::to_string(i)] = cell.record.metrics;
  const Report report = report_of(cell);
  ASSERT_EQ(report.findings.size(), kMostOfCell + 1);
  EXPECT_EQ(report.findings.back().what, "151 further things are wrong");  // 200 tasks, and their group
  EXPECT_EQ(report.findings.back().place, "nano int8 qa");
}

TEST(Speeds, a_trial_that_changed_gives_other_figures) {
  auto cell = support::finished_performance();
  for (record::Trial& trial : cell.trials) trial.streams[0].token_ns[0] = 100;
  EXPECT_THAT(wrong_in(cell), testing::Contains(HasSubstr("ttft_s is 0.00101")));
}

}  // namespace
}  // namespace bantam::verify
