#include "task/library.hpp"
#include "task/task_data.hpp"

#include <gmock/gmock.h>

#include "support/task_folder.hpp"

namespace bantam::task {
namespace {

using testing::HasSubstr;

using LibraryTest = support::TaskFolderTest;

TEST_F(LibraryTest, IncludesAreMergedUnderTheFilesOwnKeys) {
  write_choice_task("base", 2);
  write("child.yaml", "include: base.yaml\ntask: child\ndescription: own\n");
  const Selection child = find("child");
  ASSERT_EQ(child.leaves.size(), 1u);
  EXPECT_FALSE(child.group);
  EXPECT_EQ(child.leaves[0].name, "child");
  EXPECT_EQ(child.leaves[0].description, "own");
  EXPECT_EQ(child.leaves[0].test_split, "test");
}

TEST_F(LibraryTest, GroupsAndTagsUnfoldToTasks) {
  write_choice_task("one", 1, "tag: both\n");
  write_choice_task("two", 1, "tag: [both, other]\n");
  write("inner.yaml", "group: inner\ntask: [two]\n");
  write("outer.yaml", "group: outer\ntask: [inner, one, two]\naggregate_metric_list:\n  - metric: acc\n");
  const Selection outer = find("outer");
  ASSERT_EQ(outer.leaves.size(), 2u);
  EXPECT_EQ(outer.leaves[0].name, "two");
  ASSERT_TRUE(outer.group);
  EXPECT_TRUE(outer.group->metrics.at(0).weight_by_size);
  EXPECT_EQ(find("both").leaves.size(), 2u);
  EXPECT_EQ(find("other").leaves.size(), 1u);
}

TEST_F(LibraryTest, OfAKeyThatStandsTwiceTheLastOneCountsWithAWarning) {
  write_choice_task("base", 1, "description: a\ndescription: b\n");
  write("child.yaml", "include: base.yaml\ntask: child\nnum_fewshot: 5\nnum_fewshot: 0\n");
  write("all.yaml", "group: all\ntask: [child]\nfewshot_delimiter: x\nfewshot_delimiter: y\n");
  const auto warnings = find("all").leaves.at(0).warnings;
  EXPECT_THAT(warnings,
              testing::ElementsAre(HasSubstr("base.yaml: line 14: key 'description' stands twice: the last"),
                                   HasSubstr("child.yaml: line 4: key 'num_fewshot' stands twice"),
                                   HasSubstr("all.yaml: line 4: key 'fewshot_delimiter' stands twice")));
  EXPECT_EQ(find("child").leaves[0].description, "b");
  EXPECT_EQ(find("child").leaves[0].num_fewshot, 0);
  EXPECT_EQ(find("all").leaves[0].fewshot_delimiter, "y");
  EXPECT_EQ(library().warnings().size(), 3U);
}

TEST_F(LibraryTest, UnknownNamesGetAHint) {
  write_choice_task("hellaswag_small", 1);
  const auto found = library().find("helaswag_small");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, base::ErrorKind::usage);
  EXPECT_EQ(found.error().message, "no task 'helaswag_small'");
  EXPECT_THAT(found.error().hint, HasSubstr("hellaswag_small"));
}

TEST_F(LibraryTest, FaultsAreNamed) {
  write("loop_a.yaml", "include: loop_b.yaml\ntask: a\n");
  write("loop_b.yaml", "include: loop_a.yaml\ntask: b\n");
  write("self.yaml", "group: self\ntask: [self]\n");
  write("broken.yaml", "task: [\n");
  write("remote.yaml", "task: remote\ndataset_path: nowhere\ntest_split: test\ndoc_to_target: x\n");
  const TaskLibrary opened = library();
  EXPECT_EQ(opened.warnings().size(), 3u);
  EXPECT_THAT(error_of("self"), HasSubstr("contains itself"));
  EXPECT_THAT(error_of("remote"), HasSubstr("remote.yaml: line 2: data set 'nowhere' is not a local file"));
  EXPECT_FALSE(TaskLibrary::open({folder_.path() / "nothing"}, {}));
}

// lm-eval fails at each of these, or obeys what is not done here.
TEST_F(LibraryTest, KeysOfEveryLevelAreKnown) {
  const auto error_with = [&](const std::string& more) {
    write_choice_task("t", 1, more);
    return error_of("t");
  };
  const auto hint_with = [&](const std::string& more) {
    write_choice_task("t", 1, more);
    const auto selection = library().find("t");
    return selection ? std::string("no error") : selection.error().hint;
  };
  const std::string filter = "filter_list:\n  - name: f\n    filter:\n      - ";
  EXPECT_THAT(error_with(filter + "{function: regex, pattern: x}\n"),
              HasSubstr("t.yaml: line 16: filter regex: key 'pattern' is not known"));
  EXPECT_THAT(error_with(filter + "{function: regex, regex_pattern: 5}\n"), HasSubstr("must be text"));
  EXPECT_THAT(error_with(filter + "{function: take_first, k: 1}\n"), HasSubstr("'k'"));
  EXPECT_THAT(error_with("filter_list:\n  - nam: f\n    filter: []\n"), HasSubstr("'nam'"));
  EXPECT_EQ(hint_with("fewshot_config: {sampling: first_n}\n"), "did you mean sampler?");
  EXPECT_THAT(error_with("fewshot_config: {sampling: first_n}\n"),
              HasSubstr("fewshot_config: key 'sampling' is not known"));
  EXPECT_THAT(error_with("fewshot_config: first_n\n"), HasSubstr("must be a map"));
  EXPECT_EQ(hint_with("generation_kwargs: {max_gen_tokens: 5}\n"), "did you mean max_gen_toks?");
  EXPECT_THAT(error_with("generation_kwargs: {stop: [x]}\n"), HasSubstr("'stop'"));
  EXPECT_THAT(error_with("generation_kwargs: {temperature: -1}\n"),
              HasSubstr("temperature must be a number, 0 or more"));
  EXPECT_THAT(error_with("generation_kwargs: {temperature: 1, top_p: 1.5}\n"),
              HasSubstr("top_p must be a number, 0 to 1"));
  EXPECT_THAT(error_with("generation_kwargs: {temperature: 1, top_k: -1}\n"), HasSubstr("top_k"));
  EXPECT_THAT(error_with("generation_kwargs: {do_sample: 'yes'}\n"), HasSubstr("do_sample"));
  EXPECT_THAT(error_with("generation_kwargs: {num_beams: 4}\n"), HasSubstr("num_beams"));
  EXPECT_THAT(error_with("  - metric: f1\n    avrage: macro\n"), HasSubstr("'avrage'"));
  EXPECT_EQ(error_with("generation_kwargs: {temperature: 1, do_sample: false, top_p: 0.9, num_beams: 1}\n"),
            "no error");
  EXPECT_EQ(error_with("  - metric: f1\n    weight_by_size: true\n"), "no error");
}

// lm-eval 0.4.13: normalize_gen_kwargs; top_k is Transformers' default.
TEST_F(LibraryTest, ATemperatureAsksForDraws) {
  const auto read = [&](const std::string& more) {
    write("t.yaml",
          "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\ntest_split: test\n"
          "doc_to_text: q\ndoc_to_target: a\n" +
              more);
    return find("t").leaves.front();
  };
  const Task drawn =
      read("generation_kwargs: {do_sample: true, temperature: 0.8, top_p: 0.95}\nrepeats: 3\n");
  ASSERT_TRUE(drawn.generation.sampling);
  EXPECT_EQ(*drawn.generation.sampling, (SamplingSpec{0.8, 50, 0.95, 0.0}));
  EXPECT_EQ(drawn.generation.repeats, 3);
  EXPECT_TRUE(drawn.warnings.empty());
  EXPECT_TRUE(read("generation_kwargs: {temperature: 0.5, top_k: 0}\n").generation.sampling);
  for (const char* greedy :
       {"generation_kwargs: {do_sample: false, temperature: 0.8}\nrepeats: 3\n", "repeats: 3\n",
        "generation_kwargs: {do_sample: true}\n", "generation_kwargs: {do_sample: true, temperature: 0}\n"}) {
    const Task task = read(greedy);
    EXPECT_FALSE(task.generation.sampling) << greedy;
    EXPECT_EQ(task.generation.repeats, 1) << greedy;
    ASSERT_EQ(task.warnings.size(), 1U) << greedy;
    EXPECT_THAT(task.warnings.front(), HasSubstr("has no effect")) << greedy;
  }
}

TEST_F(LibraryTest, OneOfSeveralAnswersIsLeft) {
  const auto error_with = [&](int repeats, const std::string& steps) {
    write("t.yaml",
          "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\ntest_split: test\n"
          "doc_to_text: q\ndoc_to_target: a\ngeneration_kwargs: {temperature: 1}\nrepeats: " +
              std::to_string(repeats) + "\nfilter_list:\n  - name: f\n    filter:\n" + steps);
    return error_of("t");
  };
  EXPECT_EQ(error_with(1, "      - function: lowercase\n"), "no error");
  EXPECT_THAT(error_with(3, "      - function: lowercase\n"),
              HasSubstr("t.yaml: line 10: the filter leaves several of 3 answers"));
  EXPECT_EQ(error_with(3, "      - function: take_first\n"), "no error");
  EXPECT_EQ(error_with(3, "      - function: majority_vote\n"), "no error");
  EXPECT_EQ(error_with(3, "      - {function: take_first_k, k: 1}\n"), "no error");
  // lm-eval 0.4.13: "Need at least 4 responses per doc".
  EXPECT_THAT(error_with(3, "      - {function: take_first_k, k: 4}\n      - function: take_first\n"),
              HasSubstr("k is 4, but each item has 3 answers"));
}

TEST_F(LibraryTest, CodeOfATaskIsNamedWithItsPlace) {
  const auto refused = [&](const std::string& more) {
    write_choice_task("t", 1, more);
    return library().find("t").error();
  };
  const auto of_class = refused("class: !function task.Unitxt\nrecipe: x\n");
  EXPECT_THAT(of_class.message,
              HasSubstr("t.yaml: line 13: class needs the Python code 'task.Unitxt', which cannot run here"));
  EXPECT_THAT(of_class.hint, HasSubstr("needs lm-eval itself"));
  // What a class makes of other keys is not known.
  EXPECT_THAT(library().check("t").value(), testing::SizeIs(1));
  const auto of_rows = refused("custom_dataset: !function utils.rows\n");
  EXPECT_THAT(of_rows.message, HasSubstr("custom_dataset needs the Python code 'utils.rows'"));
  EXPECT_THAT(of_rows.hint, HasSubstr("data_files"));
  EXPECT_THAT(refused("doc_to_image: [picture]\n").hint, HasSubstr("no pictures"));
}

TEST_F(LibraryTest, KeysOfAGroupsMetricsAreKnown) {
  write_choice_task("t", 1);
  write("g.yaml", "group: g\ntask: [t]\naggregate_metric_list:\n  - metric: acc\n    weight_by_sise: true\n");
  EXPECT_THAT(error_of("g"), HasSubstr("g.yaml: line 5: aggregate_metric_list: 0: key 'weight_by_sise'"));
  write("g.yaml", "group: g\ntask: [t]\naggregate_metric_list:\n  - metric: acc\n    aggregation: max\n");
  EXPECT_THAT(error_of("g"), HasSubstr("only the aggregation mean"));
}

// lm-eval gives `average` to no one: the aggregation f1 is binary.
TEST_F(LibraryTest, F1StaysBinaryBesideAnAverage) {
  for (const char* aggregation : {"", "    aggregation: f1\n"}) {
    write_choice_task("t", 1, std::string("  - metric: f1\n    average: macro\n") + aggregation);
    const Task task = find("t").leaves.front();
    EXPECT_EQ(task.metrics.at(1).aggregation->name, "f1");
    ASSERT_EQ(task.warnings.size(), 1u);
    EXPECT_THAT(task.warnings.front(), HasSubstr("average has no effect, as in lm-eval"));
  }
  write_choice_task("t", 1, "  - metric: f1\n    average: macro\n    aggregation: macro_f1\n");
  EXPECT_EQ(find("t").leaves.front().metrics.at(1).aggregation->name, "macro_f1");
  EXPECT_TRUE(find("t").leaves.front().warnings.empty());
}

TEST_F(LibraryTest, UnsupportedPartsOfATaskAreNamed) {
  const auto error_with = [&](const std::string& more) {
    write_choice_task("t", 1, more);
    return error_of("t");
  };
  EXPECT_THAT(error_with("process_docs: !function utils.process_docs\n"), HasSubstr("process_docs"));
  EXPECT_THAT(error_with("process_results: !function mine.score\n"), HasSubstr("'mine.score'"));
  EXPECT_THAT(error_with("  - metric: bleu\n"), HasSubstr("'bleu'"));
  EXPECT_THAT(error_with("  - metric: perplexity\n"), HasSubstr("does not fit"));
  EXPECT_THAT(error_with("filter_list: [{name: f, filter: [{function: arg_max}]}]\n"),
              HasSubstr("'arg_max'"));
  EXPECT_THAT(error_with("fewshot_config: {sampler: balanced}\n"), HasSubstr("'balanced'"));
  EXPECT_THAT(error_with("description: \"{{ broken\"\n"), HasSubstr("t.yaml: line 13: description"));
}

TEST_F(LibraryTest, AllProblemsOfATaskComeWithTheirLines) {
  write("base_yaml", "num_fewshot: -1\noutput_type: telepathy\n");
  write("bad.yaml",
        "task: bad\ninclude: base_yaml\ndataset_path: json\ndataset_kwargs: {data_files: {test: t.jsonl}}\n"
        "test_split: test\ndoc_to_text: '{% if %}'\nfilter_list:\n  - name: f\n    filter:\n"
        "      - function: regex\n        regex_pattern: '(('\n");
  const auto problems = library().check("bad");
  ASSERT_TRUE(problems);
  std::vector<std::string> places;
  for (const Problem& problem : *problems) places.push_back(problem.place.text());
  const std::string base = (folder_.path() / "base_yaml").string();
  const std::string own = (folder_.path() / "bad.yaml").string();
  EXPECT_THAT(places, testing::UnorderedElementsAre(base + ": line 1", base + ": line 2", own + ": line 6",
                                                    own, own + ": line 10"));
}

TEST_F(LibraryTest, GroupsNest) {
  write_choice_task("one", 1);
  write_choice_task("two", 1);
  write_choice_task("three", 1);
  write("inner.yaml",
        "group: inner\ngroup_alias: Inner\ntask: [one, two]\naggregate_metric_list:\n"
        "  - {metric: acc, weight_by_size: false, filter_list: none}\n");
  write(
      "outer.yaml",
      "group: outer\nnum_fewshot: 2\nmetadata: {version: 1.0}\ntask:\n  - inner\n  - group: own\n    task:\n"
      "      - {task: three, num_fewshot: 3}\n      - one\n");
  const Selection outer = find("outer");
  ASSERT_EQ(outer.leaves.size(), 3u);
  EXPECT_EQ(outer.leaves[0].num_fewshot, 2);  // from the group
  EXPECT_EQ(outer.leaves[2].num_fewshot, 3);  // from the entry
  EXPECT_EQ(outer.group->parts, (std::vector<std::string>{"inner", "outer::own"}));
  EXPECT_EQ(outer.group->version, "1.0");
  ASSERT_EQ(outer.subgroups.size(), 2u);
  EXPECT_EQ(outer.subgroups[0].group.alias, "Inner");
  EXPECT_FALSE(outer.subgroups[0].group.metrics.at(0).weight_by_size);
  EXPECT_EQ(outer.subgroups[0].leaves, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(outer.subgroups[1].group.name, "outer::own");
  EXPECT_EQ(outer.subgroups[1].leaves, (std::vector<std::string>{"three", "one"}));
  EXPECT_FALSE(outer.subgroups[1].group.version);
}

TEST_F(LibraryTest, OneNameWithTwoMeaningsIsRefused) {
  write_choice_task("one", 1);
  write("g.yaml", "group: g\ntask:\n  - one\n  - {task: one, description: other}\n");
  EXPECT_THAT(error_of("g"), HasSubstr("task 'one' stands twice"));
}

TEST_F(LibraryTest, IncludesThatGoInACircleNameTheirWay) {
  write("loop_a.yaml", "task: a\ninclude: loop_b.yaml\n");
  write("loop_b.yaml", "task: b\ninclude: loop_a.yaml\n");
  const TaskLibrary opened = library();
  ASSERT_EQ(opened.unreadable().size(), 2u);
  EXPECT_THAT(
      opened.unreadable()[0].error.message,
      HasSubstr("loop_b.yaml: line 2: includes go in a circle: loop_a.yaml -> loop_b.yaml -> loop_a.yaml"));
}

TEST_F(LibraryTest, UnreadableFilesAreNamedByTheirPaths) {
  write("draft: two/broken.yaml", "task: [\n");
  const TaskLibrary opened = library();
  ASSERT_EQ(opened.unreadable().size(), 1u);
  EXPECT_EQ(opened.unreadable()[0].file, folder_.path() / "draft: two/broken.yaml");
  EXPECT_THAT(opened.unreadable()[0].error.message, HasSubstr("draft: two/broken.yaml: line"));
}

TEST_F(LibraryTest, ATaskWhoseFileCannotBeReadIsNotJustUnknown) {
  write("broken.yaml", "task: [\n");
  write("other.yaml", "task: 'mine'\ndoc_to_text: \"open\n");
  write_choice_task("t", 1);
  EXPECT_THAT(error_of("broken"), HasSubstr("broken.yaml: line"));
  EXPECT_THAT(error_of("mine"), HasSubstr("other.yaml: line"));
  EXPECT_THAT(error_of("min"), HasSubstr("no task 'min'"));
}

// lm-eval's TaskConfig raises a TypeError for them.
TEST_F(LibraryTest, UnknownKeysAreRefused) {
  write_choice_task("t", 1, "doc_to_txt: typo\n");
  EXPECT_THAT(error_of("t"), HasSubstr("'doc_to_txt' is not known"));
}

TEST_F(LibraryTest, FingerprintFollowsTaskAndData) {
  write_choice_task("t", 2);
  const auto first = *fingerprint(find("t").leaves[0], false);
  EXPECT_EQ(*fingerprint(find("t").leaves[0], false), first);
  write("t.jsonl", "{\"q\": \"other\", \"a\": 1}\n");
  const auto second = *fingerprint(find("t").leaves[0], false);
  EXPECT_NE(second, first);
  write_choice_task("t", 2, "description: more\n");
  EXPECT_NE(*fingerprint(find("t").leaves[0], false), first);
  std::filesystem::remove(folder_.path() / "t.jsonl");
  const auto missing = fingerprint(find("t").leaves[0], false);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("t.jsonl"));
}

}  // namespace
}  // namespace bantam::task
