"""The shipped tasks on data sets served from the loopback: fetched once, used offline, resumed after a kill; and what bad
data is answered with."""
import json
import os
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SHARED, CliTest, environment, wait_until  # noqa: E402
from hub_datasets import add_datasets, rows_of  # noqa: E402
from hub_server import HubServer  # noqa: E402

DATA = SHARED / "data"
TOKEN = "hf_" + "SecretSecretSecretSecret42"
RUN = ["run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "accuracy", "-t", "1"]
CHOICE = ("task: mine\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: '{{q}}'\ndoc_to_target: a\n"
          "doc_to_choice: ['no', 'yes']\n")


class SuiteCase(CliTest):
    def setUp(self):
        super().setUp()
        self.hub = HubServer()
        self.addCleanup(self.hub.close)
        self.cache = self.folder / "cache"

    def variables(self, **changes):
        return environment(**{"HF_ENDPOINT": self.hub.url, "BANTAM_CACHE": str(self.cache), "HOME": str(self.folder),
                              **changes})

    def offline(self):
        return self.variables(HF_DATASETS_OFFLINE="1")

    def run_tasks(self, *arguments, env=None):
        return self.bantam(*RUN, "--accuracy-tasks", *arguments, env=env or self.variables())

    def pull(self, *arguments, env=None):
        return self.bantam("tasks", "pull", *arguments, env=env or self.variables(), timeout=300)

    def kept(self):
        return sorted(path.name for path in self.cache.glob("datasets/*/*/*") if not path.name.endswith((".lock", ".json")))

    def serve_rows(self, rows=None, **more):
        """A task of its own, `mine`, on a data set of `rows`."""
        rows = rows or [{"q": f"question {i}", "a": i % 2} for i in range(250)]
        self.hub.add_rows("someone/mine", "default", "test", rows, **more)
        (self.folder / "mine.yaml").write_text(CHOICE + "dataset_path: someone/mine\ndataset_name: default\n")

    @staticmethod
    def file_source(name):
        return f"dataset_path: json\ndataset_kwargs: {{data_files: {{test: '{name}'}}}}\n"

    def pull_mine(self, *arguments, env=None):
        return self.pull("mine", "--include-path", ".", *arguments, env=env)

    def rows_path(self):
        return self.cache / "datasets" / "someone--mine" / "default" / "test.jsonl"


@unittest.skipUnless(DATA.is_dir(), f"no {DATA}")
class ShippedTasksTest(SuiteCase):
    def setUp(self):
        super().setUp()
        add_datasets(self.hub, DATA)

    def test_tasks_of_every_kind_run_and_run_again_offline(self):
        tasks = ["sst2", "trec", "truthfulqa_mc1", "truthfulqa_mc2", "mmlu_anatomy", "gsm8k", "squadv2", "wnut17", "dialogsum",
                 "dialogsum_reply"]
        done = self.run_tasks(*tasks, "--accuracy-limit", "2")
        self.assert_ok(done)
        records = {record["task"]: record for record in self.records()}
        self.assertEqual(sorted(records), sorted(tasks))
        for task, record in records.items():
            self.assertEqual(record["status"], "ok", task)
            self.assertEqual(self.n_of(record), 2, task)
        self.hub.close()
        again = self.run_tasks(*tasks[:2], "--accuracy-limit", "2", "--store", "other.db", env=self.offline())
        self.assert_ok(again)

    @staticmethod
    def n_of(record):
        return max(value["n"] for value in record["metrics"].values() if "n" in value)

    def test_a_group_is_fetched_ahead_and_counted(self):
        dry = self.pull("mmlu", "--dry-run", "-o", "json")
        self.assert_ok(dry)
        self.assertEqual(json.loads(dry.stdout), [{"name": "mmlu", "tasks": 57, "missing_rows": 14079 + 285, "missing_bytes": 0}])
        self.assertEqual(self.hub.seen("/rows"), [])
        self.assertEqual(len(self.hub.seen("/size")), 1)
        done = self.pull("mmlu", "-q")
        self.assert_ok(done)
        self.assertEqual(done.stdout, "mmlu (57 tasks): fetched 14364 rows\n")
        self.assertEqual(len(list(self.cache.glob("datasets/cais--mmlu/*/test.jsonl"))), 57)
        kept = (self.cache / "datasets" / "cais--mmlu" / "anatomy" / "test.jsonl").read_text(encoding="utf-8")
        self.assertEqual([json.loads(line) for line in kept.splitlines()], rows_of(DATA, "cais/mmlu", "anatomy", "test"))
        self.hub.close()
        again = self.pull("mmlu", env=self.offline())
        self.assert_ok(again)
        self.assertEqual(again.stdout, "mmlu (57 tasks): all here\n")

    def test_a_dry_run_says_what_it_would_fetch(self):
        done = self.run_tasks("sst2", "--dry-run")
        self.assert_ok(done)
        self.assertIn("sst2: fetch data from 1 place, 872 rows", done.stdout)
        self.assertEqual(self.hub.seen("/rows"), [])


class PullTest(SuiteCase):
    def test_rows_are_kept_with_their_hash_and_not_fetched_again(self):
        self.serve_rows()
        self.assert_ok(self.pull_mine())
        note = json.loads((self.rows_path().parent / "test.jsonl.json").read_text())
        self.assertEqual((note["rows"], note["commit"]), (250, "c" * 40))
        self.assertEqual(len(self.hub.seen("/rows")), 3)
        self.assert_ok(self.pull_mine())
        self.assertEqual(len(self.hub.seen("/rows")), 3)

    def test_a_killed_pull_goes_on_at_its_page(self):
        self.serve_rows([{"q": "x" * 1000, "a": 0} for _ in range(1000)])
        self.hub.bytes_per_s = 400_000
        process = self.start("tasks", "pull", "mine", "--include-path", ".", env=self.variables())
        wait_until(lambda: len(self.hub.seen("/rows")) >= 5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen = len(self.hub.seen("/rows"))
        self.hub.bytes_per_s = None
        self.assert_ok(self.pull_mine())
        self.assertLessEqual(len(self.hub.seen("/rows")) - seen, 10 - seen + 2)
        self.assertEqual(len(self.rows_path().read_text().splitlines()), 1000)

    def test_an_interrupted_pull_says_so(self):
        self.serve_rows([{"q": "x" * 1000, "a": 0} for _ in range(1000)])
        self.hub.bytes_per_s = 100_000
        process = self.start("tasks", "pull", "mine", "--include-path", ".", env=self.variables())
        wait_until(lambda: len(self.hub.seen("/rows")) >= 2)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)
        self.assertFalse(self.rows_path().exists())

    def test_two_pulls_at_once_fetch_once(self):
        self.serve_rows([{"q": "x" * 1000, "a": 0} for _ in range(500)])
        self.hub.bytes_per_s = 400_000
        both = [self.start("tasks", "pull", "mine", "--include-path", ".", env=self.variables()) for _ in range(2)]
        for process in both:
            self.assertEqual(process.wait(60), 0, process.stderr.read())
        self.assertEqual(len(self.hub.seen("/rows")), 5)

    def test_a_misbehaving_server(self):
        self.serve_rows()
        for fault, code, message in (
                ({"status": 429, "headers": {"Retry-After": "1"}}, 0, ""),
                ({"status": 503, "times": 2}, 0, ""),
                ({"cut_at": 1000}, 0, ""),
                ({"commit": "d" * 40}, 0, ""),
                ({"rows_left_out": 1}, 8, "99 where 100 were expected"),
                ({"rows_total": 260, "times": None}, 8, "50 where 60 were expected"),
                ({"truncated_cells": ["q"]}, 8, "cuts long cells"),
                ({"body": b"<html>"}, 8, "not the JSON"),
                ({"status": 404}, 4, "the server answers 404"),
                ({"redirect": "http://169.254.169.254/x"}, 4, "redirect refused")):
            with self.subTest(fault=fault):
                self.hub.fault("offset=200" if "commit" in fault else "/rows", **fault)
                done = self.pull_mine(env=self.variables(BANTAM_CACHE=str(self.folder / f"cache-{len(self.hub.requests)}")))
                self.hub.faults.clear()
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(message, done.stderr)

    def test_the_token_goes_to_the_hub_alone(self):
        self.serve_rows()
        other = HubServer()
        self.addCleanup(other.close)
        other.datasets = self.hub.datasets
        self.assert_ok(self.pull_mine(env=self.variables(HF_TOKEN=TOKEN, BANTAM_DATASETS_SERVER=other.url)))
        self.assertTrue(all("authorization" not in request.headers for request in other.requests))
        self.rows_path().unlink()
        done = self.pull_mine(env=self.variables(HF_TOKEN=TOKEN))
        self.assert_ok(done)
        self.assertTrue(all(TOKEN in request.headers["authorization"] for request in self.hub.seen("/rows")))
        self.assertNotIn(TOKEN, done.stdout + done.stderr)

    def test_offline_what_is_missing_is_named_with_the_remedy(self):
        self.serve_rows()
        for env, arguments in ((self.offline(), []), (self.variables(), ["--offline"])):
            done = self.pull_mine(*arguments, env=env)
            self.assertEqual(done.returncode, 4)
            self.assertIn("someone/mine", done.stderr)
            self.assertIn("bantam tasks pull mine", done.stderr)
        self.assertEqual(self.hub.requests, [])

    def test_data_that_changed_in_the_cache_is_not_used(self):
        self.serve_rows()
        self.assert_ok(self.pull_mine())
        with open(self.rows_path(), "a") as file:
            file.write('{"q": "more", "a": 0}\n')
        done = self.pull_mine(env=self.offline())
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assert_ok(self.pull_mine())

    def test_files_of_a_repository_and_files_by_address(self):
        lines = "".join(json.dumps({"q": f"question {i}", "a": i % 2}) + "\n" for i in range(9)).encode()
        self.hub.add("someone/files", {"data/test.jsonl": lines}, kind="datasets")
        address = f"{self.hub.url}/datasets/someone/files/resolve/main/data/test.jsonl"
        sources = {
            "repository": "dataset_path: someone/files\ndataset_kwargs: {data_dir: data, data_files: {test: test.jsonl}}\n",
            "hf": self.file_source("hf://datasets/someone/files/data/test.jsonl"), "address": self.file_source(address)}
        for name, source in sources.items():
            with self.subTest(name=name):
                (self.folder / "mine.yaml").write_text(CHOICE + source)
                env = {"BANTAM_CACHE": str(self.folder / name), "HF_HUB_CACHE": str(self.folder / name)}
                done = self.pull_mine(env=self.variables(**env))
                self.assert_ok(done)
                self.assertIn("mine: fetched", done.stdout)
                self.assertEqual(self.pull_mine(env=self.variables(HF_DATASETS_OFFLINE="1", **env)).stdout, "mine: all here\n")


class BadDataTest(SuiteCase):
    """Rows 37 to 39 of the list of faults."""

    def run_on(self, content: bytes, name="d.jsonl"):
        (self.folder / name).write_bytes(content)
        (self.folder / "mine.yaml").write_text(CHOICE + self.file_source(name))
        return self.run_tasks("mine", "--include-path", ".", "--store", f"{len(list(self.folder.iterdir()))}.db")

    def assert_refused(self, content, *words, name="d.jsonl", code=3):
        done = self.run_on(content, name)
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def items(self, content, name="d.jsonl"):
        before = set(self.folder.glob("*.db"))
        done = self.run_on(content, name)
        self.assert_ok(done)
        (store,) = set(self.folder.glob("*.db")) - before
        return self.count("items", store.name)

    def test_odd_text_keeps_every_row(self):
        row = b'{"q": "%s", "a": 1}\n'
        for odd in (b"\xff\xfe", b"\xc3", b"\\ud800", b"\\u0000", "\u202e".encode(), "\u2028".encode(), b"plain"):
            with self.subTest(odd=odd):
                self.assertEqual(self.items(row % b"one" + row % odd + row % b"three"), 3)
        self.assertEqual(self.items(b"\xef\xbb\xbf" + row % b"one" + row % b"two"), 2)
        self.assertEqual(self.items((row % b"one" + row % b"two").replace(b"\n", b"\r\n")), 2)

    def test_broken_lines_are_named(self):
        good = b'{"q": "fine", "a": 1}\n'
        self.assert_refused(good + b'{"q": "torn\n', "d.jsonl", "line 2")
        self.assert_refused(good * 2 + b"[1]\n", "d.jsonl", "line 3", "object")
        self.assert_refused(good + b"[" * 100_000 + b"\n", "d.jsonl", "line 2")
        self.assert_refused(good + b'{"q": "' + b"x" * (65 << 20) + b'", "a": 1}\n', "d.jsonl", "line 2", "64 MiB")
        self.assert_refused(b'q,a\none,1\ntwo\n', "d.csv", "line 3", name="d.csv")
        self.assert_refused(b'q,a\none,1\n"two,1\n', "d.csv", "line 3", "quote", name="d.csv")

    def test_missing_and_impossible_answers(self):
        good = b'{"q": "fine", "a": 1}\n'
        self.assert_refused(good + b'{"q": "none"}\n', "item 1", "line 2", "a")
        self.assert_refused(good + b'{"q": "out", "a": 2}\n', "item 1", "line 2", "2 choices")
        self.assert_refused(good + b'{"q": "out", "a": -1}\n', "item 1", "line 2", "2 choices")

    def test_an_id_twice_is_bad_input(self):
        self.assert_refused(b'{"id": "x", "q": "one", "a": 1}\n{"id": "x", "q": "two", "a": 0}\n', "line 2", "'x'")

    def test_no_rows_and_one_row(self):
        self.assert_refused(b"", "d.jsonl", "no rows")
        self.assert_refused(b"q,a\n", "d.csv", "no rows", name="d.csv")
        self.assertEqual(self.items(b'{"q": "alone", "a": 1}\n'), 1)
        record = json.loads((self.folder / "outputs" / "nano" / "nano_fp16" / "mine.json").read_text())
        self.assertNotIn("stderr", record["metrics"]["acc"])

    def test_a_csv_file_without_a_head(self):
        (self.folder / "d.csv").write_text("one,1\ntwo,0\n")
        (self.folder / "mine.yaml").write_text(
            CHOICE + "dataset_path: csv\ndataset_kwargs: {data_files: {test: d.csv}, column_names: [q, a]}\n")
        self.assert_ok(self.run_tasks("mine", "--include-path", "."))
        self.assertEqual(self.count("items"), 2)


if __name__ == "__main__":
    unittest.main()
