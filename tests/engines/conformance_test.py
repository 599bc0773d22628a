#!/usr/bin/env python3
"""conformance.py finds nothing wrong with the toy engine, and names each of its misbehaviours."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOY = [sys.executable, str(ROOT / "tests/support/engine_program.py")]


def conformance(command, toy="", settings="{}", **options):
    """Exit status and lines."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "toy.json").write_text(settings)
        flags = [one for name, value in options.items() for one in (f"--{name}", str(value))]
        made = subprocess.run([sys.executable, str(ROOT / "engines/conformance.py"), "--model", folder, *flags, "--", *command], timeout=300,
                              stdout=subprocess.PIPE, env={**os.environ, "BANTAM_TOY": toy}, text=True, errors="replace")
        return made.returncode, made.stdout.splitlines()


# Misbehaviour -> the check that fails first, and what its line says.
SEEN = {
    "crash_at_load": ("load", "status 3; its last words: toy: out of luck"),
    "crash_in_generate": ("generate", "signal 6; its last words: toy: out of luck"),
    "hang": ("generate", "no line came within"),
    "hang_at_load": ("load", "no line came within"),
    "rubbish": ("generate", "no JSON in UTF-8: Expecting value"),
    "rubbish=hello": ("hello", "no JSON in UTF-8: Expecting value"),
    "flood": ("generate", "longer than 64 MiB"),
    "bad_utf8": ("generate", "can't decode byte 0xff"),
    "wrong_id": ("generate", "was asked"),
    "silent=tokenize": ("before_load", "no line came within"),
    "old_protocol": ("hello", "`protocol` should be 1"),
    "no_prefilled": ("generate", "a token came before `prefilled`"),
    "late_prefilled": ("generate", "a token came before `prefilled`"),
    "too_many_tokens": ("generate", "at most 12 tokens were asked for"),
    "too_few_tokens": ("generate", "12 tokens should be told: 11"),
    "late_token": ("generate", "was asked"),
    "nan": ("loglikelihood", "NaN is no JSON"),
    "positive": ("loglikelihood", "at most 0"),
    "not_greedy": ("loglikelihood_of_greedy", "should be called greedy"),
    "fewer": ("generate", "should be a list of 1"),
    "ignores_stop": ("generate_stop", "should end when its text holds"),
    "ends_at_eos": ("generate_eos", "with `ignore_eos`, all tokens should come"),
    "mixed_streams": ("generate_streams", "should give the same"),
    "same_draws": ("sample_seeds", "other seeds should give others"),
    "careless_draws": ("sample", "asked twice, should give the same"),
    "mixed_draws": ("sample_streams", "alone and beside another"),
    "any_temperature": ("sample_of_greedy", "greedy and {'temperature': 1e-06}"),
    "forgets": ("extend_in_pieces", "at once and in pieces"),
    "halved_logits": ("extend_of_loglikelihood", "that of the logits should be equal"),
    "shifted_logits": ("extend_of_greedy", "should be those that are generated"),
    "never_ends": ("extend_ends", "no error"),
    "deaf": ("end_of_input", "after its input had ended"),
    "fails_at=memory": ("memory", "toy: this request fails"),
}


class Conformance(unittest.TestCase):
    def test_nothing_is_wrong_with_the_toy(self):
        status, lines = conformance(TOY)
        self.assertEqual((status, lines[-1]), (0, "38 ok, 0 failed, 0 skipped"), "\n".join(lines))

    def test_misbehaviour_is_named(self):
        for toy, (check, words) in SEEN.items():
            with self.subTest(toy):
                status, lines = conformance(TOY, toy, timeout=2)
                failed = [line for line in lines if line.startswith("FAIL")]
                self.assertEqual(status, 1, "\n".join(lines))
                self.assertTrue(failed[0].startswith(f"FAIL {check}: "), failed)
                self.assertIn(words, failed[0])

    def test_slow_is_not_wrong(self):
        status, lines = conformance(TOY, "busy_load_s=3,slow_token_ms=1", timeout=1)
        self.assertEqual(status, 0, "\n".join(lines))

    def test_what_the_model_cannot_do_is_skipped(self):
        status, lines = conformance(TOY, settings='{"abilities": ["tag"], "adds_bos": false}')
        self.assertEqual(status, 0, "\n".join(lines))
        self.assertIn("skip generate: this model has not the ability generate", lines)
        self.assertIn("ok tag", lines)
        self.assertEqual(lines[-1], "14 ok, 0 failed, 24 skipped")

    def test_a_program_that_is_not_there(self):
        status, _ = conformance(["/no/such/program"])
        self.assertEqual(status, 2)

    def test_a_program_that_ends_at_once(self):
        status, lines = conformance([sys.executable, "-c", "import sys; sys.exit('not today')"])
        self.assertEqual(status, 1)
        self.assertIn("its last words: not today", lines[0])


if __name__ == "__main__":
    unittest.main()
