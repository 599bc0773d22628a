"""Templates that grow, nest or call themselves without end, in tasks and in models, wherever they are rendered."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file as gguf  # noqa: E402
from cli_support import ROOT, CliTest  # noqa: E402

NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
TASK = """task: mine
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl}}
output_type: generate_until
test_split: test
doc_to_text: >-
  TEMPLATE
doc_to_target: "x"
generation_kwargs: {until: ["."], max_gen_toks: 4}
metric_list: [{metric: exact_match}]
"""
TEMPLATES = {
    "grows": "{{ ('x' * 1000000) * 1000000 }}",
    "calls itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "nests": "{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}",
    "denies": "{{ " + "not " * 50000 + "1 }}",
    "adds": "{{ " + "1+" * 50000 + "1 }}",
}


class EndlessTemplateTest(CliTest):
    def ended(self, code, *arguments):
        done = self.bantam(*arguments, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout[-500:] + done.stderr[-500:])
        return done.stdout + done.stderr

    def test_of_a_task(self):
        (self.folder / "rows.jsonl").write_text('{"q": "one"}\n')
        for name, template in TEMPLATES.items():
            with self.subTest(name):
                (self.folder / "mine.yaml").write_text(TASK.replace("TEMPLATE", template))
                self.assertIn("mine", self.ended(3, "tasks", "validate", "mine.yaml"))
                self.ended(3, "tasks", "show", "mine", "--include-path", ".")

    def test_of_a_model(self):
        (self.folder / "rows.jsonl").write_text('{"q": "one"}\n')
        (self.folder / "mine.yaml").write_text(TASK.replace("TEMPLATE", "{{q}}"))
        for name, template in TEMPLATES.items():
            with self.subTest(name):
                content = gguf.read(NANO.read_bytes())
                content.keys = [key for key in content.keys if key[0] != "tokenizer.chat_template"]
                content.key("tokenizer.chat_template", gguf.STRING, gguf.text(template))
                (self.folder / "m.gguf").write_bytes(content.bytes())
                self.ended(3, "tasks", "show", "mine", "--include-path", ".", "--model", "m.gguf", "--apply-chat-template")


if __name__ == "__main__":
    unittest.main()
