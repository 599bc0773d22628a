"""Odd tasks, answers and names that no other test of the binary shows. Of the list of faults, rows 37 to 39 stand in
suite_test.py, 41 to 43 and 46 to 49 in generation_test.py, what bantam tasks validate says of 38, 40 and 44 in tasks_test.py;
here are 40, 44, 45 and 50 to 53 as a run meets them."""
import json
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file as gguf  # noqa: E402
from cli_support import ROOT, UNDISTURBED, CliTest  # noqa: E402

NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
DATA = """task: mine
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl, train: train.jsonl}}
test_split: test
doc_to_text: "{{q}}"
doc_to_target: "{{a}}"
"""
CHOICE = DATA + "output_type: multiple_choice\ndoc_to_choice: '{{c}}'\n"
ANSWER = DATA + """output_type: generate_until
generation_kwargs: {until: ["%s"], max_gen_toks: %d}
metric_list: [{metric: exact_match}]
"""
BEGIN = "Once upon a time"
# Of the tokenizer's alphabet: what the bytes 0xC3, 0xA9 and 0x1B are written as.
BYTE_C3, BYTE_A9, ESCAPE = "\u00c3", "\u00a9", "\u011b"


def token_texts(raw: bytes) -> list:
    (count,), at, found = struct.unpack("<Q", raw[4:12]), 12, []
    for _ in range(count):
        (length,) = struct.unpack("<Q", raw[at:at + 8])
        found.append(raw[at + 8:at + 8 + length].decode())
        at += 8 + length
    return found


class OddCase(CliTest):
    def task(self, text, rows, examples=({"q": "fire", "a": 0, "c": ["hot", "cold"]},)):
        (self.folder / "mine.yaml").write_text(text, encoding="utf-8")
        for name, content in (("rows.jsonl", rows), ("train.jsonl", examples)):
            (self.folder / name).write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")

    def run_task(self, *more, model="embedded:nano"):
        return self.bantam("run", "--models", model, "--precisions", "fp16", "--tasks", "accuracy", "--accuracy-tasks", "mine",
                           "--include-path", ".", "-t", "1", *more, timeout=120)

    def record(self, *more, model="embedded:nano"):
        self.assert_ok(self.run_task(*more, model=model))
        return self.records()[0]

    def refused(self, *words):
        done = self.run_task()
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def answer(self, stop="###", tokens=12, model="embedded:nano"):
        """What the model writes behind BEGIN, as it stands in the doctor's JSON."""
        self.task(ANSWER % (stop, tokens), [{"q": BEGIN, "a": "x"}])
        done = self.bantam("tasks", "doctor", model, "--tasks", "mine", "--include-path", ".", "-t", "1", "-o", "json")
        self.assert_ok(done)
        return json.loads(done.stdout)["tasks"][0]["ways"][0]["items"][0]["content"]["resps"][0]

    def first_two_tokens(self):
        one, two = self.answer(tokens=1), self.answer(tokens=2)
        self.assertTrue(two.startswith(one) and one and two != one, (one, two))
        return one, two[len(one):]

    def model(self, change):
        """nano with other texts of tokens or other keys: `change` gets the file and the list of its tokens."""
        content = gguf.read(NANO.read_bytes())
        tokens = token_texts({key[0]: key[2] for key in content.keys}["tokenizer.ggml.tokens"])
        change(content, tokens)
        content.key("tokenizer.ggml.tokens", gguf.ARRAY, gguf.texts(tokens))
        (self.folder / "m.gguf").write_bytes(content.bytes())
        return "m.gguf"

    def writing(self, *swaps):
        """nano that writes other bytes in place of some tokens."""
        def change(_, tokens):
            for text, other in swaps:
                i, j = tokens.index(text.replace(" ", "\u0120")), tokens.index(other)
                tokens[i], tokens[j] = tokens[j], tokens[i]
        return self.model(change)


class ChoiceTest(OddCase):
    """Rows 40 and 44."""

    def test_no_choices(self):
        self.task(CHOICE, [{"q": "sea", "a": 0, "c": ["wet", "dry"]}, {"q": "sky", "a": 0, "c": []}])
        self.refused("item 1 (rows.jsonl, line 2)", "the list of choices is empty")

    def test_one_choice_is_right_and_said_so(self):
        self.task(CHOICE, [{"q": "sea", "a": 0, "c": ["wet"]}, {"q": "sky", "a": 0, "c": ["blue"]}])
        record = self.record()
        self.assertEqual(record["metrics"]["acc"]["value"], 1.0)
        self.assertIn("2 of 2 items have one choice only", " ".join(record["warnings"]))
        self.assertIn("cannot be told from guessing (1.000)", " ".join(record["warnings"]))

    def test_of_equal_choices_the_first_counts(self):
        rows = [{"q": "sea", "a": a, "c": ["wet"] * 3} for a in (0, 1, 2, 0)]
        self.task(CHOICE, rows)
        record = self.record()
        self.assertEqual(record["metrics"]["acc"]["value"], 0.5)
        self.assertEqual(record["metrics"]["acc_norm"]["value"], 0.5)
        self.assertIn("4 of 4 items have equal choices; on a tie the first one counts", " ".join(record["warnings"]))

    def test_a_hundred_choices(self):
        choices = [f"number {i}" for i in range(100)]
        self.task(CHOICE, [{"q": "pick", "a": 99, "c": choices}, {"q": "take", "a": 0, "c": choices}])
        record = self.record()
        self.assertEqual(record["status"], "ok")
        self.assertIn("guessing (0.010)", " ".join(record["warnings"]))

    def test_a_choice_without_tokens(self):
        self.task(CHOICE + 'target_delimiter: ""\n', [{"q": "sea", "a": 0, "c": ["wet", ""]}])
        self.refused("item 0 (rows.jsonl, line 1)", "has no tokens of its own", "target_delimiter")

    def test_too_few_examples(self):
        self.task(CHOICE + "fewshot_split: train\nnum_fewshot: 3\n", [{"q": "sea", "a": 0, "c": ["wet", "dry"]}])
        self.refused("num_fewshot 3 needs 3 rows to draw examples from, found 1", "lower --num-fewshot")

    def test_items_among_their_own_examples(self):
        rows = [{"q": "sea", "a": 0, "c": ["wet", "dry"]}, {"q": "sky", "a": 1, "c": ["red", "blue"]}]
        self.task(CHOICE + "fewshot_split: train\nnum_fewshot: 1\nfewshot_config: {sampler: first_n}\n", rows, rows[:1])
        self.assertIn("1 of 2 items stand among their own examples", " ".join(self.record()["warnings"]))


class PatternTest(OddCase):
    """Row 45."""

    def test_a_pattern_that_would_take_for_ever_gives_up(self):
        steps = '[{function: regex, regex_pattern: "^(([a-zA-Z .,]+)+)+#$"}, {function: take_first}]'
        self.task(ANSWER % ("###", 40) + f"filter_list: [{{name: slow, filter: {steps}}}]\n", [{"q": BEGIN, "a": "x"}] * 2)
        record = self.record()
        self.assertEqual(record["metrics"]["unparsed"]["value"], 2)
        self.assertIn("pattern ran out of time or memory on 2 of 2 answers", " ".join(record["warnings"]))

    def test_a_pattern_without_a_match_is_unparsed_and_no_more(self):
        steps = '[{function: regex, regex_pattern: "no such text"}, {function: take_first}]'
        self.task(ANSWER % ("###", 4) + f"filter_list: [{{name: none, filter: {steps}}}]\n", [{"q": BEGIN, "a": "x"}])
        record = self.record()
        self.assertEqual(record["metrics"]["unparsed"]["value"], 1)
        self.assertNotIn("ran out of", " ".join(record["warnings"]))


class FirstTokenTest(OddCase):
    """Row 50: the model ends before it has written anything."""

    def ending(self):
        first, _ = self.first_two_tokens()

        def change(content, tokens):
            end = tokens.index(first.replace(" ", "\u0120"))
            content.key("tokenizer.ggml.eos_token_id", gguf.U32, gguf.u32(end))
        return self.model(change)

    def test_times_are_absent_with_a_reason(self):
        done = self.bantam("run", "--models", self.ending(), *UNDISTURBED, "--precisions", "fp16", "--tasks", "performance", "-t", "1",
                           "--num-warmup", "1", "--num-runs", "2", "--max-new-tokens", "8", "--batch-size", "1", "--prompt", BEGIN,
                           "--no-ignore-eos")
        self.assert_ok(done)
        record = self.records()[0]
        self.assertEqual(record["metrics"]["output_tokens"]["value"], 0)
        for metric, why in (("tpot_s", "no request gave two tokens"), ("ttft_s", "no request gave a token"),
                            ("output_tokens_per_s", "no request gave a token")):
            self.assertNotIn(metric, record["metrics"])
            self.assertEqual(record["absent"][metric], why)

    def test_an_answer_without_tokens_is_empty_not_unparsed(self):
        model = self.ending()
        self.task(ANSWER % ("###", 8), [{"q": BEGIN, "a": "x"}])
        record = self.record(model=model)
        self.assertEqual([record["metrics"][key]["value"] for key in ("empty", "answer_truncated", "unparsed")], [1, 0, 0])
        self.assertIn("every answer is empty", " ".join(record["warnings"]))


class TextTest(OddCase):
    """Rows 51 to 53."""

    def test_a_character_that_two_tokens_share(self):
        first, second = self.first_two_tokens()
        model = self.writing((first, BYTE_C3), (second, BYTE_A9))
        self.assertTrue(self.answer(model=model).startswith("\u00e9"))
        self.assertEqual(self.answer(stop="\u00e9", model=model), "")

    def test_half_a_character_is_one_replacement_character_everywhere(self):
        first, second = self.first_two_tokens()
        model = self.writing((first, BYTE_C3))
        self.assertTrue(self.answer(model=model).startswith("\ufffd" + second))
        self.assert_ok(self.run_task(model=model))
        self.assert_ok(self.bantam("export", "lm-eval", "--store", "bantam.db", "--output-path", "out"))
        (samples,) = (self.folder / "out").rglob("samples_*.jsonl")
        written = json.loads(samples.read_bytes().decode("utf-8"))
        self.assertTrue(written["resps"][0][0].startswith("\ufffd" + second))

    def test_terminal_escapes_of_the_model_stay_text(self):
        first, _ = self.first_two_tokens()
        model = self.writing((first, ESCAPE))
        self.task(ANSWER % ("###", 8), [{"q": BEGIN, "a": "\x1b[31mred"}])
        for command in (("doctor", model, "--tasks", "mine"), ("show", "mine")):
            done = self.bantam("tasks", *command, "--include-path", ".")
            self.assert_ok(done)
            self.assertNotIn("\x1b", done.stdout)
            self.assertIn("1b", done.stdout)

    def test_names_that_are_code_elsewhere(self):
        name = "=cmd()<script>x\x1b[31m"
        (self.folder / f"{name}.gguf").write_bytes(NANO.read_bytes())
        self.task(ANSWER % ("###", 4), [{"q": BEGIN, "a": "x"}])
        done = self.run_task(model=f"{name}.gguf")
        self.assert_ok(done)
        pages = {form: self.bantam("analyze", "-o", form).stdout for form in ("table", "md", "csv")}
        self.assertNotIn("\x1b", done.stdout + done.stderr + pages["table"] + pages["md"])
        self.assertNotIn("<script>", pages["md"])
        self.assertIn("'=cmd()", pages["csv"])
        self.assertEqual(json.loads(self.bantam("analyze", "-o", "json").stdout)["records"][0]["model"], name)


if __name__ == "__main__":
    unittest.main()
