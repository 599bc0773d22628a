#!/usr/bin/env python3
"""The engine programs on the real model `probe` against what lm-evaluation-harness computed with it (../shared/oracle/lm_eval)."""
import json
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.update({"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"})
import tiny_models as tiny  # noqa: E402

PROBE, EXPECTED = "models/probe/model.safetensors", "oracle/lm_eval/expected.jsonl"
ITEMS = 12  # of each task


def items(*kinds):
    """The first items of each task."""
    counts = {}
    with open(tiny.SHARED / EXPECTED, encoding="utf-8") as file:
        for one in map(json.loads, file):
            if one["kind"] == "item" and one["output_type"] in kinds:
                counts[one["task"]] = counts.get(one["task"], 0) + 1
                if counts[one["task"]] <= ITEMS:
                    yield one


class OfProbe:
    """Checks that both programs pass; `engine` is made by the class."""

    def test_log_likelihoods(self):
        asked, wanted, texts, joint = [], [], [], []
        for one in items("multiple_choice", "loglikelihood"):
            for request in one["requests"]:
                context = request.get("context_tokens", one["context_tokens"])
                whole = (context + request["continuation_tokens"])[-2049:]
                cut = len(whole) - len(request["continuation_tokens"])
                asked.append((whole[:cut] or [0], whole[cut:]))
                wanted.append((request["loglikelihood"], request["is_greedy"]))
                if request.get("context", one["context"]):  # an empty one stands for bos
                    texts.append(request.get("context", one["context"]) + request["continuation"])
                    joint.append(context + request["continuation_tokens"])
        self.assertGreater(len(asked), 400)
        for made, known in zip(self.engine.scores(*asked), wanted):
            self.assertAlmostEqual(made[0], known[0], delta=1e-3)
            self.assertEqual(made[1], known[1])
        self.assertEqual(self.engine.tokens(*texts), joint)

    def test_a_window_of_2048_tokens(self):
        one = next(one for one in items("loglikelihood_rolling") if len(one["windows"]) > 1)
        made = self.engine.scores(([one["prefix_token"]], one["tokens"][:2048]))[0]
        self.assertAlmostEqual(made[0], one["windows"][0]["loglikelihood"], delta=5e-3)

    def test_generated_tokens(self):
        seen = 0
        for one in items("generate_until"):
            if one["smallest_top2_gap"] < 0.001:
                continue
            seen += 1
            context = one["context_tokens"][-(2048 - one["max_gen_toks"]):]
            made, told = self.engine.generate([{"tokens": context}], one["max_gen_toks"])
            self.assertEqual(told[0], [token for token in one["greedy_tokens"] if token != 1])
            self.assertEqual(made[0]["text"], one["greedy_text"])
            self.assertAlmostEqual(made[0]["smallest_top2_gap"], one["smallest_top2_gap"], delta=1e-3)
        self.assertGreater(seen, 20)


@tiny.needs("torch", "transformers")
@tiny.needs_data(PROBE, EXPECTED)
class ByTransformers(OfProbe, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = tiny.Engine("transformers_engine.py", tiny.SHARED / "models/probe", precision="fp32")


@tiny.needs("torch", "transformers", "onnx", "onnxruntime", "tokenizers")
@tiny.needs_data(PROBE, EXPECTED)
class ByOnnx(OfProbe, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import tiny_onnx
        from transformers import AutoModelForCausalLM

        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(tiny.SHARED / "models/probe" / name, Path(cls.folder.name) / name)
        model = AutoModelForCausalLM.from_pretrained(tiny.SHARED / "models/probe", dtype="float32").eval()
        tiny_onnx.export_llama(model, cls.folder.name)
        cls.engine = tiny.Engine("onnx_engine.py", cls.folder.name)


if __name__ == "__main__":
    unittest.main()
