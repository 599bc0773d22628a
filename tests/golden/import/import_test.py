#!/usr/bin/env python3
"""Published results of SLiM-Eval, imported: every figure follows from its files, and its caveats are shown."""
import csv
import json
import statistics
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SHARED, CliTest  # noqa: E402

OUTPUTS = SHARED / "data" / "slim_eval" / "outputs"
TASKS = {"mmlu": "acc", "hellaswag": "acc", "gsm8k": "exact_match"}


def published() -> dict:
    """By (model, precision): the content of each file."""
    found = {}
    for folder in OUTPUTS.glob("*/*_*"):
        if not folder.is_dir():
            continue
        files = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
        first = files["performance"]
        found[first["model"].rsplit("/", 1)[1], first["precision"]] = files
    return found


@unittest.skipUnless(OUTPUTS.is_dir(), "needs ../shared/data/slim_eval, which is not part of this project")
class PublishedTest(CliTest):
    def setUp(self):
        super().setUp()
        self.assert_ok(self.bantam("import", "slim-eval", OUTPUTS, "--store", "published.db"))

    def rows(self, name):
        self.assert_ok(self.bantam("analyze", "--store", "published.db", "--output-dir", "tables"))
        with open(self.folder / "tables" / name, newline="") as file:
            return {(row["model"], row["precision"]): row for row in csv.DictReader(file)}

    def assert_near(self, text, value):
        self.assertAlmostEqual(float(text) / value, 1.0, delta=1e-9)

    def test_figures_are_those_of_the_files(self):
        rows = self.rows("results_table.csv")
        self.assertEqual(set(rows), set(published()))
        self.assertEqual(len(rows), 13)
        for key, files in published().items():
            row, speed, energy = rows[key], files["performance"], files["energy"]
            self.assert_near(row["amortized_latency_s"], speed["mean_latency_s"])
            self.assert_near(row["batch_output_tokens_per_s"], speed["tokens_per_second"])
            self.assert_near(row["preallocated_bytes"], speed["mean_peak_mem_mb"] * 2**20)
            # Of one model the file itself says that it is in units of 1000.
            self.assert_near(row["weight_bytes"], speed["model_size_gb"] * (1e9 if "_note" in speed else 2**30))
            self.assert_near(row["energy_per_request_j"], energy["energy_per_query_j"])
            self.assert_near(row["mean_power_w"], energy["avg_power_watts"])
            for task, metric in TASKS.items():
                self.assert_near(row[f"{task}:{metric}"], files[task]["accuracy"])

    def test_changes_follow_from_the_files(self):
        rows = self.rows("quantization_impact.csv")
        files = published()
        self.assertEqual(len(rows), 8)  # five models, one of them at fp16 alone
        for (model, precision), row in rows.items():
            base, own = files[model, "fp16"], files[model, precision]
            self.assert_near(row["amortized_latency_speedup"],
                             base["performance"]["mean_latency_s"] / own["performance"]["mean_latency_s"])
            self.assert_near(row["energy_per_request_ratio"],
                             own["energy"]["energy_per_query_j"] / base["energy"]["energy_per_query_j"])
            self.assert_near(row["preallocated_ratio"],
                             own["performance"]["mean_peak_mem_mb"] / base["performance"]["mean_peak_mem_mb"])
            for task, metric in TASKS.items():
                lost = base[task]["accuracy"] - own[task]["accuracy"]
                self.assertAlmostEqual(float(row[f"{task}:{metric}_difference"]), -lost, delta=1e-12)
                self.assertAlmostEqual(float(row[f"{task}:{metric}_drop"]), lost / base[task]["accuracy"], delta=1e-9)
        llama = "Llama-3.2-3B-Instruct"
        self.assertAlmostEqual(float(rows[llama, "int8"]["amortized_latency_speedup"]), 2.177, delta=0.0005)
        self.assertAlmostEqual(100 * float(rows[llama, "int4"]["energy_per_request_reduction"]), 49.05, delta=0.005)

    def test_statistics_over_the_models_follow_from_the_files(self):
        self.assert_ok(self.bantam("analyze", "--store", "published.db", "--output-dir", "tables"))
        with open(self.folder / "tables" / "summary_statistics.csv", newline="") as file:
            rows = {(row["precision"], row["metric"]): row for row in csv.DictReader(file)}
        for precision in ("fp16", "int8", "int4"):
            files = [own for key, own in published().items() if key[1] == precision]
            for metric, values in {
                    "amortized_latency_s": [own["performance"]["mean_latency_s"] for own in files],
                    "batch_output_tokens_per_s": [own["performance"]["tokens_per_second"] for own in files],
                    "energy_per_request_j": [own["energy"]["energy_per_query_j"] for own in files],
                    "gsm8k:exact_match": [own["gsm8k"]["accuracy"] for own in files]}.items():
                row = rows[precision, metric]
                self.assertEqual(int(row["models"]), len(values))
                self.assert_near(row["mean"], statistics.mean(values))
                self.assert_near(row["std"], statistics.stdev(values))
                self.assert_near(row["min"], min(values))
                self.assert_near(row["max"], max(values))

    def test_efficiency_and_ranks_follow_from_the_files(self):
        rows = self.rows("efficiency.csv")
        self.assertEqual(set(rows), set(published()))
        means = {}
        for key, files in published().items():
            scores = [files[task]["accuracy"] for task in TASKS]
            means[key] = statistics.mean(scores)
            row = rows[key]
            self.assert_near(row["mean_score"], means[key])
            self.assert_near(row["score_per_latency_s"], means[key] / files["performance"]["mean_latency_s"])
            self.assert_near(row["score_per_j"], means[key] / files["energy"]["energy_per_query_j"])
            self.assertEqual(row["latency"], "amortized_latency_s")
        ranks = self.rows("rank_consistency.csv")
        for task, metric in TASKS.items():
            scores = {key: files[task]["accuracy"] for key, files in published().items()}
            for key, row in ranks.items():
                better = sum(other > scores[key] for other in scores.values())
                equal = sum(other == scores[key] for other in scores.values())
                self.assertEqual(float(row[f"{task}:{metric}"]), better + (equal + 1) / 2)

    def test_caveats_are_shown_and_nothing_is_called_best(self):
        done = self.bantam("analyze", "--store", "published.db")
        self.assert_ok(done)
        page = " ".join(done.stdout.split())
        self.assertIn("no request takes so long", page)
        self.assertIn("not what the model needs", page)
        self.assertIn("150 at int8", page)
        self.assertNotRegex(done.stdout, r"[0-9sBx] \*")

    def test_the_same_again_changes_nothing(self):
        done = self.bantam("import", "slim-eval", OUTPUTS, "--store", "published.db")
        self.assert_ok(done)
        self.assertIn("0 records imported", done.stderr)
        self.assertIn("65 were there already", done.stderr)

    def test_recommend_says_what_it_rests_on(self):
        done = self.bantam("recommend", "--store", "published.db", "--memory", "8GiB", "-o", "json")
        self.assertIn(done.returncode, (0, 6), done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(len(answer["configurations"]), 13)
        # Weights of 7.5 GiB and of 7.1 GiB leave no 5 % and 64 MiB of 8 GiB; 5.98 GiB do.
        rules = {(one["model"], one["precision"]): one["rule"] for one in answer["configurations"]}
        self.assertEqual(rules["Mistral-7B-Instruct-v0.3", "fp16"], "limit")
        self.assertNotEqual(rules["Llama-3.2-3B-Instruct", "fp16"], "limit")


if __name__ == "__main__":
    unittest.main()
