"""Text that deceives, from file names, models' metadata and tasks: shown, never acted on, in every form of every command."""
import json
import re
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file as gguf  # noqa: E402
from cli_support import QUICK, ROOT, UNDISTURBED, CliTest  # noqa: E402

NANO = ROOT / "models" / "nano"
# Bidirectional controls, C1, line separators, invisible ones, tags, variation selectors; and what a terminal and a page act on.
MARKS = "\u202e\u2066\u200f\u061c\x85\x9b\u200b\u200d\u2028\ufeff\u00ad\U000e0041\ufe0f"
NAME = f"na{MARKS}no"
HTML = "<img src=x onerror=alert(1)><script>[a](b)"
SHOWN = "\\u{202e}\\u{2066}\\u{200f}\\u{61c}\\u{85}\\u{9b}\\u{200b}\\u{200d}\\u{2028}\\u{feff}\\u{ad}\\u{e0041}\\u{fe0f}"


def quoted(text):
    """As YAML, whatever is in it."""
    return '"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


TASK = f"""task: {quoted(f"my{MARKS}task")}
dataset_path: json
dataset_kwargs: {{data_files: {{test: rows.jsonl}}}}
output_type: multiple_choice
test_split: test
doc_to_text: "{{{{q}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: 0
tag: [{quoted("tag" + HTML + MARKS)}]
"""


class DeceivingTextTest(CliTest):
    def setUp(self):
        super().setUp()
        content = gguf.read((NANO / "nano-f16.gguf").read_bytes())
        content.key("general.name", gguf.STRING, gguf.text(NAME + HTML))
        self.model = self.folder / f"{NAME}.gguf"
        self.model.write_bytes(content.bytes())
        self.tasks = self.folder / f"tasks{MARKS}"
        self.tasks.mkdir()
        (self.tasks / "t.yaml").write_text(TASK)
        rows = [{"q": f"What{MARKS} {HTML} {i}?", "choices": [f"yes{MARKS}", f"no{HTML}"]} for i in range(8)]
        (self.tasks / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def check(self, text, has_name=True):
        for mark in MARKS + "\x1b":
            self.assertNotIn(mark, text)
        if has_name:
            self.assertIn("\\u{202e}", text)

    def shown(self, *arguments, form=None, code=0):
        done = self.bantam(*arguments, *(["-o", form] if form else []))
        self.assertEqual(done.returncode, code, done.stderr)
        self.check(done.stderr, has_name=False)
        if form == "json":
            self.check(done.stdout, has_name=False)
            json.loads(done.stdout)
            return done.stdout
        self.check(done.stdout)
        if form == "md":
            page = re.sub(r"^```\n.*?^```\n", "", done.stdout, flags=re.M | re.S)  # in a fence nothing is markup
            self.assertNotIn("<", page)
            self.assertNotRegex(page, r"(?<!\\)\]\(b\)")
        return done.stdout

    def test_models(self):
        for form in ("table", "md", "json"):
            text = self.shown("models", "inspect", self.model, form=form)
            if form == "json":
                self.assertEqual(json.loads(text)["model"]["name"], NAME + HTML)
            else:
                self.assertIn(SHOWN.replace("\\", "\\\\") if form == "md" else SHOWN, text)
        for form in ("table", "md", "csv", "json"):
            self.shown("models", "quantize", self.model, "--precisions", "int8", "--output-dir", self.folder / f"out{MARKS}", form=form)

    def test_tasks(self):
        task = f"my{MARKS}task"
        include = ["--include-path", self.tasks]
        for form in ("table", "md", "json"):
            self.shown("tasks", "list", *include, form=form)
        for form in ("table", "json"):
            self.shown("tasks", "show", task, *include, form=form)
        self.shown("tasks", "pull", task, *include)
        for form in ("table", "md", "json"):
            self.shown("tasks", "doctor", "embedded:nano", "--tasks", task, *include, form=form)
        (self.tasks / "bad.yaml").write_text(TASK.replace("doc_to_target", quoted(f"unk{MARKS}nown")))
        done = self.bantam("tasks", "validate", self.tasks / "bad.yaml")
        self.assertNotEqual(done.returncode, 0)
        self.check(done.stdout + done.stderr)

    def test_a_run_and_its_tables(self):
        tables = self.folder / "tables"
        done = self.bantam("run", *UNDISTURBED, "--models", self.model, "--precisions", "fp16", "int8", "--tasks", "performance", "accuracy",
                           "--accuracy-tasks", f"my{MARKS}task", "--include-path", self.tasks, *QUICK)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check(done.stderr)
        for form in ("table", "md", "csv", "json"):
            text = self.shown("analyze", "--output-dir", tables, form=form)
            if form == "json":
                self.assertIn(NAME, json.dumps(json.loads(text), ensure_ascii=False))
        for path in tables.glob("*.csv"):
            text = path.read_text()
            self.check(text, has_name=len(text.splitlines()) > 1)  # no row, no name
        page = self.bantam("report")
        self.assertEqual(page.returncode, 0, page.stderr)
        for path in [*self.folder.rglob("outputs/**/*.json"), *tables.glob("*.json")]:
            json.loads(path.read_text())

    def test_errors(self):
        shutil.rmtree(self.tasks)
        for arguments in (["run", "--models", self.folder / f"{MARKS}.gguf"], ["run", f"--{MARKS}"], ["models", "inspect", MARKS],
                          ["models", "pull", f"hf:a/b{MARKS}"], ["tasks", "show", MARKS], ["analyze", "--store", f"{MARKS}.db"]):
            with self.subTest(arguments=arguments):
                done = self.bantam(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.check(done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
