"""Precisions that stop once they are decided, through the real binary: equal ones, a damaged one, kills, refusals."""
import json
import random
import signal
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CliTest, mortal_environment, send, wait_until  # noqa: E402

NANO = ["run", "--models", "embedded:nano", "--tasks", "accuracy", "--accuracy-batch-size", "4"]
TASK = ["--accuracy-tasks", "nano_topic"]
PRECISIONS = ["--precisions", "fp16", "int8", "TQ1_0", "--until-decided", "10"]


class UntilDecidedTest(CliTest):
    def adaptive(self, store="bantam.db"):
        return {r["precision"]: r["task_info"]["adaptive"] for r in self.records(store)}

    def item_rows(self, store):
        with sqlite3.connect(f"file:{self.folder / store}?mode=ro", uri=True) as database:
            return database.execute("select precision, items.task, doc_id, metrics, content from items join cells "
                                    "on cells.id = items.cell order by 1, 2, 3").fetchall()

    def test_equal_precisions_and_a_damaged_one_stop_early(self):
        done = self.bantam(*NANO, *TASK, *PRECISIONS)
        self.assert_ok(done)
        self.assertIn("look 1 of 4", done.stderr)
        found = self.adaptive()
        self.assertEqual(found["int8"]["verdict"], "alike")
        self.assertLess(found["int8"]["n_used"], found["int8"]["n_total"])
        self.assertEqual(found["TQ1_0"]["verdict"], "worse")
        self.assertLess(found["TQ1_0"]["interval"]["high"], 0)
        self.assertEqual(found["fp16"]["n_used"], max(found[p]["n_used"] for p in ("int8", "TQ1_0")))
        for precision, facts in found.items():
            items = sum(row[0] == precision for row in self.item_rows("bantam.db"))
            self.assertEqual(items, facts["n_used"], precision)
        rows = {table: self.count(table) for table in ("attempts", "items")}
        again = self.bantam(*NANO, *TASK, *PRECISIONS)
        self.assert_ok(again)
        self.assertIn("nothing to do", again.stderr)
        self.assertEqual(rows, {table: self.count(table) for table in rows})

        shown = self.bantam("analyze").stdout
        used, total = found["int8"]["n_used"], found["int8"]["n_total"]
        self.assertIn(f"{used} of {total}", shown)
        self.assertIn("alike", shown)
        self.assertIn("takes no account of the stopping", " ".join(shown.split()))
        impacts = json.loads(self.bantam("analyze", "-o", "json").stdout)["impacts"]
        changes = {i["precision"]: i["scores"][0] for i in impacts}
        self.assertEqual(changes["int8"]["verdict"], "alike")
        self.assertEqual(changes["TQ1_0"]["verdict"], "worse")
        self.assertEqual(changes["TQ1_0"]["difference"], found["TQ1_0"]["difference"])
        self.assertNotIn("p", changes["TQ1_0"])

    def test_a_run_that_is_killed_comes_to_the_same_decision(self):
        self.assert_ok(self.bantam(*NANO, *TASK, *PRECISIONS, "--store", "whole.db"))
        kills = 0
        for attempt in range(60):
            process = self.start(*NANO, *TASK, *PRECISIONS, "--store", "killed.db")
            try:
                before = self.count("items", "killed.db")
            except sqlite3.Error:
                before = 0
            least = before + random.Random(attempt).randint(1, 12)

            def ready():
                try:
                    return process.poll() is not None or self.count("items", "killed.db") >= least
                except sqlite3.Error:
                    return process.poll() is not None
            wait_until(ready, seconds=120)
            if process.poll() is not None:
                break
            send(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            if kills == 5:
                break
        self.assertGreaterEqual(kills, 3)
        self.assert_ok(self.bantam(*NANO, *TASK, *PRECISIONS, "--store", "killed.db"))
        self.assertEqual(self.adaptive("whole.db"), self.adaptive("killed.db"))
        self.assertEqual(self.item_rows("whole.db"), self.item_rows("killed.db"))

    def test_a_precision_that_comes_later_extends_the_base(self):
        few = [*NANO, *TASK, "--precisions", "fp16", "TQ1_0", "--until-decided", "10"]
        self.assert_ok(self.bantam(*few))
        first = self.adaptive()["fp16"]["n_used"]
        self.assert_ok(self.bantam(*NANO, *TASK, *PRECISIONS))
        self.assertGreater(self.adaptive()["fp16"]["n_used"], first)
        again = self.bantam(*few)
        self.assertIn("nothing to do", again.stderr)
        self.assertEqual(self.bantam("analyze").returncode, 0)

    def test_a_base_that_dies_fails_what_is_not_decided_until_it_is_run_again(self):
        command = [*NANO, *TASK, *PRECISIONS]
        died = self.bantam(*command, env=mortal_environment(BANTAM_DRILL="accuracy=SIGSEGV"))
        self.assertEqual(died.returncode, 7, died.stderr)
        records = {r["precision"]: r for r in self.records()}
        self.assertEqual(sorted(records), ["TQ1_0", "fp16", "int8"])
        self.assertEqual(records["fp16"]["failure"]["signal"], "SIGSEGV")
        self.assertIn("the base precision failed", records["int8"]["failure"]["message"])
        attempts = self.count("attempts")
        self.assertEqual(self.bantam(*command).returncode, 7, "failed is kept")
        self.assertEqual(self.count("attempts"), attempts)
        self.assert_ok(self.bantam(*command, "--retry"))
        self.assertEqual(self.adaptive()["TQ1_0"]["verdict"], "worse")

    def test_what_cannot_be_decided_is_refused_with_the_remedy(self):
        alone = self.bantam(*NANO, *TASK, "--precisions", "fp16", "--until-decided", "2")
        self.assertEqual(alone.returncode, 2)
        self.assertIn("only fp16 is measured", alone.stderr)
        perplexity = self.bantam(*NANO, "--accuracy-tasks", "nano_topic,nano_text", "--until-decided", "2", "--dry-run")
        self.assertEqual(perplexity.returncode, 2)
        self.assertIn("nano_text", perplexity.stderr)
        self.assertIn("--accuracy-tasks nano_topic", perplexity.stderr)
        speed = self.bantam("run", "--models", "embedded:nano", "--tasks", "performance", "--until-decided", "2")
        self.assertEqual(speed.returncode, 2)
        self.assertEqual(self.bantam(*NANO, *TASK, "--until-decided", "0").returncode, 2)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_dry_run_says_where_it_may_stop(self):
        done = self.bantam(*NANO, *TASK, *PRECISIONS, "--dry-run")
        self.assert_ok(done)
        self.assertIn("1/8, 1/4, 1/2", done.stdout)


if __name__ == "__main__":
    unittest.main()
