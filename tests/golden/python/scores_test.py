"""Scores of the Python package, against values by hand. Needs the built module: scripts/python_check.sh."""
import importlib.util
import unittest

HAS_MODULE = importlib.util.find_spec("bantam") is not None and importlib.util.find_spec("bantam._native") is not None


@unittest.skipUnless(HAS_MODULE, "needs the wheel: scripts/python_check.sh")
class ScoresTest(unittest.TestCase):
    def setUp(self):
        from bantam import scores
        self.scores = scores

    def test_words(self):
        self.assertAlmostEqual(self.scores.word_error_rate("a b c", "a b d"), 1 / 3)
        self.assertIsNone(self.scores.word_error_rate("a", ""))
        self.assertAlmostEqual(self.scores.squad_f1("the cat sat", "a cat"), 2 / 3)  # articles are left out
        self.assertTrue(self.scores.exact_match("Rome.", "rome", ignore_case=True, ignore_punctuation=True))
        self.assertFalse(self.scores.exact_match("Rome.", "rome", ignore_case=True))

    def test_rouge(self):
        found = self.scores.rouge("the cat sat", "the cat")
        self.assertAlmostEqual(found["rouge1"]["precision"], 2 / 3)
        self.assertEqual(found["rouge1"]["recall"], 1)
        self.assertAlmostEqual(found["rouge2"]["precision"], 1 / 2)
        self.assertAlmostEqual(found["rougeL"]["f1"], 0.8)

    def test_corpora(self):
        same = ["the quick brown fox jumps"]
        self.assertAlmostEqual(self.scores.bleu(same, [same]), 100)
        self.assertAlmostEqual(self.scores.chrf(same, [same], word_order=2), 100)
        self.assertEqual(self.scores.ter(same, [same]), 0)
        self.assertAlmostEqual(self.scores.ter(["a b c x"], [["a b c d"]]), 25)  # one of four words

    def test_what_cannot_be_meant(self):
        with self.assertRaisesRegex(ValueError, "one list of references"):
            self.scores.bleu(["a"], [])
        with self.assertRaisesRegex(ValueError, "no reference"):
            self.scores.chrf(["a"], [[]])
        with self.assertRaisesRegex(ValueError, "tokenize"):
            self.scores.bleu(["a"], [["a"]], tokenize="15b")


if __name__ == "__main__":
    unittest.main()
