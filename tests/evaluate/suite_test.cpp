// The tasks of the suite: their files are whole, and their prompts are those of
// lm-evaluation-harness.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "evaluate/lm_eval_oracle.hpp"
#include "evaluate/prompts.hpp"
#include "support/task_folder.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;

const std::filesystem::path kSource = BANTAM_SOURCE_DIR;

task::TaskLibrary suite() {
  return *task::TaskLibrary::open({kSource / "tasks"}, {});
}

TEST(Suite, EveryFileIsAWholeTask) {
  const task::TaskLibrary library = suite();
  EXPECT_THAT(library.warnings(), testing::IsEmpty());
  for (const task::Entry& entry : library.entries()) {
    SCOPED_TRACE(entry.name);
    const auto selection = library.find(entry.name);
    ASSERT_TRUE(selection) << selection.error().message;
    for (const task::Task& task : selection->leaves) EXPECT_THAT(task.warnings, testing::IsEmpty());
  }
  EXPECT_EQ(library.find("mmlu")->leaves.size(), 57u);
}

// Rows of the frozen run have the columns of the data set, unless `columns` makes them from what there is.
Json hellaswag_columns(const Json& row) {
  const auto query = row["query"].get<std::string>();
  const std::size_t colon = query.find(": ");
  return {{"activity_label", query.substr(0, colon)},
          {"ctx_a", query.substr(colon + 2)},
          {"ctx_b", ""},
          {"endings", row["choices"]},
          {"label", std::to_string(row["label"].get<int>())}};
}

Json winogrande_columns(const Json& row) {
  const auto first = row["context_options"][0].get<std::string>();
  const auto second = row["context_options"][1].get<std::string>();
  std::size_t same = 0;
  while (same < first.size() && same < second.size() && first[same] == second[same]) ++same;
  while (same > 0 && first[same - 1] != ' ') --same;
  return {{"sentence", first.substr(0, same) + "_ " + row["continuation"].get<std::string>()},
          {"option1", first.substr(same)},
          {"option2", second.substr(same)},
          {"answer", std::to_string(row["gold"].get<int>() + 1)}};
}

struct OracleTask {
  const char* name;     // of the frozen run, without "probe_"
  const char* shipped;  // the file that is included
  const char* files;    // data_files
  int shots;
  Json (*columns)(const Json&) = nullptr;
};

std::ostream& operator<<(std::ostream& out, const OracleTask& task) {
  return out << task.name;
}

class SuitePrompts : public support::TaskFolderTest,
                     public testing::WithParamInterface<std::tuple<OracleTask, support::OracleRows>> {
 protected:
  // The shipped task on the rows of the frozen run.
  base::Result<task::Selection> on_oracle_rows(const OracleTask& task, support::OracleRows rows) {
    const std::filesystem::path data = support::oracle_folder(rows) / "lm_eval/data";
    std::string files = task.files;
    if (task.columns) {
      std::string lines;
      for (const Json& row : support::json_lines(data / (std::string(task.name) + ".jsonl")))
        lines += base::to_text(task.columns(row)) + "\n";
      write("rows.jsonl", lines);
    } else {
      files = base::replace_all(files, "@", data.string() + "/");
    }
    write("t.yaml", "include: " + (kSource / "tasks" / task.shipped).string() + "\ntask: t_" + task.name +
                        "\ndataset_path: json\ndataset_name: null\ndataset_kwargs: {data_files: {" + files +
                        "}}\nnum_fewshot: " + std::to_string(task.shots) +
                        "\nfewshot_config: {sampler: first_n}\n");
    return library().find(std::string("t_") + task.name);
  }
};

TEST_P(SuitePrompts, AreThoseOfLmEval) {
  const auto& [oracle_task, rows] = GetParam();
  if (rows == support::OracleRows::all) SKIP_WITHOUT_SHARED("oracle");
  const Oracle oracle = read_oracle(rows);
  const auto selection = on_oracle_rows(oracle_task, rows);
  ASSERT_TRUE(selection) << selection.error().message;
  const task::Task& task = selection->leaves.front();
  const auto prompter = Prompter::make(task, {});
  ASSERT_TRUE(prompter) << prompter.error().message;
  const auto& items = oracle.items.at(std::string("probe_") + oracle_task.name);
  ASSERT_EQ(prompter->docs(), items.size());
  for (const Json& item : items) {
    SCOPED_TRACE(item["doc_id"].get<int>());
    const auto prompt = prompter->prompt(item["doc_id"]);
    ASSERT_TRUE(prompt) << prompt.error().message;
    if (task.output_type == task::OutputType::loglikelihood_rolling) {
      EXPECT_EQ(prompt->text, item["text"]);
      continue;
    }
    EXPECT_EQ(joined_text(prompt->contexts.front()),
              item.contains("context") ? item["context"] : item["requests"][0]["context"]);
    for (std::size_t i = 0; i < prompt->continuations.size(); ++i)
      EXPECT_EQ(prompt->continuations[i], item["requests"][i]["continuation"]);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Oracle, SuitePrompts,
    testing::Combine(
        testing::Values(
            OracleTask{"hellaswag", "knowledge/hellaswag.yaml", "validation: rows.jsonl", 0,
                       hellaswag_columns},
            OracleTask{"winogrande", "knowledge/winogrande.yaml", "validation: rows.jsonl", 0,
                       winogrande_columns},
            OracleTask{"arc_easy", "knowledge/arc_easy.yaml",
                       "test: '@arc_easy.jsonl', train: '@arc_easy_fewshot.jsonl'", 5},
            OracleTask{"mmlu_astronomy", "mmlu/astronomy.yaml",
                       "test: '@mmlu_astronomy.jsonl', dev: '@mmlu_astronomy_dev.jsonl'", 5},
            OracleTask{"mmlu_us_foreign_policy", "mmlu/us_foreign_policy.yaml",
                       "test: '@mmlu_us_foreign_policy.jsonl', dev: '@mmlu_us_foreign_policy_dev.jsonl'", 5},
            OracleTask{"boolq", "knowledge/boolq.yaml", "validation: '@boolq.jsonl'", 0},
            OracleTask{"sst2", "classification/sst2.yaml", "validation: '@sst2.jsonl'", 0},
            OracleTask{"lambada", "knowledge/lambada_openai.yaml", "test: '@lambada.jsonl'", 0},
            OracleTask{"gsm8k", "knowledge/gsm8k.yaml", "test: '@gsm8k.jsonl', train: '@gsm8k_fewshot.jsonl'",
                       2},
            OracleTask{"wikitext_detok", "perplexity/wikitext.yaml", "test: '@wikitext.jsonl'", 0}),
        testing::Values(support::OracleRows::chosen, support::OracleRows::all)));

// One row with the columns of each data set that no other test holds, and what is made of it.
struct SampleRow {
  const char* task;
  const char* row;
  const char* context;
  const char* answer;  // of multiple_choice: the right continuation; else the target
};

std::ostream& operator<<(std::ostream& out, const SampleRow& sample) {
  return out << sample.task;
}

class SuiteRows : public support::TaskFolderTest, public testing::WithParamInterface<SampleRow> {};

TEST_P(SuiteRows, BecomePrompts) {
  const SampleRow& sample = GetParam();
  const std::string name = sample.task;
  task::Selection shipped = *suite().find(name);
  write("rows.json", "[" + std::string(sample.row) + "]");
  write("t.yaml", "include: " + shipped.leaves.front().file.string() + "\ntask: t_" + name +
                      "\ndataset_path: json\ndataset_name: null\nnum_fewshot: 0\n"
                      "dataset_kwargs: {data_dir: '', data_files: {" +
                      shipped.leaves.front().test_split + ": rows.json}}\n");
  const auto selection = library().find("t_" + name);
  ASSERT_TRUE(selection) << selection.error().message;
  const auto prompter = Prompter::make(selection->leaves.front(), {});
  ASSERT_TRUE(prompter) << prompter.error().message;
  const auto prompt = prompter->prompt(0);
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_EQ(joined_text(prompt->contexts.front()), sample.context);
  if (prompt->gold.empty()) {
    EXPECT_EQ(prompt->target.is_string() ? prompt->target.get<std::string>() : base::to_text(prompt->target),
              sample.answer);
  } else {
    EXPECT_EQ(prompt->continuations[static_cast<std::size_t>(prompt->gold.front())], sample.answer);
  }
}

const char* const kReviewRow = R"({"text": "A joy.<br /><br />Go.", "label": 1})";
const char* const kTalkRow =
    R"({"dialogue": "#Person1#: Hi!\n#Person2#: So: hello.", "summary": "They greet."})";

INSTANTIATE_TEST_SUITE_P(
    Suite, SuiteRows,
    testing::Values(
        SampleRow{"imdb", kReviewRow,
                  "A joy.  Go.\nQuestion: Is this review positive or negative?\nAnswer:", " positive"},
        SampleRow{
            "yelp", kReviewRow,
            "A joy.<br /><br />Go.\nQuestion: Is this review positive or negative?\nAnswer:", " positive"},
        SampleRow{"ag_news", R"({"text": "Goal!", "label": 1})",
                  "Goal!\nQuestion: Is this news about the world, sports, business or technology?\nAnswer:",
                  " sports"},
        SampleRow{"dbpedia", R"({"title": "Oak", "content": " A tree.", "label": 10})",
                  "Oak: A tree.\nQuestion: What kind of thing is this?\nAnswer:", " plant"},
        SampleRow{"trec", R"({"text": "Who was Galileo ?", "coarse_label": 3, "fine_label": 28})",
                  "Question: Who was Galileo ?\nDoes it ask for an abbreviation, a thing, a description, a "
                  "person, a place or a number?\nAnswer:",
                  " person"},
        SampleRow{"sms_spam", R"({"sms": "Win now!\n", "label": 1})",
                  "Message: Win now!\nQuestion: Is this message spam?\nAnswer:", " yes"},
        SampleRow{
            "piqa",
            R"({"goal": "Cut bread", "sol1": "Use a knife's edge", "sol2": "Use \"soup\"", "label": 1})",
            "Question: Cut bread\nAnswer:", " Use \"soup\""},
        SampleRow{
            "openbookqa",
            R"({"question_stem": "The sun is", "choices": {"text": ["a star", "a cat"], "label": ["A", "B"]},
                      "answerKey": "A"})",
            "The sun is", " a star"},
        SampleRow{"arc_challenge",
                  R"({"id": "x", "question": "Why?", "choices": {"text": ["so", "no"], "label": ["1", "2"]},
                      "answerKey": "2"})",
                  "Question: Why?\nAnswer:", " no"},
        SampleRow{"triviaqa", R"({"question": "Who", "answer": {"value": "Me", "aliases": ["Me", "I"]}})",
                  "Question: Who?\nAnswer:", R"(["Me","I"])"},
        SampleRow{"nq_open", R"({"question": "who is it", "answer": ["Bob", "Robert"]})",
                  "Answer these questions:\n\nQ: who is it?\nA:", R"(["Bob","Robert"])"},
        SampleRow{"squadv2",
                  R"({"id": "1", "title": "T", "context": "C.", "question": "Q?",
                      "answers": {"text": [], "answer_start": []}})",
                  "Title: T\n\nBackground: C.\n\nQuestion: Q?\n\nAnswer:", "unanswerable"},
        SampleRow{"hotpotqa",
                  R"({"id": "1", "question": "Who?", "answer": "Ann",
                      "context": {"title": ["A", "B"], "sentences": [["One.", " Two."], ["Three."]]}})",
                  "A: One. Two.\n\nB: Three.\n\nQuestion: Who?\nAnswer:", "Ann"},
        SampleRow{"cnn_dailymail_abisee", R"({"article": "Long.", "highlights": "Short .", "id": "1"})",
                  "Summarize the following article:\n\nLong.\n\nSummary:", "Short ."},
        SampleRow{
            "samsum", kTalkRow,
            "Dialogue:\n#Person1#: Hi!\n#Person2#: So: hello.\n\nSummary of the dialogue:", "They greet."},
        SampleRow{
            "dialogsum", kTalkRow,
            "Dialogue:\n#Person1#: Hi!\n#Person2#: So: hello.\n\nSummary of the dialogue:", "They greet."},
        SampleRow{"dialogsum_reply", kTalkRow, "#Person1#: Hi!\n#Person2#:", " So: hello."},
        SampleRow{"dialogsum_turn", kTalkRow, "#Person1#: Hi!\n#Person2#:", "So: hello."},
        SampleRow{"ifeval",
                  R"({"key": 1, "prompt": "Write no comma.", "instruction_id_list": ["punctuation:no_comma"],
                      "kwargs": [{}]})",
                  "Write no comma.", "0"},
        SampleRow{
            "wnut17", R"({"id": "0", "tokens": ["In", "New", "York"], "ner_tags": [0, 7, 8]})",
            "Tag each word: O, or B- for the first and I- for a further word of a name, with its kind "
            "(corporation, creative-work, group, location, person, product).\n\nWords: In New York\nTags:",
            "O B-location I-location"},
        SampleRow{
            "conll2003", R"({"tokens": ["EU", "rejects"], "tags": [1, 0]})",
            "Tag each word: O, or B- for the first and I- for a further word of a name, with its kind (PER, "
            "LOC, ORG, MISC).\n\nWords: EU rejects\nTags:",
            "B-ORG O"}));

}  // namespace
}  // namespace bantam::evaluate
