#!/usr/bin/env python3
"""The loop of engine programs (engines/protocol.py), by the toy engine, whose answers are known by hand."""
import base64
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tests/support/engine_program.py"


def answers(data, program=(str(PROGRAM),), toy=""):
    """The lines that come for these bytes, and what is said on standard error."""
    made = subprocess.run([sys.executable, *program], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=True,
                          env={**os.environ, "BANTAM_TOY": toy})
    return [json.loads(line) for line in made.stdout.splitlines()], made.stderr.decode()


class WithModel(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.settings({})

    def settings(self, values):
        (self.folder / "toy.json").write_text(json.dumps(values))

    def load(self, **changed):
        return {"do": "load", "model": str(self.folder), "precision": "native", "threads": 1, "context": 64, "streams": 2, **changed}

    def ask(self, *requests, **changed):
        """Lines after that of `load`."""
        lines, _ = answers(b"".join(json.dumps({"id": number, **one}).encode() + b"\n" for number, one in enumerate([self.load(**changed), *requests])))
        return lines[1:]

    def ok(self, request, **changed):
        return self.ask(request, **changed)[-1]["ok"]

    def refused(self, request, words, **changed):
        error = self.ask(request, **changed)[-1]["error"]
        self.assertEqual(error.get("kind"), "bad_input", error)
        self.assertIn(words, error["message"])


class Answers(WithModel):
    def test_generation_by_hand(self):
        # bos a b: x = (5*98 + 3*3 + 11) mod 96 = 30, so token 62; then (310 + 12 + 11) mod 96 = 45: 77; then (385 + 15 + 11) mod 96 = 27: 59.
        lines = self.ask({"do": "generate", "requests": [{"prompt": "ab"}], "max_new_tokens": 3})
        self.assertEqual(lines[:-1], [{"id": 1, "event": "prefilled", "request": 0}] + [
            {"id": 1, "event": "token", "request": 0, "token": token} for token in (62, 77, 59)])
        # Gaps at counts 3, 4, 5: 1.25, 2, 1.75.
        self.assertEqual(lines[-1], {"id": 1, "ok": {"answers": [
            {"prompt_tokens": [257, 97, 98], "text": ">M;", "finish": "length", "smallest_top2_gap": 1.25}]}})

    def test_log_likelihood_by_hand(self):
        # Count 3: logits 4 and 2.75, 256 zeros. Count 4 after another token than 62: the second logit is 2.
        first, second = (math.log(math.exp(4) + math.exp(logit) + 256) for logit in (2.75, 2))
        asked = [{"context": [257, 97, 98], "continuation": one} for one in ([62], [63], [0, 43])]
        scores = self.ok({"do": "loglikelihood", "requests": asked})["scores"]
        # After 0 at count 4, x = (0 + 12 + 11) mod 96 = 23: the favourite is 55, so 43 has the logit 0.
        for one, (total, greedy) in zip(scores, ((4 - first, True), (2.75 - first, False), (-first - second, False))):
            self.assertAlmostEqual(one[0], total, 12)
            self.assertEqual(one[1], greedy)

    def test_the_end_of_the_sequence(self):
        # 5*50 + 3*2 + 11 + shift = 267 + shift; with shift 20 mod 96 it is 95: eos.
        self.settings({"shift": 20, "adds_bos": False})
        request = {"do": "generate", "requests": [{"tokens": [1, 50]}], "max_new_tokens": 2}
        lines = self.ask(request)
        self.assertEqual([one.get("event") for one in lines], ["prefilled", None])
        self.assertEqual(lines[-1]["ok"]["answers"][0], {"prompt_tokens": [1, 50], "text": "", "finish": "stop", "smallest_top2_gap": 1.5})
        lines = self.ask({**request, "ignore_eos": True})
        # After eos: (5*256 + 9 + 11 + 20) mod 96 = 72: 104 "h".
        self.assertEqual([one.get("token") for one in lines], [None, 256, 104, None])
        self.assertEqual(lines[-1]["ok"]["answers"][0]["text"], "h")

    def test_a_stop_string_ends_with_its_last_token(self):
        lines = self.ask({"do": "generate", "requests": [{"prompt": "ab"}], "max_new_tokens": 9, "stop": ["M;"]})
        self.assertEqual(lines[-1]["ok"]["answers"][0]["text"], ">M;")
        self.assertEqual(lines[-1]["ok"]["answers"][0]["finish"], "stop")

    def test_special_tokens_and_wrapping(self):
        ask = {"do": "tokenize", "texts": ["a<eos>"]}
        self.assertEqual(self.ok(ask)["tokens"], [[97, *b"<eos>"]])
        self.assertEqual(self.ok({**ask, "special": True, "wrap": True})["tokens"], [[257, 97, 256, 256]])
        self.assertEqual(self.ok({"do": "detokenize", "tokens": [[257, 97, 256], []]})["texts"], ["a", ""])

    def test_classes_tags_and_vectors_by_hand(self):
        sequences = [[1, 2]]  # S = 3: 3 mod 7 - 3, 8 mod 7 - 3
        self.assertEqual(self.ok({"do": "classify", "sequences": sequences})["logits"], [[0, -2]])
        self.assertEqual(self.ok({"do": "tag", "sequences": sequences})["logits"], [[[-2, 3], [-1, -3]]])
        self.assertAlmostEqual(self.ok({"do": "embed", "sequences": sequences})["vectors"][0][0], 1.5 / 17, 12)

    def test_an_adapter_changes_the_model(self):
        adapter = self.folder / "adapter"
        adapter.mkdir()
        (adapter / "toy.json").write_text('{"shift": 1}')
        answer = self.ok({"do": "generate", "requests": [{"prompt": "ab"}], "max_new_tokens": 1}, adapter={"path": str(adapter), "merge": True})
        self.assertEqual(answer["answers"][0]["text"], "?")


PLAIN = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}


class Sequences(WithModel):
    def extend(self, tokens, restart=False, **members):
        return {"do": "extend", "tokens": tokens, "restart": restart, **members}

    def test_logits_by_hand(self):
        # After bos a b, the favourite is 62, at count 3; after 62 too, at count 4, it is 77 (see above).
        lines = self.ask(self.extend([257, 97], True), {"do": "memory"}, self.extend([98, 62], logits=True))
        self.assertEqual(lines[0]["ok"], {})
        values = struct.unpack(f"<{2 * 258}f", base64.b64decode(lines[2]["ok"]["logits"], validate=True))
        rows = [{token: value for token, value in enumerate(row) if value} for row in (values[:258], values[258:])]
        self.assertEqual(rows, [{62: 4.0, 63: 2.75}, {77: 4.0, 78: 2.0}])

    def test_what_ends_a_sequence(self):
        begin, go_on = self.extend([1], True), self.extend([1])
        for between in ({"do": "memory"}, {"do": "tokenize", "texts": ["a"]}, {"do": "detokenize", "tokens": [[97]]}, self.extend([258])):
            with self.subTest(between["do"]):
                self.assertEqual(self.ask(begin, between, go_on)[-1]["ok"], {})
        for between in ({"do": "hello", "protocol": 1}, {"do": "nothing"}, {"do": "generate", "requests": [], "max_new_tokens": 1}, self.load()):
            with self.subTest(between["do"]):
                self.assertIn("no sequence", self.ask(begin, between, go_on)[-1]["error"]["message"])

    def test_its_length(self):
        lines = self.ask(self.extend([1] * 60, True), self.extend([1] * 4), self.extend([1]), self.extend([1] * 64, True))
        self.assertEqual([one.get("ok") for one in lines], [{}, {}, None, {}])
        self.assertIn("needs 65 tokens, 64 is the longest", lines[2]["error"]["message"])
        self.assertIn("ok", self.ask(self.extend([1] * 512, True), context=2000)[0])
        self.assertIn("ok", self.ask(self.extend([1] * 32, True, logits=True))[0])

    def test_refusals(self):
        for request, words in ((self.extend([1]), "no sequence to continue"), (self.extend([], True), "is empty"),
                               (self.extend([1] * 513, True), "512 are the most"), (self.extend([1] * 33, True, logits=True), "32 are the most"),
                               (self.extend([258], True), "outside the vocabulary"), ({"do": "extend", "tokens": [1]}, "no member 'restart'"),
                               (self.extend([1], 1), "type int"), (self.extend("a", True), "type str"), (self.extend([True], True), "no list of token ids")):
            with self.subTest(words):
                self.refused(request, words, context=2000)
        self.settings({"abilities": ["generate"]})
        self.refused(self.extend([1], True), "has not the ability 'logits', only generate")


class Drawing(WithModel):
    def request(self, sampling, **one):
        return {"do": "generate", "requests": [{"prompt": "ab", **one}], "max_new_tokens": 3, "sampling": sampling}

    def test_a_token_that_is_left_alone_is_drawn(self):
        for changed in ({"temperature": 0.01}, {"top_k": 1}, {"top_p": 0}, {"min_p": 1.0}):
            answer = self.ok(self.request({**PLAIN, **changed}, seed=5))["answers"][0]
            self.assertEqual(answer, {"prompt_tokens": [257, 97, 98], "text": ">M;", "finish": "length", "smallest_top2_gap": 1.25})

    def test_refusals(self):
        for changed, words in (({"temperature": None}, "'temperature' of 'sampling' is no number"), ({"temperature": 0}, "a number above 0"),
                               ({"temperature": 10 ** 400}, "'temperature' of 'sampling'"), ({"top_p": True}, "'top_p' of 'sampling'"),
                               ({"top_p": 1.01}, "a number from 0 to 1"), ({"min_p": -0.01}, "a number from 0 to 1"),
                               ({"top_k": -1}, "'top_k' of 'sampling'"), ({"top_k": 1.0}, "'top_k' of 'sampling'")):
            with self.subTest(**changed):
                self.refused(self.request({**PLAIN, **changed}, seed=1), words)
        for seed in (None, -1, 1 << 53, 0.5):
            with self.subTest(seed=seed):
                self.refused(self.request(PLAIN, seed=seed), "the seed of request 0 is no whole number from 0 to 9007199254740991")
        self.refused(self.request("text", seed=1), "'sampling' is no object")
        self.assertIn("ok", self.ask(self.request(PLAIN, seed=(1 << 53) - 1))[-1])
        self.settings({"abilities": ["generate"]})
        self.refused(self.request(PLAIN, seed=1), "has not the ability 'sample', only generate")


class Refusals(WithModel):
    def test_what_is_at_fault_is_named(self):
        one = {"tokens": [1]}
        for request, words in (
                ({"do": "nothing"}, "'nothing' is not known"),
                ({"do": ["list"]}, "is not known"),
                ({"do": "generate", "requests": [one]}, "no member 'max_new_tokens'"),
                ({"do": "generate", "requests": [one] * 3, "max_new_tokens": 1}, "loaded for 2"),
                ({"do": "generate", "requests": [one], "max_new_tokens": 0}, "a number above 0"),
                ({"do": "generate", "requests": [one], "max_new_tokens": True}, "type bool"),
                ({"do": "generate", "requests": [one], "max_new_tokens": 1, "stop": [""]}, "stop string is empty"),
                ({"do": "generate", "requests": [one], "max_new_tokens": 65}, "needs 65 tokens, 64 is the longest"),
                ({"do": "generate", "requests": [{"tokens": [1], "prompt": ""}], "max_new_tokens": 1}, "either 'prompt' or 'tokens'"),
                ({"do": "generate", "requests": [{"tokens": [258]}], "max_new_tokens": 1}, "outside the vocabulary of 258"),
                ({"do": "generate", "requests": [{"tokens": [-1]}], "max_new_tokens": 1}, "outside the vocabulary"),
                ({"do": "generate", "requests": [{"tokens": [1.5]}], "max_new_tokens": 1}, "no list of token ids"),
                ({"do": "loglikelihood", "requests": [{"context": [], "continuation": [1]}]}, "the context of request 0 is empty"),
                ({"do": "loglikelihood", "requests": [{"context": [1] * 64, "continuation": [1, 1]}]}, "needs 65 tokens"),
                ({"do": "classify", "sequences": [[]]}, "sequence 0 is empty"),
                ({"do": "tokenize", "texts": ["\ud800"]}, "surrogate"),
                ({"do": "tokenize", "texts": [1]}, "a text is expected"),
                ({"do": "hello", "protocol": 2}, "version 2")):
            with self.subTest(words):
                self.refused(request, words)

    def test_the_longest_requests_are_answered(self):
        self.assertIn("ok", self.ask({"do": "loglikelihood", "requests": [{"context": [1] * 64, "continuation": [1]}]})[-1])
        self.assertIn("ok", self.ask({"do": "generate", "requests": [{"tokens": [1] * 64}], "max_new_tokens": 1})[-1])

    def test_a_model_without_the_ability(self):
        self.settings({"abilities": ["embed"]})
        self.refused({"do": "generate", "requests": [], "max_new_tokens": 1}, "has not the ability 'generate', only embed")

    def test_loading(self):
        for changed, words in (({"model": "/no/such"}, "/no/such: no such file or folder"), ({"precision": "int3"}, "only native, fp32"),
                               ({"streams": 0}, "'streams' is 0"), ({"adapter": {"merge": True}}, "no member 'path'")):
            with self.subTest(words):
                lines, _ = answers(json.dumps({"id": 1, **self.load(**changed)}).encode())
                self.assertEqual(lines[0]["error"]["kind"], "bad_input")
                self.assertIn(words, lines[0]["error"]["message"])

    def test_a_load_that_fails_leaves_no_model(self):
        lines = self.ask({**self.load(adapter={"path": "/"})}, {"do": "memory"})
        self.assertIn("no toy.json", lines[0]["error"]["message"])
        self.assertIn("no model is loaded", lines[1]["error"]["message"])


class Lines(WithModel):
    def test_lines_that_are_no_requests(self):
        bad = [b"{", b"[]", b"1", b"\xff\xfe", b'{"id": 1', b'{"do": "memory"}', b'{"id": "x", "do": "memory"}', b'{"id": true}', b'{"id": NaN}', b"[" * 100000,
               b"9" * 10000]
        lines, _ = answers(b"\n".join(bad) + b'\n\n{"id": 5, "do": "hello", "protocol": 1}')
        self.assertEqual([(one["id"], one["error"]["kind"]) for one in lines[:-1]], [(None, "bad_input")] * len(bad))
        self.assertEqual((lines[-1]["id"], lines[-1]["ok"]["protocol"]), (5, 1))

    def test_a_line_that_is_too_long_is_passed_over(self):
        inner = (64 << 20) - len('{"id": 1, "x": ""}')
        fits, over = (b'{"id": 1, "x": "' + b"x" * count + b'"}\n' for count in (inner, inner + 1))
        lines, _ = answers(over + fits + b'{"id": 2, "do": "hello", "protocol": 1}\n')
        self.assertEqual(lines[0], {"id": None, "error": {"message": "a line is longer than 67108864 bytes", "kind": "bad_input"}})
        self.assertIn("the request None is not known", lines[1]["error"]["message"])
        self.assertEqual(lines[2]["ok"]["protocol"], 1)

    def test_prints_do_not_reach_the_answers(self):
        code = f"""
import os, subprocess, sys
sys.path.insert(0, {str(ROOT / "engines")!r})
import protocol

class Noisy(protocol.Program):
    name = version = "noisy"

    def precisions(self):
        print("by print", flush=True)
        os.write(1, b"by its descriptor")
        subprocess.run(["echo", "by a child"])
        return []

    def packages(self):
        raise SystemExit("a library wants to leave")

sys.exit(protocol.serve(Noisy()))
"""
        lines, said = answers(b'{"id": 1, "do": "hello", "protocol": 1}\n' * 2, ("-c", code))
        self.assertEqual(lines, [{"id": 1, "error": {"message": "SystemExit: a library wants to leave"}}] * 2)
        for words in ("by print", "by its descriptor", "by a child"):
            self.assertIn(words, said)

    def test_numbers_that_are_not_finite_are_an_error(self):
        code = f"import sys; sys.path.insert(0, {str(PROGRAM.parent)!r}); import engine_program as toy; sys.exit(toy.protocol.serve(toy.Toy()))"
        asked = [self.load(), {"do": "classify", "sequences": [[1]]}, {"do": "memory"}]
        lines, _ = answers(b"".join(json.dumps({"id": number, **one}).encode() + b"\n" for number, one in enumerate(asked)), ("-c", code), "nan")
        self.assertIn("not finite", lines[1]["error"]["message"])
        self.assertIn("ok", lines[2])


if __name__ == "__main__":
    unittest.main()
