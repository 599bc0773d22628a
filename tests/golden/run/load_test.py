"""Requests that arrive on their own, and requests without a pause, through the real binary."""
import contextlib
import json
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import UNDISTURBED, CliTest  # noqa: E402

NANO = ["run", "--models", "embedded:nano", "--tasks", "performance", "--max-new-tokens", "8", "--prompt", "Once upon a time",
        *UNDISTURBED]


class LoadTest(CliTest):
    def trials(self, scenario, precision="%"):
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / 'bantam.db'}?mode=ro", uri=True)) as store:
            found = store.execute("select content from trials join cells on cells.id = cell where precision like ?", (precision,))
            rows = [json.loads(content) for (content,) in found]
        return [trial for trial in rows if trial["scenario"] == scenario and not trial["warmup"]]

    def test_requests_that_arrive_on_their_own(self):
        done = self.bantam(*NANO, "--precisions", "fp16", "int8", "--scenarios", "single_stream", "poisson", "--request-rate",
                           "40", "--batch-size", "2", "--num-runs", "16", "--rounds", "4", "--goodput", "ttft:60000",
                           "tpot:60000")
        self.assert_ok(done)
        trials = self.trials("poisson")
        self.assertEqual(len(trials), 8)
        arrivals = {}
        outputs = {}
        for trial in trials:
            self.assertEqual(len(trial["streams"]), 4)
            arrivals.setdefault(trial["round"], set()).add(tuple(stream["arrival_ns"] for stream in trial["streams"]))
            self.assertTrue(all(stream["cached_tokens"] == 0 for stream in trial["streams"]))
        # The same in both precisions, another in each round.
        self.assertTrue(all(len(schedules) == 1 for schedules in arrivals.values()))
        self.assertEqual(len(set.union(*arrivals.values())), 4)
        for scenario in ("poisson", "single_stream"):
            for trial in self.trials(scenario, precision="fp16"):  # batches of int8 differ in the last bits
                outputs.setdefault(scenario, set()).update(stream["output_sha256"] for stream in trial["streams"])
        self.assertEqual(outputs["poisson"], outputs["single_stream"])
        for record in self.records():
            metrics = record["metrics"]
            for name in ("requests_per_s", "poisson_ttft_s", "poisson_tpot_s", "poisson_e2e_latency_s", "poisson_queue_s"):
                self.assertIn(name, metrics)
            self.assertEqual(metrics["poisson_ttft_s"]["n"], 16)
            # Limits of a minute are kept to.
            self.assertEqual(metrics["goodput_requests_per_s"]["value"], metrics["requests_per_s"]["value"])
            self.assertEqual(record["absent"]["poisson_ttft_p90_s"], "needs 64 requests, there are 16")
            self.assertIn("not asked for", record["absent"]["burst_tokens_per_s"])
        page = self.bantam("analyze", "--store", "bantam.db")
        self.assertIn("Requests that arrive on their own", page.stdout)

    def test_requests_without_a_pause(self):
        done = self.bantam(*NANO, "--precisions", "fp16", "--scenarios", "sustained", "--sustained", "3s")
        self.assert_ok(done)
        trials = self.trials("sustained")
        self.assertGreaterEqual(sum(trial["wall_s"] for trial in trials), 2.5)
        self.assertEqual({trial["round"] for trial in trials}, {0})
        (record,) = self.records()
        for name in ("burst_tokens_per_s", "steady_tokens_per_s", "steady_burst_ratio"):
            self.assertGreater(record["metrics"][name]["value"], 0)
        self.assertTrue("throttle_after_s" in record["metrics"] or "95 %" in record["absent"]["throttle_after_s"])

    def test_options_that_belong_to_other_scenarios_are_refused(self):
        for options, named in ((["--max-ttft", "1"], "--max-ttft"), (["--max-tpot", "50ms"], "--max-tpot"),
                               (["--scenarios", "poisson"], "--request-rate"), (["--scenarios", "sustained"], "--sustained"),
                               (["--request-rate", "5", "--scenarios", "offline"], "--request-rate"),
                               (["--sustained", "5min", "--scenarios", "offline"], "--sustained"),
                               (["--request-rate", "0"], "--request-rate"), (["--request-rate", "inf"], "--request-rate"),
                               (["--request-rate", "5", "--goodput", "e2el:500"], "e2el"),
                               (["--request-rate", "5", "--goodput", "ttft"], "ttft"),
                               (["--sustained", "0"], "--sustained")):
            with self.subTest(options=options):
                done = self.bantam(*NANO, *options)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(named.removeprefix("--"), done.stderr)
                self.assertEqual(list(self.folder.glob("*.db")), [])


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--long"])
