"""Bad requests and bad input: one clear line that names the thing, the remedy, the exit code, and no trace left behind."""
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SHARED, CliTest  # noqa: E402


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
        for name in ("fifo", "dangling", "/dev/zero", str(self.folder)):
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
                           ("threads: [1, [2]]\n", "threads"), ("- a\n", "map")):
            with self.subTest(text):
                (self.folder / "plan.yaml").write_text(text)
                self.refused(2, ("plan.yaml", says), "run", "--plan", "plan.yaml")

    def test_places_that_cannot_be_written(self):
        (self.folder / "file").write_text("in the way")
        nano = ["run", "--models", "embedded:nano", "--tasks", "performance"]
        self.refused(5, "file/store.db", *nano, "--store", "file/store.db")
        self.refused(5, "file/out", *nano, "--output-dir", "file/out")
        self.refused(5, "/proc/bantam.db", *nano, "--store", "/proc/bantam.db")

    def test_store_that_is_no_store(self):
        (self.folder / "bantam.db").write_text("this is a letter, not a database" * 40)
        self.refused(5, "bantam.db", "run", "--models", "embedded:nano", "--tasks", "performance")
        self.refused(5, "bantam.db", "analyze", "--store", "bantam.db")

    def test_analyze_without_a_store(self):
        self.refused(5, "nowhere.db", "analyze", "--store", "nowhere.db")

    def test_context_longer_than_the_model_has(self):
        self.refused(2, "1000000", *self.run_on("embedded:nano", "--max-model-len", "1000000"))


if __name__ == "__main__":
    unittest.main()
