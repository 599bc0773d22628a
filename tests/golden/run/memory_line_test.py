"""How a worker's memory went over a round: what a run keeps of it, and that it agrees with the peaks."""
import contextlib
import json
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest, wait_until  # noqa: E402

MOST_POINTS = 200


class MemoryLineTest(CliTest):
    def measure(self, *more):
        self.assert_ok(self.bantam("run", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", "--rounds", "2", *QUICK,
                                   "--max-new-tokens", "64", "--store", "s.db", *more))
        return self.record()

    def record(self):
        return json.loads((self.folder / "outputs" / "nano" / "nano_fp16" / "performance.json").read_text())

    def blocks(self):
        with contextlib.closing(sqlite3.connect(self.folder / "s.db")) as store:
            return [json.loads(text) for (text,) in store.execute("select content from blocks order by round")]

    def is_there(self, store):
        """Whether the tables are made."""
        try:
            return self.count("blocks", store) >= 0
        except sqlite3.Error:
            return False

    def test_the_line_agrees_with_the_record(self):
        record = self.measure()
        line = record["task_info"]["memory_line"]
        seconds, rss, private = (line[key] for key in ("seconds", "rss_bytes", "private_bytes"))
        self.assertEqual(len(seconds), len(rss))
        self.assertEqual(len(seconds), len(private))
        self.assertTrue(2 <= len(seconds) <= MOST_POINTS)
        self.assertEqual(seconds, sorted(seconds))
        self.assertTrue(all(all_of_it >= own for all_of_it, own in zip(rss, private)))
        self.assertLessEqual(max(private), record["metrics"]["private_peak_bytes"]["value"])
        # The worker's from the start: a copy of the parent, as it is between fork and exec, has private pages only, and many.
        self.assertTrue(rss[0] > private[0] or private[0] < 1 << 20, (rss[0], private[0]))
        # One block keeps it, the first that counts; its peak is among the points.
        blocks = self.blocks()
        self.assertEqual([("memory_line" in block) for block in blocks], [True, False])
        self.assertEqual(blocks[0]["memory_line"], line)
        self.assertEqual(max(private), blocks[0]["private_peak_bytes"])
        # What the worker itself read after each request is what was seen from outside, but for short peaks between samples.
        own = [trial["counters"]["rss_anon_bytes"] + trial["counters"]["rss_shmem_bytes"] for trial in record["trials"]
               if trial["round"] == 0 and trial["scenario"] in ("single_stream", "offline")]
        self.assertGreater(max(private), 0.9 * min(own))

    def test_phases_are_those_of_the_trials_in_their_order(self):
        record = self.measure()
        phases = record["task_info"]["memory_line"]["phases"]
        names = [phase["name"] for phase in phases]
        self.assertEqual([name for name in names if name != "load_cold"],  # not where pages cannot be evicted
                         ["load_warm", "single_stream warm-up", "single_stream", "offline warm-up", "offline"])
        for earlier, later in zip(phases, phases[1:]):
            self.assertLessEqual(earlier["begin_s"], earlier["end_s"])
            self.assertLessEqual(earlier["end_s"], later["begin_s"] + 0.05)
        seconds = record["task_info"]["memory_line"]["seconds"]
        self.assertLess(phases[-1]["begin_s"], seconds[-1] + 0.2)

    def test_verify_and_a_bundle_take_it(self):
        self.measure()
        self.assert_ok(self.bantam("verify", "s.db"))
        self.assert_ok(self.bantam("export", "bundle", "--store", "s.db", "--output-path", "s.bundle"))
        self.assert_ok(self.bantam("verify", "s.bundle"))
        with contextlib.closing(sqlite3.connect(self.folder / "s.db")) as store:
            (text,) = store.execute("select record from attempts").fetchone()
            record = json.loads(text)
            line = record["task_info"]["memory_line"]
            at = line["private_bytes"].index(max(line["private_bytes"]))
            line["private_bytes"][at] = line["rss_bytes"][at] = 10 ** 12
            store.execute("update attempts set record = ?, checksum = null", (json.dumps(record, separators=(",", ":")),))
            store.commit()
        done = self.bantam("verify", "s.db")
        self.assertEqual(done.returncode, 1)
        self.assertIn("its line of memory reaches 1000000000000", done.stdout)
        self.assertIn("its line of memory is that of no round", done.stdout)

    def test_a_run_that_was_killed_keeps_its_line(self):
        options = ["run", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", "--rounds", "3", *QUICK, "--num-runs", "30",
                   "--max-new-tokens", "64", "--store", "s.db"]
        running = self.start(*options)
        wait_until(lambda: self.is_there("s.db") and self.count("blocks", "s.db") >= 1)
        running.kill()
        running.communicate()
        before = self.blocks()
        self.assert_ok(self.bantam(*options))
        after = self.blocks()
        self.assertEqual(len(after), 3)
        self.assertEqual(after[0]["memory_line"], before[0]["memory_line"])
        self.assertEqual(["memory_line" in block for block in after], [True, False, False])
        self.assertEqual(self.record()["task_info"]["memory_line"], before[0]["memory_line"])


if __name__ == "__main__":
    unittest.main()
