"""What a precision lost against the base precision, through the real binary."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CliTest  # noqa: E402

LONG = "--long" in sys.argv
LADDER = ["fp32", "fp16", "bf16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "Q3_K_M", "Q2_K"]
SHORT_LADDER = ["fp16", "Q8_0", "Q5_K_M", "Q2_K"]


class FidelityTest(CliTest):
    def run_ladder(self, precisions, *more):
        done = self.bantam("run", "--models", "embedded:nano", "--tasks", "fidelity", "--precisions", *precisions, "-t",
                           "1", *more, timeout=1800)
        self.assert_ok(done)
        return done

    def test_fewer_bits_are_smaller_and_further_from_the_base(self):
        self.run_ladder(LADDER if LONG else SHORT_LADDER, *([] if LONG else ["--fidelity-chunks", "4"]))
        base, *others = sorted(self.records(), key=lambda r: -r["metrics"]["bits_per_weight"]["value"])
        self.assertIn("chunk_perplexity", base["metrics"])
        self.assertIn("this is the base precision", base["absent"]["kld_mean"])
        steps = [(-r["metrics"]["file_bytes"]["value"], r["metrics"]["kld_mean"]["value"]) for r in others]
        steps.sort()  # fp16 and bf16 have equally many bits
        divergences = [divergence for _, divergence in steps]
        self.assertEqual(divergences, sorted(divergences))
        self.assertGreater(divergences[0], 0.0)

    def test_another_text_is_another_cell(self):
        (self.folder / "text.txt").write_text("The keeper walked to the shore and looked at the sea. " * 60)
        command = ["--fidelity-text", "text.txt", "--fidelity-context", "64", "--fidelity-chunks", "2"]
        self.run_ladder(["fp16", "Q2_K"], *command)
        self.assertIn("nothing to do", self.run_ladder(["fp16", "Q2_K"], *command).stderr)
        (self.folder / "text.txt").write_text("The lamp in the tower burned all night, and no boat came. " * 60)
        self.assertNotIn("nothing to do", self.run_ladder(["fp16", "Q2_K"], *command).stderr)

    def test_a_text_that_is_not_utf8(self):
        (self.folder / "text.txt").write_bytes("Müde bin ich, geh zur Ruh. ".encode("latin-1") * 60)
        done = self.bantam("run", "--models", "embedded:nano", "--tasks", "fidelity", "--precisions", "fp16",
                           "--fidelity-text", "text.txt")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("text.txt is not UTF-8 text", done.stderr)
        done = self.bantam("models", "quantize", "embedded:nano", "--precisions", "Q2_K", "--calibration-dataset", "text.txt")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("text.txt is not UTF-8 text", done.stderr)

    def test_a_text_that_fills_no_chunk_is_a_failure_with_its_remedy(self):
        (self.folder / "text.txt").write_text("Too short.")
        done = self.bantam("run", "--models", "embedded:nano", "--tasks", "fidelity", "--precisions", "fp16",
                           "--fidelity-text", "text.txt")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("--fidelity-context", done.stderr + str(self.records()[0].get("failure")))


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--long"])
