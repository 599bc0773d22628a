"""Task files with Python functions: what is asked, how answers are scored, and code that does harm. Prompts and scores are
worked out by hand. Skipped where this machine does not limit task code."""
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import ROOT, CliTest, environment  # noqa: E402

TASK = """task: colours
dataset_path: json
dataset_kwargs: {data_files: {test: things.jsonl, train: examples.jsonl}}
test_split: test
fewshot_split: train
fewshot_config: {sampler: first_n}
num_fewshot: 1
output_type: multiple_choice
process_docs: !function utils.process_docs
doc_to_text: !function utils.doc_to_text
doc_to_target: gold
doc_to_choice: !function utils.doc_to_choice
process_results: !function utils.process_results
metric_list:
  - {metric: reds, aggregation: mean}
  - {metric: acc, aggregation: mean}
  - {metric: longest, aggregation: !function utils.longest}
"""
CODE = """def process_docs(dataset):
    def named(doc):
        doc["name"] = doc["thing"].upper()
        doc["gold"] = ["red", "green"].index(doc["colour"])
        return doc

    return dataset.filter(lambda doc: doc["colour"] != "blue").map(named)


def doc_to_text(doc):
    return f"Colour of {doc['name']}?"


def doc_to_choice(doc):
    return ["red", "green"]


def process_results(doc, results):
    likelihoods = [likelihood for likelihood, greedy in results]
    guess = likelihoods.index(max(likelihoods))
    return {"reds": doc["colour"] == "red", "acc": float(guess == doc["gold"]), "longest": (doc["name"], guess)}


def longest(pairs):
    return max(len(name) for name, guess in pairs)
"""
ROWS = ({"thing": "blood", "colour": "red"}, {"thing": "sky", "colour": "blue"}, {"thing": "grass", "colour": "green"},
        {"thing": "strawberry", "colour": "red"})


def why_not():
    """Why this machine does not run task code; None where it does."""
    run = subprocess.run([sys.executable, str(ROOT / "taskcode/run.py")], input="", capture_output=True, text=True, timeout=60, check=False)
    hello = json.loads(run.stdout.splitlines()[0])
    return None if hello["ready"] else hello["error"]["message"]


REASON = why_not()


@unittest.skipIf(REASON, REASON)
class TaskCodeTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write_task()

    def write_task(self, code=CODE, text=TASK):
        for name, content in (("colours.yaml", text), ("utils.py", code), ("examples.jsonl", json.dumps({"thing": "fire", "colour": "red"})),
                              ("things.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))):
            (self.folder / name).write_text(content, encoding="utf-8")

    def code(self, *arguments, seconds="60"):
        return self.bantam(*arguments, "--include-path", ".",
                           env=environment(BANTAM_TASK_PYTHON=sys.executable, BANTAM_TASK_CODE_SECONDS=seconds))

    def run_task(self, *more, seconds="60"):
        return self.code("run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "accuracy", "--accuracy-tasks", "colours",
                         "-t", "1", *more, seconds=seconds)

    def test_without_consent_nothing_is_run(self):
        done = self.run_task()
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("colours.yaml: line 10: doc_to_text needs the Python function 'utils.doc_to_text'", done.stderr)
        self.assertIn("--allow-task-code", done.stderr)

    def test_prompts_are_what_the_functions_make(self):
        prompts = []
        for doc in range(3):
            done = self.code("tasks", "show", "colours", "--allow-task-code", "--doc", doc, "-o", "json")
            self.assert_ok(done)
            shown = json.loads(done.stdout)
            prompts.append(shown["contexts"])
            self.assertEqual(shown["continuations"], [" red", " green"])
        self.assertEqual(prompts, [["Colour of FIRE? red\n\nColour of BLOOD?"], ["Colour of FIRE? red\n\nColour of GRASS?"],
                                   ["Colour of FIRE? red\n\nColour of STRAWBERRY?"]])

    def test_lists_and_checks_take_the_functions(self):
        listed = json.loads(self.code("tasks", "list", "-o", "json", "--allow-task-code").stdout)
        self.assertNotIn("fault", next(task for task in listed if task["name"] == "colours"))
        done = self.code("tasks", "validate", "colours", "--allow-task-code", "-o", "json")
        self.assert_ok(done)
        self.assertEqual(json.loads(done.stdout)["items"], 3)

    # Two of three things are red, whatever the model says; STRAWBERRY has ten letters.
    def test_answers_are_scored_by_the_code(self):
        done = self.run_task("--allow-task-code")
        self.assert_ok(done)
        record = self.records()[0]
        self.assertAlmostEqual(record["metrics"]["reds"]["value"], 2 / 3)
        self.assertEqual(record["metrics"]["reds"]["n"], 3)
        self.assertEqual(record["metrics"]["longest"]["value"], 10)
        self.assertIn(record["metrics"]["acc"]["value"], (0, 1 / 3, 2 / 3, 1))
        self.assertEqual(len(record["task_info"]["code_sha256"]["colours"]), 64)
        # The same code and data: the same cell.
        self.assert_ok(self.run_task("--allow-task-code"))
        self.assertEqual(self.count("items"), 3)
        self.assertEqual(len(self.records()), 1)
        verified = self.bantam("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_other_code_is_another_cell(self):
        self.assert_ok(self.run_task("--allow-task-code"))
        self.write_task(CODE.replace("Colour of", "The colour of"))
        self.assert_ok(self.run_task("--allow-task-code"))
        self.assertEqual(len({record["cell_key"] for record in self.records()}), 2)

    def refused(self, code, *words, seconds="60", status=3):
        self.write_task(code)
        done = self.run_task("--allow-task-code", seconds=seconds)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)

    def test_code_without_end_is_ended(self):
        self.refused(CODE.replace("def doc_to_text(doc):\n", "def doc_to_text(doc):\n    while True:\n        pass\n"),
                     "task 'colours': its Python code does not come to an end in time", seconds="2")

    def test_code_that_fails_is_named_with_its_line(self):
        self.refused(CODE.replace('["red", "green"].index', '["green"].index'),
                     "task 'colours': its Python code fails (utils.py:4): ValueError")

    def test_a_package_that_is_lacking_ends_the_task(self):
        self.refused("try:\n    import no_such_package_here\nexcept ImportError:\n    pass\n" + CODE,
                     "task 'colours'", "no_such_package_here is not installed", status=4)

    def test_a_failure_behind_the_answers_is_the_cells(self):
        self.refused(CODE.replace("guess = likelihoods.index", "guess = 1 // 0 + likelihoods.index"),
                     "task 'colours', item 0: its Python code fails", "ZeroDivisionError")
        record = self.records()[0]
        self.assertNotEqual(record["status"], "ok")
        self.assertNotIn("reds", record.get("metrics") or {})


if __name__ == "__main__":
    unittest.main()
