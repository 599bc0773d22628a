#!/usr/bin/env python3
"""`bantam export card`: what a hub reads of it, what is left out, and that nothing of this machine is in it."""
import contextlib
import json
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CliTest  # noqa: E402

MEASURED = Path(__file__).resolve().parents[1] / "files" / "measured.sql"


def of_the_hub(record):
    """A task whose rows are those of a data set of the hub, all of them scored."""
    for task in record.get("task_info", {}).get("tasks", []):
        task["config"].update(dataset_path="ada/topics", dataset_name="easy", dataset_kwargs={})
        task["data"] = "ada/topics (easy)"
        task["rows"] = task["items"]
    return record


class CardTest(CliTest):
    def store(self, name="hub.db", change=of_the_hub):
        with contextlib.closing(sqlite3.connect(self.folder / name)) as store:
            store.executescript(MEASURED.read_text(encoding="utf-8"))
            for cell, attempt, text in store.execute("select cell, attempt, record from attempts").fetchall():
                record = change(json.loads(text))
                store.execute("update attempts set record = ? where cell = ? and attempt = ?", (json.dumps(record), cell, attempt))
                store.execute("update cells set model = ?, key = ? where id = ?", (record["model"], record["cell_key"], cell))
            store.commit()
        return name

    def export(self, store, *flags, expected=0):
        done = self.bantam("export", "card", "--store", store, "--output-path", "card", *flags)
        self.assertEqual(done.returncode, expected, done.stderr)
        return done

    def text(self, name):
        return (self.folder / "card" / name).read_text(encoding="utf-8")

    def results(self):
        folder = self.folder / "card" / ".eval_results"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def test_what_a_hub_reads(self):
        done = self.export(self.store(), "--task-id", "nano_topic=easy_topics", "--source-url", "https://example.org/r")
        self.assertIn("task_id is the task's own name (nano_qa)", done.stderr)
        self.assertEqual(self.results(), ["nano-fp16.yaml", "nano-int4.yaml", "nano-int8.yaml"])
        self.assertEqual(self.text(".eval_results/nano-int4.yaml"), """\
# written by bantam export card
- dataset:
    id: ada/topics
    task_id: easy_topics
  value: 62.5
  date: "2026-01-31T10:20:17Z"
  source:
    url: "https://example.org/r"
  notes: "acc in percent, 95 % interval 30.574 to 86.316; 0-shot; 8 items; int4 (Q4_K_M); measured by bantam, llama 0.5.0-dev"
""")
        head = self.text("card.md").split("---\n")[1]
        self.assertIn("""\
tags:
- gguf
model-index:
- name: nano
  results:
  - task:
      type: text-generation
    dataset:
      type: ada/topics
      name: "nano_qa (0-shot)"
      config: easy
      split: test
    metrics:
    - type: exact_match
""", head)
        self.assertIn("name: \"nano_topic acc in percent, int4 (Q4_K_M)\"", head)

    def test_a_part_of_the_items_is_no_result_unless_asked_for(self):
        def part(record):
            for task in of_the_hub(record).get("task_info", {}).get("tasks", []):
                task["rows"] = 400
            return record
        done = self.export(self.store(change=part))
        self.assertIn("not among the results for the hub: nano_topic: 8 of 400 items were scored", done.stderr)
        self.assertEqual(self.results(), [])
        self.assertNotIn("model-index", self.text("card.md"))
        self.assertIn("8 of 400 items", self.text("card.md"))
        self.export("hub.db", "--allow-partial", "--overwrite")
        self.assertIn("8 of 400 items: not the whole task", self.text(".eval_results/nano-int4.yaml"))
        self.assertIn("acc in percent, int4 (Q4_K_M), 8 of 400 items", self.text("card.md"))

    def test_results_of_an_earlier_card_do_not_stay(self):
        self.export(self.store())
        (self.folder / "card" / ".eval_results" / "mine.yaml").write_text("- mine\n", encoding="utf-8")

        def without_int4(record):
            if record["precision"] == "int4" and record["task"] != "performance":
                record["task_info"] = {}
            return of_the_hub(record)
        other = self.store("other.db", without_int4)
        done = self.export(other, expected=2)
        self.assertIn("--overwrite", done.stderr)
        self.assertIn("nano-int4.yaml", " ".join(self.results()))
        self.export(other, "--overwrite")
        self.assertEqual(self.results(), ["mine.yaml", "nano-fp16.yaml", "nano-int8.yaml"])

    def test_nothing_of_this_machine_is_in_it(self):
        def at_home(record):
            record["reference"] = "/home/ada/models/nano.gguf"
            record["model"] = "/home/ada/models/nano.gguf"
            record.setdefault("warnings", []).append("cannot read /home/ada/x: token=hf_abcdefghijklmnop")
            return of_the_hub(record)
        self.export(self.store(change=at_home))
        for path in (self.folder / "card").rglob("*"):
            if path.suffix in (".md", ".yaml", ".svg"):
                text = path.read_text(encoding="utf-8")
                self.assertNotIn("/home/", text, path)
                self.assertNotIn("hf_abc", text, path)
        self.assertIn("bantam run nano.gguf ", self.text("card.md"))

    def test_a_card_is_of_one_model(self):
        def other_model(record):
            record["model"] = "pico"
            record["cell_key"] = record["cell_key"][::-1]
            return of_the_hub(record)
        stores = [self.store(), self.store("pico.db", other_model)]
        done = self.bantam("export", "card", "--store", *stores, "--output-path", "card")
        self.assertEqual(done.returncode, 2)
        self.assertIn("name one with --model: nano, pico", done.stderr)
        done = self.bantam("export", "card", "--store", *stores, "--output-path", "card", "--model", "pico")
        self.assert_ok(done)
        self.assertIn("- name: pico\n", self.text("card.md"))
        self.assertNotIn("nano-fp16.yaml", self.results())

    def test_several_machines_are_told_apart(self):
        def elsewhere(record):
            record["device"]["identity"] = "ba9876543210"
            record["device"]["cpu"]["model"] = "Other CPU"
            record["cell_key"] = record["cell_key"][::-1]
            return of_the_hub(record)
        stores = [self.store(), self.store("other.db", elsewhere)]
        done = self.bantam("export", "card", "--store", *stores, "--output-path", "card")
        self.assert_ok(done)
        card = self.text("card.md")
        self.assertIn("## On Example CPU, ", card)
        self.assertIn("## On Other CPU, ", card)
        self.assertTrue((self.folder / "card" / "charts" / "device_2" / "throughput.svg").exists())

    def test_names_are_text(self):
        def named(record):
            record["model"] = "a|b`<script>\n---\nlicense: mit"
            return of_the_hub(record)
        self.export(self.store(change=named))
        card = self.text("card.md")
        self.assertNotIn("<script>", card.split("---\n", 2)[2])
        self.assertNotIn("\nlicense: mit", card)
        self.assertEqual(card.count("\n---\n"), 1)


if __name__ == "__main__":
    unittest.main()
