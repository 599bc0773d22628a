#!/usr/bin/env python3
"""The logits of `extend` against those of Transformers' own models, in one computation of the whole."""
import math
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.update({"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"})
import tiny_models as tiny  # noqa: E402

IDS = [0, *(3 + (37 * place + place * place) % 300 for place in range(199))]
PIECES = (1, 3, 32, 5, 17)


def reference(model, ids):
    import torch

    with torch.no_grad():
        return model(torch.tensor([ids]), use_cache=False).logits[0].float().numpy()


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check(self, model, program, precision, ids=None):
        """Pieces of several lengths, some without logits, then a sequence anew."""
        import numpy

        ids = IDS[:150] if ids is None else ids
        wanted, engine, begin = reference(model, ids), tiny.Engine(program, self.folder, precision=precision), 0
        for number in range(99):
            piece = ids[begin:begin + PIECES[number % len(PIECES)]]
            made = engine.extend(piece, begin == 0, logits=number % 3 != 1)
            if number % 3 == 1:
                self.assertEqual(made, {})
            else:
                numpy.testing.assert_allclose(made, wanted[begin:begin + len(piece)], rtol=0, atol=1e-4)
            begin += len(piece)
            if begin == len(ids):
                break
        self.assertEqual(begin, len(ids))
        numpy.testing.assert_allclose(engine.extend(ids[5:9], True), reference(model, ids[5:9]), rtol=0, atol=1e-4)
        return engine


@tiny.needs("torch", "transformers")
class ByTransformers(InFolder):
    def check(self, model, ids=None):
        return super().check(model, "transformers_engine.py", "fp32", ids)

    def test_llama(self):
        self.check(tiny.llama(self.folder))

    def test_learned_positions(self):
        engine = self.check(tiny.gpt2(self.folder), IDS[:64])
        engine.extend([5] * 64, True, logits=False)
        self.assertIn("64 is the longest", engine.error("extend", tokens=[5], restart=False))

    def test_attention_that_slides(self):
        """A window that is shorter than the pieces."""
        import torch
        from transformers import MistralConfig, MistralForCausalLM

        size = tiny.save_byte_tokenizer(self.folder)
        torch.manual_seed(8)
        model = MistralForCausalLM(MistralConfig(vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                                                 num_key_value_heads=2, sliding_window=7, initializer_range=0.3, pad_token_id=1)).eval()
        model.save_pretrained(self.folder)
        self.check(model)

    def test_a_cache_of_another_kind(self):
        self.check(tiny.lfm2(self.folder))

    def test_float32_of_a_lower_precision(self):
        import numpy
        from transformers import AutoModelForCausalLM

        tiny.llama(self.folder)
        model = AutoModelForCausalLM.from_pretrained(self.folder, dtype="bfloat16").eval()
        made = tiny.Engine("transformers_engine.py", self.folder, precision="bf16").extend(IDS[:20], True)
        numpy.testing.assert_allclose(made, reference(model, IDS[:20]), rtol=0, atol=0.5)

    def test_logits_that_are_not_finite(self):
        import torch

        model = tiny.llama(self.folder)
        with torch.no_grad():
            model.lm_head.weight[9] = math.inf
        model.save_pretrained(self.folder)
        engine = tiny.Engine("transformers_engine.py", self.folder, precision="fp32")
        self.assertEqual(engine.extend([5, 6], True, logits=False), {})
        answer = engine.client.ask("extend", tokens=[7], restart=False, logits=True)
        self.assertIn("not finite", answer.error["message"])
        self.assertNotIn("kind", answer.error)
        self.assertIn("no sequence to continue", engine.error("extend", tokens=[7], restart=False))
        drawn = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
        self.assertIn("not finite", engine.error("generate", requests=[{"tokens": [5], "seed": 1}], max_new_tokens=2, sampling=drawn))

    def test_what_goes_between(self):
        """The sequence is computed on after `memory` and `tokenize`, and is gone after others; its cache is counted."""
        import numpy

        model = tiny.llama(self.folder)
        engine, wanted = tiny.Engine("transformers_engine.py", self.folder, precision="fp32"), reference(model, IDS[:20])
        engine.extend(IDS[:12], True, logits=False)
        engine.tokens("a")
        each = 2 * 2 * 2 * 8 * 4  # keys and values of 2 layers, 2 heads of 8 numbers of 4 bytes
        self.assertEqual(engine.ok("memory")["kv_bytes"], 12 * each)
        numpy.testing.assert_allclose(engine.extend(IDS[12:20], False), wanted[12:], rtol=0, atol=1e-4)
        engine.scores(([5], [6]))
        self.assertIn("no sequence to continue", engine.error("extend", tokens=[5], restart=False))

    def test_an_encoder_has_no_logits(self):
        tiny.distilbert(self.folder, "Model", ["a", "b"])
        engine = tiny.Engine("transformers_engine.py", self.folder, precision="fp32")
        self.assertEqual(engine.facts["abilities"], ["embed"])
        self.assertIn("has not the ability 'logits', only embed", engine.error("extend", tokens=[5], restart=True))


@tiny.needs("torch", "transformers", "onnx", "onnxruntime", "tokenizers")
class ByOnnx(InFolder):
    def llama(self, cached):
        import tiny_onnx

        model = tiny.llama(self.folder)
        tiny_onnx.export_llama(model, self.folder, cached)
        return model

    def test_with_a_cache(self):
        engine = self.check(self.llama(True), "onnx_engine.py", "native")
        self.assertEqual(engine.ok("memory")["kv_bytes"], 150 * 2 * 2 * 2 * 8 * 4)

    def test_without_a_cache(self):
        self.check(self.llama(False), "onnx_engine.py", "native")

    def test_in_pieces_whose_logits_fit(self):
        import numpy
        import onnx_engine
        import onnx_model
        from protocol import Options

        wanted = reference(self.llama(True), IDS[:40])
        with mock.patch.object(onnx_model, "LOGITS_AT_ONCE", 3 * 330):
            model = onnx_engine.Onnx().load(Options(model=str(self.folder), precision="native", threads=1, context=99, streams=1, adapter=None))
            self.assertIsNone(model.extend(IDS[:20], True, False))
            made = numpy.frombuffer(model.extend(IDS[20:40], False, True), "<f4").reshape(20, -1)
        numpy.testing.assert_allclose(made, wanted[20:], rtol=0, atol=1e-4)


if __name__ == "__main__":
    unittest.main()
