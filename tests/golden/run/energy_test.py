#!/usr/bin/env python3
"""`bantam run --tasks energy` beside a tree of sensors that a thread changes while it runs: a machine with a known power."""
import contextlib
import json
import math
import os
import re
import signal
import sqlite3
import statistics
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, SHARED, CliTest, children  # noqa: E402

OUTPUTS = SHARED / "data" / "slim_eval" / "outputs"
NANO = ["run", "--models", "embedded:nano"]
WORKLOAD = ["--max-new-tokens", "8", "--num-warmup", "1", "--max-disturbance", "1", "--max-drift", "10", "-q"]
IDLE_W = 10.0
ZONE = "sys/class/powercap/intel-rapl:0"
WRAP_UJ = 60_000_000  # at 40 W every 1.5 s


class Machine(threading.Thread):
    """A RAPL counter that rises with `idle_w`, and with `working_w(begun)` while the process has a worker, the begun-th one.
    With `curve` it shows that many joules at each time of CLOCK_MONOTONIC_RAW, whatever runs."""

    def __init__(self, root, pid, working_w, curve=None):
        super().__init__(daemon=True)
        self.file = root / ZONE / "energy_uj"
        self.pid = pid
        self.working_w = working_w
        self.curve = curve
        self.is_over = threading.Event()
        self.workers = []

    def run(self):
        joules = 0.0
        before = time.monotonic()
        while not self.is_over.wait(0.004):
            now = time.monotonic()
            if self.curve:
                self.show(self.curve(time.clock_gettime(time.CLOCK_MONOTONIC_RAW)))
                continue
            for worker in children(self.pid):
                if worker not in self.workers:
                    self.workers.append(worker)
            power = self.working_w(len(self.workers)) if children(self.pid) else IDLE_W
            if power is None:
                before = now
                continue
            joules += power * (now - before)
            before = now
            self.show(joules)

    def show(self, joules):
        fresh = self.file.with_name("fresh")
        fresh.write_text(f"{int(joules * 1e6) % WRAP_UJ}\n")
        os.replace(fresh, self.file)


class EnergyTest(CliTest):
    def put(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def measure(self, working_w, *flags, model="embedded:nano", accuracy=False, curve=None):
        self.put(f"tree/{ZONE}/name", "package-0\n")
        self.put(f"tree/{ZONE}/energy_uj", "0\n")
        self.put(f"tree/{ZONE}/max_energy_range_uj", f"{WRAP_UJ}\n")
        self.put(f"tree/{ZONE}/constraint_0_max_power_uw", "15000000\n")  # rated for 15 W: it does not wrap between two readings
        process = self.start("run", "--models", model, "--tasks", "energy", *(["accuracy"] if accuracy else []), "--sysfs-root", "tree",
                             *WORKLOAD, *flags)
        machine = Machine(self.folder / "tree", process.pid, working_w, curve)
        machine.start()
        try:
            out, errors = process.communicate(timeout=300)
        finally:
            machine.is_over.set()
            machine.join()
        return process.returncode, out, errors

    def assert_near(self, value, expected, share):
        self.assertLess(abs(value / expected - 1), share, f"{value} is not {expected} within {100 * share} %")

    def test_a_known_power_gives_its_energy(self):
        code, _, errors = self.measure(lambda _: 40.0, "--precisions", "int8", "--energy-seconds", "8", "--rounds", "2",
                                         "--energy-idle", "1", "--carbon-intensity", "360", "--battery-wh", "50")
        self.assertEqual(code, 0, errors)
        (record,) = self.records()
        block = record["task_info"]["energy"]
        (source,) = block["sources"]
        self.assertEqual((source["name"], source["scope"], source["grade"]), ("intel-rapl:package-0", "package", "B"))
        self.assertGreater(block["window_s"], 2 * WRAP_UJ / 40e6, "the counter wraps twice")
        self.assert_near(source["joules"], 40.0 * block["window_s"], 0.02)
        self.assert_near(source["mean_w"], 40.0, 0.02)
        metrics = {name: value["value"] for name, value in record["metrics"].items()}
        self.assert_near(metrics["mean_power_w"], 40.0, 0.02)
        self.assert_near(metrics["idle_power_w"], IDLE_W, 0.05)
        self.assert_near(metrics["net_energy_per_request_j"] / metrics["energy_per_request_j"], 0.75, 0.03)
        self.assert_near(metrics["energy_per_request_j"], 8 * metrics["energy_per_output_token_j"], 1e-9)
        self.assert_near(metrics["output_tokens_per_j"], 1 / metrics["energy_per_output_token_j"], 0.02)
        self.assert_near(metrics["carbon_per_request_g"], metrics["energy_per_request_j"] * 360 / 3.6e6, 1e-9)
        self.assert_near(metrics["requests_per_charge"], 50 * 3600 / metrics["energy_per_request_j"], 0.02)
        # A request of a few milliseconds has no phases for a sensor that is read ten times per second.
        self.assertIn("to tell its energy apart", record["absent"]["prefill_energy_per_request_j"])
        checked = self.bantam("verify", "bantam.db")
        self.assert_ok(checked)
        made = json.loads((self.folder / "outputs/nano/nano_int8/energy.json").read_text())
        self.assertEqual(made["metrics"], record["metrics"])
        self.check_power_over_time(block, source["joules"])
        self.check_slim_eval(record, metrics)

    def check_power_over_time(self, block, joules):
        trace = block["power_trace"]
        watts, bin_s = trace["watts"], trace["bin_s"]
        self.assertLessEqual(len(watts), 400)
        self.assertGreater(bin_s, 2 * 0.1 - 1e-9, "two readings lie a tenth of a second apart")
        self.assertAlmostEqual(trace["window_s"], block["window_s"], places=9)
        first, count = round(-trace["begin_s"] / bin_s), round(trace["window_s"] / bin_s)
        self.assertAlmostEqual(sum(watts[first:first + count]) * bin_s, joules, delta=1e-9 * joules)
        self.assert_near(statistics.median(watts[first:first + count]), 40.0, 0.05)
        phases = {phase["name"]: phase for phase in trace["phases"]}
        self.assertEqual(list(phases)[0], "idle_before")
        self.assertIn("load", phases)
        self.assertIn("idle_after", phases)
        self.assertEqual("requests" in phases, block["requests"] > 200)
        self.assertEqual(len(trace["requests"]), block["requests"] if block["requests"] <= 200 else 0)
        idle = [mean for place, mean in enumerate(watts)
                if trace["begin_s"] + (place + 1) * bin_s <= phases["idle_before"]["end_s"]]
        self.assert_near(statistics.median(idle), IDLE_W, 0.1)
        with contextlib.closing(sqlite3.connect(self.folder / "bantam.db")) as database:
            blocks = [json.loads(content)["energy"] for content, in database.execute("select content from blocks order by round")]
        self.assertEqual(["power_trace" in one for one in blocks], [True, False], "one block stands for the cell")
        done = self.bantam("report", "--no-html", "--charts", "figures", "--only", "power_over_time", "--theme", "dark")
        self.assert_ok(done)
        picture = (self.folder / "figures" / "power_over_time_dark.svg").read_text(encoding="utf-8")
        self.assertIn(">intel-rapl:package-0 (package, grade B)<", picture)
        self.assertIn("nano int8; intel-rapl:package-0 (package, grade B); Idle before; ", picture)

    def check_slim_eval(self, record, metrics):
        self.assert_ok(self.bantam("export", "slim-eval", "--output-path", "slim"))
        theirs = json.loads((self.folder / "slim/nano/nano_int8/energy.json").read_text())
        requests = record["metrics"]["energy_per_request_j"]["n"]
        self.assert_near(theirs["energy_per_query_j"], metrics["energy_per_request_j"], 1e-12)
        self.assert_near(theirs["energy_joules"], metrics["energy_per_request_j"] * requests, 1e-12)
        self.assert_near(theirs["energy_kwh"], theirs["energy_joules"] / 3.6e6, 1e-12)
        self.assert_near(theirs["avg_power_watts"], 40.0, 0.02)
        self.assert_near(theirs["duration_seconds"] * theirs["avg_power_watts"], theirs["energy_joules"], 1e-9)
        self.assert_ok(self.bantam("import", "slim-eval", "slim", "--store", "again.db", "--device", "here"))
        (again,) = self.records("again.db")
        self.assert_near(again["metrics"]["energy_per_request_j"]["value"], metrics["energy_per_request_j"], 1e-12)

    def test_a_counter_that_stands_still_is_invalid(self):
        code, _, errors = self.measure(lambda _: None, "--precisions", "int8", "--energy-seconds", "6", "--rounds", "2",
                                       "--energy-idle", "0")
        self.assertNotEqual(code, 0, errors)
        (record,) = self.records()
        self.assertEqual(record["status"], "invalid")
        self.assertIn("stuck", " ".join(record["reasons"]))
        self.assertNotIn("energy_per_request_j", record["metrics"])
        self.assertNotIn("power_trace", record["task_info"]["energy"])
        self.assertIn("stuck", record["task_info"]["energy"]["power_trace_absent"])

    def test_precisions_are_compared_by_rounds(self):
        code, _, errors = self.measure(lambda _: 30.0, "--precisions", "fp16", "int8",
                                       "--energy-seconds", "4", "--rounds", "4", "--energy-idle", "0.5")
        self.assertEqual(code, 0, errors)
        done = self.bantam("analyze", "-o", "json")
        self.assert_ok(done)
        (impact,) = json.loads(done.stdout)["impacts"]
        change = impact["changes"]["energy_per_request_j"]
        records = {record["precision"]: record for record in self.records()}
        rounds = {name: [block["values"]["energy_per_request_j"] for block in record["task_info"]["blocks"]]
                  for name, record in records.items()}
        logs = [math.log(own / base) for own, base in zip(rounds["int8"], rounds["fp16"])]
        self.assertAlmostEqual(change["ratio"], math.exp(sum(logs) / len(logs)), places=9)
        self.assertEqual(change["rounds"], 4)

    def test_items_carry_their_energy(self):
        # So many that the window is seconds: the file of the counter is up to some 20 ms behind at both ends.
        items = 4000
        self.put("many.yaml", "{task: many, dataset_path: json, dataset_kwargs: {data_files: {test: many.jsonl}}, test_split: test, "
                 "output_type: multiple_choice, doc_to_text: text, doc_to_target: label, doc_to_choice: [bad, good], metric_list: [{metric: acc}]}")
        self.put("many.jsonl", "".join(json.dumps({"text": f"The harvest dance number {i} was", "label": i % 2}) + "\n" for i in range(items)))
        code, _, errors = self.measure(lambda _: 40.0, "--precisions", "int8", "--include-path", ".", "--accuracy-tasks", "many",
                                       "--energy-seconds", "2", "--rounds", "1", "--energy-idle", "1", "--battery-wh", "50", accuracy=True)
        self.assertEqual(code, 0, errors)
        record = {one["task"]: one for one in self.records()}["many"]
        energy = record["task_info"]["energy"]
        self.assertEqual(energy["requests"], items, "these are items")
        (source,) = energy["sources"]
        self.assert_near(source["joules"], 40.0 * energy["window_s"], 0.03)
        metrics = {name: value["value"] for name, value in record["metrics"].items()}
        self.assert_near(metrics["energy_per_item_j"], source["joules"] / items, 1e-9)
        self.assert_near(metrics["energy_per_correct_j"], source["joules"] / items / metrics["acc"], 1e-9)
        self.assert_near(metrics["net_energy_per_item_j"] / metrics["energy_per_item_j"], 0.75, 0.05)
        self.assert_near(metrics["items_per_charge"], 50 * 3600 / metrics["energy_per_item_j"], 1e-9)
        self.assertIn("--carbon-intensity", record["absent"]["carbon_per_item_g"])
        page = self.bantam("analyze").stdout
        self.assertIn("Energy of answers", page)
        self.assert_ok(self.bantam("verify", "bantam.db"))

    def test_energy_of_items_is_absent_with_its_reason(self):
        code, _, errors = self.measure(lambda _: 40.0, "--precisions", "int8", "--accuracy-tasks", "nano_topic", "--accuracy-limit", "2",
                                       "--energy-seconds", "2", "--rounds", "1", "--energy-idle", "0", accuracy=True)
        self.assertEqual(code, 0, errors)
        record = {one["task"]: one for one in self.records()}["nano_topic"]
        self.assertNotIn("energy_per_item_j", record["metrics"])
        self.assertIn("short", record["absent"]["energy_per_item_j"], "two items take less time than a sensor can tell")
        self.assertEqual(record["absent"]["energy_per_correct_j"], record["absent"]["energy_per_item_j"])

    def test_phases_are_told_apart(self):
        """A power that swings between 10 and 50 W: what the sensors say of each phase is the integral over the engine's own stamps."""
        def joules(time_s):
            return 30.0 * time_s - 20.0 * 3.0 / math.tau * math.cos(math.tau * time_s / 3.0)

        words = " ".join(["edge"] * 150)
        code, _, errors = self.measure(None, "--precisions", "int8", "--energy-seconds", "6", "--rounds", "1", "--energy-idle", "0",
                                       "--energy-sample-rate", "50", "--prompt", words, "-t", "1", "--max-new-tokens", "24",
                                       model="synthetic:smollm2-135m", curve=joules)
        self.assertEqual(code, 0, errors)
        (record,) = self.records()
        (source,) = record["task_info"]["energy"]["sources"]
        with contextlib.closing(sqlite3.connect(self.folder / "bantam.db")) as store:
            (block,) = (json.loads(text) for text, in store.execute("select content from blocks"))
            trials = [json.loads(text) for text, in store.execute("select content from trials")]
        begin = block["answer"]["origin_ns"] / 1e9
        prefill = decode = 0.0
        for trial in trials:
            if trial["warmup"]:
                continue
            (stream,) = trial["streams"]
            start, first, last = (begin + trial["start_s"] + ns / 1e9 for ns in (0, stream["token_ns"][0], stream["token_ns"][-1]))
            prefill += joules(first) - joules(start)
            decode += joules(last) - joules(first)
        self.assert_near(source["prefill_joules"], prefill, 0.02)
        self.assert_near(source["decode_joules"], decode, 0.02)

    def test_an_interrupt_ends_the_idle_time(self):
        self.put(f"tree/{ZONE}/name", "package-0\n")
        self.put(f"tree/{ZONE}/energy_uj", "0\n")
        process = self.start(*NANO, "--tasks", "energy", "--sysfs-root", "tree", "--precisions", "int8", "--energy-idle", "20", *WORKLOAD)
        time.sleep(2)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertLess(time.monotonic() - begin, 15, "it does not wait for the end of the idle time")

    def test_other_sensors_are_never_compared(self):
        for precision, flags in (("fp16", []), ("int8", ["--tdp", "15", "--energy-source", "tdp"])):
            code, _, errors = self.measure(lambda _: 40.0, "--precisions", precision, "--energy-seconds", "3",
                                           "--rounds", "1", "--energy-idle", "0", *flags)
            self.assertEqual(code, 0, errors)
        done = self.bantam("analyze", "-o", "json")
        self.assert_ok(done)
        (impact,) = json.loads(done.stdout)["impacts"]
        self.assertNotIn("energy_per_request_j", impact["changes"])
        self.assertIn("measured by different sensors, tdp (estimate) (package, grade D) and intel-rapl:package-0 (package, grade B)", impact["refused"]["energy"])
        page = self.bantam("analyze").stdout
        self.assertIn("intel-rapl:package-0 (package, grade B)", page)
        self.assertIn("grade D", page)
        record = {one["precision"]: one for one in self.records()}["int8"]
        self.assertIn("an estimate (grade D)", " ".join(record["warnings"]))

    @unittest.skipUnless(OUTPUTS.is_dir(), "needs ../shared/data/slim_eval, which is not part of this project")
    def test_imported_energies_stand_in_the_same_table_and_are_not_compared(self):
        code, _, errors = self.measure(lambda _: 40.0, "--precisions", "int8", "--energy-seconds", "3", "--rounds", "1", "--energy-idle", "0")
        self.assertEqual(code, 0, errors)
        # Published figures, as if they were of the same model at another precision.
        published = next(path for path in sorted(OUTPUTS.glob("*/*_fp16/energy.json")))
        told = json.loads(published.read_text())
        told["model"] = "nano"
        self.put("slim/nano/nano_fp16/energy.json", json.dumps(told))
        for folder in ("slim", OUTPUTS / "Qwen2.5-3B-Instruct"):
            self.assert_ok(self.bantam("import", "slim-eval", folder))
        page = self.bantam("analyze", "-o", "md")
        self.assert_ok(page)
        table = page.stdout.split("## Energy\n")[1].split("\n## ")[0]
        rows = {tuple(row[:2]): row for row in ([text.strip() for text in line.strip("| \n").split("|")] for line in table.splitlines()) if len(row) > 2}
        self.assertEqual(rows["nano", "int8"][-1], "intel-rapl:package-0 (package, grade B)")
        self.assertEqual(rows["nano", "fp16"][-1], "of SLiM-Eval, not told")
        self.assertEqual(rows["nano", "fp16"][2], f"{told['energy_per_query_j']:.0f}")
        for precision in ("fp16", "int8", "int4"):
            self.assertEqual(rows["Qwen2.5-3B-Instruct", precision][-1], "of SLiM-Eval, not told")
        analysis = json.loads(self.bantam("analyze", "-o", "json").stdout)
        (impact,) = [one for one in analysis["impacts"] if one["model"] == "nano"]
        self.assertNotIn("energy_per_request_j", impact["changes"])
        self.assertRegex(impact["refused"]["energy"], "different (machines|sensors)")
        self.assertIn("nano int8 energy: not compared, measured ", page.stdout)
        self.assert_ok(self.bantam("report", "--no-html", "--charts", "figures", "--only", "energy", "--format", "svg"))
        pictures = [path.read_text(encoding="utf-8") for path in (self.folder / "figures").rglob("energy.svg")]
        for sensor in ("of SLiM-Eval, not told", "intel-rapl:package-0 (package, grade B)"):
            self.assertTrue(any(f">Sensor: {sensor}<" in picture or f">{sensor}<" in picture for picture in pictures), sensor)

    def test_a_sensor_that_is_not_there_is_named(self):
        done = self.bantam(*NANO, "--tasks", "energy", "--energy-source", "rapl", "--sysfs-root", ".")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no sensor 'rapl' can be read here", done.stderr)
        without = self.bantam(*NANO, "--precisions", "fp16", "--tasks", "energy", "--sysfs-root", ".")
        self.assert_ok(without)
        self.assertIn("no sensor of energy or power can be read here", without.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
