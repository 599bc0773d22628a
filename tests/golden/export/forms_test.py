#!/usr/bin/env python3
"""`bantam export` in the forms of other tools: what was measured is what the files say, and comes back when they are imported."""
import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, QUICK, SANITIZED, SHARED, CliTest, environment  # noqa: E402

OUTPUTS = SHARED / "data" / "slim_eval" / "outputs"


class FormsTest(CliTest):
    def export(self, form, path, *flags, store="bantam.db"):
        done = self.bantam("export", form, "--store", store, "--output-path", path, *flags)
        self.assert_ok(done)
        return done

    def again(self, form, path, *flags):
        """The records of a store that holds what was exported alone."""
        self.assert_ok(self.bantam("import", form, path, "--store", "again.db", *flags))
        return {(record["precision"], record["task"]): record for record in self.records("again.db")}

    def lines(self, path):
        return [json.loads(line) for line in (self.folder / path).read_text(encoding="utf-8").splitlines()]


class MeasuredTest(FormsTest):
    """On a run of the embedded model."""

    def setUp(self):
        super().setUp()
        done = self.bantam("run", "--models", "embedded:nano", "--precisions", "fp16,int8", "--tasks", "performance,accuracy",
                           "--accuracy-tasks", "nano_topic,nano_qa", "--accuracy-limit", "8", "--n-prompt", "16", "--n-gen", "4", "-q",
                           *QUICK)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.export("jsonl", "all.jsonl", "--trials", "--items")
        self.all = self.lines("all.jsonl")

    def trials(self, precision, scenario):
        return [line["trial"] for line in self.all if line["kind"] == "trial" and line["precision"] == precision and
                line["trial"]["scenario"] == scenario and not line["trial"]["warmup"]]

    def test_lines_hold_all_that_the_store_holds(self):
        kinds = [line["kind"] for line in self.all]
        self.assertEqual([kinds.count(kind) for kind in ("record", "trial", "item")],
                         [self.count(table) for table in ("cells", "trials", "items")])
        self.assertEqual([line["record"] for line in self.all if line["kind"] == "record"], self.records())
        self.assertNotIn(str(self.folder), (self.folder / "all.jsonl").read_text(encoding="utf-8"))

    def test_llama_bench(self):
        for form, name in (("json", "speed.json"), ("jsonl", "speed.jsonl"), ("csv", "speed.csv"), ("sql", "speed.sql")):
            with self.subTest(form):
                self.export("llama-bench", name, "--format", form)
                (self.folder / "again.db").unlink(missing_ok=True)
                found = self.again("llama-bench", name)
                for precision in ("fp16", "int8"):
                    record = found[precision, "performance"]
                    self.assertEqual(record["model"], "nano")
                    self.assertEqual(record["task_info"]["imported"]["tool"], "llama-bench")
                    for scenario in ("pp", "tg"):
                        rates = [trial["tokens"] / trial["wall_s"] for trial in self.trials(precision, scenario)]
                        middle = statistics.median(rates) if "json" in form else statistics.fmean(rates)
                        self.assertAlmostEqual(record["metrics"][f"{scenario}_tokens_per_s"]["value"] / middle, 1.0, delta=1e-5)
                    self.assertEqual(record["settings"]["performance"], {"n_depth": 0, "n_prompt": 16, "n_gen": 4})
        with sqlite3.connect(":memory:") as store:
            store.executescript((self.folder / "speed.sql").read_text(encoding="utf-8"))
            self.assertEqual(store.execute("select count(*) from llama_bench where avg_ts > 0 and n_prompt + n_gen > 0").fetchone(),
                             (4,))

    def test_slim_eval(self):
        self.export("slim-eval", "slim")  # a run writes files of its own in `outputs`
        found = self.again("slim-eval", "slim")
        measured = {(record["precision"], record["task"]): record for record in self.records()}
        for precision in ("fp16", "int8"):
            batches = [(trial["wall_s"] / len(trial["streams"]), trial["streams"]) for trial in self.trials(precision, "offline")]
            speed = found[precision, "performance"]["metrics"]
            self.assertAlmostEqual(speed["amortized_latency_s"]["value"], statistics.fmean(wall for wall, _ in batches), places=12)
            self.assertAlmostEqual(speed["output_tokens"]["value"], 8.0, places=12)  # tokens per second times seconds
            self.assertEqual(speed["parameters"], measured[precision, "performance"]["metrics"]["parameters"])
            self.assertAlmostEqual(speed["weight_bytes"]["value"], measured[precision, "performance"]["metrics"]["weight_bytes"]["value"])
            acc = measured[precision, "nano_topic"]["metrics"]["acc"]["value"]
            if acc > 0:
                self.assertEqual(found[precision, "nano_topic"]["metrics"]["acc"]["value"], acc)
        self.assertEqual(self.bantam("analyze", "--store", "again.db").returncode, 0)

    def test_every_eval_ever(self):
        self.export("every-eval-ever", "data")
        found = self.again("every-eval-ever", "data")
        for record in self.records():
            if record["task"] == "performance":
                continue
            again = found[record["precision"], record["task"]]
            self.assertEqual(again["model"], record["model"])
            self.assertIn("imported", again["task_info"])
            for metric, value in again["metrics"].items():
                self.assertEqual(value, record["metrics"][metric])


@unittest.skipUnless(OUTPUTS.is_dir(), "the published results are not here")
class PublishedTest(FormsTest):
    """On the published results of SLiM-Eval."""

    def test_the_published_files_come_back(self):
        self.assert_ok(self.bantam("import", "slim-eval", OUTPUTS, "--store", "theirs.db", "--device", "a server"))
        done = self.export("slim-eval", "outputs", store="theirs.db")
        self.assertEqual(done.stderr, "")
        texts = [{f"{path.parent.name}/{path.name}": path.read_bytes() for path in folder.rglob("*.json")}
                 for folder in (OUTPUTS, self.folder / "outputs")]
        self.assertEqual(texts[0], texts[1])
        self.again("slim-eval", "outputs", "--device", "a server")
        pages = [self.bantam("analyze", "--store", store, "-o", "csv").stdout for store in ("theirs.db", "again.db")]
        self.assertEqual(pages[0], pages[1])

    def test_their_scores_go_on_in_another_schema(self):
        self.assert_ok(self.bantam("import", "slim-eval", OUTPUTS, "--store", "theirs.db"))
        self.export("every-eval-ever", "data", store="theirs.db")
        found = self.again("every-eval-ever", "data")
        for record in self.records("theirs.db"):
            if record["task"] == "mmlu" and record["model"] == "Phi-3-mini-4k-instruct":
                again = [one for one in self.records("again.db")
                         if (one["model"], one["precision"], one["task"]) == (record["model"], record["precision"], "mmlu")]
                self.assertEqual(len(again), 1)
                self.assertEqual(again[0]["metrics"]["acc"]["value"], record["metrics"]["acc"]["value"])
        self.assertTrue(found)


class ManyItemsTest(FormsTest):
    """A store of 200,000 items with a kilobyte of text each is written and analyzed in less memory than the texts take."""

    ITEMS = 200_000
    MOST_BYTES = 128 << 20

    def setUp(self):
        super().setUp()
        self.assert_ok(self.bantam("run", "--models", "embedded:nano", "--precisions", "fp16,int8", "--tasks", "accuracy",
                                   "--accuracy-tasks", "nano_topic", "--accuracy-limit", "2", "-q"))
        with contextlib.closing(sqlite3.connect(self.folder / "bantam.db")) as store:
            cells = [cell for cell, in store.execute("select id from cells").fetchall()]
            content = json.dumps({"context": "x" * 1000})
            store.executemany("insert into items (cell, task, doc_id, metrics, content) values (?, 'nano_topic', ?, '{\"acc\":1.0}', ?)",
                              ((cell, number, content) for cell in cells for number in range(1000, 1000 + self.ITEMS // 2)))
            store.execute("update attempts set basis = null")  # as before digests of rows were kept: these have more now
            store.commit()

    def peak_bytes(self, *arguments):
        with open(self.folder / "printed", "wb") as out:
            child = subprocess.Popen([BINARY, *arguments], cwd=self.folder, env=environment(), stdout=out, stderr=out)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(child.returncode, 0, (self.folder / "printed").read_text()[-1000:])
        return usage.ru_maxrss * 1024

    @unittest.skipIf(SANITIZED, "a sanitizer's memory is not what users see")
    def test_memory_does_not_grow_with_items(self):
        self.assertLess(self.peak_bytes("export", "jsonl", "--output-path", "all.jsonl", "--items"), self.MOST_BYTES)
        with open(self.folder / "all.jsonl", "rb") as lines:
            self.assertEqual(sum(1 for _ in lines), self.ITEMS + 2 + 4)
        self.assertLess(self.peak_bytes("analyze"), self.MOST_BYTES)


if __name__ == "__main__":
    unittest.main()
