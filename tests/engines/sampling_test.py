#!/usr/bin/env python3
"""Drawn tokens against the probabilities that Transformers' own warpers leave. Seeds are fixed, so the bounds hold or do not, always."""
import math
import os
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.update({"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"})
import tiny_models as tiny  # noqa: E402

PACKAGES = ("torch", "transformers", "numpy")
PLAIN = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
SETTINGS = [{**PLAIN, **changed} for changed in (
    {}, {"temperature": 2.5}, {"temperature": 0.3}, {"temperature": 2.0, "top_k": 12}, {"temperature": 2.0, "top_p": 0.6}, {"temperature": 2.0, "min_p": 0.1},
    {"top_p": 0.0}, {"temperature": 3.0, "top_k": 40, "top_p": 0.8, "min_p": 0.05}, {"temperature": 3.0, "top_k": 5, "top_p": 0.7, "min_p": 0.02})]


def probabilities(logits, sampling):
    """Of each token, by Transformers: `logits` is one row."""
    import torch
    from transformers.generation.logits_process import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    scores = torch.tensor(logits, dtype=torch.float64)[None]
    warpers = [TemperatureLogitsWarper(float(sampling["temperature"]))] + ([TopKLogitsWarper(sampling["top_k"])] if sampling["top_k"] else [])
    for one in [*warpers, TopPLogitsWarper(sampling["top_p"]), MinPLogitsWarper(sampling["min_p"])]:
        scores = one(None, scores)
    return scores.softmax(-1)[0].tolist()


class Counted:
    def check_counts(self, counts, wanted):
        """Chi-square: rare tokens are counted together; five deviations of its distribution are allowed."""
        total, rare, square, places = sum(counts.values()), [0, 0.0], 0.0, -1
        for token, share in enumerate(wanted):
            if share == 0:
                self.assertEqual(counts[token], 0, f"token {token} has no probability")
            elif total * share < 5:
                rare = [rare[0] + counts[token], rare[1] + total * share]
            else:
                square, places = square + (counts[token] - total * share) ** 2 / (total * share), places + 1
        if rare[1] > 0:
            square, places = square + (rare[0] - rare[1]) ** 2 / max(rare[1], 1), places + 1
        self.assertLessEqual(square, places + 5 * math.sqrt(2 * places) + 1e-6, counts.most_common(9))


@tiny.needs(*PACKAGES)
class Draws(Counted, unittest.TestCase):
    """The drawing itself, on logits made up here."""

    def left(self, logits, sampling):
        import numpy
        import sampling as engine
        from protocol import Options

        ids, weights = engine.left(logits, Options(**sampling))
        made = numpy.zeros(len(logits))
        made[ids] = weights / weights.sum()
        return made.tolist()

    def test_what_the_warpers_leave(self):
        import numpy

        random = numpy.random.default_rng(11)
        for number in range(40):
            logits = random.normal(0, 2, 200).astype(numpy.float32)
            for sampling in SETTINGS:
                with self.subTest(number=number, **sampling):
                    for one, other in zip(self.left(logits, sampling), probabilities(logits, sampling)):
                        self.assertAlmostEqual(one, other, delta=1e-9)

    def test_equal_logits_by_hand(self):
        import numpy

        logits = numpy.array([0, 1, 1, 0, 1], numpy.float32)  # at temperature 1e-3, a third each
        cold = {**PLAIN, "temperature": 1e-3}
        third = [0, 1 / 3, 1 / 3, 0, 1 / 3]
        self.assertEqual(self.left(logits, {**cold, "top_k": 1}), third)
        self.assertEqual(self.left(logits, {**cold, "top_p": 0.5}), [0, 0.5, 0.5, 0, 0])
        self.assertEqual(self.left(logits, {**cold, "top_p": 0.0}), [0, 1, 0, 0, 0])
        self.assertEqual(self.left(logits, {**cold, "min_p": 1.0}), third)
        self.assertEqual(self.left(logits, {**cold, "temperature": 5e-324}), third)

    def test_pairs_of_draws_are_independent(self):
        """Two draws of each of many seeds, of 10 tokens that are equally probable."""
        import numpy
        from protocol import Options
        from sampling import Draw

        logits, pairs = numpy.zeros(10, numpy.float32), Counter()
        for seed in range(8000):
            draw = Draw(Options(**PLAIN), seed)
            pairs[10 * draw.token(logits) + draw.token(logits)] += 1
        self.check_counts(pairs, [0.01] * 100)

    def test_logits_that_are_not_finite(self):
        import numpy
        from protocol import Failed, Options
        from sampling import Draw

        for bad in (math.nan, math.inf):
            with self.assertRaisesRegex(Failed, "not finite"):
                Draw(Options(**PLAIN), 1).token(numpy.array([0, bad, 1], numpy.float32))
        self.assertEqual(Draw(Options(**PLAIN), 1).token(numpy.array([-math.inf, 0, -math.inf], numpy.float32)), 1)


class OfEngine(Counted):
    """Checks that each engine passes; `made` puts the model in a folder."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.model = cls.made(folder.name)
        cls.folder = folder.name

    def setUp(self):
        self.engine = tiny.Engine(self.program, self.folder, precision=self.precision, streams=100)
        self.ids = self.engine.tokens("Paris is the capital of")[0]

    def logits(self, ids):
        """Those after the last token, by the model itself."""
        import torch

        with torch.no_grad():
            return self.model(torch.tensor([ids])).logits[0, -1].tolist()

    def drawn(self, requests, count, sampling, **members):
        return self.engine.generate(requests, count, sampling=sampling, ignore_eos=True, **members)

    def test_first_tokens_have_the_probabilities_of_the_warpers(self):
        logits = self.logits(self.ids)
        for sampling in SETTINGS:
            counts = Counter()
            for begin in range(0, 2000, 100):
                _, told = self.drawn([{"tokens": self.ids, "seed": seed} for seed in range(begin, begin + 100)], 1, sampling)
                counts.update(token for one in told for token in one)
            with self.subTest(**sampling):
                self.assertEqual(sum(counts.values()), 2000)
                self.check_counts(counts, probabilities(logits, sampling))

    def test_a_seed_gives_the_same_alone_and_among_others(self):
        sampling = {"temperature": 1.5, "top_k": 50, "top_p": 0.95, "min_p": 0.01}
        prompts = self.engine.tokens("Paris is", "a small boat on the sea, and", "x")
        requests = [{"tokens": prompts[number % 3], "seed": number} for number in range(7)] + [{"tokens": prompts[0], "seed": (1 << 53) - 1}]
        _, together = self.drawn(requests, 16, sampling)
        for request, told in zip(requests, together):
            self.assertEqual(self.drawn([request], 16, sampling)[1][0], told)
        self.assertEqual(self.drawn(requests[::-1], 16, sampling)[1][::-1], together)
        same_prompt = {tuple(one) for one, request in zip(together, requests) if request["tokens"] == prompts[0]}
        self.assertEqual(len(same_prompt), 4)

    def test_streams_that_end_apart(self):
        """An end of the sequence that some draws meet does not change the draws of the others."""
        sampling = {**PLAIN, "temperature": 4.0}
        requests = [{"tokens": self.ids, "seed": seed} for seed in range(60)]
        whole = self.drawn(requests, 12, sampling)[1]
        ended = self.engine.generate(requests, 12, sampling=sampling)[1]
        wanted = [one[:one.index(1)] if 1 in one else one for one in whole]
        self.assertEqual(ended, wanted)
        self.assertGreater(len({len(one) for one in wanted}), 1)

    def test_the_gap_is_that_of_the_logits(self):
        made, told = self.drawn([{"tokens": self.ids, "seed": 4}], 6, {**PLAIN, "temperature": 2.0, "top_k": 20})
        gaps, greedy = [], []
        for count in range(6):
            logits = self.logits(self.ids + told[0][:count])
            best, second = sorted(logits)[:-3:-1]
            gaps.append(best - second)
            greedy.append(logits.index(best))
        self.assertNotEqual(told[0], greedy)
        self.assertAlmostEqual(made[0]["smallest_top2_gap"], min(gaps), delta=1e-3)

    def test_what_is_cold_is_greedy(self):
        greedy = self.engine.generate([{"tokens": self.ids}], 16, ignore_eos=True)
        for changed in ({"temperature": 1e-6}, {"top_k": 1}, {"top_p": 0}, {"min_p": 1}):
            self.assertEqual(self.drawn([{"tokens": self.ids, "seed": 9}], 16, {**PLAIN, **changed}), greedy)


@tiny.needs(*PACKAGES)
class ByTransformers(OfEngine, unittest.TestCase):
    program, precision = "transformers_engine.py", "fp32"
    made = staticmethod(lambda folder: tiny.llama(folder))


def with_onnx(folder, cached):
    import tiny_onnx

    model = tiny.llama(folder)
    tiny_onnx.export_llama(model, folder, cached)
    return model


@tiny.needs(*PACKAGES, "onnx", "onnxruntime", "tokenizers")
class ByOnnxWithACache(OfEngine, unittest.TestCase):
    program, precision = "onnx_engine.py", "native"
    made = staticmethod(lambda folder: with_onnx(folder, True))


@tiny.needs(*PACKAGES, "onnx", "onnxruntime", "tokenizers")
class ByOnnxWithoutACache(OfEngine, unittest.TestCase):
    program, precision = "onnx_engine.py", "native"
    made = staticmethod(lambda folder: with_onnx(folder, False))


if __name__ == "__main__":
    unittest.main()
