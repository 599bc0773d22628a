#include "evaluate/ask.hpp"

#include <gmock/gmock.h>

#include <set>

#include "evaluate/items.hpp"
#include "evaluate/task_scores.hpp"
#include "support/byte_engine.hpp"
#include "support/task_folder.hpp"
#include "task/subset.hpp"

namespace bantam::evaluate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Collected final : public Sink {
 public:
  base::Status on_plan(const std::string&, std::int64_t count) override {
    planned += count;
    return {};
  }
  base::Status on_items(std::vector<record::Item> batch) override {
    items.insert(items.end(), batch.begin(), batch.end());
    if (++batches == stop_after) return base::fail(base::ErrorKind::interrupted, "stopped");
    return {};
  }
  std::vector<std::int64_t> doc_ids() const {
    std::vector<std::int64_t> ids;
    for (const record::Item& item : items) ids.push_back(item.doc_id);
    return ids;
  }
  const record::Item& item(std::int64_t doc_id) const {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const auto& one) { return one.doc_id == doc_id; });
    EXPECT_NE(found, items.end()) << doc_id;
    return found == items.end() ? items.front() : *found;
  }
  std::vector<record::Item> items;
  std::int64_t planned = 0;
  int batches = 0;
  int stop_after = -1;
};

class RunnerTest : public support::TaskFolderTest {
 protected:
  base::Status run(const std::string& name, Sink& sink, const record::DoneItems& done = {}) {
    const task::Selection selection = find(name);
    TRY_ASSIGN(auto prompters, make_prompters(selection.leaves, settings_));
    return evaluate(engine_, std::move(prompters), settings_, done, sink);
  }

  support::ByteEngine engine_;
  task::Settings settings_;
};

TEST_F(RunnerTest, ScoresChoicesAndAggregates) {
  write_choice_task("t", 5);
  Collected sink;
  ASSERT_TRUE(run("t", sink));
  EXPECT_EQ(sink.planned, 5);
  EXPECT_EQ(sink.item(0).content["log_likelihoods"], base::Json::array({-3.0, -1.5}));  // " yy" and " x"
  EXPECT_EQ(sink.item(0).content["context"], "question 0");
  const TaskScores result = task_scores(find("t"), sink.items);
  const record::Value& acc = result.total.metrics.at("acc");
  EXPECT_EQ(acc.value, 1.0);
  EXPECT_EQ(acc.n, 5);
  EXPECT_EQ(acc.std_error, 0.0);
  EXPECT_NEAR(acc.interval->low, 0.5655175, 1e-6);  // Wilson 5 of 5
  EXPECT_TRUE(result.leaves.empty());
}

TEST_F(RunnerTest, AResumedRunGivesTheItemsOfAnUninterruptedOne) {
  write_choice_task("t", 40);
  settings_.batch_size = 1;  // units of 16
  Collected whole;
  ASSERT_TRUE(run("t", whole));
  EXPECT_EQ(whole.batches, 3);
  Collected first;
  first.stop_after = 1;
  const auto stopped = run("t", first);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, base::ErrorKind::interrupted);
  EXPECT_EQ(first.items.size(), 16u);
  // Of the second unit one item was lost: it is computed as a whole again.
  record::DoneItems done;
  for (std::size_t i = 0; i < 31; ++i) done.insert({"t", whole.items[i].doc_id});
  Collected rest;
  ASSERT_TRUE(run("t", rest, done));
  EXPECT_EQ(rest.planned, 40);
  EXPECT_EQ(rest.items.size(), 24u);
  for (const Collected* part : {&first, &rest}) {
    for (const record::Item& item : part->items) EXPECT_EQ(item.content, whole.item(item.doc_id).content);
  }
  Collected nothing;
  engine_.scored = 0;
  for (const record::Item& item : whole.items) done.insert({"t", item.doc_id});
  ASSERT_TRUE(run("t", nothing, done));
  EXPECT_EQ(engine_.scored, 0u);
}

TEST_F(RunnerTest, ALimitTakesASeededSubset) {
  write_choice_task("t", 100);
  settings_.limit = 10;
  Collected one;
  Collected two;
  ASSERT_TRUE(run("t", one));
  ASSERT_TRUE(run("t", two));
  EXPECT_EQ(one.doc_ids(), two.doc_ids());
  EXPECT_EQ(one.items.size(), 10u);
  const auto ids = one.doc_ids();
  EXPECT_GT(*std::max_element(ids.begin(), ids.end()), 9);
  settings_.limit = 0.255;
  EXPECT_EQ(task::subset_size(100, settings_), 26u);
  settings_.seed = 7;
  settings_.limit = 10;
  Collected other;
  ASSERT_TRUE(run("t", other));
  EXPECT_NE(other.doc_ids(), one.doc_ids());
}

TEST_F(RunnerTest, AContextThatIsTooLongLosesItsStartAndIsCounted) {
  write_choice_task("t", 1);
  write("t.jsonl", "{\"q\": \"" + std::string(300, 'q') + "\", \"a\": 1}\n{\"q\": \"short\", \"a\": 1}\n");
  Collected sink;
  ASSERT_TRUE(run("t", sink));
  EXPECT_EQ(sink.item(0).content["truncated"], true);
  EXPECT_EQ(sink.item(0).content["context_tokens"][0], 300);
  EXPECT_EQ(sink.item(1).content["truncated"], false);
  const TaskScores result = task_scores(find("t"), sink.items);
  EXPECT_EQ(result.total.metrics.at("truncated").value, 1.0);
  EXPECT_THAT(result.total.warnings, testing::Contains(HasSubstr("lost their start")));
}

TEST_F(RunnerTest, BadItemsAreNamed) {
  write_choice_task("t", 1);
  write("t.jsonl", "{\"q\": \"a\", \"a\": 1}\n{\"q\": \"b\", \"a\": 2}\n");
  Collected sink;
  const auto outside = run("t", sink);
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(outside.error().message, HasSubstr("task 't', item 1"));
  write("t.jsonl", "{\"q\": \"a\"}\n");
  EXPECT_THAT(run("t", sink).error().message, HasSubstr("'a' is undefined"));
  write("t.jsonl", "");
  EXPECT_THAT(run("t", sink).error().message, HasSubstr("no rows"));
}

TEST_F(RunnerTest, TooFewRowsForTheExamples) {
  write_choice_task("t", 3, "fewshot_split: test\nnum_fewshot: 3\n");
  Collected sink;
  EXPECT_THAT(run("t", sink).error().message, HasSubstr("num_fewshot 3 needs 4 rows"));
  settings_.num_fewshot = 2;
  ASSERT_TRUE(run("t", sink));
  for (const record::Item& item : sink.items) {  // never its own example
    const auto context = item.content["context"].get<std::string>();
    const std::string own = "question " + std::to_string(item.doc_id);
    EXPECT_EQ(context.find(own), context.rfind(own));
  }
}

constexpr const char* kGeneration = R"yaml(task: g
dataset_path: json
dataset_kwargs: {data_files: {test: g.jsonl}}
output_type: generate_until
test_split: test
doc_to_text: "{{q}}"
doc_to_target: "{{a}}"
generation_kwargs: {until: ["\n"], max_gen_toks: 8}
metric_list:
  - metric: exact_match
filter_list:
  - {name: strict, filter: [{function: regex, regex_pattern: "#### (\\d+)"}, {function: take_first}]}
  - {name: loose, filter: [{function: regex, regex_pattern: "(\\d+)"}, {function: take_first}]}
)yaml";

TEST_F(RunnerTest, GeneratedAnswersAreFilteredAndUnparsedOnesCounted) {
  write("g.yaml", kGeneration);
  write("g.jsonl", "{\"q\": \"a\", \"a\": 42}\n{\"q\": \"b\", \"a\": 43}\n");
  engine_.answer = "it is 42\nQuestion";
  Collected sink;
  ASSERT_TRUE(run("g", sink));
  EXPECT_EQ(sink.item(0).content["resps"][0], "it is 42");
  EXPECT_EQ(sink.item(0).content["filtered_resps"]["strict"][0], "[invalid]");
  EXPECT_EQ(sink.item(0).metrics.at("exact_match,loose"), 1.0);
  const Scores scores = task_scores(find("g"), sink.items).total;
  EXPECT_EQ(scores.metrics.at("exact_match,strict").value, 0.0);
  EXPECT_EQ(scores.metrics.at("exact_match,loose").value, 0.5);
  EXPECT_EQ(scores.metrics.at("unparsed").value, 0.0);
  engine_.answer = " \n";
  Collected empty;
  ASSERT_TRUE(run("g", empty));
  const Scores none = task_scores(find("g"), empty.items).total;
  EXPECT_EQ(none.metrics.at("empty").value, 2.0);
  EXPECT_EQ(none.metrics.at("unparsed").value, 2.0);
  EXPECT_THAT(none.warnings, testing::Contains(HasSubstr("every answer is empty")));
}

// Answers with its request's seed.
class SeedEngine final : public support::ByteEngine {
 public:
  base::Result<std::vector<engine::Generation>> generate(std::span<const engine::GenerateRequest> requests,
                                                         const engine::GenerateOptions& options) override {
    asked = options;
    most = std::max(most, requests.size());
    std::vector<engine::Generation> out(requests.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i].text = std::to_string(requests[i].seed);
      out[i].tokens = {1, 2};
      out[i].finish = i % 4 == 2 ? "length" : "stop";
      out[i].smallest_top2_gap = 0.5;
    }
    return out;
  }
  engine::GenerateOptions asked;
  std::size_t most = 0;  // requests of one call
};

TEST_F(RunnerTest, DrawnAnswersFollowFromItemAndRepeat) {
  write("s.yaml",
        "task: s\ndataset_path: json\ndataset_kwargs: {data_files: {test: s.jsonl}}\ntest_split: test\n"
        "doc_to_text: '{{q}}'\ndoc_to_target: '{{a}}'\nrepeats: 3\n"
        "generation_kwargs: {until: [x], do_sample: true, temperature: 0.8, top_p: 0.9, top_k: 7, "
        "max_gen_toks: 8}\n");
  std::string rows;
  for (int i = 0; i < 20; ++i) rows += "{\"q\": \"q" + std::to_string(i) + "\", \"a\": \"1\"}\n";
  write("s.jsonl", rows);
  const auto answers = [&](int batch_size, std::uint64_t seed) {
    settings_.batch_size = batch_size;
    settings_.seed = seed;
    settings_.keep_gaps = true;
    SeedEngine engine;
    Collected sink;
    const task::Selection selection = find("s");
    EXPECT_TRUE(evaluate(engine, *make_prompters(selection.leaves, settings_), settings_, {}, sink));
    EXPECT_EQ(engine.most, static_cast<std::size_t>(batch_size == 1 ? 3 : 60));
    EXPECT_EQ(engine.asked.sampling->temperature, 0.8);
    EXPECT_EQ(engine.asked.sampling->top_p, 0.9);
    EXPECT_EQ(engine.asked.sampling->top_k, 7);
    const record::Item& first = sink.item(0);
    EXPECT_EQ(first.content["output_tokens"], 6);
    EXPECT_EQ(first.content["finish"], "length");
    EXPECT_EQ(first.content["filtered_resps"]["none"], base::Json::array({first.content["resps"][0]}));
    EXPECT_FALSE(first.content.contains(kGap)) << "a draw does not turn on the two best";
    std::vector<std::string> all;
    for (std::int64_t i = 0; i < 20; ++i) {
      for (const base::Json& text : sink.item(i).content["resps"]) all.push_back(text.get<std::string>());
    }
    return all;
  };
  const auto one = answers(1, 1234);
  EXPECT_EQ(std::set<std::string>(one.begin(), one.end()).size(), 60U);
  EXPECT_EQ(answers(16, 1234), one);
  EXPECT_NE(answers(16, 5), one);
}

TEST_F(RunnerTest, OneUnfinishedThoughtOfSeveralIsAnEmptyAnswer) {
  write("s.yaml",
        "task: s\ndataset_path: json\ndataset_kwargs: {data_files: {test: s.jsonl}}\ntest_split: test\n"
        "doc_to_text: '{{q}}'\ndoc_to_target: '{{a}}'\nrepeats: 2\ngeneration_kwargs: {temperature: 1}\n"
        "filter_list:\n  - {name: f, filter: [{function: majority_vote}]}\n");
  write("s.jsonl", "{\"q\": \"q\", \"a\": \"\"}\n");
  const task::Task task = find("s").leaves.front();
  Prompt prompt;
  prompt.contexts.resize(1);
  prompt.target = "";
  const auto scorer = ItemScorer::make(task);
  const std::vector<engine::Generation> generations(2);
  std::vector<Answer> answers(2);
  answers[0].incomplete = true;
  answers[1].empty = true;
  const auto one = scorer->from_generations(prompt, {}, generations, answers);
  EXPECT_EQ(one->content["incomplete"], false);
  EXPECT_EQ(one->metrics.at("exact_match"), 1.0);
  answers[1] = answers[0];
  const auto both = scorer->from_generations(prompt, {}, generations, answers);
  EXPECT_EQ(both->content["incomplete"], true);
  EXPECT_TRUE(both->metrics.empty());
}

TEST_F(RunnerTest, ChatTemplateTurnsExamplesIntoTurns) {
  write_choice_task("t", 3, "fewshot_split: test\nnum_fewshot: 1\nfewshot_config: {sampler: first_n}\n");
  settings_.apply_chat_template = true;
  settings_.system_instruction = "Be brief.";
  Collected sink;
  EXPECT_EQ(run("t", sink).error().kind, base::ErrorKind::bad_input);  // the model has no template
  engine_.change().chat_template =
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}{% if "
      "add_generation_prompt "
      "%}[assistant]{% endif %}";
  engine_.change().eos_text = "<eos>";
  ASSERT_TRUE(run("t", sink));
  EXPECT_EQ(sink.item(2).content["context"],
            "[system]Be brief.<eos>[user]question 0<eos>[assistant]x<eos>[user]question 2<eos>[assistant]");
  EXPECT_EQ(sink.item(2).content["continuations"], base::Json::array({"yy", "x"}));
}

TEST_F(RunnerTest, RequiredTokensAreAnUpperBound) {
  write_choice_task("t", 11);
  const task::Selection selection = find("t");
  const auto prompters = make_prompters(selection.leaves, settings_);
  ASSERT_TRUE(prompters);
  const auto required = required_tokens(*prompters, settings_, "");
  ASSERT_TRUE(required);
  EXPECT_GE(required->input_tokens, 11 + 3);  // "question 10" and " yy"
  EXPECT_EQ(required->new_tokens, 0);
}

TEST_F(RunnerTest, GroupsAreWeightedBySize) {
  write_choice_task("one", 2);
  write_choice_task("two", 6);
  write("g.yaml",
        "group: g\ntask: [inner, two]\naggregate_metric_list:\n  - metric: acc\n  - metric: f1\n  - metric: "
        "acc_micro\n");
  write("inner.yaml", "group: inner\ntask: [one]\naggregate_metric_list: [{metric: acc}]\n");
  Collected sink;
  ASSERT_TRUE(run("g", sink));
  for (record::Item& item : sink.items) {
    if (item.task == "one") item.metrics["acc"] = 0.0;
  }
  const TaskScores result = task_scores(find("g"), sink.items);
  EXPECT_EQ(result.total.metrics.at("acc").value, 0.75);
  EXPECT_EQ(result.total.metrics.at("acc").n, 8);
  EXPECT_EQ(result.total.absent.at("f1"), "no task of the group gives it");
  EXPECT_EQ(result.total.metrics.at("acc_micro").value, 0.75);
  EXPECT_FALSE(result.total.absent.contains("acc_micro")) << "it came with acc";
  EXPECT_EQ(result.total.metrics.at("acc_macro").value, 0.5);
  EXPECT_EQ(result.leaves.at("one").metrics.at("acc").value, 0.0);
  EXPECT_EQ(result.subgroups.at("inner").metrics.at("acc").n, 2);
  EXPECT_EQ(result.subgroups.at("inner").metrics.at("acc").value, 0.0);
}

}  // namespace
}  // namespace bantam::evaluate
