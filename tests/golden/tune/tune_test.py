"""A search for settings, from its first comparison to its verdict."""
import json
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import UNDISTURBED, CliTest  # noqa: E402

SHORT = ["--prompt-tokens", "16", "--max-new-tokens", "4", "--num-warmup", "0", "--max-seconds", "0.2", *UNDISTURBED, "-q"]


class TuneTest(CliTest):
    def tune(self, *arguments, codes=(0, 6)):
        done = self.bantam("tune", "embedded:nano", "--precisions", "fp16", *SHORT, "-o", "json", *arguments)
        self.assertIn(done.returncode, codes, done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def cells(self, store):
        with sqlite3.connect(self.folder / "tune" / store) as connection:
            return connection.execute("SELECT COUNT(*) FROM cells").fetchone()[0]

    def test_every_choice_is_measured_beside_the_settings_so_far(self):
        report = self.tune("--only", "repack,flash_attn", "--time-budget", "6")
        self.assertEqual([stage["knob"] for stage in report["stages"]], ["repack", "flash_attn"])
        self.assertEqual([one["choice"] for one in report["stages"][0]["tried"]], ["repack=off"])
        self.assertEqual([one["choice"] for one in report["stages"][1]["tried"]], ["flash-attn=on", "flash-attn=off"])
        for stage in report["stages"]:
            for one in stage["tried"]:
                self.assertGreater(one["change"]["rounds"], 0)
        self.assertIn(report["verdict"]["outcome"], ("better", "defaults", "cannot_tell"))
        # Nothing is advised that was not shown.
        if report["verdict"]["outcome"] != "better":
            self.assertEqual(report["flags"], [])
        stores = sorted(path.name for path in (self.folder / "tune").glob("*.db"))
        self.assertEqual(stores[:2], ["1-repack.db", "2-flash_attn.db"])
        # What is there is not measured again.
        cells = self.cells("1-repack.db")
        again = self.tune("--only", "repack,flash_attn", "--time-budget", "6")
        self.assertEqual(again["stages"], report["stages"])
        self.assertEqual(self.cells("1-repack.db"), cells)
        # Other work in the same folder has figures of its own.
        self.tune("--only", "repack", "--time-budget", "6", "--max-new-tokens", "5")
        self.assertEqual(self.cells("1-repack.db"), cells + 2)

    def test_a_cache_that_changes_predictions_is_weighed(self):
        report = self.tune("--only", "kv_cache", "--time-budget", "3", "--max-memory", "1KiB", "--fidelity-chunks", "1", "--max-damage", "0")
        stage = report["stages"][0]
        self.assertIn("more than", stage["before_refused"])
        self.assertTrue(all("refused" in one for one in stage["tried"]), stage)
        self.assertIn("the defaults cannot be used", report["verdict"]["sentence"])
        self.assertEqual(report["verdict"]["outcome"], "cannot_tell")

    def test_an_encoder_and_a_precision_that_cannot_be_made_are_refused(self):
        done = self.bantam("tune", "synthetic:all-minilm-l6-v2", "--only", "repack", *SHORT)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
