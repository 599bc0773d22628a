#include "recommend/next_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/model_settings.hpp"
#include "recommend/predicted_stage.hpp"

namespace bantam::recommend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Absent: the option is not among them.
std::vector<std::string> values(const plan::OptionValues& options, const std::string& name) {
  for (const auto& [option, given] : options) {
    if (option == name) return given;
  }
  return {};
}

Answer undecided(const Asked& asked, const std::string& choice, const std::string& rival,
                 NextMeasurement next) {
  Answer answer;
  answer.choice = asked.index(choice);
  for (std::size_t i = 0; i < asked.analysis.configurations.size(); ++i)
    answer.places.emplace_back().configuration = i;
  answer.places[asked.index(choice)].standing = Standing::chosen;
  answer.places[asked.index(rival)].standing = Standing::rival;
  next.rival = asked.index(rival);
  answer.next = std::move(next);
  return answer;
}

NextMeasurement more(NextMeasurement::Kind kind, std::int64_t known, std::int64_t missing) {
  NextMeasurement next;
  next.kind = kind;
  next.known = known;
  if (kind == NextMeasurement::Kind::rounds) next.rounds = missing;
  if (kind == NextMeasurement::Kind::items) next.items = missing;
  return next;
}

record::Record measured(const std::string& model, const std::string& precision) {
  record::Record record = support::performance(model, precision, 8, 100, 0.5);
  record.settings = {{"engine", {{"threads", 2}}},
                     {"performance", {{"max_new_tokens", 16}, {"num_runs", 30}}}};
  return record;
}

record::Record scored(const std::string& model, const std::string& precision, double limit) {
  record::Record record = support::accuracy(model, precision, "qa", 0.6, 0.5, 0.7, 100);
  record.settings = {
      {"engine", base::Json::object()}, {"accuracy", {{"limit", limit}, {"num_fewshot", 2}}}, {"seed", 7}};
  return record;
}

TEST(next_run, a_predicted_choice_is_measured_with_its_least_memory) {
  const Asked asked({prediction("m", "int4", 4, 10, 1000 * kMib)});
  const auto options = next_run(asked.analysis, asked.all.tasks, asked.all.answer);
  ASSERT_TRUE(options) << options.error();
  EXPECT_THAT(values(*options, "models"), ElementsAre("synthetic:m"));
  EXPECT_THAT(values(*options, "precisions"), ElementsAre("int4"));
  EXPECT_THAT(values(*options, "tasks"), ElementsAre("performance"));
  EXPECT_THAT(values(*options, "min_memory"), ElementsAre("true"));
  EXPECT_THAT(values(*options, "rounds"), IsEmpty());
}

// 6 rounds are there and 4 are missing: 10, in 10/6 of the time.
TEST(next_run, rounds_are_measured_side_by_side_with_the_settings_of_before) {
  const Asked asked({measured("a", "int8"), measured("a", "int4"), measured("b", "int8")});
  const auto options =
      next_run(asked.analysis, asked.all.tasks,
               undecided(asked, "a int8", "b int8", more(NextMeasurement::Kind::rounds, 6, 4)));
  ASSERT_TRUE(options) << options.error();
  EXPECT_THAT(values(*options, "models"), ElementsAre("embedded:a", "embedded:b"));
  EXPECT_THAT(values(*options, "precisions"), ElementsAre("int8"));
  EXPECT_THAT(values(*options, "rounds"), ElementsAre("10"));
  EXPECT_THAT(values(*options, "max_seconds"), ElementsAre("50"));
  EXPECT_THAT(values(*options, "num_runs"), ElementsAre("50"));
  EXPECT_THAT(values(*options, "threads"), ElementsAre("2"));
  EXPECT_THAT(values(*options, "max_new_tokens"), ElementsAre("16"));
}

// As above, of energy: the budget of its own requests grows by 10/6, too.
TEST(next_run, rounds_of_energy_are_measured_as_energy) {
  const auto of_energy = [](const std::string& model) {
    record::Record record = support::cell(model, "int8", "energy");
    record.reference = "embedded:" + model;
    record.settings = {{"engine", {{"threads", 2}}},
                       {"performance", {{"max_new_tokens", 16}}},
                       {"energy", {{"seconds", 30}, {"idle", 2}, {"sample_runs", 60}}}};
    return record;
  };
  const Asked asked({measured("a", "int8"), measured("b", "int8"), of_energy("a"), of_energy("b")});
  NextMeasurement next = more(NextMeasurement::Kind::rounds, 6, 4);
  next.is_of_energy = true;
  const auto options =
      next_run(asked.analysis, asked.all.tasks, undecided(asked, "a int8", "b int8", std::move(next)));
  ASSERT_TRUE(options) << options.error();
  EXPECT_THAT(values(*options, "tasks"), ElementsAre("energy"));
  EXPECT_THAT(values(*options, "rounds"), ElementsAre("10"));
  EXPECT_THAT(values(*options, "energy_seconds"), ElementsAre("50"));
  EXPECT_THAT(values(*options, "energy_sample_runs"), ElementsAre("100"));
  EXPECT_THAT(values(*options, "energy_idle"), ElementsAre("2"));
  EXPECT_THAT(values(*options, "max_new_tokens"), ElementsAre("16"));
  EXPECT_THAT(values(*options, "max_seconds"), IsEmpty());
}

// Cells of the same settings are there already, and would not be measured beside the rival.
TEST(next_run, first_rounds_side_by_side_are_not_those_that_are_there) {
  record::Record one = measured("a", "int8");
  one.settings["performance"]["rounds"] = 6;
  const Asked asked({one, measured("b", "int8")});
  const auto options =
      next_run(asked.analysis, asked.all.tasks,
               undecided(asked, "a int8", "b int8", more(NextMeasurement::Kind::first_rounds, 0, 0)));
  ASSERT_TRUE(options) << options.error();
  EXPECT_THAT(values(*options, "rounds"), ElementsAre("7"));
}

TEST(next_run, models_at_other_precisions_have_settings_of_their_own) {
  const Asked asked({measured("a", "int8"), measured("b", "int4")});
  const auto options =
      next_run(asked.analysis, asked.all.tasks,
               undecided(asked, "a int8", "b int4", more(NextMeasurement::Kind::rounds, 6, 4)));
  ASSERT_TRUE(options) << options.error();
  EXPECT_THAT(values(*options, "precisions"), IsEmpty());
  const auto request = plan::build_request(*options);
  ASSERT_TRUE(request) << request.error().message;
  std::vector<std::string> cells;
  for (const plan::Cell& cell : plan::unfold(request->plan))
    cells.push_back(cell.model.name + " " + cell.precision);
  EXPECT_THAT(cells, ElementsAre("a int8", "b int4"));
}

// 100 items are there and 150 are missing: the limit of 100 becomes 250, a tenth a quarter, a half
// everything.
TEST(next_run, a_larger_sample_is_scored) {
  const auto limit = [](double before) {
    const Asked asked({scored("a", "int8", before), measured("a", "int8"), scored("a", "int4", before),
                       measured("a", "int4")});
    const auto options =
        next_run(asked.analysis, asked.all.tasks,
                 undecided(asked, "a int8", "a int4", more(NextMeasurement::Kind::items, 100, 150)));
    EXPECT_TRUE(options) << (options ? "" : options.error());
    EXPECT_THAT(values(*options, "accuracy_tasks"), ElementsAre("qa"));
    EXPECT_THAT(values(*options, "num_fewshot"), ElementsAre("2"));
    EXPECT_THAT(values(*options, "seed"), ElementsAre("7"));
    EXPECT_THAT(values(*options, "precisions"), ElementsAre("int8", "int4"));
    return values(*options, "accuracy_limit");
  };
  EXPECT_THAT(limit(100), ElementsAre("250"));
  EXPECT_THAT(limit(0.1), ElementsAre("0.25"));
  EXPECT_THAT(limit(0.5), IsEmpty());
}

TEST(next_run, says_why_there_is_none) {
  const auto reason = [](const std::vector<record::Record>& records, NextMeasurement::Kind kind) {
    const Asked asked(records);
    const auto options =
        next_run(asked.analysis, asked.all.tasks, undecided(asked, "a int8", "b int8", more(kind, 100, 150)));
    return options ? std::string() : options.error();
  };
  record::Record every = scored("a", "int8", 100);
  every.settings["accuracy"].erase("limit");
  EXPECT_THAT(reason({every, scored("b", "int8", 100)}, NextMeasurement::Kind::items),
              HasSubstr("every item"));
  EXPECT_THAT(
      reason({imported_score("a", "int8", 0.6), scored("b", "int8", 100)}, NextMeasurement::Kind::items),
      HasSubstr("--predict a=REF"));
  record::Record random = scored("a", "int8", 100);
  random.reference = "synthetic:a";
  EXPECT_THAT(reason({random, scored("b", "int8", 100)}, NextMeasurement::Kind::items),
              HasSubstr("random weights"));
  record::Record swept = measured("a", "int8");
  swept.point = "threads=2";
  EXPECT_THAT(reason({swept, measured("b", "int8")}, NextMeasurement::Kind::rounds),
              HasSubstr("point of a sweep"));
  const Asked settled({measured("a", "int8")});
  EXPECT_FALSE(next_run(settled.analysis, settled.all.tasks, settled.all.answer));
}

// A name with marks that a run would read otherwise is refused, not guessed at.
TEST(next_run, names_that_cannot_be_given_are_refused) {
  record::Record odd = prediction("owner/m", "int4", 4, 10, 1000 * kMib);
  odd.reference = "synthetic:m";
  const Asked asked({odd});
  const auto options = next_run(asked.analysis, asked.all.tasks, asked.all.answer);
  ASSERT_FALSE(options);
  EXPECT_THAT(options.error(), HasSubstr("cannot be named to a run"));
}

}  // namespace
}  // namespace bantam::recommend
