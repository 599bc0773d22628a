"""Requests as users type them: what is told before work, what a dry run knows, and settings of one model."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest  # noqa: E402

TASKS = ["--accuracy-tasks", "nano_topic", "--accuracy-limit", "8"]
TASK = """task: colours
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: ["red", "blue"]
doc_to_target: "{{answer}}"
metric_list: [{metric: acc}]
"""


class RequestsTest(CliTest):
    def write_task(self, text=TASK, column="question"):
        folder = self.folder / "mine"
        folder.mkdir(exist_ok=True)
        (folder / "colours.yaml").write_text(text)
        (folder / "rows.jsonl").write_text("".join(json.dumps({column: f"Colour {i}?", "answer": i % 2}) + "\n" for i in range(6)))
        return "mine/colours.yaml"

    def assert_refused(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse((self.folder / "bantam.db").exists())

    def test_a_model_stands_before_the_options(self):
        self.assert_ok(self.bantam("run", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", *QUICK))
        self.assertEqual([r["precision"] for r in self.records()], ["fp16"])

    def test_a_dry_run_knows_what_is_done(self):
        command = ["run", "embedded:nano", "--precisions", "fp16", "int8", *QUICK, *TASKS]
        self.assert_ok(self.bantam("run", "embedded:nano", "--precisions", "fp16", *QUICK, *TASKS))
        before = (self.folder / "bantam.db").read_bytes()
        dry = self.bantam(*command, "--dry-run")
        self.assert_ok(dry)
        rows = {tuple(line.split()[1:3]): line for line in dry.stdout.splitlines() if line.startswith("nano ")}
        for task in ("performance", "nano_topic"):
            self.assertTrue(rows["fp16", task].endswith("done"), dry.stdout)
            self.assertFalse(rows["int8", task].endswith("done"), dry.stdout)
        self.assertIn("4 cells, 2 of them done", dry.stdout)
        self.assertEqual(before, (self.folder / "bantam.db").read_bytes())
        self.assert_ok(self.bantam(*command))
        self.assertIn("4 cells, 4 of them done, nothing to do", self.bantam(*command, "--dry-run").stdout)

    def test_a_task_is_named_by_its_file(self):
        file = self.write_task()
        self.assert_ok(self.bantam("run", "embedded:nano", "--precisions", "fp16", "--tasks", "accuracy", "--accuracy-tasks", file))
        self.assertEqual([r["task"] for r in self.records()], ["colours"])
        shown = self.bantam("tasks", "show", file)
        self.assert_ok(shown)
        self.assertIn("Colour 0?", shown.stdout)

    def test_a_missing_column_is_told_once_with_those_that_exist(self):
        file = self.write_task(column="frage")
        done = self.bantam("tasks", "validate", file)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout.count("'question' is undefined"), 1, done.stdout)
        self.assertIn("each of 6 items", done.stdout)
        self.assertIn("the columns are: frage, answer", done.stdout)

    def test_a_misspelt_key_is_named(self):
        file = self.write_task(TASK.replace("doc_to_choice", "doc_to_choices"))
        self.assert_refused(self.bantam("run", "embedded:nano", "--accuracy-tasks", file), 3, "'doc_to_choices' is not known",
                            "doc_to_choice?")

    def test_paths_are_checked_even_where_nothing_needs_them(self):
        speed = ["run", "embedded:nano", "--precisions", "int8", "--tasks", "performance", *QUICK]
        for option, code in (("--calibration-dataset", 3), ("--fidelity-text", 3), ("--embedding-model", 3), ("--include-path", 2)):
            self.assert_refused(self.bantam(*speed, option, "nowhere"), code, "nowhere")
        done = self.bantam("models", "quantize", "embedded:nano", "--precisions", "int8", "--calibration-dataset", "nowhere")
        self.assert_refused(done, 3, "nowhere: no such file")
        self.assert_refused(self.bantam(*speed, "--calibration-dataset", "HuggingFaceH4/ultrachat_200k"), 3,
                            "leave out --calibration-dataset")

    def test_settings_of_one_model(self):
        (self.folder / "plan.yaml").write_text(
            "models:\n  - {name: one, path: 'embedded:nano', precisions: [int8, Q4_0], threads: 1}\n  - {name: two, path: 'embedded:nano'}\n"
            "precisions: [fp16]\ntasks: [performance]\n")
        self.assert_ok(self.bantam("run", "--plan", "plan.yaml", *QUICK, "--threads", "2"))
        found = sorted((r["model"], r["precision"], r["settings"]["engine"]["threads"]) for r in self.records())
        self.assertEqual(found, [("one", "Q4_0", 2), ("one", "int8", 2), ("two", "fp16", 2)])
        self.assert_ok(self.bantam("run", "--plan", "plan.yaml", *QUICK, "--store", "own.db"))
        dry = self.bantam("run", "--plan", "plan.yaml", *QUICK, "--store", "own.db", "--dry-run")
        self.assertIn("3 cells, 3 of them done", dry.stdout)

    def test_accuracy_without_tasks_is_told(self):
        (self.folder / "own.gguf").write_bytes((Path(__file__).resolve().parents[3] / "models/nano/nano-f16.gguf").read_bytes())
        done = self.bantam("run", "own.gguf", "--precisions", "fp16", *QUICK)
        self.assert_ok(done)
        for words in ("accuracy is not measured", "bantam tasks list", "bantam run own.gguf --accuracy-tasks"):
            self.assertIn(words, done.stderr)

    def test_a_model_file_that_is_named_nearly_so(self):
        (self.folder / "my-model.gguf").write_bytes(b"GGUF")
        self.assert_refused(self.bantam("run", "my-modle.gguf"), 3, "did you mean my-model.gguf?")

    def test_a_command_of_lm_eval(self):
        done = self.bantam("run", "--model", "hf", "--model_args", "pretrained=embedded:nano,dtype=float16", "--tasks",
                           "nano_topic", "--device", "cpu", "--batch_size", "8", "--limit", "8", "--log_samples", "--output_path", "out")
        self.assert_ok(done)
        self.assertEqual([(r["precision"], r["task"]) for r in self.records()], [("fp16", "nano_topic")])
        self.assertEqual(self.records()[0]["settings"]["accuracy"]["batch_size"], 8)
        refused = self.bantam("run", "--model", "hf", "--model_args", "pretrained=embedded:nano", "--tasks", "nano_topic",
                              "--gen_kwargs", "temperature=0.7", "--predict_only")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("leave out --gen-kwargs and --predict-only", refused.stderr)

    def test_short_options_of_lm_eval(self):
        for arguments, words in ((["-M", "hf"], "lm-eval's -M: write --model"), (["-a", "pretrained=x"], "write --model-args"),
                                 (["-o", "out"], "lm-eval's -o: leave it out"), (["-t", "hellaswag"], "--accuracy-tasks hellaswag"),
                                 (["--batch-size", "auto"], "leave it out"), (["--seed", "0,1234,1234,99"], "give the last")):
            self.assert_refused(self.bantam("run", "embedded:nano", *arguments, "--dry-run"), 2, words)
        for arguments in (["--cache_requests", "true"], ["--use_cache", "c"], ["--verbosity", "DEBUG"]):
            done = self.bantam("run", "embedded:nano", "--precisions", "fp16", *arguments, "--dry-run")
            self.assert_ok(done)
            self.assertIn("has no effect", done.stderr)
        self.assert_refused(self.bantam("run", "embedded:nano", "--log_samples", "true", "--dry-run"), 2, "--log-samples takes no value")

    def test_a_command_of_slim_eval(self):
        done = self.bantam("run", "--models", "embedded:nano", "--precision", "fp16", "--max-model-len", "4096", "--wandb-enabled",
                           "--wandb-project", "slim-eval", "--wandb-run-name", "fp16 nano", "--quantized-models-dir", "q",
                           "--gpu-memory-utilization", "0.8", "--energy-sample-runs", "200", "--accuracy-batch-size-mmlu", "32",
                           "--calibration-split", "train_sft", "--tasks", "performance accuracy energy", "--accuracy-tasks",
                           "nano_topic nano_qa", "--accuracy-limit", "4", "--num-fewshot", "5", *QUICK)
        self.assert_ok(done)
        self.assertIn("--quantized-models-dir has no effect", done.stderr)
        self.assertIn("wandb sync outputs/wandb/offline-run-", done.stderr)
        log, = (self.folder / "outputs" / "wandb").glob("offline-run-*/run-*.wandb")
        for text in (b"slim-eval", b"fp16 nano", b"nano_topic/acc"):
            self.assertIn(text, log.read_bytes())
        tables = self.bantam("analyze", "--input-dir", "outputs", "--output-dir", "tables", "--accuracy-tasks", "nano_topic",
                             "nano_qa", "--gpu-index", "0")
        self.assert_ok(tables)


if __name__ == "__main__":
    unittest.main()
