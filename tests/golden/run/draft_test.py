"""Speculative decoding: a setting that changes the speed and no token."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest  # noqa: E402

RUN = ["run", "embedded:nano", "--precisions", "int8", "--tasks", "performance", "--rounds", "1", *QUICK, "--max-new-tokens", "24"]


class DraftTest(CliTest):
    def measured(self, *options):
        folder = "-".join(word.strip("-").replace(":", "_") for word in options) or "plain"
        done = self.bantam(*RUN, *options, "--store", folder + ".db", "--output-dir", folder)
        self.assert_ok(done)
        return json.loads((self.folder / folder / "nano" / "nano_int8" / "performance.json").read_text())

    def outputs(self, record, scenario):
        return {stream["output_sha256"] for trial in record["trials"] if trial["scenario"] == scenario for stream in trial["streams"]}

    def test_the_tokens_are_those_of_a_run_without(self):
        plain = self.measured()
        self.assertNotIn("draft_acceptance_rate", plain["metrics"])
        self.assertIn("draft_acceptance_rate", plain["absent"])
        for draft in ("lookup", "embedded:nano"):
            record = self.measured("--draft", draft)
            self.assertEqual(self.outputs(record, "single_stream"), self.outputs(plain, "single_stream"))
            self.assertEqual(self.outputs(record, "without_draft"), self.outputs(plain, "single_stream"))
            self.assertEqual(self.outputs(record, "offline"), self.outputs(plain, "offline"))
            self.assertEqual(record["settings"]["engine"]["draft"], draft)
        # The draft is the file at F16, the model at Q8_0.
        self.assertGreater(record["metrics"]["draft_acceptance_rate"]["value"], 0.5)
        self.assertLessEqual(record["metrics"]["accepted_tokens_per_step"]["value"], 8)
        self.assertIn("draft_sha256", record["settings"]["engine"])
        stream = next(t for t in record["trials"] if t["scenario"] == "single_stream")["streams"][0]
        self.assertGreaterEqual(stream["drafted_tokens"], stream["accepted_tokens"])

    def test_what_cannot_draft_is_refused(self):
        for draft, why in (("synthetic:smollm2-135m", "random weights guess nothing"), ("nowhere.gguf", "nowhere.gguf"), ("", "--draft is empty")):
            done = self.bantam(*RUN, "--draft", draft, "--store", "x.db")
            self.assertIn(done.returncode, (2, 3), draft)
            self.assertIn(why, done.stderr)
        self.assertNotEqual(self.bantam(*RUN, "--draft", "lookup", "--draft-tokens", "0").returncode, 0)

    def test_a_setting_without_effect_is_named(self):
        done = self.bantam("run", "embedded:nano", "--dry-run", "--draft-tokens", "4", "--tasks", "performance")
        self.assertIn("--draft-tokens has no effect: --draft is not given", done.stderr)


if __name__ == "__main__":
    unittest.main()
