"""--min-memory through the real binary. Limits need a control group that was handed to bantam; without one the pages that requests
use are counted."""
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, SANITIZED, CliTest, environment  # noqa: E402

NANO = ["run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", *QUICK]


class MinMemoryTest(CliTest):
    def record(self, *arguments, env):
        done = self.bantam(*NANO, *arguments, env=env)
        self.assert_ok(done)
        (record,) = self.records()
        return record, done

    def test_without_a_group_it_is_told_from_the_pages_that_are_used(self):
        record, done = self.record("--min-memory", env=environment(BANTAM_CGROUP="/nowhere"))
        if record["absent"].get("min_memory_bytes"):
            self.skipTest(record["absent"]["min_memory_bytes"])
        found, metrics = record["task_info"]["min_memory"], record["metrics"]
        self.assertEqual(found["method"], "pages_used")
        self.assertNotIn("tries", found)
        self.assertNotIn("interval", metrics["min_memory_bytes"])
        self.assertEqual(metrics["min_memory_bytes"]["value"],
                         found["private_bytes"] + found["file_used_bytes"] + found["program_bytes"])
        self.assertGreater(found["file_used_bytes"], 0)
        self.assertLessEqual(found["file_used_bytes"], found["file_resident_bytes"])
        self.assertLessEqual(found["file_resident_bytes"], -(-metrics["file_bytes"]["value"] // 4096) * 4096)
        if not SANITIZED:
            self.assertLess(metrics["min_memory_bytes"]["value"], 1.2 * metrics["pss_peak_bytes"]["value"])
        warnings = [text for text in record["warnings"] if "not found under a limit" in text]
        self.assertEqual(len(warnings), 1)
        self.assertIn("/nowhere is no control group", warnings[0])
        self.assertIn("Least memory", done.stdout)

    def test_it_is_absent_unless_it_is_asked_for(self):
        record, done = self.record(env=environment())
        self.assertNotIn("min_memory_bytes", record["metrics"])
        self.assertEqual(record["absent"]["min_memory_bytes"], "not asked for with --min-memory")
        self.assertNotIn("min_memory", record["task_info"])
        self.assertNotIn("Least memory", done.stdout)

    @unittest.skipUnless(os.environ.get("BANTAM_CGROUP"), "no control group was handed to these tests (BANTAM_CGROUP)")
    def test_within_a_group_the_smallest_limit_is_found(self):
        record, _ = self.record("--min-memory", env=environment(BANTAM_CGROUP=os.environ["BANTAM_CGROUP"]))
        found, value = record["task_info"]["min_memory"], record["metrics"]["min_memory_bytes"]
        self.assertTrue(found["method"].startswith("cgroup_v"))
        outcomes = {(one["limit_bytes"], one["outcome"]) for one in found["tries"]}
        self.assertIn((found["limit_bytes"], "runs"), outcomes)
        self.assertNotIn((found["failed_limit_bytes"], "runs"), outcomes)
        self.assertLess(found["failed_limit_bytes"], found["limit_bytes"])
        self.assertLessEqual(found["limit_bytes"] - found["failed_limit_bytes"], 0.01 * found["limit_bytes"])
        self.assertEqual(value["value"], found["limit_bytes"] + found["program_bytes"])
        self.assertEqual(value["interval"]["high"], value["value"])
        self.assertEqual(list(Path(os.environ["BANTAM_CGROUP"]).glob("bantam-worker-*")), [])  # taken away again


if __name__ == "__main__":
    unittest.main()
