#!/usr/bin/env python3
"""The page and the charts of a store: what is written, and what a reader finds in it."""
import json
import re
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SHARED, CliTest  # noqa: E402

OUTPUTS = SHARED / "data" / "slim_eval" / "outputs"
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)


class ReportTest(CliTest):
    def data(self, page="report.html"):
        text = (self.folder / page).read_text(encoding="utf-8")
        return json.loads(DATA.search(text).group(1))["datasets"]

    def measure(self, store="bantam.db", *more):
        self.assert_ok(self.bantam("run", "embedded:nano", "--precisions", "fp16", "int4", "--tasks", "performance", "--accuracy-tasks",
                                   "nano_topic", "--accuracy-limit", "40", "--rounds", "4", "--max-new-tokens", "8", "--batch-size", "2",
                                   "--max-seconds", "4", "--max-disturbance", "1", "--max-drift", "10", "--store", store, "-q", *more))

    def bring(self):
        """A store within no time: two tests of llama-bench."""
        tests = [{"cpu_info": "Board", "model_filename": "m.gguf", "model_type": "llama 1B Q8_0", "model_size": 1100000000,
                  "model_n_params": 1000000000, "n_threads": 2, "n_prompt": prompt, "n_gen": 0 if prompt else 64, "n_depth": 0,
                  "test_time": "2026-01-31T12:00:00Z", "avg_ts": rate, "samples_ts": [rate]} for prompt, rate in ((256, 80.0), (0, 9.5))]
        (self.folder / "bench.json").write_text(json.dumps(tests))
        self.assert_ok(self.bantam("import", "llama-bench", "bench.json"))

    def test_a_run_gives_a_page_and_charts(self):
        self.measure()
        result = self.bantam("report", "--charts", "figures")
        self.assert_ok(result)
        (data,) = self.data()
        self.assertEqual([one["name"] for one in data["configurations"]], ["nano fp16", "nano int4"])
        records = {record["precision"]: record for record in json.loads(self.bantam("analyze", "-o", "json").stdout)["records"]
                   if record["task"] == "performance"}
        for one in data["configurations"]:
            metrics = records[one["precision"]]["metrics"]
            for name, figure in one["figures"].items():
                if name in metrics:
                    self.assertEqual(figure["value"], metrics[name]["value"], name)
            self.assertEqual(len(one["rounds"]["decode_tokens_per_s"]["value"]), 4)
            self.assertEqual(len(one["latencies"]), 101)
            self.assertEqual(one["latencies"], sorted(one["latencies"]))
        for name in ("throughput", "latency", "memory_parts", "memory_over_time", "rounds", "latency_ecdf", "table"):
            svg = (self.folder / "figures" / f"{name}.svg").read_text(encoding="utf-8")
            self.assertTrue(svg.startswith("<svg"), name)
            png = (self.folder / "figures" / f"{name}.png").read_bytes()
            width, _ = struct.unpack(">II", png[16:24])
            self.assertGreaterEqual(width, 1200, name)
        self.assertIn("no chart energy: ", result.stderr)
        self.assertEqual(result.stdout.splitlines()[0], "report.html")
        listed = set(result.stdout.split()[1:])
        self.assertEqual(listed, {f"figures/{path.name}" for path in (self.folder / "figures").iterdir()})

    def test_one_chart_in_one_format(self):
        self.bring()
        self.assert_ok(self.bantam("report", "--no-html", "--charts", "f", "--only", "throughput", "--format", "svg", "--theme", "dark"))
        self.assertEqual([path.name for path in (self.folder / "f").iterdir()], ["throughput_dark.svg"])
        self.assertFalse((self.folder / "report.html").exists())

    def test_wrong_words_are_named(self):
        self.bring()
        for arguments, word in ((("--only", "pie"), "pie"), (("--format", "gif"), "gif"), (("--theme", "pink"), "pink"),
                                (("--scale", "99"), "--scale")):
            result = self.bantam("report", "--charts", "f", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(word, result.stderr)

    def test_no_store_and_no_place(self):
        self.assertEqual(self.bantam("report").returncode, 5)
        self.bring()
        self.assertEqual(self.bantam("report", "--html", "/proc/none/report.html").returncode, 5)


@unittest.skipUnless(OUTPUTS.is_dir(), "needs ../shared/data/slim_eval, which is not part of this project")
class PublishedTest(CliTest):
    def test_devices_stay_apart_and_caveats_are_there(self):
        self.assert_ok(self.bantam("import", "slim-eval", OUTPUTS, "--store", "one.db", "--device", "one"))
        self.assert_ok(self.bantam("import", "slim-eval", OUTPUTS, "--store", "two.db", "--device", "two"))
        self.assert_ok(self.bantam("report", "one.db", "two.db", "--html", "atlas.html"))
        text = (self.folder / "atlas.html").read_text(encoding="utf-8")
        datasets = json.loads(DATA.search(text).group(1))["datasets"]
        self.assertEqual(len(datasets), 2)
        for data in datasets:
            self.assertEqual(len(data["configurations"]), 13)
            self.assertTrue(all(one["evidence"] == "imported" for one in data["configurations"]))
            self.assertTrue(any("pool" in caveat["text"] for one in data["configurations"] for caveat in one["caveats"]))
            (impact,) = [impact for impact in data["impacts"]
                         if data["configurations"][impact["configuration"]]["name"] == "Llama-3.2-3B-Instruct int8"]
            # Published latencies of Llama-3.2-3B: the base's by int8's.
            self.assertAlmostEqual(1 / impact["changes"]["amortized_latency_s"]["ratio"], 2.177, places=3)
            names = {front["name"]: front for front in data["fronts"]}
            for front in names.values():
                self.assertFalse(set(front["members"]) & {one["configuration"] for one in front["dominated"]})


if __name__ == "__main__":
    unittest.main()
