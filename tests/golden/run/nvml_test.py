#!/usr/bin/env python3
"""`bantam run --tasks energy` with a library that stands for NVIDIA's (tests/support/fake_nvml.c): a GPU of a known power."""
import json
import os
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, environment  # noqa: E402
from sensor_world import Changes, Curve, SensorTest, replace  # noqa: E402

LIBRARY = os.environ.get("BANTAM_FAKE_NVML", str(Path(BINARY).parent / "tests" / "libbantam_fake_nvml.so"))
WORK = Curve(200.0, 50.0, 0.8)
# Of a period that five readings per second do not fall in step with.
BUSY, CLOCK = Curve(60.0, 20.0, 0.83), Curve(1500.0, 300.0, 0.83)


class NvmlTest(SensorTest):
    def setUp(self):
        super().setUp()
        target = self.folder / "tree/usr/lib/libnvidia-ml.so.1"
        target.parent.mkdir(parents=True)
        (self.folder / "tree/sys").mkdir()
        shutil.copy(LIBRARY, target)

    def measure(self, cases, *flags):
        """Runs side by side, each with a GPU of its own: name -> state(time_s, worker_s). Gives their exit codes and errors."""
        runs, worlds = {}, []
        for name, state in cases.items():
            file = self.put(f"{name}.state", state(0.0, None))
            runs[name] = self.begin(name, "--sysfs-root", "tree", *flags, env=environment(FAKE_NVML_STATE=str(file)))
            worlds.append(Changes(lambda t, w, file=file, state=state: replace(file, state(t, w)), 0.02, runs[name].pid))
        for world in worlds:
            world.start()
        try:
            return {name: self.end_of(run) for name, run in runs.items()}
        finally:
            for world in worlds:
                world.is_over.set()
                world.join()

    def test_the_counter_gives_the_joules(self):
        def honest(time_s, _):
            return f"gpus 1\nlimit0 300000\nenergy0 {round(1e3 * WORK.joules(0.0, time_s))}\n"

        def stuck(time_s, worker_s):
            stuck.at = stuck.at if worker_s and worker_s > 3 else time_s
            return honest(stuck.at, None)

        def back(time_s, worker_s):
            return honest(time_s if not worker_s or worker_s < 4 else time_s - 3.9, None)

        def kilo(time_s, worker_s):
            return honest(time_s if not worker_s or worker_s < 4 else 1000 * time_s, None)

        def lost(time_s, worker_s):
            return honest(time_s, None) + ("energy_code 15\n" if worker_s and worker_s > 4 else "")

        ends = self.measure({"honest": honest, "stuck": stuck, "back": back, "kilo": kilo, "lost": lost},
                            "--energy-seconds", "8", "--energy-idle", "0")
        self.assertEqual(ends["honest"][0], 0, ends["honest"][2])
        block, source = self.headline("honest")
        self.assertEqual((source["name"], source["scope"], source["grade"]), ("nvml:0", "gpu", "B"))
        self.assert_near(source["joules"], WORK.mean * block["window_s"])
        for name, reason in (("stuck", "stuck"), ("back", "went back"), ("kilo", "more than 2000 W"), ("lost", "gone")):
            with self.subTest(name):
                self.assertNotEqual(ends[name][0], 0)
                self.assert_invalid(name, reason)

    def test_power_of_an_older_gpu_gives_the_joules(self):
        def honest(time_s, _):
            return f"gpus 1\nlimit0 300000\npower0 {round(1e3 * WORK.watts(time_s))}\n"

        def stuck(_, __):
            return honest(0.1, None)

        def kilo(time_s, worker_s):
            watts = WORK.watts(time_s) * (1000 if worker_s and 10 < worker_s < 11 else 1)
            return f"gpus 1\nlimit0 300000\npower0 {round(1e3 * watts)}\n"

        ends = self.measure({"honest": honest, "stuck": stuck, "kilo": kilo}, "--energy-seconds", "34", "--energy-idle", "0")
        self.assertEqual(ends["honest"][0], 0, ends["honest"][2])
        block, source = self.headline("honest")
        self.assertEqual((source["name"], source["scope"], source["grade"]), ("nvml:0", "gpu", "C"))
        self.assertGreater(block["window_s"], 30)
        self.assert_near(source["joules"], WORK.mean * block["window_s"])
        for name, reason in (("stuck", "stuck"), ("kilo", "not possible")):
            with self.subTest(name):
                self.assertNotEqual(ends[name][0], 0)
                self.assert_invalid(name, reason)

    def gpu(self, name):
        (gpu,) = self.record(name)["task_info"]["energy"]["gpus"]
        return gpu

    def test_how_busy_the_gpu_was(self):
        def state(time_s, hot=False, wrong=False):
            total, used = 80 * 2**30, 10 * 2**30
            lines = ["gpus 1", f"energy0 {round(1e3 * WORK.joules(0.0, time_s))}", f"busy0 {300 if wrong else round(BUSY.watts(time_s))}",
                     f"busy_memory0 {round(BUSY.watts(time_s) / 3)}", f"sm_clock0 {round(CLOCK.watts(time_s))}", "memory_clock0 2619",
                     f"memory_total0 {total}", f"memory_used0 {used}", f"reasons0 {0x48 if hot else 0x4}"]
            return "\n".join(lines) + "\n"

        ends = self.measure({"honest": lambda t, w: state(t), "hot": lambda t, w: state(t, hot=w is not None),
                             "wrong": lambda t, w: state(t, wrong=bool(w and w > 3))}, "--energy-seconds", "8", "--energy-idle", "1")
        for name in ("honest", "hot", "wrong"):
            self.assertEqual(ends[name][0], 0, ends[name][2])
        gpu = self.gpu("honest")
        self.assertEqual((gpu["name"], gpu["product"]), ("nvml:0", "Fake GPU 0"))
        self.assert_near(gpu["utilization_percent"]["mean"], BUSY.mean, 0.02)
        self.assert_near(gpu["memory_utilization_percent"]["mean"], BUSY.mean / 3, 0.02)
        self.assert_near(gpu["sm_clock_mhz"]["mean"], CLOCK.mean, 0.02)
        self.assertLess(gpu["sm_clock_mhz"]["min"], 1250)
        self.assertGreater(gpu["sm_clock_mhz"]["max"], 1750)
        self.assertEqual(gpu["memory_clock_mhz"], {"mean": 2619, "min": 2619, "max": 2619})
        self.assertEqual(gpu["memory_used_bytes"]["max"], 10 * 2**30)
        self.assertEqual(gpu["memory_total_bytes"], 80 * 2**30)
        # What one GPU does not tell leaves the rest as it is, and is no warning.
        self.assertEqual(gpu["absent"], {"temperature_c": "Not Supported"})
        self.assertEqual(gpu["throttle"], {"share": 0, "times": 0, "reasons": {"sw_power_cap": 1}})
        self.assertNotIn("throttled", json.dumps(self.record("honest")["warnings"]))
        trace = gpu["trace"]
        self.assertEqual(len(trace["utilization_percent"]), len(trace["sm_clock_mhz"]))
        self.assertNotIn("temperature_c", trace)
        first = round(-trace["begin_s"] / trace["bin_s"])
        means = [mean for mean in trace["utilization_percent"][first:first + round(trace["window_s"] / trace["bin_s"])] if mean is not None]
        self.assert_near(sum(means) / len(means), BUSY.mean, 0.03)

        self.assertEqual(self.gpu("hot")["throttle"]["reasons"]["hw_thermal_slowdown"], 1)
        self.assertIn("the GPU nvml:0 was throttled 1 time: slowed down by its hardware (hw_slowdown) 100.0 % of the time, "
                      "too hot (hw_thermal_slowdown) 100.0 % of the time", " ".join(self.record("hot")["warnings"]))

        wrong = self.gpu("wrong")
        self.assertEqual(wrong["absent"]["utilization_percent"], "it said 300 %, which cannot be")
        self.assertIn("sm_clock_mhz", wrong)

        page = self.bantam("analyze", "--store", "hot.db")
        self.assertIn("GPUs while energy was measured", page.stdout)
        self.assertIn("too hot (hw_thermal_slowdown) 100.0 % of the time", page.stdout)
        self.assertIn("No temperature of nvml:0: Not Supported.", page.stdout)
        self.assertEqual(self.bantam("verify", "hot.db").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
