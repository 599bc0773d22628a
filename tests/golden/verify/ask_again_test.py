#!/usr/bin/env python3
"""`bantam verify --ask-again`: answers that the model gives pass, whatever else was made to fit; and what cannot be asked is said."""
import contextlib
import hashlib
import json
import math
import re
import shutil
import signal
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import ROOT, CliTest, children, environment, is_alive, wait_until  # noqa: E402

NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
RUN = ["run", "--tasks", "accuracy", "-q", "-t", "1", "--accuracy-batch-size", "2", "--accuracy-limit", "24"]
VALUE = re.compile(r'"acc":(\{"value":[^{}]*(?:\{[^{}]*\})?[^{}]*\})')


def compact(value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def checksum(kind: str, place: str, body: str) -> str:
    return hashlib.sha256(f"{kind}\n{place}\n{body}".encode()).hexdigest()[:16]


class Forgery:
    """A bundle whose lines are changed one by one, and then made to fit as the tool itself would."""

    def __init__(self, path: Path):
        self.head, *lines = path.read_text(encoding="utf-8").splitlines()
        self.cells = []  # the record's body, and the kinds and bodies of its rows
        for line in lines[:-1]:
            kind = line[2:line.index('"', 2)]
            body = line[len(f'{{"{kind}":'):line.rindex(',"basis":' if kind == "record" else ',"checksum":')]
            if kind == "record":
                self.cells.append([body, []])
            else:
                self.cells[-1][1].append([kind, body])

    def write(self, path: Path) -> None:
        counts = {"records": len(self.cells)}
        for kind in ("trial", "block", "item"):
            counts[kind + "s"] = sum(row[0] == kind for _, rows in self.cells for row in rows)
        text = self.head[:self.head.index('"counts":')] + '"counts":' + compact(counts) + "}\n"
        for body, rows in self.cells:
            key = json.loads(body)["cell_key"]
            below = "".join(f'{{"{kind}":{row},"checksum":"{checksum(kind, key, row)}"}}\n' for kind, row in rows)
            basis = hashlib.sha256(below.encode()).hexdigest()
            text += f'{{"record":{body},"basis":"{basis}","basis_from":"end",' \
                    f'"checksum":"{checksum("record", basis + " end", body)}"}}\n' + below
        path.write_text(text + f'{{"sha256":"{hashlib.sha256(text.encode()).hexdigest()}"}}\n', encoding="utf-8")

    def change_item(self, cell: int, doc_id: int, change) -> None:
        for row in self.cells[cell][1]:
            item = json.loads(row[1])
            if row[0] == "item" and item["doc_id"] == doc_id:
                change(item)
                row[1] = compact(item)

    def items(self, cell: int) -> list:
        return [json.loads(body) for kind, body in self.cells[cell][1] if kind == "item"]

    def make_score_fit(self, cell: int) -> None:
        """The share of right answers with its error and Wilson's interval."""
        values = [item["metrics"]["acc"] for item in self.items(cell)]
        n, right = len(values), sum(values)
        share, z = right / n, 1.959963984540054
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))

        def fitted(found):
            value = json.loads(found.group(1))
            value.update(value=share, stderr=math.sqrt(share * (1 - share) / (n - 1)), n=n)
            value["interval"].update(low=middle - half, high=middle + half)
            return '"acc":' + compact(value)
        self.cells[cell][0], count = VALUE.subn(fitted, self.cells[cell][0], count=1)
        assert count == 1


class AskAgainTest(CliTest):
    def run_nano(self, *more, model="embedded:nano", tasks="nano_topic", precisions="fp16"):
        self.assert_ok(self.bantam(*RUN, "--models", model, "--precisions", precisions, "--accuracy-tasks", tasks, *more))

    def export(self, path, *more):
        self.assert_ok(self.bantam("export", "bundle", "--output-path", path, *more))
        return self.folder / path

    def verify(self, path, *more, code=0):
        done = self.bantam("verify", path, "-o", "json", "--ask-again", "3", *more)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def wrong(self, page):
        return [finding["what"] for finding in page["asked_again"]["findings"]]

    def forge(self, change, name="forged.bundle"):
        forgery = Forgery(self.export("mine.bundle"))
        change(forgery)
        forgery.write(self.folder / name)
        # Nothing of it can be seen without the model.
        self.assertEqual(json.loads(self.bantam("verify", name, "-o", "json").stdout)["findings"], [])


class HonestTest(AskAgainTest):
    def test_a_store_and_its_bundles_answer_as_they_were_written(self):
        self.run_nano(tasks="nano_topic nano_qa nano_text", precisions="fp16 int4")
        self.export("whole.bundle")
        self.export("hashes.bundle", "--items", "hashes")
        for path in ("bantam.db", "whole.bundle", "hashes.bundle"):
            page = self.verify(path, "--seed", "7")
            asked = page["asked_again"]
            self.assertTrue(page["verified"] and asked["complete"], path)
            self.assertEqual(len(asked["cells"]), 6)
            for cell in asked["cells"]:
                self.assertEqual(len(cell["drawn"]), 3)
                self.assertGreaterEqual(cell["compared"], 3)
                self.assertEqual(cell["same"], cell["compared"], cell)
                self.assertEqual((cell["machine"], cell["differences"]), ("same", []))
                self.assertEqual(cell["scores_recomputed"], 0 if path == "hashes.bundle" else 24)
        before = (self.folder / "bantam.db").read_bytes()
        text = self.bantam("verify", "--ask-again", "--seed", "7").stdout
        self.assertIn("all as stored, bit for bit", text)
        self.assertIn("and its models answer as is stored", text)
        self.assertEqual((self.folder / "bantam.db").read_bytes(), before)

    def test_each_draw_is_another_one_unless_it_is_named(self):
        self.run_nano()
        seeds = {self.verify("bantam.db")["asked_again"]["seed"] for _ in range(3)}
        self.assertEqual(len(seeds), 3)
        drawn = [self.verify("bantam.db", "--seed", "5")["asked_again"]["cells"][0]["drawn"] for _ in range(2)]
        self.assertEqual(drawn[0], drawn[1])
        ids = [item["doc_id"] for item in drawn[0]]
        named = self.verify("bantam.db", "--items", ",".join(map(str, ids)))["asked_again"]
        self.assertEqual(named["cells"][0]["drawn"], drawn[0])
        self.assertNotIn("seed", named)

    def test_groups_chat_templates_and_shots(self):
        (self.folder / "suite.yaml").write_text("group: suite\ntask: [nano_topic, nano_sentiment]\n"
                                                "aggregate_metric_list:\n  - metric: acc\n")
        flags = ("--include-path", ".")
        self.run_nano(*flags, "--num-fewshot", "2", tasks="suite")
        self.run_nano("--apply-chat-template", "--system-instruction", "Be brief.", tasks="nano_dialogue nano_reply")
        page = self.verify("bantam.db", *flags)
        self.assertEqual([cell["same"] == cell["compared"] for cell in page["asked_again"]["cells"]], [True] * 3)
        # Without the folder the group is unknown, and that is no verdict on the answers.
        page = self.verify("bantam.db", code=1)
        self.assertTrue(page["verified"])
        (cell,) = [cell for cell in page["asked_again"]["cells"] if "not_asked" in cell]
        self.assertIn("no task 'suite'", cell["not_asked"])

    def test_cells_that_were_decided(self):
        self.assert_ok(self.bantam("run", "--models", "embedded:nano", "--tasks", "accuracy", "-q", "-t", "1", "--accuracy-tasks",
                                   "nano_topic", "--precisions", "fp16", "TQ1_0", "--until-decided", "10"))
        page = self.verify("bantam.db", "--seed", "3")
        self.assertEqual(len(page["asked_again"]["cells"]), 2)
        for cell in page["asked_again"]["cells"]:
            self.assertEqual((cell["not_comparable"], len(cell["drawn"])), ([], 3))

    def test_a_dry_run_asks_nothing(self):
        self.run_nano(precisions="fp16 int4")
        page = self.verify("bantam.db", "--dry-run", code=0)
        for cell in page["asked_again"]["cells"]:
            self.assertEqual(cell["most_items"], 24)
            self.assertGreater(cell["most_s"], 0)
            self.assertNotIn("compared", cell)
        cache = self.folder / "cache"
        done = self.bantam("verify", "--ask-again", "--dry-run", env=environment(BANTAM_CACHE=str(cache)))
        self.assertIn("first make Q4_K_M", " ".join(done.stdout.split()))
        self.assertFalse((cache / "quantized").exists())


class ForgedTest(AskAgainTest):
    def setUp(self):
        super().setUp()
        self.run_nano()

    @staticmethod
    def wrong_item(forgery):
        return next(item for item in forgery.items(0) if item["metrics"]["acc"] == 0)

    def test_an_answer_that_was_made_right_is_caught_by_asking(self):
        forged = {}

        def make_right(forgery):
            forged.update(self.wrong_item(forgery))

            def change(item):
                content = item["content"]
                sums = content["log_likelihoods"]
                gold, predicted = content["gold"], content["predicted"]
                sums[gold], sums[predicted] = sums[predicted], sums[gold]
                content["predicted"] = gold
                item["metrics"]["acc"] = 1.0
            forgery.change_item(0, forged["doc_id"], change)
            forgery.make_score_fit(0)
        self.forge(make_right)
        page = self.verify("forged.bundle", "--items", str(forged["doc_id"]), code=1)
        self.assertFalse(page["verified"])
        mine = [what for what in self.wrong(page) if what.startswith(f"item {forged['doc_id']} of nano_topic: ")]
        self.assertEqual(mine, self.wrong(page))
        self.assertTrue(any("the log-likelihood of answer" in what for what in mine))
        self.assertTrue(any("acc is 1, asked again 0" in what for what in mine))
        # As a store, whose digests are the tool's own, and by a draw that is large enough to have it.
        self.assert_ok(self.bantam("import", "bundle", "forged.bundle", "--store", "forged.db"))
        self.assert_ok(self.bantam("verify", "forged.db"))
        done = self.bantam("verify", "forged.db", "--ask-again", "24")
        self.assertEqual(done.returncode, 1)
        self.assertIn("The store is not to be trusted.", done.stdout)

    def test_a_store_that_was_changed_in_place(self):
        """By SQL, with digests left out, as earlier versions had none."""
        with contextlib.closing(sqlite3.connect(self.folder / "bantam.db")) as store:
            (doc_id, content), = store.execute("select doc_id, content from items where metrics like '%0.0%' limit 1").fetchall()
            content = json.loads(content)
            content["log_likelihoods"][content["gold"]] = -0.001
            content["predicted"] = content["gold"]
            store.execute("update items set metrics = '{\"acc\":1.0}', content = ?, checksum = null, content_checksum = null "
                          "where doc_id = ?", (compact(content), doc_id))
            store.commit()
        page = self.verify("bantam.db", "--items", str(doc_id), code=1)
        self.assertTrue(any(f"item {doc_id} of nano_topic: acc is 1, asked again 0" in what for what in self.wrong(page)))

    def test_a_score_without_its_answer_is_caught_wherever_it_is(self):
        forged = {}

        def make_right(forgery):
            forged.update(self.wrong_item(forgery))
            forgery.change_item(0, forged["doc_id"], lambda item: item["metrics"].update(acc=1.0))
            forgery.make_score_fit(0)
        self.forge(make_right)
        other = next(i["doc_id"] for i in Forgery(self.folder / "mine.bundle").items(0) if i["doc_id"] != forged["doc_id"])
        page = self.verify("forged.bundle", "--items", str(other), code=1)
        self.assertIn(f"item {forged['doc_id']} of nano_topic: acc is 1, its answer gives 0", self.wrong(page))

    def test_items_that_were_taken_out(self):
        forged = {}

        def take_out(forgery):
            forged.update(self.wrong_item(forgery))
            forgery.cells[0][1] = [row for row in forgery.cells[0][1] if json.loads(row[1])["doc_id"] != forged["doc_id"]]
            forgery.make_score_fit(0)
            forgery.cells[0][0] = forgery.cells[0][0].replace('"items":24', '"items":23')
        self.forge(take_out)
        page = self.verify("forged.bundle", code=1)
        self.assertIn(f"1 items that its settings ask for are missing, the first is item {forged['doc_id']} of nano_topic",
                      self.wrong(page))

    def test_a_prompt_that_tells_the_answer(self):
        def tell(forgery):
            def change(item):
                item["content"]["context"] += " music"
                item["content"]["prompt_hash"] = hashlib.sha256(item["content"]["context"].encode()).hexdigest()
            forgery.change_item(0, forgery.items(0)[0]["doc_id"], change)
        self.forge(tell)
        first = Forgery(self.folder / "mine.bundle").items(0)[0]["doc_id"]
        page = self.verify("forged.bundle", "--items", str(first), code=1)
        self.assertTrue(any(f"item {first} of nano_topic: its prompt differs after" in what for what in self.wrong(page)))

    def test_settings_that_no_run_takes(self):
        def change(forgery):
            forgery.cells[0][0] = forgery.cells[0][0].replace('"kv_cells":32768', '"kv_cells":1000000000')
        self.forge(change)
        page = self.verify("forged.bundle", code=1)
        self.assertEqual(self.wrong(page), [])
        self.assertIn("its settings are none of a run: --accuracy-kv-cells", page["asked_again"]["cells"][0]["not_asked"])


class OtherModelTest(AskAgainTest):
    def not_asked(self, page):
        self.assertEqual(self.wrong(page), [])
        return [cell.get("not_asked", "") for cell in page["asked_again"]["cells"]]

    def test_another_file_is_named_and_not_asked(self):
        self.run_nano(precisions="fp16 int4")
        page = self.verify("bantam.db", "--model", "nano=embedded:pico", code=1)
        self.assertTrue(page["verified"])
        for why in self.not_asked(page):
            self.assertIn("embedded:pico is another one: its SHA-256 is", why)
        done = self.bantam("verify", "--ask-again", "--model", "nan=embedded:nano")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no answers of a model of this name", done.stderr)

    def test_a_model_that_is_gone_can_be_named(self):
        shutil.copy(NANO, self.folder / "mine.gguf")
        self.run_nano(model="mine.gguf", precisions="fp16 int8")
        self.assertEqual(self.not_asked(self.verify("bantam.db")), ["", ""])
        (self.folder / "mine.gguf").unlink()
        for why in self.not_asked(self.verify("bantam.db", code=1)):
            self.assertRegex(why, "no such file.*name it: --model mine=REF")
        page = self.verify("bantam.db", "--model", f"mine={NANO}")
        self.assertEqual([cell["same"] == cell["compared"] for cell in page["asked_again"]["cells"]], [True, True])
        self.assertEqual(self.not_asked(self.verify("bantam.db", "--model", str(NANO))), ["", ""])

    def test_a_bundle_does_not_choose_what_is_fetched(self):
        self.run_nano()
        forgery = Forgery(self.export("mine.bundle"))
        forgery.cells[0][0] = forgery.cells[0][0].replace('"reference":"embedded:nano"', '"reference":"hf:someone/model"')
        forgery.write(self.folder / "forged.bundle")
        # A hub that nobody may ask: a request would be refused, and say so.
        env = environment(HF_ENDPOINT="http://127.0.0.1:1", HF_HOME=str(self.folder / "hub"))
        done = self.bantam("verify", "forged.bundle", "--ask-again", "-o", "json", env=env)
        self.assertEqual(done.returncode, 1, done.stderr)
        (cell,) = json.loads(done.stdout)["asked_again"]["cells"]
        self.assertIn("name it: --model nano=REF", cell["not_asked"])
        self.assertNotIn("127.0.0.1", cell["not_asked"])

    def test_imported_results_are_asked_of_a_model_that_is_named(self):
        self.run_nano(tasks="nano_topic nano_qa", precisions="fp16")
        self.assert_ok(self.bantam("export", "lm-eval", "--output-path", "out"))
        self.assert_ok(self.bantam("import", "lm-eval", "out", "--store", "theirs.db"))
        page = self.verify("theirs.db", code=1)
        for why in self.not_asked(page):
            self.assertIn("another tool asked it", why)
        name = json.loads(self.bantam("analyze", "--store", "theirs.db", "-o", "json").stdout)["records"][0]["model"]
        page = self.verify("theirs.db", "--model", f"{name}=embedded:nano")
        self.assertEqual(len(page["asked_again"]["cells"]), 2)
        for cell in page["asked_again"]["cells"]:
            self.assertEqual((cell["not_comparable"], cell["scored_otherwise"]), ([], []), cell)
            self.assertGreaterEqual(cell["compared"], 3)

    def test_task_files_that_changed_are_no_verdict(self):
        shutil.copytree(ROOT / "models" / "nano" / "tasks", self.folder / "tasks")
        task = self.folder / "tasks" / "mine.yaml"
        task.write_text((self.folder / "tasks" / "nano_topic.yaml").read_text().replace("task: nano_topic", "task: mine"))
        self.run_nano("--include-path", "tasks", tasks="mine")
        self.assertEqual(self.not_asked(self.verify("bantam.db", "--include-path", "tasks")), [""])
        task.write_text(task.read_text().replace("Topic:", "What is it about?"))
        (why,) = self.not_asked(self.verify("bantam.db", "--include-path", "tasks", code=1))
        self.assertIn("'doc_to_text' differs", why)
        rows = (self.folder / "tasks" / "nano_topic.jsonl").read_text().splitlines()
        task.write_text(task.read_text().replace("What is it about?", "Topic:"))
        (self.folder / "tasks" / "nano_topic.jsonl").write_text("\n".join(rows[1:] + rows[:1]) + "\n")
        page = self.verify("bantam.db", "--include-path", "tasks", code=1)
        self.assertFalse(page["asked_again"]["complete"])
        self.assertTrue(any("its row of the data is another one" in why
                            for why in page["asked_again"]["cells"][0]["not_comparable"]))


class StoppedTest(AskAgainTest):
    def test_signals_leave_nothing_behind(self):
        self.run_nano("--accuracy-limit", "1000000", tasks="nano_qa nano_summary")
        before = (self.folder / "bantam.db").read_bytes()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            with self.subTest(number.name):
                process = self.start("verify", "--ask-again", "100000")
                worker = wait_until(lambda process=process: children(process.pid))[0]
                process.send_signal(number)
                out, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, code, errors)
                self.assertEqual(out, "")
                wait_until(lambda worker=worker: not is_alive(worker))
                self.assertEqual((self.folder / "bantam.db").read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
