#!/usr/bin/env python3
"""Results of lm-evaluation-harness, imported: what is exported again is what was read, and scores are compared item by item."""
import json
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import ROOT, CliTest  # noqa: E402

OUTPUTS = ROOT / "tests" / "data" / "lm_eval" / "outputs"
RUN = ["run", "--models", "embedded:nano", "--tasks", "accuracy", "-t", "1", "-q", "--include-path", "tasks"]
# Every type of answer, and a group.
TASKS = "nano_suite nano_qa nano_text nano_completion nano_tagging nano_summary"
GROUP = """group: nano_suite
task:
  - nano_topic
  - nano_sentiment
aggregate_metric_list:
  - metric: acc
    weight_by_size: true
metadata:
  version: 1
"""


def read(folder: Path) -> tuple:
    """The results, and the samples by task, of the newest run in a folder of one model and precision."""
    newest = max(folder.glob("results_*.json"))
    date = newest.stem.removeprefix("results_")
    samples = {}
    for path in folder.glob(f"samples_*_{date}.jsonl"):
        task = path.stem.removeprefix("samples_").removesuffix(f"_{date}")
        samples[task] = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return json.loads(newest.read_text(encoding="utf-8")), samples


def merged(runs: list) -> tuple:
    """Results of several runs of one model and precision in one."""
    results, samples = {}, {}
    for run_results, run_samples in runs:
        for key, value in run_results.items():
            if isinstance(value, dict) and key != "config":
                results.setdefault(key, {}).update(value)
            else:
                results[key] = value
        samples.update(run_samples)
    return results, samples


class LmEvalTest(CliTest):
    def assert_equal_files(self, ours, theirs, precision):
        (results, samples), (wanted, wanted_samples) = ours, theirs
        wanted = dict(wanted)
        name = wanted["model_name"].removesuffix(f"/{precision}") + f"/{precision}"
        wanted.update(model_name=name, model_name_sanitized=name.replace("/", "__"))
        self.assertEqual(set(results), set(wanted))
        for key, value in wanted.items():
            self.assertEqual(results[key], value, key)
        self.assertEqual(set(samples), set(wanted_samples))
        for task, lines in wanted_samples.items():
            self.assertEqual(len(samples[task]), len(lines), task)
            for own, line in zip(samples[task], lines):
                self.assertEqual(own, line, f"{task} {line['doc_id']}")


@unittest.skipUnless(OUTPUTS.is_dir(), "tests/data/lm_eval is not here")
class OfLmEvalTest(LmEvalTest):
    """On files that lm-eval wrote itself."""

    def runs(self, dtype):
        """Those of one type of weights, oldest first."""
        all_runs = []
        for path in sorted((OUTPUTS / "probe").glob("results_*.json")):
            if json.loads(path.read_text(encoding="utf-8"))["config"]["model_dtype"] == dtype:
                folder = self.folder / path.stem
                folder.mkdir(exist_ok=True)
                date = path.stem.removeprefix("results_")
                for file in [path, *path.parent.glob(f"samples_*_{date}.jsonl")]:
                    shutil.copy(file, folder)
                all_runs.append(read(folder))
        return all_runs

    def imported(self, *arguments):
        done = self.bantam("import", "lm-eval", OUTPUTS, "--store", "lm.db", *arguments)
        self.assert_ok(done)
        return done

    def test_export_of_the_import_is_equal(self):
        done = self.imported()
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)  # nothing was left out
        self.assert_ok(self.bantam("export", "lm-eval", "--store", "lm.db", "--output-path", "out"))
        for dtype, precision in (("torch.float32", "fp32"), ("torch.bfloat16", "bf16")):
            with self.subTest(precision):
                wanted = merged(self.runs(dtype))
                self.assert_equal_files(read(self.folder / "out" / f"probe__{precision}"), wanted, precision)

    def test_a_second_round_changes_nothing(self):
        self.imported()
        self.assert_ok(self.bantam("export", "lm-eval", "--store", "lm.db", "--output-path", "out"))
        self.assert_ok(self.bantam("import", "lm-eval", "out", "--store", "again.db"))
        self.assert_ok(self.bantam("export", "lm-eval", "--store", "again.db", "--output-path", "again"))
        for precision in ("fp32", "bf16"):
            folder = f"probe__{precision}"
            self.assert_equal_files(read(self.folder / "again" / folder), read(self.folder / "out" / folder), precision)

    def test_the_same_again_changes_nothing(self):
        first = self.imported()
        self.assertIn("records with", first.stderr)
        counts = [self.count(table, "lm.db") for table in ("cells", "attempts", "items")]
        again = self.imported()
        self.assertIn("0 records imported", again.stderr)
        self.assertEqual([self.count(table, "lm.db") for table in ("cells", "attempts", "items")], counts)

    def test_scores_are_those_of_the_files(self):
        self.imported()
        for record in self.records("lm.db"):
            dtype = {"fp32": "torch.float32", "bf16": "torch.bfloat16"}[record["precision"]]
            results, samples = merged(self.runs(dtype))
            entry = results["results"][record["task"]]
            for key, value in record["metrics"].items():
                if key == "empty":
                    continue
                place = key if "," in key else next(k for k in entry if k.startswith(key + ","))
                self.assertEqual(value["value"], entry[place])
                error = entry[place.replace(",", "_stderr,")]
                self.assertEqual(value.get("stderr", "N/A"), error)
            if record["task"] in samples:
                filters = {line["filter"] for line in samples[record["task"]]}
                self.assertEqual(record["task_info"]["items"] * len(filters), len(samples[record["task"]]))

    def test_models_are_compared_item_by_item(self):
        self.imported()
        done = self.bantam("analyze", "--store", "lm.db", "-o", "json")
        self.assert_ok(done)
        impact, = json.loads(done.stdout)["impacts"]
        self.assertEqual((impact["base_precision"], impact["precision"]), ("fp32", "bf16"))
        scores = {score["task"]: score for score in impact["scores"]}
        self.assertEqual(scores["probe_mmlu"]["items"], 9)
        self.assertIn("p", scores["probe_mmlu"])
        compared = self.bantam("compare", "fp32", "bf16", "--store", "lm.db")
        self.assert_ok(compared)
        self.assert_ok(self.bantam("verify", "lm.db"))

    def test_dry_run_lists_and_adds_nothing(self):
        done = self.imported("--dry-run")
        self.assertIn("probe bf16 probe_mmlu: ok, 9 items", done.stdout)
        self.assertFalse((self.folder / "lm.db").exists())

    def test_a_truncated_file_is_left_out_by_name(self):
        shutil.copytree(OUTPUTS, self.folder / "damaged")
        newest = max((self.folder / "damaged" / "probe").glob("results_*.json"))
        newest.write_bytes(newest.read_bytes()[:-100])
        samples = min((self.folder / "damaged" / "probe").glob("samples_probe_lambada_*.jsonl"))
        samples.write_bytes(samples.read_bytes()[:-10])
        done = self.bantam("import", "lm-eval", "damaged", "--store", "lm.db")
        self.assert_ok(done)
        self.assertIn(f"{newest.name} is left out: it is no whole JSON", done.stderr)
        self.assertIn(f"{samples.name}: its items are left out: its line 3 is no whole JSON", done.stderr)


class MadeFilesTest(LmEvalTest):
    """On files whose figures are made up."""

    @staticmethod
    def sample(number, is_right):
        request = [{"arg_0": f"Question {number}", "arg_1": f" {answer}"} for answer in "ab"]
        answers = [["-1.0" if is_right else "-3.0", "False"], ["-2.0", "False"]]
        return {"doc_id": number, "doc": {"q": number}, "target": "0", "arguments": {"gen_args_0": request[0], "gen_args_1": request[1]},
                "resps": [[answer] for answer in answers], "filtered_resps": answers, "filter": "none", "metrics": ["acc"],
                "doc_hash": str(number), "prompt_hash": "p", "target_hash": "t", "acc": 1.0 if is_right else 0.0}

    def write(self, name, model_args, right, items=80, **config):
        folder = self.folder / "made" / name
        folder.mkdir(parents=True)
        samples = [self.sample(number, number in right) for number in range(items)]
        date = "2026-01-31T10-20-30.000001"
        (folder / f"samples_quiz_{date}.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples))
        results = {
            "results": {"quiz": {"alias": "quiz", "sample_len": items, "acc,none": len(right) / items, "acc_stderr,none": 0.05}},
            "group_subtasks": {},
            "configs": {"quiz": {"task": "quiz", "output_type": "multiple_choice", "num_fewshot": 0,
                                 "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]}},
            "versions": {"quiz": 1.0}, "n-shot": {"quiz": 0}, "higher_is_better": {"quiz": {"acc": True}},
            "n-samples": {"quiz": {"original": items, "effective": items}},
            "config": {"model": "hf", "model_args": model_args, "model_dtype": "torch.float16", "limit": None, **config},
            "date": 1769854800.5, "lm_eval_version": "0.4.13", "model_source": "hf", "model_name": "org/tiny"}
        (folder / f"results_{date}.json").write_text(json.dumps(results))

    def test_recommend_and_compare_judge_by_the_items(self):
        self.write("fp16", "pretrained=org/tiny,dtype=float16", set(range(70)))
        self.write("int4", "pretrained=org/tiny,load_in_4bit=True", set(range(55)))
        self.assert_ok(self.bantam("import", "lm-eval", "made"))
        done = self.bantam("recommend", "-o", "json")
        self.assert_ok(done)
        answer = json.loads(done.stdout)
        rules = {one["precision"]: one["rule"] for one in answer["configurations"]}
        self.assertEqual(rules["int4"], "worse")
        compared = self.bantam("compare", "fp16", "int4", "-o", "json")
        self.assert_ok(compared)
        score, = json.loads(compared.stdout)["scores"]
        self.assertEqual((score["items"], score["lost"], score["gained"], score["verdict"]), (80, 15, 0, "worse"))
        self.assert_ok(self.bantam("verify", "bantam.db"))

    def test_unlike_settings_are_not_compared(self):
        self.write("fp16", "pretrained=org/tiny,dtype=float16", set(range(70)))
        self.write("int4", "pretrained=org/tiny,load_in_4bit=True", set(range(45)), fewshot_seed=7)
        self.assert_ok(self.bantam("import", "lm-eval", "made"))
        done = self.bantam("analyze", "-o", "json")
        self.assert_ok(done)
        impact, = json.loads(done.stdout)["impacts"]
        self.assertEqual(impact["scores"], [])
        self.assertIn("seed", impact["refused"]["quiz"])


class OwnFilesTest(LmEvalTest):
    """On files that bantam exported."""

    def test_import_of_the_export_is_equal(self):
        (self.folder / "tasks").mkdir()
        (self.folder / "tasks" / "nano_suite.yaml").write_text(GROUP)
        self.assert_ok(self.bantam(*RUN, "--precisions", "fp16,int8", "--accuracy-tasks", TASKS, "--accuracy-limit", "4"))
        self.assert_ok(self.bantam("export", "lm-eval", "--output-path", "out"))
        done = self.bantam("import", "lm-eval", "out", "--store", "again.db")
        self.assert_ok(done)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assert_ok(self.bantam("export", "lm-eval", "--store", "again.db", "--output-path", "again"))
        names = sorted(path.name for path in (self.folder / "out").iterdir())
        self.assertEqual(sorted(path.name for path in (self.folder / "again").iterdir()), names)
        for name in names:
            with self.subTest(name):
                precision = name.rsplit("__", 1)[1]
                self.assert_equal_files(read(self.folder / "again" / name), read(self.folder / "out" / name), precision)
                for path in (self.folder / "out" / name).iterdir():
                    if path.suffix == ".jsonl":  # to the byte
                        self.assertEqual((self.folder / "again" / name / path.name).read_bytes(), path.read_bytes())


if __name__ == "__main__":
    unittest.main()
