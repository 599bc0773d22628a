#!/usr/bin/env python3
"""`bantam run --tasks energy` with a library that stands for NVIDIA's (tests/support/fake_nvml.c): a GPU of a known power."""
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
