#!/usr/bin/env python3
"""`bantam models quantize`: what is made, what it is made with, what is refused, and what a kill leaves."""
import json
import signal
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import UNDISTURBED, CliTest, children, environment, is_alive, send, wait_until  # noqa: E402

# Small enough to take a second: 6 samples of 32 tokens.
SMALL = ["--num-calibration-samples", "6", "--max-sequence-length", "32", "-t", "1"]
TEXT = "The smith of Riford lit the forge and struck the iron on the anvil. Juka likes honey cake best. " * 30


class QuantizeCase(CliTest):
    def setUp(self):
        super().setUp()
        cache = tempfile.TemporaryDirectory(prefix="bantam-quantize-cache-")
        self.addCleanup(cache.cleanup)
        self.cache = Path(cache.name)
        self.env = environment(BANTAM_CACHE=cache.name)

    def quantize(self, *arguments, code=0):
        done = self.bantam("models", "quantize", "embedded:nano", *arguments, "-o", "json", env=self.env)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def matrices(self):
        return sorted(self.cache.glob("importance/*/imatrix.gguf"))


class QuantizeTest(QuantizeCase):
    def test_makes_files_once_and_says_what_is_in_them(self):
        int8, int4 = self.quantize("--precisions", "int8", "int4", "-t", "1")
        self.assertEqual([int8["state"], int4["state"]], ["made", "made"])
        self.assertEqual(int8["file_bytes"], Path(int8["path"]).stat().st_size)
        self.assertLess(int4["bits_per_weight"], int8["bits_per_weight"])
        self.assertEqual(set(int4["tensor_types"]), {"Q4_K", "Q6_K", "F32"})
        self.assertNotIn("importance_matrix", int4)
        again = self.quantize("--precisions", "int8", "int4", "-t", "1")
        self.assertEqual([row["state"] for row in again], ["in the cache", "in the cache"])
        self.assertEqual([row["sha256"] for row in again], [int8["sha256"], int4["sha256"]])

    def test_one_matrix_serves_all_types_and_is_stated(self):
        (text := self.folder / "own.txt").write_text(TEXT)
        first, second = self.quantize("--precisions", "IQ3_XXS", "int4", "--calibration-dataset", text, *SMALL)
        self.assertEqual(len(self.matrices()), 1)
        stated = first["importance_matrix"]
        self.assertEqual((stated["dataset"], stated["samples"], stated["tokens"]), ("own.txt", 6, 6 * 32))
        self.assertEqual(second["importance_matrix"], stated)
        (plain,) = self.quantize("--precisions", "int4", "-t", "1")
        self.assertNotEqual(plain["sha256"], second["sha256"])
        self.assertEqual(plain["tensor_types"], second["tensor_types"])

    def test_types_that_need_a_matrix_take_the_embedded_text(self):
        rows = self.quantize("--precisions", "IQ3_XXS", "int8", *SMALL)
        self.assertEqual(rows[0]["importance_matrix"]["dataset"], "embedded")
        self.assertNotIn("importance_matrix", rows[1])

    def test_rows_are_samples_of_their_own(self):
        rows = [{"text": TEXT}, {"text": "too short"}, {"other": "no text"}, {"text": TEXT[:200]}]
        (data := self.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (made,) = self.quantize("--precisions", "int4", "--calibration-dataset", data, *SMALL)
        self.assertEqual(made["importance_matrix"]["samples"], 2)
        self.assertLessEqual(made["importance_matrix"]["tokens"], 64)

    def test_a_matrix_from_before_is_used_as_it_is(self):
        (text := self.folder / "own.txt").write_text(TEXT)
        (gathered,) = self.quantize("--precisions", "int4", "--calibration-dataset", text, *SMALL)
        (given,) = self.quantize("--precisions", "int4", "--imatrix", self.matrices()[0], "-t", "1")
        self.assertEqual(given["sha256"], gathered["sha256"])
        self.assertEqual(given["importance_matrix"]["sha256"], gathered["importance_matrix"]["sha256"])

    def test_copies_out_whole_files_and_replaces_nothing(self):
        target = self.folder / "out" / "nano-Q8_0.gguf"
        (made,) = self.quantize("--precisions", "int8", "-t", "1", "--output-dir", target.parent)
        self.assertEqual(made["path"], str(target))
        self.assertEqual(target.stat().st_size, made["file_bytes"])
        self.quantize("--precisions", "int8", "-t", "1", "--output", target)
        target.write_text("mine")
        self.quantize("--precisions", "int8", "-t", "1", "--output", target, code=2)
        self.assertEqual(target.read_text(), "mine")
        self.assertEqual([path.name for path in target.parent.iterdir()], [target.name])

    def test_refuses_with_the_cause(self):
        (short := self.folder / "short.txt").write_text("A few words.")
        (table := self.folder / "table.csv").write_text("question,answer\na,b\n")
        (made,) = self.quantize("--precisions", "int8", "-t", "1")
        for arguments, code, cause in [
                (["embedded:nano", "--precisions", "int4", "--calibration-dataset", "missing.txt"], 3, "missing.txt"),
                (["embedded:nano", "--precisions", "int4", "--calibration-dataset", short], 3, "has not one sample"),
                (["embedded:nano", "--precisions", "int4", "--calibration-dataset", table], 3, "no column 'text'"),
                (["embedded:nano", "--precisions", "int4", "--imatrix", made["path"]], 3, "holds no importance matrix"),
                (["embedded:nano", "--precisions", "int4", "--imatrix", "old.dat"], 2, "no GGUF file"),
                (["embedded:nano", "--precisions", "int4", "int8", "--output", "x"], 2, "--output-dir"),
                ([made["path"], "--precisions", "int4"], 3, "needs a source with F32, F16 or BF16 weights"),
                (["embedded:nano", "--precisions", "MXFP4_MOE"], 3, "no experts")]:
            done = self.bantam("models", "quantize", *arguments, "-t", "1", "-q", env=self.env)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(cause, done.stderr)

    def test_dry_run_makes_nothing(self):
        rows = self.quantize("--precisions", "fp16", "IQ2_XXS", "--dry-run")
        self.assertEqual([row["state"] for row in rows], ["the source itself", "to be made"])
        self.assertEqual(list(self.cache.glob("quantized/*")), [])

    def test_a_run_states_the_matrix_and_gives_it_a_key_of_its_own(self):
        (text := self.folder / "own.txt").write_text(TEXT)
        command = ["run", *UNDISTURBED, "--models", "embedded:nano", "--precisions", "fp16", "int4", "--tasks", "performance", "--num-warmup", "0",
                   "--num-runs", "1", "--max-new-tokens", "2", "--batch-size", "1", "--prompt", "Once", "-t", "1"]
        self.bantam(*command, env=self.env)
        plain = {record["precision"]: record for record in self.records()}
        self.bantam(*command, "--calibration-dataset", text, *SMALL[:4], env=self.env)
        both = {record["cell_key"]: record for record in self.records()}
        self.assertIn(plain["fp16"]["cell_key"], both)
        new = [record for key, record in both.items() if key not in {record["cell_key"] for record in plain.values()}]
        self.assertEqual([record["precision"] for record in new], ["int4"])
        self.assertEqual(new[0]["model_info"]["importance_matrix"]["dataset"], "own.txt")


class KilledQuantizeTest(QuantizeCase):
    """SIGKILL at the worst moments: nothing that is left passes as whole, and the next run gives what it should."""

    def start_and_kill(self, victim, moment, *arguments):
        process = self.start("models", "quantize", "embedded:nano", *arguments, env=self.env)
        wait_until(moment)
        worker = children(process.pid)
        send(process.pid if victim == "parent" else worker[0], signal.SIGKILL)
        code = process.wait(timeout=60)
        wait_until(lambda: not any(is_alive(pid) for pid in worker))
        return code

    def check_end(self, expected, *arguments):
        (made,) = self.quantize(*arguments)
        self.assertEqual(made["state"], "made", "what was left must not pass as whole")
        self.assertEqual(made["sha256"], expected)
        self.assertEqual(list(self.cache.rglob("*.part")), [])

    def expected(self, *arguments):
        with tempfile.TemporaryDirectory(prefix="bantam-quantize-other-") as other:
            done = self.bantam("models", "quantize", "embedded:nano", *arguments, "-o", "json", env=environment(BANTAM_CACHE=other))
            return json.loads(done.stdout)[0]["sha256"]

    def test_while_calibrating(self):
        arguments = ["--precisions", "int4", "--calibration-dataset", "embedded", "--num-calibration-samples", "24",
                     "--max-sequence-length", "128", "-t", "1"]
        expected = self.expected(*arguments)
        for victim in ("worker", "parent"):
            code = self.start_and_kill(victim, lambda: list(self.cache.glob("importance/*/lock")), *arguments)
            self.assertEqual(code, 7 if victim == "worker" else -signal.SIGKILL)
            self.assertEqual(list(self.cache.glob("importance/*/*.json")), [])
        self.check_end(expected, *arguments)

    def test_while_quantizing(self):
        arguments = ["--precisions", "Q4_K_M", "-t", "1"]
        expected = self.expected(*arguments)
        for victim in ("worker", "parent"):
            code = self.start_and_kill(victim, lambda: list(self.cache.glob("quantized/*/*.part")), *arguments)
            self.assertEqual(code, 7 if victim == "worker" else -signal.SIGKILL)
            self.assertEqual(list(self.cache.glob("quantized/*/*.json")), [])
        self.check_end(expected, *arguments)


if __name__ == "__main__":
    unittest.main()
