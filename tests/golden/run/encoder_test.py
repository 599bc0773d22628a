"""Encoders through the real binary: measured as such, and as judges of how alike two answers are."""
import json
import os
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file  # noqa: E402
from cli_support import QUICK, UNDISTURBED, CliTest  # noqa: E402

MINILM = Path(os.environ.get("BANTAM_MINILM", "minilm.gguf"))
NO_MINILM = "needs all-MiniLM-L6-v2: tests/support/minilm.py could not make it"
NANO = ["run", "--models", "embedded:nano", "--tasks", "similarity", "--precisions", "fp16", "Q2_K", "-t", "1"]
SHORT = ["--similarity-new-tokens", "16"]


class SimilarityTest(CliTest):
    def record(self, precision):
        return next(r for r in self.records() if r["precision"] == precision)

    @unittest.skipUnless(MINILM.exists(), NO_MINILM)
    def test_cosines_of_answers_against_the_base(self):
        command = [*NANO, *SHORT, "--embedding-model", MINILM]
        self.assert_ok(self.bantam(*command))
        base, lossy = self.record("fp16"), self.record("Q2_K")
        self.assertIn("this is the base precision", base["absent"]["similarity_cosine"])
        metrics = lossy["metrics"]
        self.assertEqual(metrics["similarity_cosine"]["n"], 3)
        self.assertTrue(-1.0 <= metrics["similarity_cosine_min"]["value"] <= metrics["similarity_cosine"]["value"] <= 1.0)
        self.assertEqual(lossy["task_info"]["embedding_model"]["reference"], str(MINILM))
        for record in (base, lossy):
            for name in ("answer_tokens_per_s", "answer_latency_s", "answer_memory_bytes"):
                self.assertGreater(record["metrics"][name]["value"], 0.0, name)
        self.assertEqual(self.count("items"), 6)
        self.assertIn("nothing to do", self.bantam(*command).stderr)

    @unittest.skipUnless(MINILM.exists(), NO_MINILM)
    def test_the_same_weights_give_the_same_answers(self):
        self.assert_ok(self.bantam("run", "--models", "embedded:nano", "--tasks", "similarity", "--precisions", "fp32",
                                   "fp16", "-t", "1", *SHORT, "--embedding-model", MINILM))
        metrics = self.record("fp16")["metrics"]
        self.assertEqual(metrics["similarity_equal_answers"]["value"], 1.0)
        self.assertAlmostEqual(metrics["similarity_cosine_min"]["value"], 1.0, places=6)

    def test_without_an_embedding_model_tokens_are_compared(self):
        prompts = ["Once upon a time, there was", "2 plus 3, and then"]
        self.assert_ok(self.bantam(*NANO, *SHORT, "--similarity-prompts", *prompts))
        record = self.record("Q2_K")
        self.assertIn("--embedding-model", record["absent"]["similarity_cosine"])
        self.assertEqual(record["metrics"]["similarity_equal_tokens"]["n"], 2)
        self.assertEqual(record["settings"]["similarity"]["prompts"], prompts)

    def test_a_language_model_is_no_embedding_model(self):
        done = self.bantam(*NANO, "--embedding-model", "embedded:nano")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("not an embedding model", done.stderr)
        self.assertFalse((self.folder / "bantam.db").exists())


@unittest.skipUnless(MINILM.exists(), NO_MINILM)
class EncoderTest(CliTest):
    def test_sequences_in_place_of_tokens(self):
        done = self.bantam("run", *UNDISTURBED, "--models", MINILM, "--tasks", "performance", "--precisions", "fp32", "int8", "-t", "1",
                           *QUICK, "--n-prompt", "32")
        self.assert_ok(done)
        for record in self.records():
            self.assertEqual(record["metrics"]["prompt_tokens"]["value"], 32)
            for name in ("sequence_latency_s", "sequences_per_s", "load_warm_s"):
                self.assertGreater(record["metrics"][name]["value"], 0.0, name)
            self.assertNotIn("ttft_s", record["metrics"])
            self.assertEqual(record["absent"]["ttft_s"], "encoders generate no tokens")
            self.assertNotIn("nondeterministic", json.dumps(record.get("warnings", [])))

    def test_it_answers_no_questions(self):
        done = self.bantam("run", "--models", MINILM, "--tasks", "accuracy", "--accuracy-tasks", "nano_topic")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("cannot write any", done.stderr)


@unittest.skipUnless(MINILM.exists(), NO_MINILM)
class ClassifierTest(CliTest):
    """A head on all-MiniLM-L6-v2 whose two logits are one component of the [CLS] vector and its negative."""

    ROWS = ["A lovely film.", "Dull and far too long.", "The sea was calm.", "Rates rose by two points.", "He scored twice.",
            "A new chip for phones.", "Nobody came to the party.", "What a joy!", "I want my money back.", "It rained all day."]

    def write_model(self, labels, component=0, sign=1.0):
        model = gguf_file.read(MINILM.read_bytes())
        model.key("bert.classifier.output_labels", gguf_file.ARRAY, gguf_file.texts(labels))
        weights = [0.0] * 768
        weights[component], weights[384 + component] = sign, -sign
        model.tensor("cls.output.weight", (384, 2), gguf_file.F32, struct.pack("<768f", *weights))
        model.tensor("cls.output.bias", (2,), gguf_file.F32, struct.pack("<2f", 0.0, 0.0))
        path = self.folder / f"{'-'.join(label.strip() for label in labels)}{sign:+}.gguf"
        path.write_bytes(model.bytes())
        return path

    def write_task(self, **more):
        (self.folder / "rows.jsonl").write_text("".join(json.dumps({"text": text, "label": i % 2}) + "\n"
                                                        for i, text in enumerate(self.ROWS)))
        task = {"task": "mood", "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}}, "test_split": "test",
                "output_type": "multiple_choice", "doc_to_text": "{{text}}\nMood:", "doc_to_target": "label",
                "doc_to_choice": ["bad", "good"], "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
                "metadata": {"version": 1, "classifier_text": "text"}}
        (self.folder / "mood.yaml").write_text(json.dumps(task | more))

    def run_on(self, model, store):
        return self.bantam("run", *UNDISTURBED, "--models", f"m={model}", "--precisions", "fp32", "--tasks", "accuracy", "performance",
                           "--accuracy-tasks", "mood", "--include-path", ".", "--store", store, "-t", "1", *QUICK,
                           "--n-prompt", "16")

    def predicted(self, model):
        store = f"{model.stem}.db"
        self.assert_ok(self.run_on(model, store))
        items = json.loads(self.bantam("analyze", "--store", store, "-o", "json", "--items").stdout)["items"]
        return {item["doc_id"]: item["content"]["predicted"] for item in items}

    def test_labels_stand_for_choices_whatever_their_order(self):
        self.write_task()
        plain = self.predicted(self.write_model(["Bad", "good "]))
        self.assertEqual(set(plain.values()), {0, 1}, "the component has both signs on these texts")
        negative = self.predicted(self.write_model(["Bad", "good"], sign=-1.0))
        self.assertEqual(negative, {doc: 1 - answer for doc, answer in plain.items()})
        self.assertEqual(self.predicted(self.write_model(["GOOD", "BAD"], sign=-1.0)), plain)
        self.assertEqual(self.predicted(self.write_model(["LABEL_0", "LABEL_1"])), plain)
        records = {r["task"]: r for r in self.records("Bad-good+1.0.db")}
        right = sum(answer == doc % 2 for doc, answer in plain.items())
        self.assertEqual(records["mood"]["metrics"]["acc"]["value"], right / len(self.ROWS))
        self.assertIn("classification head", records["mood"]["absent"]["acc_norm"])
        self.assertEqual(records["mood"]["engine"]["head"], "linear")
        self.assertIn("leaves out of BERT", " ".join(records["mood"]["warnings"]))
        self.assertGreater(records["performance"]["metrics"]["sequence_latency_s"]["value"], 0.0)

    def test_other_labels_are_refused_by_name(self):
        self.write_task()
        done = self.run_on(self.write_model(["cats", "dogs"]), "s.db")
        self.assertEqual(done.returncode, 1, done.stderr)
        record = next(r for r in self.records("s.db") if r["task"] == "mood")
        self.assertIn("'bad' is none of the model's labels (cats, dogs)", record["failure"]["message"])

    def test_a_task_that_wants_text_is_skipped(self):
        self.write_task(output_type="generate_until", doc_to_choice=None, metric_list=[{"metric": "exact_match"}],
                        doc_to_target="{{label}}")
        self.assert_ok(self.run_on(self.write_model(["bad", "good"]), "s.db"))
        record = next(r for r in self.records("s.db") if r["task"] == "mood")
        self.assertEqual(record["status"], "skipped")
        self.assertIn("writes no text", record["reasons"][0])


if __name__ == "__main__":
    unittest.main()
