"""bantam tasks list, show and validate; and what a run says of bad task files."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SHARED, CliTest  # noqa: E402

TASK = """task: colours
dataset_path: json
dataset_kwargs:
  data_files:
    test: colours.jsonl
    train: examples.jsonl
test_split: test
fewshot_split: train
fewshot_config:
  sampler: first_n
num_fewshot: 1
output_type: multiple_choice
description: "Answer.\\n\\n"
doc_to_text: "Colour of {{thing}}?"
doc_to_target: "{{gold}}"
doc_to_choice: [red, green]
metric_list:
  - metric: acc
"""
ROWS = '{"thing": "blood", "gold": 0}\n{"thing": "grass", "gold": 1}\n'


class TasksTest(CliTest):
    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def write_task(self, text=TASK, rows=ROWS, examples='{"thing": "fire", "gold": 0}\n'):
        self.write("t/colours.jsonl", rows)
        self.write("t/examples.jsonl", examples)
        return self.write("t/colours.yaml", text)

    def refused(self, *expected, text=TASK, **data):
        """validate's page of a task that cannot run; each expected line must be in it."""
        self.write_task(text, **data)
        done = self.bantam("tasks", "validate", "t/colours.yaml")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        for part in expected:
            self.assertIn(part, done.stdout)
        return done.stdout


class ListTest(TasksTest):
    def test_tasks_of_this_program_and_of_a_folder_are_listed(self):
        self.write_task()
        done = self.bantam("tasks", "list", "--include-path", "t", "-o", "json")
        self.assert_ok(done)
        tasks = {task["name"]: task for task in json.loads(done.stdout)}
        own = tasks["colours"]
        self.assertEqual((own["kind"], own["metrics"], own["num_fewshot"]), ("task", ["acc"], "1"))
        self.assertEqual(own["file"], "t/colours.yaml")
        self.assertEqual(tasks["nano_knowledge"]["file"], "in this program")
        self.assertEqual(tasks["mmlu"]["kind"], "group")
        self.assertEqual(tasks["mmlu"]["tasks"], 57)
        self.assertEqual([name for name, task in tasks.items() if "fault" in task], [])

    def test_groups_hide_their_tasks_in_the_table(self):
        done = self.bantam("tasks", "list")
        self.assert_ok(done)
        self.assertIn("mmlu", done.stdout)
        self.assertNotIn("mmlu_anatomy", done.stdout)
        self.assertIn("mmlu_anatomy", self.bantam("tasks", "list", "--all").stdout)


class ShowTest(TasksTest):
    def test_prompt_is_shown_word_by_word(self):
        self.write_task()
        done = self.bantam("tasks", "show", "colours", "--include-path", "t", "--doc", "1")
        self.assert_ok(done)
        self.assertIn("--- prompt ---\nAnswer.\n\nColour of fire? red\n\nColour of grass?\n--- end of prompt ---", done.stdout)
        self.assertIn("  ' red'\n* ' green'", done.stdout)

    def test_json_has_the_texts_as_they_are(self):
        self.write_task()
        done = self.bantam("tasks", "show", "colours", "--include-path", "t", "--num-fewshot", "0", "-o", "json")
        self.assert_ok(done)
        shown = json.loads(done.stdout)
        self.assertEqual(shown["contexts"], ["Answer.\n\nColour of blood?"])
        self.assertEqual((shown["continuations"], shown["gold"]), ([" red", " green"], [0]))

    def test_token_ids_are_those_of_the_oracle(self):
        oracle = SHARED / "oracle" / "lm_eval"
        model = SHARED / "models" / "probe" / "probe-f32.gguf"
        if not oracle.is_dir() or not model.is_file():
            self.skipTest("no shared oracle")
        rows = [json.loads(row) for row in (oracle / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
        # The second one's prompt ends in a space, which belongs to the answer; the last one is scored as a whole.
        for task, doc in (("probe_mmlu_astronomy", 3), ("probe_boolq_trailing", 0), ("probe_winogrande", 1), ("probe_wikitext", 0)):
            expected = next(row for row in rows if row["kind"] == "item" and row["task"] == task and row["doc_id"] == doc)
            done = self.bantam("tasks", "show", task, "--include-path", oracle / "tasks", "--doc", doc, "--model", model, "-o", "json")
            self.assert_ok(done)
            shown = json.loads(done.stdout)
            if "tokens" in expected:
                self.assertEqual(shown["context_tokens"], [[expected["prefix_token"], *expected["tokens"]]])
                continue
            continuations = [request["continuation_tokens"] for request in expected["requests"]]
            self.assertEqual(shown["continuation_tokens"], continuations, task)
            contexts = [expected, *(request for request in expected["requests"] if "context" in request)]
            self.assertEqual(shown["contexts"], [one["context"] for one in contexts])
            self.assertEqual(shown["context_tokens"], [one["context_tokens"] for one in contexts])

    def test_a_conversation_is_shown_in_the_models_form(self):
        self.write_task()
        show = ["tasks", "show", "colours", "--include-path", "t", "--model", "embedded:nano", "--apply-chat-template", "-o", "json"]
        for more, turns in (([], 2), (["--no-fewshot-as-multiturn"], 1)):
            done = self.bantam(*show, *more)
            self.assert_ok(done)
            shown = json.loads(done.stdout)
            self.assertEqual(shown["contexts"][0].count("<|im_start|>user\n"), turns)
            tokens = shown["context_tokens"][0]  # one for each name of a special token that is the template's
            self.assertEqual(tokens.count(tokens[0]), shown["contexts"][0].count("<|im_start|>"))
        done = self.bantam(*show, "--chat-template", "tool_use")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("the model has no chat template 'tool_use'", done.stderr)

    def test_unknown_names_and_items_are_usage_errors(self):
        self.write_task()
        done = self.bantam("tasks", "show", "colour", "--include-path", "t")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean 'colours'?", done.stderr)
        done = self.bantam("tasks", "show", "colours", "--include-path", "t", "--doc", "2")
        self.assertEqual(done.returncode, 2)
        self.assertIn("its items are 0 to 1", done.stderr)


class ValidateTest(TasksTest):
    def test_a_good_task_is_valid(self):
        self.write_task()
        done = self.bantam("tasks", "validate", "t")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("problems: 0, warnings: 0; tasks read: 1, with 2 items", done.stdout)

    def test_all_problems_come_at_once_with_their_lines(self):
        text = TASK.replace("multiple_choice", "telepathy").replace("metric: acc", "metric: guesswork")
        text = text.replace("sampler: first_n", "sampler: magic").replace("{{thing}}", "{{thing")
        page = self.refused("colours.yaml: line 10: few-shot sampler 'magic'", "colours.yaml: line 12: output_type 'telepathy'",
                            "colours.yaml: line 14: doc_to_text", "colours.yaml: line 18: metric 'guesswork'", text=text)
        self.assertIn("problems: 4", page)

    def test_yaml_errors_have_lines(self):
        self.refused("colours.yaml: line 3", text="task: colours\ndata: [\n")
        self.refused("colours.yaml: line 3: a second document", text="task: colours\n\n---\ntask: b\n")

    def test_a_key_that_stands_twice_is_a_warning(self):
        self.write_task(text=TASK + "num_fewshot: 0\n")
        done = self.bantam("tasks", "validate", "t")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("warning: t/colours.yaml: line 19: key 'num_fewshot' stands twice: the last one counts", done.stdout)

    def test_a_colon_in_a_folders_name_hides_nothing(self):
        self.write("t: draft/colours.yaml", "task: colours\ndata: [\n")
        done = self.bantam("tasks", "validate", "t: draft")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("problem: t: draft/colours.yaml: line 3", done.stdout)
        self.assertIn("problems: 1,", done.stdout)

    def test_python_functions_are_named(self):
        self.refused("line 19", "'mine.score'", "cannot run here", text=TASK + "process_results: !function mine.score\n")

    def test_patterns_must_compile(self):
        text = TASK + 'filter_list:\n  - name: f\n    filter:\n      - function: regex\n        regex_pattern: "(("\n'
        self.refused("colours.yaml: line 22", text=text)

    def test_options_and_filters_are_checked(self):
        text = TASK.replace("output_type: multiple_choice", "output_type: generate_until").replace(
            "metric: acc", "metric: bleu\n    tokenize: zh")
        self.refused("line 19: tokenize 'zh' is not supported", "13a, intl, char or none", text=text)
        text = TASK + "filter_list:\n  - name: f\n    filter:\n      - {function: custom, filter_fn: !function mine.pick}\n"
        self.refused("line 22", "'mine.pick', which cannot run here", text=text)

    def test_includes_are_followed(self):
        self.refused("colours.yaml: line 19: include 'nowhere.yaml': no such file", text=TASK + "include: nowhere.yaml\n")
        self.write("t/other.yaml", "include: colours.yaml\n")
        self.refused("other.yaml: line 1: includes go in a circle: colours.yaml -> other.yaml -> colours.yaml",
                     text=TASK + "include: other.yaml\n")

    def test_groups_name_what_is_missing(self):
        self.write_task()
        self.write("t/group.yaml", "group: all\ntask:\n  - colours\n  - colour\n")
        done = self.bantam("tasks", "validate", "t")
        self.assertEqual(done.returncode, 3)
        self.assertIn("group.yaml: line 4: no task 'colour'\n    did you mean 'colours'?", done.stdout)
        self.write("t/group.yaml", "group: all\ntask: [all]\n")
        self.assertIn("group 'all' contains itself: all -> all", self.bantam("tasks", "validate", "t").stdout)

    def test_data_faults_name_the_line(self):
        self.refused("colours.jsonl", "line 4", rows=ROWS + '{"thing": "sky", "gold": 2}\n{"thing": 1')
        self.refused("colours.jsonl", rows="")

    def test_faulty_items_are_listed(self):
        page = self.refused("colours.jsonl", rows=ROWS + '{"thing": "sky", "gold": 2}\n{"thing": "sea", "gold": 0}\n')
        self.assertIn("2", page)

    def test_too_few_examples(self):
        self.refused("num_fewshot 5 needs 5 rows", "found 1", text=TASK.replace("num_fewshot: 1", "num_fewshot: 5"))

    def test_doubtful_items_are_warned_of(self):
        self.write_task(TASK.replace("[red, green]", "[red, red]"), examples=ROWS.splitlines()[0] + "\n")
        done = self.bantam("tasks", "validate", "t/colours.yaml")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("2 items have equal choices", done.stdout)
        self.assertIn("1 items stand among the rows that examples are drawn from", done.stdout)
        self.write_task(TASK.replace("[red, green]", "[red]"), rows='{"thing": "blood", "gold": 0}\n')
        self.assertIn("have one choice only", self.bantam("tasks", "validate", "t/colours.yaml").stdout)

    def test_unknown_keys_of_the_file_itself(self):
        for key, hint in [("doc_to_txt", "did you mean doc_to_text?"), ("fewshot_spilt", "did you mean fewshot_split?"),
                          ("generation_kwarg", "did you mean generation_kwargs?"), ("remarks", "leave it away")]:
            self.refused(f"line 19: key '{key}' is not known", hint, text=TASK + f"{key}: typo\n")

    def test_names_that_are_no_task_are_usage_errors(self):
        self.assertEqual(self.bantam("tasks", "validate", "no_such_task").returncode, 2)


class RunTest(TasksTest):
    def test_a_run_refuses_what_validate_refuses(self):
        self.write_task(TASK.replace("metric: acc", "metric: guesswork"))
        done = self.bantam("run", "--models", "embedded:nano", "--tasks", "accuracy", "--accuracy-tasks", "colours",
                           "--include-path", "t")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("colours.yaml: line 18: metric 'guesswork'", done.stderr)


if __name__ == "__main__":
    unittest.main()
