"""File names that are no UTF-8: models, adapters' folders, task folders, stores and caches with such names work."""
import json
import os
import shutil
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, ROOT, CliTest, environment  # noqa: E402

NANO = ROOT / "models" / "nano"
ODD = os.fsdecode(b"odd\xff\xfename")


class OddNamesTest(CliTest):
    def run_bantam(self, *arguments, **changes):
        done = self.bantam("run", "--precisions", "fp16", *arguments, env=environment(**changes))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_a_model_and_a_store(self):
        model, store = self.folder / f"{ODD}.gguf", self.folder / f"{ODD}.db"
        shutil.copy(NANO / "nano-f16.gguf", model)
        self.run_bantam("--models", model, "--tasks", "performance", *QUICK, "--store", store, "--output-dir", self.folder / ODD)
        with sqlite3.connect(store) as opened:
            self.assertEqual(opened.execute("pragma integrity_check").fetchone(), ("ok",))
        for command in (["analyze", "--store", store], ["models", "inspect", model]):
            shown = self.bantam(*command, "-o", "json")
            self.assertEqual(shown.returncode, 0, shown.stderr)
            json.loads(shown.stdout)
        made = self.bantam("models", "quantize", model, "--precisions", "int8", "--output", self.folder / f"{ODD}-q8.gguf")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertTrue((self.folder / f"{ODD}-q8.gguf").is_file())

    def test_a_folder_of_tasks(self):
        folder = self.folder / "tasks" / ODD
        folder.mkdir(parents=True)
        for file in (NANO / "tasks").glob("nano_topic*"):
            shutil.copy(file, folder)
        text = (folder / "nano_topic.yaml").read_text().replace("task: nano_topic", "task: my_topic")
        (folder / "nano_topic.yaml").unlink()
        (folder / f"{ODD}.yaml").write_text(text)
        for include in (folder, self.folder / "tasks"):
            self.run_bantam("--models", "embedded:nano", "--tasks", "accuracy", "--accuracy-tasks", "my_topic", "--include-path",
                            include, "--accuracy-limit", "4", "--store", self.folder / f"{include.name}.db")
            shown = self.bantam("tasks", "show", "my_topic", "--include-path", include, "-o", "json")
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertEqual(json.loads(shown.stdout)["task"], "my_topic")

    def test_a_cache(self):
        self.run_bantam("--models", "embedded:nano", "--precisions", "int8", "--tasks", "performance", *QUICK,
                        BANTAM_CACHE=str(self.folder / ODD))


if __name__ == "__main__":
    unittest.main()
