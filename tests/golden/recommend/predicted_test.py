"""Answers that rest on predictions, through the real binary: that they agree with `bantam predict`, that they say so, and
that --measure measures."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CACHE, SANITIZED, SHARED, CliTest, environment, share_rates  # noqa: E402

SLIM_EVAL = SHARED / "data" / "slim_eval"
# One thread, no batch, a short prompt: few rates have to be measured.
SMALL = ["--threads", "1", "--batch-size", "1", "--max-new-tokens", "32"]
QUIET = {"BANTAM_DRILL": "others=0,file_piece=1"}
GIB = 2**30

share_rates(Path(CACHE.name))


def round_rates(value, key=""):
    """Rates of round numbers without any spread: bytes of 10 GB/s, a million cells, a microsecond."""
    if key.endswith("spread"):
        return [1.0, 1.0]
    if isinstance(value, dict):
        return {name: round_rates(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [round_rates(part, key) for part in value]
    return {"bytes_per_s": 1e10, "read_bytes_per_s": 1e10, "cells_per_s": 1e6, "operation_s": 1e-6}.get(key, value)


class PredictedTest(CliTest):
    """With rates of round numbers: a token's time follows from what is read for it, and speeds are off by 20 % at most."""

    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        self.env = environment(BANTAM_CACHE=str(self.cache), **QUIET)

    def fix_rates(self, *models):
        """What is measured first is replaced, for this test alone."""
        shared = environment(**QUIET)
        for model in models:
            self.assert_ok(self.bantam("predict", model, "--precisions", "fp16", "int8", "int4", *SMALL, "--memory", "64GiB", env=shared))
        rates = Path(shared["BANTAM_CACHE"]) / "peaks"
        (self.cache / "peaks").mkdir(parents=True)
        files = list(rates.glob("*.json"))
        if not files:
            self.skipTest("the machine is not quiet: no rates were kept")
        for file in files:
            (self.cache / "peaks" / file.name).write_text(json.dumps(round_rates(json.loads(file.read_text()))))

    def assert_alike(self, one, other):
        """The program's own memory, which is part of both, varies by some pages; that of a program with sanitizers, whose two hundred
        megabytes are shared with whatever of them runs at the time, by more."""
        self.assertAlmostEqual(one / other, 1, delta=0.03 if SANITIZED else 0.005)

    def predict(self, *models):
        done = self.bantam("predict", *models, "--precisions", "fp16", "int8", "int4", *SMALL, "--memory", "64GiB", "-o", "json", env=self.env)
        self.assert_ok(done)
        return {(row["model"], row["precision"]): row for row in json.loads(done.stdout)["predictions"]}

    def recommend(self, *arguments, codes=(0, 6)):
        done = self.bantam("recommend", *arguments, *SMALL, "-o", "json", env=self.env)
        self.assertIn(done.returncode, codes, done.stderr)
        return json.loads(done.stdout)

    def test_a_store_is_not_needed_and_figures_are_those_of_predict(self):
        self.fix_rates("synthetic:qwen2.5-0.5b")
        model = "synthetic:qwen2.5-0.5b"
        rows = self.predict(model)
        page = self.recommend("--predict", model)
        self.assertTrue(page["rests_on_predicted_figures"])
        self.assertEqual(len(page["configurations"]), 3)
        for one in page["configurations"]:
            row = rows[one["model"], one["precision"]]
            self.assertEqual(one["memory_need"]["metric"], "min_memory_bytes")
            self.assert_alike(one["memory_need"]["bytes"], row["memory"]["total_bytes"])
            self.assertAlmostEqual(one["decode_tokens_per_s"] / row["single_stream"]["decode_tokens_per_s"], 1)
            self.assertEqual(one["evidence"], {"decode_tokens_per_s": "predicted", "memory_need": "predicted"})
        # A budget is kept where predict says that it fits.
        for one in page["configurations"]:
            row = rows[one["model"], one["precision"]]
            need = row["memory"]["total_bytes"] + row["memory"]["margin_bytes"]
            for share, fits in ((1.01, True), (0.99, False)):
                within = self.recommend("--predict", model, "--precisions", one["precision"], "--memory", str(int(share * need)), codes=(0, 1))
                self.assertEqual("choice" in within, fits)
        self.assertIn("bantam run synthetic:qwen2.5-0.5b --tasks performance", page["next"]["command"])

    def test_the_page_marks_what_is_predicted(self):
        self.fix_rates("synthetic:qwen2.5-0.5b")
        done = self.bantam("recommend", "--predict", "small=synthetic:qwen2.5-0.5b", *SMALL, env=self.env)
        self.assertIn(done.returncode, (0, 6), done.stderr)
        self.assertIn("What is marked by ≈ is predicted, not measured.", " ".join(done.stdout.split()))
        self.assertIn("To measure it first\nbantam run small=synthetic:qwen2.5-0.5b", done.stdout)
        self.assertIn("≈ is predicted, not measured: of requests of", done.stdout)
        self.assertNotIn("To use it", done.stdout)

    def test_limits_within_the_expected_error_cannot_be_told(self):
        self.fix_rates("synthetic:qwen2.5-0.5b")
        model = ["--predict", "synthetic:qwen2.5-0.5b", "--precisions", "int8"]
        speed = self.recommend(*model)["configurations"][0]["decode_tokens_per_s"]
        for share, rule in ((0.83, "none"), (0.84, "limit_not_told"), (1.24, "limit_not_told"), (1.26, "limit")):  # 1 / 1.2, 1 / 0.8
            page = self.recommend(*model, "--min", f"decode={share * speed}", codes=(0, 1))
            self.assertEqual(page["configurations"][0]["rule"], rule, share)

    @unittest.skipUnless(SLIM_EVAL.exists(), "needs ../shared/data/slim_eval")
    def test_small_at_high_precision_or_large_at_low_precision(self):
        """Imported quality of a 3B model; of an 8B model nothing is known. Speed and memory of both are predicted."""
        shapes = ["synthetic:llama-3.2-3b", "synthetic:llama-3.1-8b"]
        self.fix_rates(*shapes)
        self.assert_ok(self.bantam("import", "slim-eval", SLIM_EVAL / "outputs", "--store", "s.db", env=self.env))
        name = "Llama-3.2-3B-Instruct"
        rows = self.predict(*(f"{one}={shape}" for one, shape in zip((name, "llama-3.1-8b"), shapes)))
        page = self.recommend("--store", "s.db", "--predict", f"{name}={shapes[0]}", shapes[1])
        by_name = {(one["model"], one["precision"]): one for one in page["configurations"]}
        for precision in ("fp16", "int8", "int4"):
            own = by_name[name, precision]
            self.assertEqual(own["evidence"], {"quality": "imported", "decode_tokens_per_s": "predicted", "memory_need": "predicted"})
            self.assert_alike(own["memory_need"]["bytes"], rows[name, precision]["memory"]["total_bytes"])
            self.assertNotIn("quality", by_name["llama-3.1-8b", precision])
            self.assertEqual(by_name["llama-3.1-8b", precision]["rule"], "not_measured")
        self.assertEqual([rung["memory_bytes"] / GIB for rung in page["ladder"]], [1, 2, 4, 8, 16])
        for rung in page["ladder"]:
            fitting = [key for key, row in rows.items() if key[0] == name
                       and row["memory"]["total_bytes"] + row["memory"]["margin_bytes"] <= rung["memory_bytes"]]
            chosen = rung.get("choice", {})
            if chosen.get("model") == name:
                self.assertIn((name, chosen["precision"]), fitting)
        # Where only these two are asked for, what can be said is said by size and speed.
        only = self.recommend("--predict", *(f"{one}={shape}" for one, shape in zip((name, "llama-3.1-8b"), shapes)))
        self.assertEqual(only["small_or_large"]["large"]["model"], "llama-3.1-8b")
        self.assertEqual(only["small_or_large"]["small"]["model"], name)
        self.assertIn("cannot be told", only["small_or_large"]["sentence"])
        for figure in ("weights at", "tok/s", "GiB of memory"):
            self.assertEqual(only["small_or_large"]["sentence"].count(figure), 2)

    @unittest.skipUnless(SLIM_EVAL.exists(), "needs ../shared/data/slim_eval")
    def test_what_was_imported_is_neither_need_nor_speed(self):
        """SLiM-Eval's memory is a pool that its server takes, some 74 GB for every model, and its latency that of a batch."""
        self.assert_ok(self.bantam("import", "slim-eval", SLIM_EVAL / "outputs", "--store", "s.db"))
        done = self.bantam("recommend", "--store", "s.db", "-o", "json")
        self.assertIn(done.returncode, (0, 6), done.stderr)
        page = json.loads(done.stdout)
        self.assertEqual(len(page["configurations"]), 13)
        self.assertEqual(page["objectives"], ["quality", "memory"])
        for one in page["configurations"]:
            self.assertEqual(one["memory_need"]["metric"], "weight_bytes")
            self.assertLess(one["memory_need"]["bytes"], 15 * GIB)
            self.assertNotIn("decode_tokens_per_s", one)


class MeasureTest(CliTest):
    PLAN = ("models: [embedded:nano]\nprecisions: [int8]\nnum_warmup: 1\nnum_runs: 2\nmax_new_tokens: 8\nbatch_size: 1\nthreads: 1\n"
            "prompt: Once upon a time\nmax_disturbance: 1\nmax_drift: 10\ngate: [pauses=off]\n")

    def test_a_predicted_choice_is_measured_first(self):
        (self.folder / "plan.yaml").write_text(self.PLAN)
        env = environment(**QUIET)
        asked = ["recommend", "--store", "new.db", "--plan", "plan.yaml", "--measure"]
        shown = self.bantam(*asked, "--dry-run", env=env)
        self.assert_ok(shown)
        self.assertTrue(shown.stdout.startswith("bantam run embedded:nano --store new.db --tasks performance"), shown.stdout)
        self.assertIn("--min-memory", shown.stdout)
        self.assertFalse((self.folder / "new.db").exists())
        done = self.bantam(*asked, "-o", "json", env=env)
        self.assertIn(done.returncode, (0, 6), done.stderr)
        page = json.loads(done.stdout)
        self.assertFalse(page["rests_on_predicted_figures"])
        self.assertEqual(page["configurations"][0]["evidence"]["memory_need"], "measured")
        self.assertIn("measuring: bantam run embedded:nano", done.stderr)
        (record,) = self.records("new.db")
        self.assertEqual((record["model"], record["precision"], record["status"]), ("nano", "int8", "ok"))
        # The answer is the same without predictions, and there is nothing left to measure.
        again = self.bantam("recommend", "--store", "new.db", "--measure", env=env)
        self.assertEqual(again.returncode, done.returncode, again.stderr)

    def test_what_another_tool_has_measured_needs_a_reference(self):
        result = {"model": "owner/tiny", "precision": "fp16", "timestamp": "2026-01-01T00:00:00", "num_parameters": 10**6, "model_size_gb": 0.002,
                  "task": "mmlu", "accuracy": 0.6}
        for precision, accuracy in (("fp16", 0.6), ("int8", 0.6)):
            folder = self.folder / "outputs" / "tiny" / f"tiny_{precision}"
            folder.mkdir(parents=True)
            (folder / "mmlu.json").write_text(json.dumps({**result, "precision": precision, "accuracy": accuracy}))
        self.assert_ok(self.bantam("import", "slim-eval", "outputs", "--store", "s.db"))
        done = self.bantam("recommend", "--store", "s.db", "--measure")
        self.assertIn(done.returncode, (0, 6), done.stderr)
        self.assertIn("no more is measured", done.stderr)
        self.assertNotIn("measuring:", done.stderr)


if __name__ == "__main__":
    unittest.main()
