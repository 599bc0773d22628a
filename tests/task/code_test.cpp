#include <gmock/gmock.h>

#include "support/task_code.hpp"
#include "task/code_rows.hpp"
#include "task/documents.hpp"
#include "task/task_data.hpp"

namespace bantam::task {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kUtils = R"(
def process_docs(dataset):
    def named(doc):
        doc["name"] = doc["thing"].upper()
        return doc

    return dataset.filter(lambda doc: doc["thing"] != "sky").map(named)


def doc_to_text(doc):
    if doc["thing"] == "void":
        raise ValueError("no colour")
    return f"Colour of {doc['name']}?"


def process_results(doc, results):
    return {"right": 1}


def total(values):
    return sum(values)
)";

constexpr const char* kData =
    "dataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl, train: e.jsonl}}\ntest_split: test\n"
    "fewshot_split: train\ndoc_to_target: colour\n";

class CodeTest : public support::TaskCodeTest {
 protected:
  void write_task(const std::string& more, const std::string& utils = kUtils) {
    write("t.yaml", std::string("task: t\n") + kData + more);
    write("utils.py", utils);
    write("t.jsonl",
          "{\"thing\": \"blood\", \"colour\": \"red\"}\n{\"thing\": \"sky\", \"colour\": \"blue\"}\n"
          "{\"thing\": \"grass\", \"colour\": \"green\"}\n");
    write("e.jsonl", "{\"thing\": \"fire\", \"colour\": \"red\"}\n");
  }
  base::Error coded_error() {
    TaskLibrary tasks = library();
    tasks.allow_code();
    const auto found = tasks.find("t");
    return found ? base::Error{} : found.error();
  }
};

constexpr const char* kRowFunctions =
    "process_docs: !function utils.process_docs\ndoc_to_text: !function utils.doc_to_text\n";

TEST_F(CodeTest, FunctionsAreTakenOnlyWhereCodeIsAllowed) {
  write_task(kRowFunctions);
  const auto refused = library().find("t");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("t.yaml: line 8: doc_to_text needs the Python function 'utils.doc_to_text'"));
  EXPECT_THAT(refused.error().hint, HasSubstr("--allow-task-code"));
  const Task task = coded("t");
  ASSERT_TRUE(task.code);
  EXPECT_TRUE(task.code->rows);
  EXPECT_FALSE(task.code->results);
  EXPECT_EQ(task.process_docs, nullptr);
  EXPECT_EQ(task.doc_to_text, Json::parse(R"({"!code": "doc_to_text"})"));
  EXPECT_EQ(task.doc_to_target, Json("colour"));
  const Json mark{{"$function", "utils.process_docs"}, {"folder", folder_.path().string()}};
  EXPECT_EQ(task.code->config["process_docs"], mark);
  // The runner applies to examples what stands there.
  EXPECT_EQ(task.code->config["fewshot_config"]["process_docs"], mark);
  EXPECT_EQ(*task_from(to_json(task)), task);
}

TEST_F(CodeTest, WhatIsKnownHereNeedsNoCode) {
  write_task("process_docs: !function hellaswag.process_docs\ndoc_to_text: q\n");
  EXPECT_FALSE(coded("t").code);
  // Beside a function that is not known the code makes all of the row.
  write_task("process_docs: !function utils.process_docs\ndoc_to_text: \"{{name}}\"\n");
  EXPECT_EQ(coded("t").doc_to_text, Json("{{name}}"));
}

TEST_F(CodeTest, AFunctionWithoutAFileIsRefusedAllTheSame) {
  write_task("doc_to_text: !function lost.doc_to_text\n");
  EXPECT_THAT(coded_error().message,
              HasSubstr("line 7: doc_to_text needs the Python function 'lost.doc_to_text': "
                        "there is no lost.py beside the task file"));
}

TEST_F(CodeTest, ScoresOfCodeBearTheNamesOfTheFile) {
  write_task(
      "doc_to_text: thing\nprocess_results: !function utils.process_results\nmetric_list:\n"
      "  - {metric: right, aggregation: mean}\n  - {metric: all, aggregation: !function utils.total}\n"
      "  - {metric: sure, aggregation: perplexity}\n");
  const Task task = coded("t");
  ASSERT_TRUE(task.code);
  EXPECT_FALSE(task.code->rows);
  EXPECT_TRUE(task.code->process_results);
  ASSERT_EQ(task.metrics.size(), 3U);
  EXPECT_EQ(task.metrics[0].name(), "right");
  EXPECT_TRUE(task.metrics[0].valued_by_code);
  EXPECT_FALSE(task.metrics[0].added_by_code);
  EXPECT_EQ(task.metrics[0].aggregation->name, "mean");
  EXPECT_TRUE(task.metrics[1].added_by_code);
  EXPECT_TRUE(task.metrics[2].added_by_code);
  EXPECT_EQ(task.code->config["metric_list"][2]["aggregation"]["$function"],
            "lm_eval.api.metrics.perplexity");
  EXPECT_FALSE(task.code->config.contains("process_docs"));
  EXPECT_EQ(*task_from(to_json(task)), task);
}

// lm-eval 0.4.13 adds up by these where the file names nothing.
TEST_F(CodeTest, ValuesOfCodeAreAddedUpByTheMetricsOwnAggregation) {
  write_task(
      "doc_to_text: thing\noutput_type: loglikelihood_rolling\nprocess_results: !function "
      "utils.process_results\nmetric_list:\n  - metric: word_perplexity\n  - metric: byte_perplexity\n"
      "  - metric: bits_per_byte\n");
  const Task task = coded("t");
  ASSERT_TRUE(task.code);
  const Json& entries = task.code->config["metric_list"];
  EXPECT_EQ(entries[0]["aggregation"]["$function"], "lm_eval.api.metrics.weighted_perplexity");
  EXPECT_EQ(entries[1]["aggregation"]["$function"], "lm_eval.api.metrics.weighted_perplexity");
  EXPECT_EQ(entries[2]["aggregation"]["$function"], "lm_eval.api.metrics.bits_per_byte");
}

TEST_F(CodeTest, WhatCannotBeAddedUpIsRefused) {
  const auto error_with = [&](const std::string& entry) {
    write_task("doc_to_text: thing\nprocess_results: !function utils.process_results\nmetric_list:\n  - " +
               entry + "\n");
    return coded_error().message;
  };
  EXPECT_THAT(error_with("{metric: right, aggregation: chrf}"),
              HasSubstr("line 10: aggregation 'chrf' is not supported for values that code gives"));
  // lm-eval 0.4.13 fails: it has no default of this name.
  EXPECT_THAT(error_with("{metric: right}"), HasSubstr("metric 'right' needs an aggregation"));
  EXPECT_EQ(error_with("{metric: exact_match}"), "");
}

TEST_F(CodeTest, RowsThatWereNotMadeAreNoRows) {
  write_task(kRowFunctions);
  const auto rows = load_rows(coded("t"), false);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, base::ErrorKind::environment);
  EXPECT_THAT(rows.error().message, HasSubstr("has not been run"));
}

TEST_F(CodeTest, CodeMakesTheRowsAndTheirTexts) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(kRowFunctions);
  write("e.jsonl", "{\"thing\": \"void\", \"colour\": \"none\"}\n");
  Task task = coded("t");
  const auto run = run_code_of_rows(task, true, *runner);
  ASSERT_TRUE(run) << run.error().message;
  const auto rows = load_rows(*task_from(to_json(task)), true);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(rows->docs,
              ElementsAre(Json::parse(R"({"thing": "blood", "colour": "red", "name": "BLOOD"})"),
                          Json::parse(R"({"thing": "grass", "colour": "green", "name": "GRASS"})")));
  const auto texts = DocTexts::make(task.doc_to_text, task.doc_to_target, task.doc_to_choice);
  EXPECT_EQ(texts->text(rows->docs[1], rows->made_of(1)), Json("Colour of GRASS?"));
  EXPECT_EQ(texts->target(rows->docs[1], rows->made_of(1)), Json("green"));
  // A function that fails on a row fails where that row is asked for.
  const auto failed = texts->text(rows->fewshot[0], rows->made_of_example(0));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "doc_to_text fails in utils.py:12: ValueError: no colour");
}

TEST_F(CodeTest, OtherCodeIsAnotherTask) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(kRowFunctions);
  Task task = coded("t");
  ASSERT_TRUE(run_code_of_rows(task, false, *runner));
  const auto first = fingerprint(task, false);
  auto again = this->runner();
  write_task(kRowFunctions, std::string(kUtils) + "\n# changed\n");
  ASSERT_TRUE(run_code_of_rows(task, false, *again));
  EXPECT_NE(*fingerprint(task, false), *first);
}

TEST_F(CodeTest, CodeThatCannotBeLoadedIsNamedWithItsPackage) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(kRowFunctions, std::string("import no_such_package_here\n") + kUtils);
  Task task = coded("t");
  const auto run = run_code_of_rows(task, false, *runner);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, base::ErrorKind::environment);
  EXPECT_THAT(run.error().message, HasSubstr("task 't'"));
  EXPECT_THAT(run.error().message, HasSubstr("no_such_package_here is not installed"));
}

// Values would be other than lm-eval's, and look fine.
TEST_F(CodeTest, APackageThatIsLackedInSilenceIsTold) {
  auto runner = this->runner();
  if (!runner) return;
  write_task(kRowFunctions,
             std::string("try:\n    import no_such_package_here\nexcept ImportError:\n    pass\n") + kUtils);
  Task task = coded("t");
  const auto run = run_code_of_rows(task, false, *runner);
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message, HasSubstr("no_such_package_here is not installed"));
}

TEST_F(CodeTest, RowsOfAFunctionNeedNoFile) {
  auto runner = this->runner();
  if (!runner) return;
  write("t.yaml",
        "task: t\ncustom_dataset: !function made.rows\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n"
        "metadata: {many: 2}\n");
  write("made.py",
        "from datasets import Dataset\n\n\ndef rows(many, **kwargs):\n"
        "    return {\"test\": Dataset.from_list([{\"q\": str(i), \"a\": \"x\"} for i in range(many)])}\n");
  Task task = coded("t");
  const auto run = run_code_of_rows(task, false, *runner);
  ASSERT_TRUE(run) << run.error().message;
  const auto rows = load_rows(task, false);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(rows->docs,
              ElementsAre(Json::parse(R"({"q": "0", "a": "x"})"), Json::parse(R"({"q": "1", "a": "x"})")));
  EXPECT_TRUE(fingerprint(task, false));
}

}  // namespace
}  // namespace bantam::task
