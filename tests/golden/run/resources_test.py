#!/usr/bin/env python3
"""`bantam run --tasks resources`: what holds a model up, with the figures behind the verdict."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CliTest  # noqa: E402

BOUNDS = {"memory_bandwidth", "compute", "disk", "paging", "throttling", "overhead"}


class ResourcesTest(CliTest):
    def test_each_phase_has_its_figures_and_a_verdict_that_follows_from_them(self):
        done = self.bantam("run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "resources", "--n-prompt", "64",
                           "--n-gen", "16", "--max-disturbance", "1", "--max-drift", "10", "-q")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        (record,) = self.records()
        resources = record["task_info"]["resources"]
        self.assertEqual(set(resources["phases"]), {"load_cold", "load_warm", "prefill", "decode"})
        decode, prefill = resources["phases"]["decode"], resources["phases"]["prefill"]
        self.assertEqual((decode["trials"], decode["steps"], prefill["steps"]), (3, 48, 3))
        self.assertGreater(record["metrics"]["decode_cpus"]["value"], 0)
        if "decode_ipc" not in record["metrics"]:
            self.assertIn("counters cannot be read", record["absent"]["decode_ipc"])
        machine = resources.get("machine")
        if machine is None:  # it was too busy for its rates to mean anything
            self.assertIn("decode_mbu", record["absent"])
            self.assertIn("the limits of this machine are not known", " ".join(record["warnings"]))
            return
        mbu = machine["decode"]["bytes"] * decode["steps"] / decode["wall_s"] / machine["read_bytes_per_s"]
        self.assertAlmostEqual(record["metrics"]["decode_mbu"]["value"], mbu, places=9)
        mfu = machine["prefill"]["operations"] * prefill["steps"] / prefill["wall_s"] / machine["operations_per_s"]
        self.assertAlmostEqual(record["metrics"]["prefill_mfu"]["value"], mfu, places=9)
        for phase in (decode, prefill):
            self.assertIn(phase["verdict"]["bound"], BOUNDS)
            self.assertTrue(phase["verdict"]["reason"])
            self.assertTrue(phase["verdict"]["remedies"])
        # A token reads the weights once: nano's file at fp16, but for its table of embeddings, of which it reads a row.
        self.assertLess(machine["decode"]["bytes"], record["model_info"]["weight_bytes"] * 1.2)
        self.assertGreater(machine["decode"]["bytes"], record["model_info"]["weight_bytes"] * 0.4)
        page = self.bantam("analyze")
        self.assertIn("What holds it up", page.stdout)
        self.assertIn("What would help", page.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
