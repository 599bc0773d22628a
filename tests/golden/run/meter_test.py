#!/usr/bin/env python3
"""`bantam run --tasks energy --meter FILE`: a program that writes what a wall meter of a known power says."""
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from sensor_world import Changes, Curve, SensorTest  # noqa: E402

IDLE = Curve(10.0, 1.0, 0.5)
WORK = Curve(40.0, 10.0, 0.5)
EVERY_S = 0.05  # 20 rows per second; 50 rows are the least window
RUN = ["--energy-seconds", "5", "--sysfs-root", "empty"]


class MeterTest(SensorTest):
    def setUp(self):
        super().setUp()
        (self.folder / "empty").mkdir()

    def measure(self, name, head, row, *flags, act=None):
        """`row(time_s, worker_s)` is a line, or nothing; `act` may disturb the file."""
        file = self.put(f"{name}.csv", head + "\n")
        process = self.begin(name, "--meter", f"{name}.csv", *RUN, *flags)

        def step(time_s, worker_s):
            if act and worker_s is not None and worker_s > 3 and act(file):
                return
            with file.open("a") as lines:
                lines.write(row(time_s, worker_s))

        with Changes(step, EVERY_S, process.pid):
            return self.end_of(process)

    @staticmethod
    def watts(time_s, worker_s):
        return (IDLE if worker_s is None else WORK).watts(time_s)

    def test_watts_of_a_known_curve_give_its_joules(self):
        code, _, errors = self.measure("plug", "time_s,power_w", lambda t, w: f"{time.time()},{self.watts(t, w)}\n", "--energy-idle", "3")
        self.assertEqual(code, 0, errors)
        block, source = self.headline("plug")
        self.assertEqual((source["name"], source["scope"], source["grade"]), ("meter:plug.csv", "wall", "A"))
        # The sine adds at most half a wave, 10 W x 0.5 s / pi.
        self.assert_near(source["joules"], 40.0 * block["window_s"])
        # Between its last row of idling and the first one of work the power runs straight: at most 30 W x 50 ms / 2 of 3 s.
        self.assertAlmostEqual(source["idle_before_w"], 10.0, delta=0.35)
        metrics = {name: value["value"] for name, value in self.record("plug")["metrics"].items()}
        self.assert_near(metrics["energy_per_request_j"], source["joules"] / block["requests"], 0.0001)

    def test_a_counter_of_watt_hours_gives_its_joules(self):
        counted = {"joules": 0.0, "time": None}

        def row(time_s, worker_s):
            if counted["time"] is not None:
                counted["joules"] += (IDLE if worker_s is None else WORK).joules(counted["time"], time_s)
            counted["time"] = time_s
            return f"{time.time()};{counted['joules'] / 3600:.9f}\n"

        code, _, errors = self.measure("counter", "unix_s;energy_wh", row, "--energy-idle", "1")
        self.assertEqual(code, 0, errors)
        block, source = self.headline("counter")
        self.assert_near(source["joules"], 40.0 * block["window_s"])

    def test_a_meter_that_lies_is_invalid(self):
        def removed(file):
            file.unlink(missing_ok=True)
            return True

        def of_value(text):
            return lambda t, w: f"{time.time()},{text if w and w > 3 else self.watts(t, w)}\n"

        cases = {"gone": (self.measured_row, removed, "gone"),
                 "nan": (of_value("nan"), None, "NaN"),
                 "negative": (of_value("-40"), None, "negative"),
                 "kilo": (of_value("40000"), None, "not possible"),
                 "clock": (lambda t, w: f"{time.time() + (3600 if w and w > 3 else 0)},{self.watts(t, w)}\n", None, "clock")}
        for name, (row, act, reason) in cases.items():
            with self.subTest(name):
                code, _, _ = self.measure(name, "time_s,power_w", row, "--energy-idle", "0", act=act)
                self.assertNotEqual(code, 0)
                self.assert_invalid(name, reason)

    def measured_row(self, time_s, worker_s):
        return f"{time.time()},{self.watts(time_s, worker_s)}\n"

    def test_a_meter_that_is_not_there_is_no_run(self):
        done = self.bantam("run", "--models", "embedded:nano", "--tasks", "energy", "--meter", "nowhere.csv")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--meter nowhere.csv: No such file or directory", done.stderr)
        self.assertFalse((self.folder / "outputs").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
