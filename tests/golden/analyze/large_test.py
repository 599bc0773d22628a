"""Results of very many items: row 81 of the faults."""
import contextlib
import json
import resource
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SANITIZED, CliTest  # noqa: E402

ROWS = 30_000
FILES = Path(__file__).resolve().parents[1] / "files"


class ManyItemsTest(CliTest):
    def setUp(self):
        super().setUp()
        with contextlib.closing(sqlite3.connect(self.folder / "bantam.db")) as database:
            database.executescript((FILES / "measured.sql").read_text(encoding="utf-8"))
            # The same task at three precisions, right on 80, 79 and 70 of 100 items.
            for cell, right in ((2, 80), (5, 79), (8, 70)):
                database.execute("delete from items where cell = ?", (cell,))
                database.executemany(
                    "insert into items values (?, 'nano_topic', ?, ?, '{\"resps\": []}')",
                    ((cell, i, json.dumps({"acc": 1.0 if i % 100 < right else 0.0})) for i in range(ROWS)))
            database.commit()

    def test_a_table_of_them_takes_little_memory(self):
        done = self.bantam("analyze", "-o", "json")
        self.assert_ok(done)
        impacts = {impact["precision"]: impact for impact in json.loads(done.stdout)["impacts"]}
        for precision, lost in (("int8", ROWS // 100), ("int4", ROWS // 10)):
            score = next(s for s in impacts[precision]["scores"] if s["task"] == "nano_topic")
            self.assertEqual((score["items"], score["lost"], score["gained"]), (ROWS, lost, 0))
            self.assertEqual(score["verdict"], "worse")
        if not SANITIZED:
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            self.assertLess(peak, 300 * 1024, "KiB")


if __name__ == "__main__":
    unittest.main(verbosity=2)
