"""BERTScore and embedding cosines of a generation task through the real binary: after the answers, by an encoder."""
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CliTest, environment  # noqa: E402

MINILM = Path(os.environ.get("BANTAM_MINILM", "minilm.gguf"))
NO_MINILM = "needs all-MiniLM-L6-v2: tests/support/minilm.py could not make it"
PARTS = ("bertscore_precision", "bertscore_recall", "bertscore_f1")


class BertScoreTest(CliTest):
    """nano answers; what it says does not matter here."""

    def write_task(self, targets, metrics):
        rows = [{"q": f"The traveller number {i} said that", "a": target} for i, target in enumerate(targets)]
        (self.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (self.folder / "sayings.yaml").write_text(json.dumps({
            "task": "sayings", "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}}, "test_split": "test",
            "output_type": "generate_until", "doc_to_text": "{{q}}", "doc_to_target": "{{a}}",
            "generation_kwargs": {"until": ["\n"], "max_gen_toks": 6}, "metric_list": metrics}))

    def run_task(self, *more, store="s.db", env=None):
        return self.bantam("run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "accuracy", "-t", "1",
                           "--accuracy-tasks", "sayings", "--include-path", ".", "--store", store, *more, env=env)

    def record(self, store="s.db"):
        return self.records(store)[0]

    def items(self, store="s.db"):
        done = self.bantam("analyze", "--store", store, "-o", "json", "--items")
        return sorted(json.loads(done.stdout)["items"], key=lambda item: item["doc_id"])

    def test_without_an_embedding_model_the_other_metrics_stand(self):
        self.write_task(["it rains"] * 3, [{"metric": "rouge1"}, {"metric": "bertscore"}, {"metric": "embedding_cosine"}])
        self.assert_ok(self.run_task())
        record = self.record()
        self.assertIn("rouge1", record["metrics"])
        for name in (*PARTS, "embedding_cosine"):
            self.assertNotIn(name, record["metrics"])
            self.assertIn("--embedding-model", record["absent"][name])
        self.assertNotIn("encoder_truncated", record["metrics"])

    @unittest.skipUnless(MINILM.exists(), NO_MINILM)
    def test_an_answer_that_is_the_reference_scores_one(self):
        metrics = [{"metric": "bertscore", "num_layers": 5}, {"metric": "embedding_cosine"}]
        self.write_task(["it rains"] * 3, metrics)
        self.assert_ok(self.run_task(store="first.db"))
        answers = [item["content"]["filtered_resps"]["none"][0] for item in self.items("first.db")]
        self.assertTrue(all(answer.strip() for answer in answers), answers)
        # The last reference is longer than the encoder's 512 tokens.
        self.write_task([*answers[:2], "it rains " * 400], metrics)
        self.assert_ok(self.run_task("--embedding-model", MINILM))
        first, second, third = self.items()
        for item in (first, second):
            for name in (*PARTS, "embedding_cosine"):
                self.assertAlmostEqual(item["metrics"][name], 1.0, places=5)
        self.assertLess(third["metrics"]["bertscore_f1"], 0.99)
        record = self.record()
        mean = sum(item["metrics"]["bertscore_f1"] for item in (first, second, third)) / 3
        self.assertAlmostEqual(record["metrics"]["bertscore_f1"]["value"], mean, places=9)
        self.assertEqual(record["metrics"]["encoder_truncated"], {"value": 1.0, "n": 3})
        self.assertIn("1 of 3 answers or their references", " ".join(record["warnings"]))
        encoder = record["task_info"]["embedding_model"]
        self.assertEqual(encoder["bertscore"]["sayings"], {"name": "bertscore_all-MiniLM-L6-v2_L5", "layer": 5, "layers": 6,
                                                           "idf": False, "rescaled": False})
        self.assertEqual(encoder["reference"], str(MINILM))

    @unittest.skipUnless(MINILM.exists(), NO_MINILM)
    def test_killed_while_comparing_it_goes_on(self):
        self.write_task([f"it rains on day {i}" for i in range(70)], [{"metric": "bertscore", "idf": True}])
        whole = self.run_task("--embedding-model", MINILM, store="whole.db")
        self.assert_ok(whole)
        drill = environment(BANTAM_DRILL="compare/1=SIGKILL")
        killed = self.run_task("--embedding-model", MINILM, env=drill)
        self.assertEqual(killed.returncode, 7, killed.stderr)
        self.assertIn(str(MINILM), self.record()["failure"]["message"])
        self.assertEqual(sum("bertscore_f1" in item["metrics"] for item in self.items()), 64)
        self.assert_ok(self.run_task("--embedding-model", MINILM, "--retry"))
        self.assertEqual(self.items(), self.items("whole.db"))
        self.assertEqual(self.record()["metrics"], self.record("whole.db")["metrics"])

    @unittest.skipUnless(MINILM.exists(), NO_MINILM)
    def test_a_layer_that_the_encoder_does_not_have(self):
        self.write_task(["it rains"], [{"metric": "bertscore", "num_layers": 7}])
        done = self.run_task("--embedding-model", MINILM)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("the model has no layer 7", self.record()["failure"]["message"])

    def test_rescaling_is_refused(self):
        self.write_task(["it rains"], [{"metric": "bertscore", "rescale_with_baseline": True}])
        done = self.run_task()
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("not rescaled", done.stderr)


if __name__ == "__main__":
    unittest.main()
