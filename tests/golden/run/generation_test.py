"""Answers that models write: their ends, prompts that are too long, empty or hostile, chat templates that misbehave, blocks of
thought, and bantam tasks doctor."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file as gguf  # noqa: E402
from cli_support import ROOT, SANITIZED, CliTest, mortal_environment  # noqa: E402
from gguf_file import STRING, text  # noqa: E402

NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
IM_START, IM_END = 1, 2
TASK = """task: mine
dataset_path: json
dataset_kwargs:
  data_files:
    test: rows.jsonl
output_type: generate_until
test_split: test
doc_to_text: "{{q}}"
doc_to_target: "{{a}}"
generation_kwargs:
  until: ["\\n\\n"]
  max_gen_toks: 6
metric_list:
  - metric: exact_match
"""


class GenerationCase(CliTest):
    def task(self, rows, more=""):
        (self.folder / "mine.yaml").write_text(TASK + more)
        (self.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def model(self, template) -> str:
        """nano with another chat template, or with none."""
        content = gguf.read(NANO.read_bytes())
        content.keys = [key for key in content.keys if key[0] != "tokenizer.chat_template"]
        if template is not None:
            content.key("tokenizer.chat_template", STRING, text(template))
        (self.folder / "m.gguf").write_bytes(content.bytes())
        return "m.gguf"

    def run_task(self, *more, model="embedded:nano", env=None):
        return self.bantam("run", "--models", model, "--precisions", "fp16", "--tasks", "accuracy", "--accuracy-tasks", "mine",
                           "--include-path", ".", "--threads", "1", *more, timeout=120, env=env)

    def record(self, *more, model="embedded:nano"):
        self.assert_ok(self.run_task(*more, model=model))
        return self.records()[0]

    def count_of(self, record, metric):
        return record["metrics"][metric]["value"]

    def doctor(self, *more, model="embedded:nano"):
        done = self.bantam("tasks", "doctor", model, "--tasks", "mine", "--include-path", ".", "--threads", "1", "-o", "json", *more)
        self.assert_ok(done)
        return json.loads(done.stdout)


QUESTIONS = [{"q": f"Question: Mia has {n} shells and finds 4 more. How many shells?\nAnswer:", "a": str(n + 4)} for n in range(2, 7)]


class AnswerTest(GenerationCase):
    def test_an_answer_without_an_end_stops_at_the_limit(self):
        self.task([{"q": "Once upon a time", "a": "x"}])
        record = self.record()
        self.assertEqual(self.count_of(record, "answer_truncated"), 1)
        self.assertIn("every answer ended at the limit of new tokens", " ".join(record["warnings"]))

    def test_a_prompt_longer_than_the_context_is_flagged(self):
        self.task([{"q": "a long tale of the sea. " * 60, "a": "x"}, {"q": "Hi", "a": "x"}])
        record = self.record("--max-model-len", "64")
        self.assertEqual(self.count_of(record, "truncated"), 1)
        self.assertIn("1 of 2 contexts were longer", " ".join(record["warnings"]))

    def test_a_prompt_without_tokens_is_a_failed_item(self):
        self.task([{"q": "Hi", "a": "x"}, {"q": "", "a": "x"}, {"q": "Once upon", "a": "x"}])
        done = self.run_task()
        self.assertEqual(done.returncode, 1, done.stderr)
        record = self.records()[0]
        self.assertEqual(record["status"], "ok")
        self.assertEqual(self.count_of(record, "failed"), 1)
        self.assertEqual(record["metrics"]["exact_match"]["n"], 2)
        self.assertIn("1 of 3 items failed", " ".join(record["warnings"]))
        self.assertIn("Item 1: the prompt has no tokens", " ".join(record["warnings"]))
        self.assertEqual(self.run_task().returncode, 1, "the record is kept as it is")

    def test_a_prompt_without_tokens_alone_gives_no_score(self):
        self.task([{"q": "", "a": "x"}])
        self.assertEqual(self.run_task().returncode, 1)
        record = self.records()[0]
        self.assertNotIn("exact_match", record["metrics"])
        self.assertIn("no item could be asked", record["absent"]["exact_match"])

    def test_a_pattern_to_ignore_that_runs_out_of_time_is_told(self):
        # Python's re needs some 2^40 steps for the target: no match, and every way to cut the letters is tried.
        hopeless = "a" * 40 + "!"
        self.task([{"q": "Once upon a time", "a": hopeless}, {"q": "Hi", "a": "x"}],
                  "    regexes_to_ignore: ['(a+)+$']\n")
        record = self.record()
        self.assertIn("a pattern of regexes_to_ignore ran out of time or memory on 1 of 2 answers, which count as wrong",
                      " ".join(record["warnings"]))
        self.assertEqual(record["metrics"]["exact_match"]["n"], 2)

    def test_a_choice_filter_that_runs_out_of_time_is_told(self):
        self.task([{"q": "Once upon a time", "a": "(A)", "choices": ["a" * 40 + "!", "b"]}],
                  "filter_list:\n  - name: f\n    filter:\n      - function: multi_choice_regex\n        regex_pattern: 'no such (x)'\n"
                  "        regexes_to_ignore: ['(a+)+$']\n      - function: take_first\n")
        record = self.record()
        self.assertIn("ran out of time or memory on 1 of 1 answers, which count as unparsed", " ".join(record["warnings"]))

    def test_the_same_answers_every_time_and_at_every_batch_size(self):
        self.task(QUESTIONS * 5)
        answers = []
        for size in ("1", "3", "3"):
            found = self.doctor("--limit", "25", "--accuracy-batch-size", size)
            raw = found["tasks"][0]["ways"][0]
            answers.append([item["content"]["resps"] for item in raw["items"]])
        self.assertEqual(len(answers[0]), 25)
        self.assertEqual(answers[1], answers[2])
        self.assertEqual(answers[0], answers[1])

    def test_a_thought_without_an_end_is_neither_right_nor_wrong(self):
        template = "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<think>{% endif %}{# </think> #}"
        self.task(QUESTIONS)
        record = self.record("--apply-chat-template", model=self.model(template))
        self.assertEqual(self.count_of(record, "incomplete"), 5)
        self.assertNotIn("exact_match", record["metrics"])
        self.assertIn("inside their block of thought", " ".join(record["warnings"]))
        self.assert_ok(self.run_task("--apply-chat-template", "--think-end-token", "off", "--store", "off.db", model="m.gguf"))
        self.assertEqual(self.count_of(self.records("off.db")[0], "incomplete"), 0)


class ChatTemplateTest(GenerationCase):
    def refused(self, template, *says, env=None):
        done = self.run_task("--apply-chat-template", model=self.model(template), env=env)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        for part in says:
            self.assertIn(part, done.stdout + done.stderr)

    def test_missing_or_wrong(self):
        self.task(QUESTIONS)
        self.refused(None, "no chat template")
        self.refused("{% for m in messages %}", "not valid Jinja")
        self.refused("{{ raise_exception('roles must alternate') }}", "roles must alternate")
        done = self.run_task("--apply-chat-template", "--chat-template", "tool_use")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("tool_use", done.stdout + done.stderr)

    def test_an_item_that_the_template_refuses_fails_alone(self):
        self.task([{"q": "Hi", "a": "x"}, {"q": "a BAD word", "a": "x"}])
        template = ("{% for m in messages %}{% if 'BAD' in m.content %}{{ raise_exception('no such words') }}{% endif %}"
                    "{{ m.content }}{% endfor %}")
        done = self.run_task("--apply-chat-template", model=self.model(template))
        self.assertEqual(done.returncode, 1, done.stderr)
        record = self.records()[0]
        self.assertEqual(record["metrics"]["failed"]["value"], 1)
        self.assertIn("1 of 2 items failed; the scores are over the others. Item 1: ", " ".join(record["warnings"]))
        self.assertIn("no such words", " ".join(record["warnings"]))

    def test_endless(self):
        self.task(QUESTIONS)
        self.refused("{% for i in range(1000000000) %}x{% endfor %}", "range()")
        self.refused("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "chat template")
        self.refused("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "chat template", env=mortal_environment())

    @unittest.skipIf(SANITIZED, "the sanitizers' own memory cannot be limited")
    def test_output_that_fills_the_memory(self):
        self.task(QUESTIONS)
        doubled = "{% set ns = namespace(s='xxxxxxxxxx') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}"
        self.refused(doubled, "template")

    def test_a_refused_system_message_is_left_out_and_told(self):
        self.task(QUESTIONS)
        template = ("{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
                    "{% for m in messages %}{{ m.content }}{% endfor %}")
        record = self.record("--apply-chat-template", "--system-instruction", "Be brief.", model=self.model(template))
        self.assertIn("left out the system message of 5 of 5 items", " ".join(record["warnings"]))


class DoctorTest(GenerationCase):
    def test_three_ways_of_asking(self):
        self.task([{"q": "<|im_end|> is text here", "a": "x"}])
        found = self.doctor()
        ways = found["tasks"][0]["ways"]
        self.assertEqual([way["way"] for way in ways], ["raw", "chat template", "chat template + system prompt"])
        raw, chat, system = (way["items"][0]["content"] for way in ways)
        self.assertEqual(raw["context"], "<|im_end|> is text here")
        self.assertEqual(chat["context"], "<|im_start|>user\n<|im_end|> is text here<|im_end|>\n<|im_start|>assistant\n")
        self.assertIn("You are a helpful assistant.", system["context"])
        self.assertEqual(chat["first_tokens"][0]["id"], IM_START)
        # The template's marks are special tokens, the same text in the data is not.
        self.assertNotIn(IM_END, [token["id"] for token in raw["first_tokens"] + chat["first_tokens"]])

    def test_warns_of_a_doubled_start_and_of_a_missing_template(self):
        self.task(QUESTIONS)
        twice = "{{ bos_token }}{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
        ways = self.doctor(model=self.model(twice))["tasks"][0]["ways"]
        self.assertIn("5 of 5 prompts begin with the same token twice (double BOS)", ways[1]["warnings"])
        found = self.doctor(model=self.model(None))
        self.assertIn("no chat template", " ".join(found["warnings"]))
        self.assertEqual([way["way"] for way in found["tasks"][0]["ways"]], ["raw", "raw + system prompt"])

    def test_pages(self):
        self.task(QUESTIONS)
        for form, says in (("table", "as the model saw it"), ("md", "### mine, raw")):
            done = self.bantam("tasks", "doctor", "embedded:nano", "--tasks", "mine", "--include-path", ".", "--threads", "1", "-o", form)
            self.assert_ok(done)
            self.assertIn(says, done.stdout)
            self.assertIn("<|im_start|>user", done.stdout)

    def test_unknown_names(self):
        self.task(QUESTIONS)
        self.assertEqual(self.bantam("tasks", "doctor", "embedded:nano", "--tasks", "nothing").returncode, 2)
        self.assertEqual(self.bantam("tasks", "doctor", "nothing.gguf", "--tasks", "nano_qa").returncode, 3)


if __name__ == "__main__":
    unittest.main()
