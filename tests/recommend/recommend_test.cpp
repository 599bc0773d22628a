#include "recommend/recommend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "recommend/fronts.hpp"
#include "record/block.hpp"
#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::recommend {
namespace {

using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kMib = 1024.0 * 1024.0;

// Cells and their items, as a store would give them.
class Stage {
 public:
  Stage& speed(const std::string& model, const std::string& precision, double bits, double decode,
               double parameters = 1e6) {
    Record record = support::performance(model, precision, bits, decode, 0.1);
    record.metrics["parameters"] = support::exact(parameters);
    record.metrics["pss_peak_bytes"] = support::exact(bits * parameters / 8.0);
    records.push_back(std::move(record));
    return *this;
  }
  // `right` of `n` items with four choices, the first ones.
  Stage& score(const std::string& model, const std::string& precision, std::int64_t right, std::int64_t n,
               const std::string& task = "qa") {
    const double share = static_cast<double>(right) / static_cast<double>(n);
    Record record = support::accuracy(model, precision, task, share, share - 0.02, share + 0.02, n);
    record::TaskFacts facts;
    facts.name = task;
    facts.output_type = "multiple_choice";
    facts.metrics = {"acc"};
    facts.items = n;
    facts.chance = 0.25;
    record::set_tasks(record, {facts});
    items[record.cell_key] = support::items(task, n, right);
    records.push_back(std::move(record));
    return *this;
  }
  Record& last() { return records.back(); }

  Recommendation recommend(const Wishes& wishes = {}) const {
    const analyze::ItemSource source =
        [this](const std::string& key) -> base::Result<std::vector<record::Item>> {
      const auto found = items.find(key);
      return found == items.end() ? std::vector<record::Item>{} : found->second;
    };
    analysis = analyze::analyze(records, source).value();
    auto found = recommend::recommend(analysis, source, wishes);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? *std::move(found) : Recommendation{};
  }
  std::string name(std::size_t index) const {
    return analysis.configurations[index].model + " " + analysis.configurations[index].precision;
  }
  std::string choice(const Answer& answer) const { return answer.choice ? name(*answer.choice) : "none"; }
  const Place& place(const Answer& answer, const std::string& wanted) const {
    for (const Place& one : answer.places) {
      if (name(one.configuration) == wanted) return one;
    }
    throw std::out_of_range(wanted);
  }

  std::vector<Record> records;
  std::map<std::string, std::vector<record::Item>> items;
  mutable analyze::Analysis analysis;
};

// int8 answers as fp16 does and is faster; int4 is faster still, and worse on 100 of 1000 items.
Stage three_precisions() {
  Stage stage;
  stage.speed("nano", "fp16", 16, 100).score("nano", "fp16", 800, 1000);
  stage.speed("nano", "int8", 8, 150).score("nano", "int8", 800, 1000);
  stage.speed("nano", "int4", 4, 200).score("nano", "int4", 700, 1000);
  return stage;
}

TEST(recommend, quality_first_then_speed) {
  const Stage stage = three_precisions();
  const Answer answer = stage.recommend().answer;
  EXPECT_EQ(stage.choice(answer), "nano int8");
  EXPECT_TRUE(answer.is_decided);
  EXPECT_EQ(stage.place(answer, "nano fp16").rule, Rule::dominated);
  EXPECT_EQ(stage.place(answer, "nano fp16").reason,
            "dominated by nano int8: slower and larger, no better on any task");
  EXPECT_EQ(stage.place(answer, "nano int4").rule, Rule::worse);
  EXPECT_THAT(stage.place(answer, "nano int4").reason, HasSubstr("quality 13.3 points lower"));
  EXPECT_FALSE(answer.next);
  EXPECT_THAT(answer.objectives, ElementsAre("quality", "decode_tokens_per_s", "memory"));
}

// Of a cell of this configuration, as the sensor tells.
Stage& add_energy(Stage& stage, const std::string& precision, double joules, const std::string& sensor) {
  Record record = support::cell("nano", precision, "energy");
  record.metrics["energy_per_request_j"] =
      record::Value{joules, record::Interval{0.99 * joules, 1.01 * joules, 0.95, "blocks"}, {}, 200};
  record::SourceEnergy source;
  source.name = sensor;
  source.kind = sensor;
  source.scope = "package";
  source.grade = "B";
  source.is_headline = true;
  record::BlockEnergy energy;
  energy.requests = 20;
  energy.sources = {source};
  record::set_block_energy(record, energy);
  std::vector<record::BlockFigures> blocks;
  for (int round = 0; round < 8; ++round)
    blocks.push_back({round, "one", {}, {{"energy_per_request_j", joules * (1.0 + 0.001 * round)}}});
  record::set_block_figures(record, blocks);
  stage.records.push_back(std::move(record));
  return stage;
}

TEST(recommend, energies_of_different_sensors_decide_nothing) {
  const auto answer_with = [](const std::string& other_sensor, Stage& stage) {
    stage.speed("nano", "fp16", 16, 100).speed("nano", "int8", 8, 150);
    add_energy(stage, "fp16", 40.0, "rapl");
    add_energy(stage, "int8", 10.0, other_sensor);
    Wishes wishes;
    wishes.objectives = {"energy_per_request_j"};
    return stage.recommend(wishes);
  };
  Stage alike;
  const Recommendation told = answer_with("rapl", alike);
  EXPECT_EQ(alike.choice(told.answer), "nano int8");
  EXPECT_TRUE(told.answer.is_decided);
  Stage unlike;
  const Recommendation open = answer_with("wall", unlike);
  EXPECT_FALSE(open.answer.is_decided);
  ASSERT_TRUE(open.answer.next);
  EXPECT_EQ(open.answer.next->kind, NextMeasurement::Kind::first_rounds);
  EXPECT_TRUE(open.answer.next->is_of_energy);
  EXPECT_THAT(open.answer.next->what, HasSubstr("side by side in one run"));
  EXPECT_THAT(open.answer.next->what, HasSubstr("different sensors"));
  const auto has_energy = [](const Front& front) {
    return std::ranges::find(front.objectives, "energy_per_request_j") != front.objectives.end();
  };
  EXPECT_TRUE(std::ranges::any_of(find_fronts(alike.analysis, told), has_energy));
  EXPECT_TRUE(std::ranges::none_of(find_fronts(unlike.analysis, open), has_energy));
}

// By hand: (0.8 - 0.25) / 0.75 = 0.7333, (0.7 - 0.25) / 0.75 = 0.6.
TEST(recommend, quality_is_freed_from_chance) {
  const Stage stage = three_precisions();
  const Recommendation all = stage.recommend();
  EXPECT_NEAR(all.qualities[0]->value, 0.73333, 1e-5);
  EXPECT_NEAR(all.qualities[2]->value, 0.6, 1e-12);
}

// A second task without choices: 0.5 counts as it is. Weights 3 and 1.
TEST(recommend, quality_is_the_weighted_mean_over_tasks) {
  Stage stage;
  stage.speed("nano", "int8", 8, 100).score("nano", "int8", 800, 1000);
  stage.score("nano", "int8", 50, 100, "sums");
  auto facts = record::tasks(stage.last());
  facts[0].output_type = "generate_until";
  facts[0].metrics = {"exact_match"};
  facts[0].chance.reset();
  record::set_tasks(stage.last(), facts);
  stage.last().metrics = {{"exact_match", support::measured(0.5, 0.4, 0.6, 100)}};
  Wishes wishes;
  wishes.weights = {{"qa", 3.0}};
  const Recommendation all = stage.recommend(wishes);
  EXPECT_NEAR(all.qualities[0]->value, 0.75 * 0.733333 + 0.25 * 0.5, 1e-5);
  wishes = {};
  wishes.tasks = {"sums"};
  EXPECT_NEAR(stage.recommend(wishes).qualities[0]->value, 0.5, 1e-12);
}

TEST(recommend, few_items_decide_nothing_and_the_missing_ones_are_told) {
  Stage stage;
  stage.speed("nano", "fp16", 16, 100).score("nano", "fp16", 15, 20);
  stage.speed("nano", "int4", 4, 200).score("nano", "int4", 13, 20);
  const Answer answer = stage.recommend().answer;
  EXPECT_EQ(stage.choice(answer), "nano int4") << stage.place(answer, "nano int4").reason;
  EXPECT_FALSE(answer.is_decided);
  EXPECT_EQ(stage.place(answer, "nano fp16").standing, Standing::rival);
  ASSERT_TRUE(answer.next);
  EXPECT_GT(answer.next->items.value_or(0), 0);
  EXPECT_THAT(answer.next->what, HasSubstr("more items (qa)"));
}

TEST(recommend, one_file_under_two_names_is_undecided) {
  Stage stage;
  stage.speed("a", "int8", 8, 100).score("a", "int8", 800, 1000);
  stage.speed("b", "int8", 8, 100).score("b", "int8", 800, 1000);
  const Answer answer = stage.recommend().answer;
  EXPECT_FALSE(answer.is_decided);
  EXPECT_TRUE(answer.choice);
}

// Blocks 1.67 % up and down, now together and now against each other, of a difference of 2 %: told by itself
// or not, among three it is not, and the rounds that would tell are named.
TEST(recommend, rounds_that_would_tell_are_named) {
  Stage stage;
  stage.speed("a", "int8", 8, 100).speed("b", "int4", 4, 102).speed("c", "fp16", 16, 101);
  Wishes wishes;
  wishes.objectives = {"decode_tokens_per_s"};
  const Answer answer = stage.recommend(wishes).answer;
  ASSERT_FALSE(answer.is_decided);
  ASSERT_TRUE(answer.next);
  EXPECT_GT(answer.next->rounds.value_or(0), 0);
  EXPECT_THAT(answer.next->what, HasSubstr("more rounds of both (decode)"));
}

TEST(recommend, limits_put_out_by_name) {
  const Stage stage = three_precisions();
  Wishes wishes;
  wishes.limits = {*parse_limit("decode=190", Bound::least)};
  Answer answer = stage.recommend(wishes).answer;
  EXPECT_EQ(stage.choice(answer), "nano int4");
  EXPECT_EQ(stage.place(answer, "nano int8").rule, Rule::limit);
  wishes.limits = {*parse_limit("decode=150", Bound::least)};
  answer = stage.recommend(wishes).answer;
  EXPECT_EQ(stage.place(answer, "nano int8").rule, Rule::unsure);
  wishes.limits = {*parse_limit("decode=1000", Bound::least)};
  answer = stage.recommend(wishes).answer;
  EXPECT_EQ(stage.choice(answer), "none");
  EXPECT_FALSE(answer.is_decided);
}

// 5 % and 64 MiB beside the need: 100 MiB and 169 MiB for 100 MiB.
TEST(recommend, a_budget_holds_the_need_with_its_margin) {
  Stage stage;
  stage.speed("big", "int8", 8, 100, 100 * kMib).score("big", "int8", 800, 1000);
  Wishes wishes;
  wishes.memory_bytes = 168 * kMib;
  EXPECT_EQ(stage.choice(stage.recommend(wishes).answer), "none");
  wishes.memory_bytes = 170 * kMib;
  EXPECT_EQ(stage.choice(stage.recommend(wishes).answer), "big int8");
}

TEST(recommend, failed_cells_and_missing_figures_never_win) {
  Stage stage = three_precisions();
  stage.speed("other", "int8", 8, 900);
  stage.last().outcome = record::Outcome::failed;
  stage.last().failure = record::Failure{"worker", "the worker died", "SIGILL"};
  stage.last().metrics.clear();
  stage.score("other", "int8", 990, 1000);
  stage.speed("third", "int8", 8, 900);
  const Answer answer = stage.recommend().answer;
  EXPECT_EQ(stage.choice(answer), "nano int8");
  EXPECT_EQ(stage.place(answer, "other int8").rule, Rule::failed);
  EXPECT_THAT(stage.place(answer, "other int8").reason, HasSubstr("SIGILL"));
  EXPECT_EQ(stage.place(answer, "third int8").rule, Rule::unknown);
  EXPECT_EQ(stage.place(answer, "third int8").reason, "qa: not run");
}

TEST(recommend, a_model_without_answers_cannot_win) {
  Stage stage = three_precisions();
  stage.speed("mute", "int4", 4, 900).score("mute", "int4", 950, 1000);
  stage.last().metrics["empty"] = {1000.0, {}, {}, 1000};
  stage.speed("dice", "int4", 4, 900).score("dice", "int4", 260, 1000);  // interval 0.24 to 0.28
  const Answer answer = stage.recommend().answer;
  EXPECT_EQ(stage.choice(answer), "nano int8");
  EXPECT_EQ(stage.place(answer, "mute int4").rule, Rule::no_answers);
  EXPECT_THAT(stage.place(answer, "mute int4").reason, HasSubstr("every answer is empty"));
  EXPECT_EQ(stage.place(answer, "dice int4").rule, Rule::no_answers);
  EXPECT_THAT(stage.place(answer, "dice int4").reason, HasSubstr("guessing"));
}

TEST(recommend, damage_reaches_the_answer) {
  Stage stage = three_precisions();
  Record fidelity = support::cell("nano", "int8", "fidelity");
  fidelity.metrics["kld_mean"] = support::measured(0.5, 0.45, 0.55);
  stage.records.push_back(fidelity);
  Answer answer = stage.recommend().answer;
  EXPECT_EQ(stage.place(answer, "nano int8").rule, Rule::limit);
  EXPECT_EQ(stage.choice(answer), "nano fp16");
  Wishes wishes;
  wishes.limits = {*parse_limit("kld_mean=0.6", Bound::most)};
  wishes.objectives = {"quality"};
  EXPECT_NE(stage.place(stage.recommend(wishes).answer, "nano int8").rule, Rule::limit);
}

// A model of 1000 million weights and one of 300 million: at 1 GiB the large one fits at 4 bits only.
TEST(recommend, the_ladder_answers_small_or_large) {
  Stage stage;
  stage.speed("large", "fp16", 16, 10, 1e9).score("large", "fp16", 900, 1000);
  stage.speed("large", "int4", 4, 30, 1e9).score("large", "int4", 850, 1000);
  stage.speed("small", "fp16", 16, 35, 3e8).score("small", "fp16", 600, 1000);
  const Recommendation all = stage.recommend();
  ASSERT_EQ(all.ladder.size(), 5u);
  EXPECT_EQ(all.ladder[0].memory_bytes, 1024 * kMib);
  EXPECT_EQ(stage.choice(all.ladder[0].answer), "large int4");
  EXPECT_EQ(stage.choice(all.ladder[1].answer), "large int4");  // 2 GiB do not hold 1.86 GiB with the margin
  EXPECT_EQ(stage.choice(all.ladder[2].answer), "large fp16");
  ASSERT_TRUE(all.small_or_large);
  EXPECT_EQ(stage.name(all.small_or_large->small), "small fp16");
  EXPECT_EQ(stage.name(all.small_or_large->large), "large int4");
  EXPECT_NEAR(all.small_or_large->difference.value, 0.25 / 0.75, 1e-9);
}

TEST(recommend, without_tasks_it_says_what_the_answer_rests_on) {
  Stage stage;
  stage.speed("nano", "fp16", 16, 100).speed("nano", "int8", 8, 150);
  const Recommendation all = stage.recommend();
  EXPECT_EQ(stage.choice(all.answer), "nano int8");
  EXPECT_THAT(all.notes, ElementsAre(HasSubstr("no task was scored")));
  Wishes wishes;
  wishes.objectives = {"quality"};
  const auto refused = recommend::recommend(stage.analysis, {}, wishes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
}

// One process each: nothing is known of speed. The smaller one must not win by that while the other looks
// faster.
TEST(recommend, an_untold_speed_does_not_leave_the_choice_to_size) {
  Stage stage;
  stage.speed("nano", "fp16", 16, 200);
  stage.last().task_info.erase("blocks");
  stage.speed("nano", "int4", 4, 100);
  stage.last().task_info.erase("blocks");
  const Answer answer = stage.recommend().answer;
  EXPECT_EQ(stage.choice(answer), "nano int4");
  EXPECT_FALSE(answer.is_decided);
  EXPECT_EQ(stage.place(answer, "nano fp16").standing, Standing::rival);
}

TEST(recommend, encoders_do_not_compete_with_models_that_write) {
  Stage stage;
  stage.speed("nano", "fp16", 16, 100).speed("nano", "int8", 8, 150);
  Record encoder = support::performance("mini", "fp16", 16, 1.0, 0.1);
  encoder.metrics.erase("decode_tokens_per_s");
  encoder.metrics.erase("ttft_s");
  encoder.metrics["sequence_latency_s"] = support::measured(0.01, 0.0099, 0.0101);
  encoder.metrics["sequences_per_s"] = support::measured(100.0, 99.0, 101.0);
  stage.records.push_back(encoder);
  const Answer answer = stage.recommend().answer;
  EXPECT_EQ(stage.choice(answer), "nano int8");
  EXPECT_EQ(stage.place(answer, "mini fp16").rule, Rule::unknown);
  EXPECT_THAT(stage.place(answer, "mini fp16").reason, HasSubstr("no text"));
}

TEST(recommend, objectives_have_short_names) {
  EXPECT_THAT(*parse_objectives("quality,speed size"),
              ElementsAre("quality", "decode_tokens_per_s", "file_bytes"));
  EXPECT_THAT(*parse_objectives("ttft,ttft"), ElementsAre("ttft_s"));
  EXPECT_FALSE(parse_objectives("beauty"));
  EXPECT_FALSE(parse_objectives(","));
  EXPECT_FALSE(parse_objectives("prompt_tokens"));
}

TEST(recommend, every_configuration_has_one_place) {
  const Stage stage = three_precisions();
  const Answer answer = stage.recommend().answer;
  ASSERT_EQ(answer.places.size(), 3u);
  for (std::size_t i = 0; i < answer.places.size(); ++i) EXPECT_EQ(answer.places[i].configuration, i);
}

}  // namespace
}  // namespace bantam::recommend
