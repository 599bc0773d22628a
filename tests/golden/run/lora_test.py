"""Adapters through the whole binary: applied and merged give the same scores, the record says which adapter, bad ones are refused."""
import csv
import io
import json
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import ROOT, SHARED, CliTest  # noqa: E402

ADAPTER = ROOT / "models" / "nano" / "nano-lora-beekeeper.gguf"
SCORED = ["--tasks", "accuracy", "--accuracy-tasks", "nano_text", "--accuracy-limit", "20", "--threads", "1"]


class LoraTest(CliTest):
    def measured(self, mode, *precisions):
        done = self.bantam("run", "--models", "plain=embedded:nano", f"bees=embedded:nano+lora:{ADAPTER}@1.0", "--lora-mode", mode,
                           "--precisions", *precisions, "--store", f"{mode}.db", *SCORED)
        self.assert_ok(done)
        return {(record["model"], record["precision"]): record for record in self.records(f"{mode}.db")}

    def test_applied_and_merged(self):
        applied, merged = self.measured("apply", "fp32", "int4"), self.measured("merge", "fp32", "int4")
        perplexity = lambda records, model, precision: records[model, precision]["metrics"]["byte_perplexity"]["value"]
        for precision, tolerance in (("fp32", 1e-4), ("int4", 0.02)):
            one, other = perplexity(applied, "bees", precision), perplexity(merged, "bees", precision)
            self.assertAlmostEqual(one, other, delta=tolerance)
            self.assertGreater(one, perplexity(applied, "plain", precision) + 0.03)
        adapter = applied["bees", "int4"]["model_info"]["adapter"]
        self.assertEqual((adapter["mode"], adapter["rank"], adapter["alpha"], adapter["scale"]), ("apply", 4, 8.0, 1.0))
        self.assertEqual(merged["bees", "int4"]["model_info"]["adapter"]["mode"], "merge")
        self.assertEqual(adapter["sha256"], merged["bees", "int4"]["model_info"]["adapter"]["sha256"])
        # An applied adapter leaves the model's file as it is; a merged one is another file.
        file_of = lambda records, model: records[model, "int4"]["model_info"]["sha256"]
        self.assertEqual(file_of(applied, "bees"), file_of(applied, "plain"))
        self.assertNotEqual(file_of(merged, "bees"), file_of(merged, "plain"))
        self.assertNotIn("adapter", applied["plain", "int4"]["model_info"])

    def test_tuned_against_the_base(self):
        """Scores and answers of the tuned model beside those of the model without its adapter, at the base precision."""
        done = self.bantam("run", "--models", "plain=embedded:nano", f"bees=embedded:nano+lora:{ADAPTER}", "--precisions", "fp16",
                           "int4", "--tasks", "accuracy", "similarity", "--accuracy-tasks", "nano_topic", "--accuracy-limit", "40",
                           "--similarity-prompts", "The bees", "Once upon a time", "--similarity-new-tokens", "12", "--threads", "1")
        self.assert_ok(done)
        self.assertIn("fp16, tuned vs base fp16", done.stdout)  # the end table
        analysis = json.loads(self.bantam("analyze", "-o", "json", "--items").stdout)
        pairs = [(i["model"], i["precision"], i["base_model"], i["base_precision"]) for i in analysis["impacts"]]
        self.assertEqual(pairs, [("plain", "int4", "plain", "fp16"), ("bees", "fp16", "plain", "fp16"),
                                 ("bees", "int4", "bees", "fp16"), ("bees", "int4", "plain", "fp16")])
        records = {(r["model"], r["precision"], r["task"]): r for r in analysis["records"]}
        right = lambda model, precision: {
            item["doc_id"]: item["metrics"]["acc"] for item in analysis["items"]
            if item["cell_key"] == records[model, precision, "nano_topic"]["cell_key"]}
        base, tuned = right("plain", "fp16"), right("bees", "fp16")
        (score,) = analysis["impacts"][1]["scores"]
        self.assertEqual(score["items"], len(base))
        self.assertEqual(score["lost"], sum(base[i] > tuned[i] for i in base))
        self.assertEqual(score["gained"], sum(base[i] < tuned[i] for i in base))

        texts = lambda model, precision: [
            item["content"]["answer"] for item in analysis["items"]
            if item["cell_key"] == records[model, precision, "similarity"]["cell_key"]]
        similarity = records["bees", "fp16", "similarity"]
        self.assertTrue(similarity["task_info"]["base"]["untuned"])
        self.assertEqual([i["content"]["base_answer"] for i in analysis["items"] if i["cell_key"] == similarity["cell_key"]],
                         texts("plain", "fp16"))
        same = [a == b for a, b in zip(texts("bees", "fp16"), texts("plain", "fp16"))]
        self.assertEqual(similarity["metrics"]["similarity_equal_answers"]["value"], sum(same) / 2)
        self.assertNotIn("untuned", records["bees", "int4", "similarity"]["task_info"]["base"])
        self.assertNotIn("base", records["plain", "fp16", "similarity"]["task_info"])

        table = self.bantam("analyze").stdout
        self.assertIn("fp16, tuned vs base plain fp16", table)
        self.assertIn("bees int4 against base plain fp16:", table)
        rows = list(csv.DictReader(io.StringIO(self.bantam("analyze", "--answers", "-o", "csv").stdout)))
        self.assertEqual([(row["prompt"], row["model"], row["precision"]) for row in rows],
                         [(prompt, model, precision) for prompt in ("The bees", "Once upon a time") for model in ("plain", "bees")
                          for precision in ("fp16", "int4")])
        self.assertEqual([row["answer"] for row in rows if (row["model"], row["precision"]) == ("bees", "fp16")],
                         texts("bees", "fp16"))
        self.assertEqual([row["same_as_base"] for row in rows if (row["model"], row["precision"]) == ("bees", "fp16")],
                         ["true" if one else "false" for one in same])

    def test_a_merged_model_is_compared_with_the_base_too(self):
        done = self.bantam("run", "--models", "plain=embedded:nano", f"bees=embedded:nano+lora:{ADAPTER}", "--lora-mode", "merge",
                           "--precisions", "fp16", "--tasks", "similarity", "--similarity-prompts", "The bees",
                           "--similarity-new-tokens", "12", "--threads", "1", "--store", "merged.db")
        self.assert_ok(done)
        analysis = json.loads(self.bantam("analyze", "-o", "json", "--items", "--store", "merged.db").stdout)
        (plain, bees) = analysis["items"]
        self.assertEqual(bees["content"]["base_answer"], plain["content"]["answer"])

    def test_the_scale_makes_another_cell(self):
        for scale in ("1.0", "0.5", "0.5"):
            self.assert_ok(self.bantam("run", "--models", f"bees=embedded:nano+lora:{ADAPTER}@{scale}", "--precisions", "fp16", *SCORED))
        self.assertEqual(self.count("cells"), 2)

    def refused(self, code, says, reference, *more):
        done = self.bantam("run", "--models", reference, "--precisions", "fp16", *SCORED, *more)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertIn("  hint: ", done.stderr)

    def test_what_is_no_adapter(self):
        self.refused(3, "nowhere.gguf", "embedded:nano+lora:nowhere.gguf")
        self.refused(3, "not an adapter but a model", f"embedded:nano+lora:{ROOT / 'models/nano/nano-f16.gguf'}")
        self.refused(3, "LoRA adapter, not a model", ADAPTER)
        shutil.copy(ADAPTER, self.folder / "cut.gguf")
        with open(self.folder / "cut.gguf", "r+b") as file:
            file.truncate(100_000)
        self.refused(3, "cut.gguf is cut off", "embedded:nano+lora:cut.gguf")

    def test_scales_that_are_none(self):
        for scale in ("", "x", "nan", "inf", "1.0.0"):
            with self.subTest(scale):
                self.refused(2, "scale", f"embedded:nano+lora:{ADAPTER}@{scale}")

    def test_unknown_mode(self):
        self.refused(2, "apply", f"embedded:nano+lora:{ADAPTER}", "--lora-mode", "blend")

    def test_adapter_of_another_model(self):
        stories = SHARED / "models" / "stories260K" / "stories260K-f32.gguf"
        if not stories.exists():
            self.skipTest("needs ../shared/models/stories260K, which is not part of this project")
        self.refused(3, "does not fit", f"{stories}+lora:{ADAPTER}")


if __name__ == "__main__":
    unittest.main()
