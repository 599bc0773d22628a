#!/usr/bin/env python3
"""`bantam run --tasks energy` on the battery of a tree of files: its power, what a charge is good for, and a charger."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from sensor_world import Changes, SensorTest, replace  # noqa: E402

SUPPLIES = "sys/class/power_supply"
IDLE_W = 4.0
WORK_W = 12.0
FULL_WH = 50.0
RUN = ["--energy-seconds", "34", "--energy-idle", "0"]


class BatteryTest(SensorTest):
    def laptop(self, tree):
        self.put(f"{tree}/{SUPPLIES}/AC/type", "Mains\n")
        self.put(f"{tree}/{SUPPLIES}/AC/online", "0\n")
        battery = f"{tree}/{SUPPLIES}/BAT0"
        self.put(f"{battery}/type", "Battery\n")
        self.put(f"{battery}/status", "Discharging\n")
        self.put(f"{battery}/energy_full", f"{int(FULL_WH * 1e6)}\n")
        self.put(f"{battery}/energy_now", f"{int(FULL_WH * 0.8e6)}\n")  # a gauge that moves too seldom for a run
        return self.put(f"{battery}/power_now", f"{int(IDLE_W * 1e6)}\n")

    def test_its_power_gives_joules_and_answers_per_charge(self):
        """Two runs side by side: into the second one's machine a charger is put while it works."""
        power = {name: self.laptop(name) for name in ("calm", "charged")}
        runs = {name: self.begin(name, "--sysfs-root", name, *RUN) for name in power}

        def step_of(name):
            def step(time_s, worker_s):
                # The last digits move, as those of a gauge do.
                watts = (IDLE_W if worker_s is None else WORK_W) + 0.01 * (int(5 * time_s) % 2)
                replace(power[name], f"{int(watts * 1e6)}\n")
                if name == "charged" and worker_s is not None and worker_s > 15:
                    replace(self.folder / name / SUPPLIES / "AC/online", "1\n")

            return step

        with Changes(step_of("calm"), 0.02, runs["calm"].pid), Changes(step_of("charged"), 0.02, runs["charged"].pid):
            ends = {name: self.end_of(run) for name, run in runs.items()}
        code, _, errors = ends["calm"]
        self.assertEqual(code, 0, errors)
        block, source = self.headline("calm")
        self.assertEqual((source["name"], source["scope"], source["grade"]), ("battery:BAT0:power", "battery", "C"))
        self.assertGreater(block["window_s"], 30)
        self.assert_near(source["joules"], WORK_W * block["window_s"])
        metrics = {name: value["value"] for name, value in self.record("calm")["metrics"].items()}
        self.assert_near(metrics["requests_per_charge"], FULL_WH * 3600 / (WORK_W * block["window_s"] / block["requests"]))
        gauge = next(one for one in block["sources"] if one["name"] == "battery:BAT0")
        self.assertIn("needs 600 s", gauge["absent"]["joules"])
        self.assertNotEqual(ends["charged"][0], 0)
        self.assert_invalid("charged", "plugged in")


if __name__ == "__main__":
    unittest.main(verbosity=2)
