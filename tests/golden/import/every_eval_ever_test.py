#!/usr/bin/env python3
"""Scores in the schema "every eval ever", imported: figures, caveats, and what is not compared."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CliTest  # noqa: E402


class EveryEvalEverTest(CliTest):
    def write(self, name, score, details, library="lm_eval"):
        path = self.folder / "data" / "quiz" / "org" / name / "1.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({
            "schema_version": "0.2.2", "evaluation_id": f"quiz/{name}/1", "retrieved_timestamp": "1769854800.0",
            "source_metadata": {"source_name": "a board", "source_type": "evaluation_run", "source_organization_name": "org",
                                "evaluator_relationship": "third_party"},
            "eval_library": {"name": library, "version": "1"},
            "model_info": {"name": "tiny", "id": "org/tiny", "additional_details": details},
            "evaluation_results": [{
                "evaluation_name": "quiz", "source_data": {"dataset_name": "quiz", "source_type": "other"},
                "metric_config": {"evaluation_description": "acc", "lower_is_better": False, "score_type": "continuous", "min_score": 0.0,
                                  "max_score": 1.0},
                "score_details": {"score": score, "uncertainty": {"num_samples": 400}}}]}))

    def scores(self):
        self.assert_ok(self.bantam("import", "every-eval-ever", "data"))
        page = json.loads(self.bantam("analyze", "-o", "json").stdout)
        impact, = page["impacts"]
        return page, impact

    def test_scores_are_compared_by_their_intervals(self):
        self.write("a", 0.75, {"dtype": "torch.float16"})
        self.write("b", 0.5, {"dtype": "torch.float16", "model_args": "pretrained=org/tiny,load_in_4bit=True"})
        page, impact = self.scores()
        score, = impact["scores"]
        self.assertEqual((impact["precision"], score["difference"], score["verdict"]), ("int4", -0.25, "worse"))
        self.assertIn("no scores per item", score["unpaired"])
        self.assertTrue(any("a board says" in note for note in page["notes"]))
        again = self.bantam("import", "every-eval-ever", "data")
        self.assertIn("0 records imported into bantam.db, 2 were there already", again.stderr)
        self.assertNotEqual(self.bantam("export", "lm-eval", "--output-path", "out").returncode, 0)  # no such file was read

    def test_what_two_libraries_gave_is_not_compared(self):
        self.write("a", 0.75, {"dtype": "torch.float16"})
        self.write("b", 0.5, {"precision": "bfloat16"}, library="helm")
        _, impact = self.scores()
        self.assertIn("eval_library", impact["refused"]["quiz"])

    def test_a_file_without_precision_needs_one(self):
        self.write("a", 0.75, {})
        done = self.bantam("import", "every-eval-ever", "data")
        self.assertEqual(done.returncode, 3)
        self.assertIn("say it with --precision P", done.stderr)
        self.assert_ok(self.bantam("import", "every-eval-ever", "data", "--precision", "fp16"))


if __name__ == "__main__":
    unittest.main()
