"""Bad requests and bad input: one clear line that names the thing, the remedy, the exit code, and no trace left behind."""
import json
import os
import resource
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, QUICK, SANITIZED, SHARED, CliTest, environment  # noqa: E402


class FaultsTest(CliTest):
    def refused(self, code, says, *arguments):
        """Runs, and checks exit code, a message holding all of `says`, an empty stdout and that nothing was made."""
        before = sorted(self.folder.rglob("*"))
        done = self.bantam(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        errors = [line for line in lines if line.startswith("bantam: error: ")]
        self.assertEqual(len(errors), 1, done.stderr)
        for part in (says,) if isinstance(says, str) else says:
            self.assertIn(part, done.stderr)
        self.assertTrue(any(line.startswith("  hint: ") for line in lines), done.stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before, "left something behind")

    def run_on(self, model, *more):
        return ["run", "--models", str(model), "--precisions", "fp16", "--tasks", "performance", *more]

    def test_missing_model_file(self):
        self.refused(3, "nowhere.gguf", *self.run_on("nowhere.gguf"))

    def test_file_that_is_no_gguf(self):
        for name, content, says in (("a.gguf", b"just text, no model at all", "a.gguf"), ("empty.gguf", b"", "short"),
                                    ("z.gguf", b"PK\x03\x04" + b"\0" * 64, "zip"),
                                    ("l.gguf", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS")):
            with self.subTest(name):
                (self.folder / name).write_bytes(content)
                self.refused(3, (name, says), *self.run_on(name))

    def test_truncated_gguf(self):
        source = SHARED / "models" / "stories260K" / "stories260K-f32.gguf"
        if not source.exists():
            self.skipTest("needs ../shared/models/stories260K, which is not part of this project")
        content = source.read_bytes()
        for share in (0.1, 0.5, 0.99):
            with self.subTest(share=share):
                (self.folder / "cut.gguf").write_bytes(content[:int(len(content) * share)])
                self.refused(3, "cut.gguf", *self.run_on("cut.gguf"))

    def test_special_files(self):
        os.mkfifo(self.folder / "fifo")
        (self.folder / "dangling").symlink_to("nothing")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.folder / "socket"))
        for name in ("fifo", "dangling", "socket", "/dev/zero", "/dev/null", str(self.folder)):
            with self.subTest(name):
                self.refused(3, Path(name).name, *self.run_on(name))

    def test_unknown_names(self):
        nano = ["run", "--models", "embedded:nano"]
        self.refused(2, ("Q4_K_X", "Q4_K_"), *nano, "--precisions", "Q4_K_X")
        self.refused(2, ("nano_topik", "nano_topic"), *nano, "--accuracy-tasks", "nano_topik")
        self.refused(2, "speed", *nano, "--tasks", "speed")
        self.refused(2, "'mega'", "run", "--models", "embedded:mega")
        self.refused(2, "--no-such-flag", *nano, "--no-such-flag")

    def test_numbers_out_of_range(self):
        for flag, value in (("--threads", "0"), ("--threads", "-1"), ("--threads", "1000000"), ("--num-runs", "x"),
                            ("--accuracy-limit", "0"), ("--seed", "1.5")):
            with self.subTest(flag=flag, value=value):
                self.refused(2, (flag, value), "run", "--models", "embedded:nano", f"{flag}={value}")

    def test_secrets_on_the_command_line(self):
        done = self.bantam("run", "--models", "embedded:nano", "--api-key", "s3cret")
        self.assertEqual(done.returncode, 2)
        self.assertIn("environment", done.stderr)
        self.assertNotIn("s3cret", done.stderr + done.stdout)

    def test_bad_plan_files(self):
        for text, says in (("modells: [a]\n", "modells"), ("models: [a]\nmodels: [b]\n", "twice"),
                           ("threads: [1, [2]]\n", "threads"), ("- a\n", "map"), ("store: [a, b]\n", "store"),
                           ("num_runs: [3]\n", "num_runs"), ("offline: [true]\n", "offline"), ("store:\n", "store"),
                           ("store: {path: a}\n", "store"), ("precisions: {path: fp16}\n", "precisions"),
                           ("models: [a, {name: [b], path: c}]\n", "models: item 2: a model's name"),
                           ("models: {name: a=b, path: c}\n", "a=b"), ("models: [{name: b, path: [c]}]\n", "path"),
                           ("models: a\nstore: ''\n", "store")):
            with self.subTest(text):
                (self.folder / "plan.yaml").write_text(text)
                where = () if text.endswith("''\n") else ("plan.yaml",)
                self.refused(2, (*where, says), "run", "--plan", "plan.yaml")

    def test_places_that_cannot_be_written(self):
        (self.folder / "file").write_text("in the way")
        nano = ["run", "--models", "embedded:nano", "--tasks", "performance"]
        self.refused(5, "file/store.db", *nano, "--store", "file/store.db")
        self.refused(5, "file/out", *nano, "--output-dir", "file/out")
        self.refused(5, "/proc/bantam.db", *nano, "--store", "/proc/bantam.db")

    def test_empty_names(self):
        for flag in ("--store", "--output-dir", "--plan", "--fidelity-text", "--calibration-dataset"):
            self.refused(2, (flag, "empty"), "run", "--models", "embedded:nano", flag, "")
        for flag in ("--store", "--input-dir", "--output-dir"):
            self.refused(2, (flag, "empty"), "analyze", flag, "")

    def test_stores_that_are_no_files(self):
        os.mkfifo(self.folder / "fifo")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.folder / "socket"))
        (self.folder / "link").symlink_to("fifo")
        (self.folder / "folder").mkdir()
        for name in ("fifo", "link", "socket", "folder", "/dev/zero", "/dev/null"):
            with self.subTest(name):
                self.refused(5, (name, "not a bantam store"), *self.run_on("embedded:nano", "--store", name))
                self.refused(5, (name, "not a bantam store"), "analyze", "--store", name)

    def test_names_as_long_as_a_file_system_takes_and_longer(self):
        for length in (251, 255, 256, 5000):
            name = "n" * length
            with self.subTest(length):
                self.refused(5, "bytes", *self.run_on("embedded:nano", "--store", name))
                self.refused(2 if length > 4096 else 3, "nnnn", *self.run_on(name + "/x.gguf"))
                if length > 255:
                    self.refused(5, "name too long", *self.run_on("embedded:nano", "--output-dir", name))
        name = "n" * 300
        self.assert_ok(self.bantam(*self.run_on(f"{name}=embedded:nano", *QUICK)))
        (written,) = (self.folder / "outputs").rglob("performance.json")
        self.assertEqual(json.loads(written.read_text())["model"], name)

    def test_many_cells_are_asked_about(self):
        (self.folder / "many.txt").write_text("".join(f"m{i}=embedded:nano\n" for i in range(1001)))
        (self.folder / "more.txt").write_text("".join(f"m{i}=embedded:nano\n" for i in range(50000)))
        many = ["run", "--precisions", "fp16", "--tasks", "performance"]
        self.refused(2, ("1001 cells, roughly", "--yes"), *many, "--models", "many.txt")
        self.refused(2, ("more than 100000 cells", "--yes"), *many, "--models", "more.txt", "--precisions", "fp16,int8,int4")
        self.assertIn("1001 cells, roughly", self.bantam(*many, "--models", "many.txt", "--dry-run").stdout)

    def test_empty_lists(self):
        for text, says in (("models: []\n", "--models"), ("models: 'embedded:nano'\nprecisions: []\n", "--precisions"),
                           ("models: 'embedded:nano'\ntasks: []\n", "--tasks")):
            with self.subTest(text):
                (self.folder / "plan.yaml").write_text(text)
                done = self.bantam("run", "--plan", "plan.yaml")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertEqual([path.name for path in self.folder.iterdir()], ["plan.yaml"])

    def test_numbers_that_are_none(self):
        for value in (".nan", ".inf"):
            with self.subTest(value):
                (self.folder / "plan.yaml").write_text(f"models: 'embedded:nano'\nmax_seconds: {value}\n")
                done = self.bantam("run", "--plan", "plan.yaml", "--dry-run")
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn("plan.yaml", done.stderr)

    def test_store_that_is_no_store(self):
        (self.folder / "bantam.db").write_text("this is a letter, not a database" * 40)
        self.refused(5, "bantam.db", "run", "--models", "embedded:nano", "--tasks", "performance")
        self.refused(5, "bantam.db", "analyze", "--store", "bantam.db")

    def test_analyze_without_a_store(self):
        self.refused(5, "nowhere.db", "analyze", "--store", "nowhere.db")

    def test_context_longer_than_the_model_has(self):
        self.refused(2, "1000000", *self.run_on("embedded:nano", "--max-model-len", "1000000"))


class OutputTest(CliTest):
    """What becomes of results that cannot be written."""

    def printed_to(self, target, *arguments):
        return subprocess.run([BINARY, *arguments], cwd=self.folder, env=environment(), stdout=target, stderr=subprocess.PIPE,
                              text=True, timeout=60)

    def test_a_full_device(self):
        for arguments in (["--help"], ["--version"], ["run", "--help"], [], ["docs", "metrics"], ["tasks", "list"]):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                done = self.printed_to(full, *arguments)
                self.assertEqual(done.returncode, 5)
                self.assertIn("cannot write to stdout: No space left on device", done.stderr)

    def test_a_reader_that_leaves(self):
        for arguments in (["--help"], ["docs", "metrics"], ["tasks", "list", "-o", "json"]):
            with self.subTest(arguments):
                reader, writer = os.pipe()
                os.close(reader)
                done = self.printed_to(writer, *arguments)
                os.close(writer)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


class LimitsTest(CliTest):
    """Limits of the system, met at any moment."""

    def limited(self, kind, value, *arguments):
        def limit():
            resource.setrlimit(kind, (value, value))
        return subprocess.run([BINARY, *arguments], cwd=self.folder, env=environment(), preexec_fn=limit, capture_output=True,
                              text=True, timeout=120)

    def test_the_size_of_files(self):
        run = ["run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", *QUICK]
        self.assert_ok(self.bantam(*run))  # fills the cache
        for size in (0, 100, 600, 4096, 33000, 40000):
            with self.subTest(size):
                store = f"{size}.db"
                done = self.limited(resource.RLIMIT_FSIZE, size, *run, "--store", store)
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertIn("largest size that a file may have", done.stderr)
                self.assert_ok(self.bantam(*run, "--store", store))
                self.assertEqual(len(self.records(store)), 1)

    @unittest.skipIf(SANITIZED, "a sanitizer takes address space of its own")
    def test_memory(self):
        ended = set()
        for megabytes in range(1, 60, 3):
            for arguments in (["tasks", "list"], ["tasks", "validate", "nano_qa"], ["docs", "metrics"]):
                with self.subTest(arguments, megabytes=megabytes):
                    done = self.limited(resource.RLIMIT_DATA, megabytes << 20, *arguments)
                    self.assertIn(done.returncode, (0, 4, 127), done.stderr)  # 127: the libraries could not be loaded
                    if done.returncode == 4:
                        self.assertIn("memory", done.stderr)
                    ended.add(done.returncode)
        self.assertIn(4, ended)

    @unittest.skipIf(SANITIZED, "a sanitizer takes address space of its own")
    def test_address_space(self):
        run = ["run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", *QUICK]
        self.assert_ok(self.bantam(*run))  # fills the cache
        ended = set()
        for megabytes in range(70, 130, 5):
            with self.subTest(megabytes=megabytes):
                done = self.limited(resource.RLIMIT_AS, megabytes << 20, *run, "--store", f"{megabytes}.db")
                # 127: the libraries could not be loaded.
                self.assertIn(done.returncode, (0, 4, 7, 127), done.stderr)
                if done.returncode in (4, 7):
                    self.assertIn("memory", done.stderr)
                    self.assertNotIn("unexpected", done.stderr)
                ended.add(done.returncode)
        self.assertTrue(ended & {4, 7}, ended)


if __name__ == "__main__":
    unittest.main()
