"""Layers on a GPU, in a build with a back-end for one (docs/gpu.md): they lie there, and answers are the CPU's. Mesa's driver, which computes
on the CPU, is a GPU here."""
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest, environment  # noqa: E402

ALL_CPUS = range(os.cpu_count())
NANO = ["run", "--models", "embedded:nano", "--precisions", "fp16", "-t", "1", "-q"]
SPEED = ["--tasks", "performance", "--max-disturbance", "1", "--max-drift", "10", "--batch-size", "1", "--rounds", "1", *QUICK]
SCORES = ["--tasks", "accuracy", "--accuracy-tasks", "nano_topic", "--accuracy-limit", "60"]


def seeing(*gpus):
    return environment(GGML_VK_VISIBLE_DEVICES=",".join(map(str, gpus)))


class GpuTest(CliTest):
    def setUp(self):
        super().setUp()
        os.sched_setaffinity(0, ALL_CPUS)  # Mesa's driver takes them all, which would make a measurement on one of them invalid
        devices = json.loads(self.bantam("device", "-o", "json", env=seeing(0)).stdout)["engine"]["devices"]
        self.gpus = [device for device in devices if device["kind"] in ("gpu", "integrated_gpu")]
        if not self.gpus:
            self.skipTest("this build sees no GPU")

    def one(self, store, *more, env):
        done = self.bantam(*NANO, *more, "--store", store, env=env)
        for _ in range(3):  # the driver of Debian 12 (Mesa 22.3) dies now and then in a thread of its own
            if done.returncode != 7 or "died of SIGSEGV" not in done.stderr:
                break
            done = self.bantam(*NANO, *more, "--store", store, "--retry", env=env)
        self.assert_ok(done)
        return self.records(store)[0]

    def test_layers_lie_on_it_as_many_as_asked_for(self):
        on_it = [self.one(f"{layers}.db", *SPEED, "--n-gpu-layers", layers, env=seeing(0)) for layers in (0, 2, -1)]
        told = [record["metrics"].get("device_memory_bytes", {"value": 0})["value"] for record in on_it]
        self.assertLess(told[0], told[1])
        self.assertLess(told[1], told[2])
        # All weights of the file, and no more than some buffers beside them.
        weights = on_it[2]["metrics"]["weight_bytes"]["value"]
        self.assertGreater(told[2], 0.9 * weights)
        self.assertEqual([record["engine"]["gpu_layers"] for record in on_it], [0, 2, -1])
        self.assertEqual(len({record["cell_key"] for record in on_it}), 3)

    def test_answers_are_the_processors(self):
        here = self.one("cpu.db", *SCORES, "--n-gpu-layers", "0", env=seeing(0))
        there = self.one("gpu.db", *SCORES, env=seeing(0))
        self.assertAlmostEqual(here["metrics"]["acc"]["value"], there["metrics"]["acc"]["value"], delta=1.5 / 60)

    def test_layers_lie_on_two_of_them(self):
        both = self.one("both.db", *SPEED, env=seeing(0, 0))
        buffers = {entry["buffer"] for entry in both["engine"]["buffers"] if not entry["host"] and entry["weights_bytes"] > 0}
        self.assertEqual(len(buffers), 2, buffers)
        second = self.one("second.db", *SPEED, "--gpu-index", "1", env=seeing(0, 0))
        buffers = {entry["buffer"] for entry in second["engine"]["buffers"] if not entry["host"] and entry["weights_bytes"] > 0}
        self.assertEqual(len(buffers), 1, buffers)
        self.assertTrue(next(iter(buffers)).endswith("1"))


if __name__ == "__main__":
    unittest.main()
