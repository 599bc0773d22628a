"""Encoders through the real binary: measured as such, and as judges of how alike two answers are."""
import json
import os
import unittest
from pathlib import Path

from cli_support import QUICK, CliTest

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
        done = self.bantam("run", "--models", MINILM, "--tasks", "performance", "--precisions", "fp32", "int8", "-t", "1",
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


if __name__ == "__main__":
    unittest.main()
