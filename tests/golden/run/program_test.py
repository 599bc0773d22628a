"""Models in a program of its own: figures against the toy's schedule and rule, and programs that misbehave."""
import json
import math
import shlex
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from support.cli_support import ROOT, UNDISTURBED, CliTest, environment, wait_until  # noqa: E402

TOY = ["python3", str(ROOT / "tests/support/engine_program.py")]
TOKENS = 12
ONCE = ["--tasks", "performance", "--num-warmup", "1", "--num-runs", "6", "--rounds", "2", "--max-new-tokens", TOKENS,
        "--batch-size", "2", *UNDISTURBED]

# The rule of the toy, as its head says; the eos is 256, bos 257.


def favourite(last, count):
    place = (5 * last + 3 * count + 11) % 96
    return 256 if place == 95 else 32 + place


def log_probability(sequence, token):
    count = len(sequence)
    best, second = favourite(sequence[-1], count), 2 + (count % 4) / 4
    logit = 4 if token == best else second if token == (best + 1) % 258 else 0
    return logit - math.log(math.exp(4) + math.exp(second) + 256)


def log_likelihood(context, continuation):
    sequence, total = [257, *context.encode()], 0.0
    for token in continuation.encode():
        total += log_probability(sequence, token)
        sequence.append(token)
    return total


class ProgramTest(CliTest):
    def setUp(self):
        super().setUp()
        self.model = self.folder / "toy"
        self.model.mkdir()
        (self.model / "toy.json").write_text("{}")

    def run_toy(self, *more, toy="", models="toy"):
        return self.bantam("run", "--engine", "process", "--engine-command", json.dumps(TOY), "--models", models, *more,
                           env=environment(BANTAM_TOY=toy))

    def failure_of(self, toy, *more):
        """What a run says of a program that misbehaves: a failed cell without a figure."""
        done = self.run_toy(*ONCE, *more, toy=toy)
        self.assertNotEqual(done.returncode, 0)
        record = self.record()
        self.assertEqual(record["status"], "failed")
        self.assertEqual(record.get("metrics", {}), {})
        return record["failure"]["message"]

    def test_figures_are_those_of_the_programs_schedule(self):
        self.assert_ok(self.run_toy(*ONCE, toy="slow_token_ms=20"))
        record = self.record()
        self.assertEqual((record["model"], record["precision"], record["status"]), ("toy", "native", "ok"))
        values = self.values(record)
        # A stamp is never early; how late it is is up to a busy machine.
        self.assertGreater(values["tpot_s"], 0.02)
        self.assertAlmostEqual(values["tpot_s"], 0.02, delta=0.005)
        self.assertGreater(values["ttft_s"], 0.02)
        self.assertLess(values["ttft_s"], 0.08)
        self.assertEqual(values["output_tokens"], TOKENS)
        self.assertEqual(values["parameters"], 258)
        self.assertEqual(values["weight_bytes"], 4 * 258)
        self.assertEqual(values["file_bytes"], 2)
        self.assertEqual(record["engine"]["name"], "toy")
        self.assertEqual(record["engine"]["packages"], {"toy": "1.0"})
        # Python alone takes some MB, which the worker has not.
        self.assertGreater(values["private_peak_bytes"], 4e6)

    def test_the_same_command_measures_once(self):
        self.assert_ok(self.run_toy(*ONCE))
        again = self.run_toy(*ONCE)
        self.assert_ok(again)
        self.assertEqual(self.count("attempts"), 1)
        (self.model / "toy.json").write_text('{"shift": 3}')
        self.assert_ok(self.run_toy(*ONCE))
        self.assertEqual(self.count("attempts"), 2)

    def test_a_precision_that_it_cannot_load_is_skipped(self):
        self.assert_ok(self.run_toy(*ONCE, "--precisions", "fp32,int4"))
        states = {record["precision"]: record for record in self.records()}
        self.assertEqual(states["fp32"]["status"], "ok")
        self.assertEqual(states["int4"]["status"], "skipped")
        self.assertIn("the engine program toy loads native, fp32, not int4", json.dumps(states["int4"]))

    def test_choices_are_scored_by_its_log_likelihoods(self):
        rows = [{"text": f"word {i}:", "label": i % 3} for i in range(12)]
        choices = [" red", " green", " a blue one"]
        self.write_task("colours", "output_type: multiple_choice\ndoc_to_text: \"{{text}}\"\ndoc_to_choice: [red, green, a blue one]\n"
                                   "doc_to_target: label\nmetric_list:\n  - metric: acc\n  - metric: acc_norm\n", rows)
        self.assert_ok(self.run_toy("--tasks", "accuracy", "--accuracy-tasks", "colours", "--include-path", "."))
        right = {"acc": 0, "acc_norm": 0}
        for row in rows:
            scores = [log_likelihood(row["text"], choice) for choice in choices]
            right["acc"] += scores.index(max(scores)) == row["label"]
            normed = [score / (len(choice) - 1) for score, choice in zip(scores, choices)]
            right["acc_norm"] += normed.index(max(normed)) == row["label"]
        values = self.values(self.record())
        for metric, count in right.items():
            self.assertAlmostEqual(values[metric], count / len(rows), places=12)

    def test_written_answers_are_the_programs(self):
        rows = [{"text": "ab", "answer": None}, {"text": "q", "answer": None}]
        for row in rows:
            sequence = [257, *row["text"].encode()]
            start = len(sequence)
            while len(sequence) < start + 6 and sequence[-1] != 256:
                sequence.append(favourite(sequence[-1], len(sequence)))
            row["answer"] = bytes(token for token in sequence[start:] if token < 256).decode()
        rows[1]["answer"] += "wrong"
        self.write_task("written", "output_type: generate_until\ndoc_to_text: \"{{text}}\"\ndoc_to_target: \"{{answer}}\"\n"
                                   "generation_kwargs:\n  until: [\"never\"]\n  max_gen_toks: 6\nmetric_list:\n  - metric: exact_match\n", rows)
        self.assert_ok(self.run_toy("--tasks", "accuracy", "--accuracy-tasks", "written", "--include-path", "."))
        values = self.values(self.record())
        self.assertEqual(values["exact_match"], 0.5)

    def test_a_classifier_is_asked_for_its_labels(self):
        (self.model / "toy.json").write_text('{"labels": ["bad", "good"], "abilities": ["classify"]}')
        texts = ["a", "bc", "def", "gh", "ijk"]

        def label(text):
            total = 257 + sum(text.encode()) + 256
            return max((0, 1), key=lambda k: (total + 5 * k) % 7 - 3)
        rows = [{"text": text, "label": label(text)} for text in texts]
        rows[0]["label"] = 1 - rows[0]["label"]
        self.write_task("moods", "output_type: multiple_choice\ndoc_to_text: \"{{text}}\"\ndoc_to_choice: [bad, good]\n"
                                 "doc_to_target: label\nmetric_list:\n  - metric: acc\n", rows)
        self.assert_ok(self.run_toy("--tasks", "accuracy", "--accuracy-tasks", "moods", "--include-path", "."))
        values = self.values(self.record())
        self.assertAlmostEqual(values["acc"], 0.8)

    def test_what_needs_another_ability_is_skipped(self):
        self.assert_ok(self.run_toy("--tasks", "resources"))
        self.assertEqual(self.record()["status"], "skipped")
        self.assertIn("what an engine program takes of the processor is not counted", json.dumps(self.record()))

    def test_fidelity_follows_from_its_logits(self):
        text, size = "A text that is long enough for two chunks of tokens, which are bytes here. " * 2, 64
        (self.folder / "text.txt").write_text(text)
        self.assert_ok(self.run_toy("--tasks", "fidelity", "--precisions", "native,fp32", "--base-precision", "fp32", "--fidelity-text", "text.txt",
                                    "--fidelity-context", size, "--fidelity-chunks", "2"))
        tokens, total = [257, *text.encode()], 0.0
        for begin in (0, size):
            chunk = [257, *tokens[begin + 1:begin + size]]
            for at in range(size // 2 + 1, size):
                total += log_probability(chunk[:at], chunk[at])
        states = {record["precision"]: self.values(record) for record in self.records()}
        expected = math.exp(-total / (2 * (size // 2 - 1)))
        for precision in ("native", "fp32"):
            self.assertAlmostEqual(states[precision]["chunk_perplexity"] / expected, 1, places=5)
        self.assertAlmostEqual(states["native"]["perplexity_ratio"], 1, places=9)
        self.assertNotIn("perplexity_ratio", states["fp32"])  # it is the base

    def test_drawn_answers_differ_and_can_be_had_again(self):
        rows = [{"text": "ab", "answer": "none"}] * 4
        self.write_task("drawn", "output_type: generate_until\ndoc_to_text: \"{{text}}\"\ndoc_to_target: \"{{answer}}\"\nrepeats: 3\n"
                                 "generation_kwargs:\n  until: [\"never\"]\n  max_gen_toks: 8\n  do_sample: true\n  temperature: 2.0\n  top_k: 40\n"
                                 "metric_list:\n  - metric: exact_match\n", rows)
        answers = []
        for store, toy in (("one.db", ""), ("two.db", ""), ("cold.db", "same_draws")):
            self.assert_ok(self.run_toy("--tasks", "accuracy", "--accuracy-tasks", "drawn", "--include-path", ".", "--store", store, toy=toy))
            told = self.bantam("export", "jsonl", "--store", store, "--output-path", "-", "--items")
            lines = [json.loads(line) for line in told.stdout.splitlines()]
            answers.append([line["item"]["content"]["resps"] for line in lines if line["kind"] == "item"])
        self.assertEqual(answers[0], answers[1])
        self.assertEqual([len(resps) for resps in answers[0]], [3] * 4)
        self.assertGreater(len({text for resps in answers[0] for text in resps}), 6)
        self.assertEqual(len({text for resps in answers[2] for text in resps}), 1)  # each with the same seed

    def test_similarity_to_another_precision(self):
        self.assert_ok(self.run_toy("--tasks", "similarity", "--precisions", "native,fp32", "--base-precision", "fp32"))
        states = {record["precision"]: self.values(record) for record in self.records()}
        self.assertEqual(states["native"]["similarity_equal_answers"], 1.0)
        self.assertNotIn("similarity_equal_answers", states["fp32"])  # it is the base
        self.assertGreater(states["fp32"]["answer_memory_bytes"], 4e6)

    def test_answers_are_compared_with_another_engines(self):
        base = ["--tasks", "similarity", "--similarity-base", "llama:fp16:embedded:pico", "--similarity-new-tokens", "8"]
        self.assert_ok(self.run_toy(*base))
        values = self.values(self.record())
        self.assertEqual(values["similarity_equal_answers"], 0.0)
        self.assertEqual(values["similarity_equal_tokens"], 0.0)
        self.assertIn("toy    native, vs llama:fp16:embedded:pico", self.bantam("analyze").stdout)

    def test_a_named_base_gives_the_figures_of_the_usual_one(self):
        similarity = ["--precisions", "fp16,int4", "--tasks", "similarity", "--similarity-new-tokens", "24"]
        self.assert_ok(self.bantam("run", "embedded:nano", *similarity))
        usual = {record["precision"]: self.values(record) for record in self.records()}
        self.assert_ok(self.bantam("run", "embedded:nano", *similarity, "--similarity-base", "llama:fp16:embedded:nano", "--store", "named.db"))
        named = {record["precision"]: self.values(record) for record in self.records("named.db")}
        self.assertLess(usual["int4"]["similarity_equal_answers"], 1.0)
        for metric in ("similarity_equal_answers", "similarity_equal_tokens"):
            self.assertEqual(named["int4"][metric], usual["int4"][metric])
        self.assertEqual(named["fp16"]["similarity_equal_answers"], 1.0)

    def test_a_base_that_is_none_is_refused(self):
        for text, message in (("pico", "it has no three parts"), ("tgi:fp16:x", "its engine is none of"), ("llama:fp99:x", "fp99"),
                              ("llama:fp16:", "it names no model"), ("onnx:native:toy", "bantam engines setup onnx")):
            done = self.run_toy("--tasks", "similarity", "--similarity-base", text)
            self.assertIn(done.returncode, (2, 4), text)
            self.assertIn(message, done.stderr)

    def test_its_energy_is_measured_from_outside(self):
        self.assert_ok(self.run_toy("--tasks", "energy", "--tdp", "10", "--energy-source", "tdp", "--energy-sample-runs", "8", "--energy-idle", "0",
                                    "--rounds", "4", "--max-new-tokens", TOKENS, *UNDISTURBED, toy="slow_token_ms=20"))
        values = self.values(self.record())
        # A constant of 10 W by definition: 12 tokens of 20 ms and more take at least 2.4 J.
        self.assertGreater(values["energy_per_request_j"], 2.4)
        self.assertLess(values["energy_per_request_j"], 5)

    def test_it_stands_beside_a_file(self):
        self.assert_ok(self.run_toy(*ONCE))
        self.assert_ok(self.bantam("run", "embedded:pico", "--precisions", "fp16", *ONCE))
        done = self.bantam("analyze")
        self.assert_ok(done)
        for name in ("toy", "pico"):
            self.assertIn(name, done.stdout)

    def test_a_dry_run_starts_nothing_for_long(self):
        done = self.run_toy(*ONCE, "--dry-run")
        self.assert_ok(done)
        self.assertIn("a program loads its files", done.stdout)
        self.assertFalse((self.folder / "bantam.db").exists())

    def test_a_program_that_crashes_is_quoted(self):
        self.assertIn("toy: out of luck", self.failure_of("crash_in_generate"))

    def test_a_program_that_cannot_load(self):
        self.assertIn("toy: out of luck", self.failure_of("crash_at_load"))

    def test_a_program_that_hangs_is_killed(self):
        message = self.failure_of("hang", "--hang-timeout", "3")
        self.assertIn("3 s", message)

    def test_a_program_that_hangs_while_it_loads_is_killed(self):
        self.failure_of("hang_at_load", "--hang-timeout", "3")

    def test_a_program_that_floods(self):
        self.assertIn("a line of more than 67108864 bytes", self.failure_of("flood"))

    def test_a_program_that_writes_rubbish(self):
        self.assertIn("it wrote no JSON: Loading checkpoint shards", self.failure_of("rubbish"))

    def test_a_program_of_another_version_is_refused(self):
        done = self.run_toy(*ONCE, toy="old_protocol")
        self.assertEqual(done.returncode, 4)
        self.assertIn("it speaks version 0 of the protocol, not 1", done.stderr)

    def test_a_program_that_is_not_there_is_named(self):
        done = self.bantam("run", "--engine", "process", "--engine-command", "/no/such/engine", "--models", "toy", *ONCE)
        self.assertEqual(done.returncode, 4)
        self.assertIn("cannot start /no/such/engine", done.stderr)

    def test_a_model_that_is_not_there_is_named(self):
        done = self.run_toy(*ONCE, models="none")
        self.assertEqual(done.returncode, 2)
        self.assertIn("none: there is no such model", done.stderr)

    def test_the_program_ends_with_the_run(self):
        process = self.start("run", "--engine", "process", "--engine-command", json.dumps(TOY), "--models", "toy", *ONCE,
                             env=environment(BANTAM_TOY="hang"))

        def is_ours(process):
            try:
                command = (process / "cmdline").read_bytes()
                return b"engine_program.py" in command and b"\0run\0" not in command and (process / "cwd").resolve() == self.folder.resolve()
            except OSError:
                return False

        def programs():
            return [process for process in Path("/proc").glob("[0-9]*") if is_ours(process)]
        wait_until(programs)
        process.kill()
        process.wait()
        wait_until(lambda: not programs(), seconds=20)

    def test_options_that_mean_nothing_to_it_are_refused(self):
        for options, message in (((["--draft", "lookup"]), "does not decode speculatively"), ((["--n-prompt", "8"]), "llama-bench"),
                                 ((["--min-memory"]), "not searched for")):
            done = self.run_toy(*ONCE, *options)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn(message, done.stderr)

    def test_a_command_needs_its_engine(self):
        done = self.bantam("run", "--engine-command", shlex.join(TOY), "--models", "toy", *ONCE)
        self.assertEqual(done.returncode, 2)
        self.assertIn("add --engine process", done.stderr)


class EnginesTest(CliTest):
    def test_engines_are_listed_with_what_they_need(self):
        done = self.bantam("engines", "list")
        self.assert_ok(done)
        self.assertIn("bantam engines setup transformers", done.stdout)
        listed = json.loads(self.bantam("engines", "list", "-o", "json").stdout)
        self.assertEqual([engine["name"] for engine in listed], ["transformers", "onnx"])
        self.assertFalse(listed[0]["ready"])
        self.assertTrue(any(package.startswith("torch==") for package in listed[0]["packages"]))

    def test_an_engine_that_is_not_set_up_says_how(self):
        done = self.bantam("run", "--engine", "onnx", "--models", ".", "--tasks", "performance")
        self.assertEqual(done.returncode, 4)
        self.assertIn("bantam engines setup onnx", done.stderr)

    def test_setting_up_asks_first(self):
        done = self.bantam("engines", "setup", "onnx")
        self.assertEqual(done.returncode, 4)
        self.assertIn("--yes", done.stderr)
        self.assertIn("onnxruntime", done.stderr)

    def test_a_program_is_checked(self):
        (self.folder / "toy.json").write_text("{}")
        good = self.bantam("engines", "check", json.dumps(TOY), "--model", self.folder)
        self.assert_ok(good)
        self.assertIn("ok ", good.stdout)
        bad = self.bantam("engines", "check", json.dumps(TOY), "--model", self.folder, env=environment(BANTAM_TOY="positive"))
        self.assertEqual(bad.returncode, 3)
        self.assertIn("FAIL ", bad.stdout)


if __name__ == "__main__":
    unittest.main()
