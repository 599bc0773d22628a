#!/usr/bin/env python3
"""The engine program for ONNX Runtime against Transformers, on tiny random models that were exported to ONNX."""
import math
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.update({"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"})
import tiny_models as tiny  # noqa: E402

PROGRAM = "onnx_engine.py"
PACKAGES = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers")
PROMPTS = ["The quick brown", "Once", "Paris is the capital of France, and", "a"]


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def engine(self, **members):
        return tiny.Engine(PROGRAM, self.folder, **members)

    def llama(self, cached=True):
        import tiny_onnx

        model = tiny.llama(self.folder)
        tiny_onnx.export_llama(model, self.folder, cached)
        (self.folder / "model.safetensors").unlink()
        return model

    def encoder(self, head, labels, output):
        import tiny_onnx

        model = tiny.distilbert(self.folder, head, labels)
        tiny_onnx.export_encoder(model, self.folder, output)
        return model


@tiny.needs(*PACKAGES)
class Decoders(InFolder):
    def check_tokens(self, model):
        import torch

        engine = self.engine()
        ids = engine.tokens(*PROMPTS, wrap=True)
        made, told = engine.generate([{"prompt": text} for text in PROMPTS], 24)
        for place, one in enumerate(ids):
            given = torch.tensor([one])
            wanted = model.generate(given, attention_mask=torch.ones_like(given), max_new_tokens=24, do_sample=False, pad_token_id=1)[0, len(one):].tolist()
            self.assertEqual(told[place], [token for token in wanted if token != 1])
            self.assertEqual(made[place]["prompt_tokens"], one)
            alone, told_alone = engine.generate([{"tokens": one}], 24)
            self.assertEqual(told_alone[0], told[place])
            self.assertAlmostEqual(alone[0]["smallest_top2_gap"], made[place]["smallest_top2_gap"], 3)
        return engine

    def check_scores(self, model):
        import torch

        engine = self.engine()
        first, second, third, fourth = engine.tokens(*PROMPTS)
        told = engine.generate([{"tokens": first}], 5, ignore_eos=True)[1][0]
        pairs = [(first, second), (second, third), (third, fourth), (first, told), (first, second[:-1] + [7]), (fourth, third)]
        for made, (context, continuation) in zip(engine.scores(*pairs), pairs):
            with torch.no_grad():
                rows = torch.log_softmax(model(torch.tensor([context + continuation])).logits[0].double(), -1)[len(context) - 1:-1]
            self.assertAlmostEqual(made[0], sum(rows[place, token].item() for place, token in enumerate(continuation)), delta=1e-3)
            self.assertEqual(made[1], rows.argmax(-1).tolist() == continuation)
        self.assertTrue(engine.scores((first, told))[0][1])

    def test_tokens_with_a_cache(self):
        engine = self.check_tokens(self.llama())
        self.assertNotIn("cache", engine.facts["details"])
        # Keys and values of 2 layers, 2 heads of 8 numbers of 4 bytes, for 4 requests of as many tokens as the longest has.
        size, each = engine.ok("memory")["kv_bytes"], 2 * 2 * 2 * 8 * 4
        self.assertEqual(size % (each * 4), 0)

    def check_streams_that_end_apart(self, cached):
        self.llama(cached)
        engine = self.engine()
        requests = [{"tokens": one} for one in engine.tokens(*PROMPTS)]
        whole = [engine.generate([one], 12, ignore_eos=True)[1][0] for one in requests]
        end = whole[0][5]  # from now on this ends a sequence
        tiny.change_settings(self.folder, "generation_config.json", eos_token_id=[1, end])
        wanted = [one[:min([one.index(token) for token in (1, end) if token in one] + [12])] for one in whole]
        self.assertGreater(len({len(one) for one in wanted}), 1)
        self.assertEqual(self.engine().generate(requests, 12)[1], wanted)

    def test_streams_that_end_apart_with_a_cache(self):
        self.check_streams_that_end_apart(True)

    def test_streams_that_end_apart_without_a_cache(self):
        self.check_streams_that_end_apart(False)

    def test_tokens_without_a_cache(self):
        engine = self.check_tokens(self.llama(cached=False))
        self.assertIn("none in the graph", engine.facts["details"]["cache"])

    def test_scores_with_a_cache(self):
        self.check_scores(self.llama())

    def test_scores_without_a_cache(self):
        self.check_scores(self.llama(cached=False))

    def test_facts(self):
        model = self.llama()
        facts = self.engine().facts
        wanted = {"architecture": "LlamaForCausalLM", "vocabulary": model.config.vocab_size, "bos": 0, "eos": 1, "pad": 1, "adds_bos": True,
                  "bos_text": "<|bos|>", "eos_text": "<|eos|>", "context_train": 512, "chat_template": "{{ messages[0]['content'] }}",
                  "abilities": ["generate", "loglikelihood", "sample", "logits"]}
        self.assertEqual({name: facts.get(name) for name in wanted}, wanted)
        count = sum(one.numel() for one in model.parameters())
        self.assertLess(abs(facts["parameters"] - count), 0.01 * count)  # constants of the graph are counted as well
        self.assertEqual(facts["weight_bytes"], 4 * facts["parameters"])

    def test_special_tokens_in_texts(self):
        self.llama()
        engine = self.engine()
        self.assertEqual(engine.tokens("a<|eos|>", special=True)[0][-1], 1)
        self.assertNotIn(1, engine.tokens("a<|eos|>")[0])
        self.assertEqual(engine.tokens("", "", wrap=True), [[0], [0]])
        self.assertEqual(engine.ok("detokenize", tokens=[[0, *engine.tokens("é a .")[0], 1]])["texts"], ["é a ."])

    def test_parameters_are_those_that_the_package_onnx_reads(self):
        import onnx

        self.llama()
        graph = onnx.load(str(self.folder / "model.onnx")).graph
        wanted = sum(math.prod(one.dims) for one in graph.initializer if one.data_type in (1, 10, 11))
        self.assertEqual(self.engine().facts["parameters"], wanted)

    def test_weights_of_four_bits_are_two_in_a_byte(self):
        import onnx
        import onnx_file
        from onnx import TensorProto, helper

        # 16 outputs of 64 inputs in blocks of 32: 16 x 2 x 16 bytes and 16 x 2 scales; the shape in int64 is no weight.
        tensors = [helper.make_tensor("w", TensorProto.UINT8, [16, 2, 16], bytes(512), raw=True), helper.make_tensor("s", TensorProto.FLOAT, [32], [1.0] * 32),
                   helper.make_tensor("shape", TensorProto.INT64, [2], [1, 2])]
        node = helper.make_node("MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", K=64, N=16, bits=4, block_size=32)
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in (("x", 64), ("y", 16))]
        onnx.save(helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:], tensors)), str(self.folder / "m.onnx"))
        made = onnx_file.Weights(str(self.folder / "m.onnx"))
        self.assertEqual((made.parameters, made.bytes_by_type, made.operators), (64 * 16 + 32, {"uint8": 512, "float32": 128}, {"MatMulNBits"}))

    def test_pieces_and_one_at_a_time_give_the_same(self):
        self.llama()
        code = f"""
import sys
sys.path.insert(0, {str(tiny.ROOT / "engines")!r})
import onnx_engine, onnx_model, protocol
from protocol import Options
class Told:
    def prefilled(self, request): pass
    def token(self, request, token): told[request].append(token)
for columns, alone in ((1000, None), (2, None), (1000, "a reason")):
    onnx_model.LOGITS_AT_ONCE = columns * 330
    model = onnx_engine.Onnx().load(Options(model=sys.argv[1], precision="native", threads=1, context=99, streams=2, adapter=None))
    model.alone = alone
    told = [[], []]
    model.generate([[0, 5, 9, 20, 21], [7]], Options(max_new_tokens=9, ignore_eos=True, stop=[], sampling=None), Told())
    print([told, [[round(total, 3), greedy] for total, greedy in model.loglikelihood([([0, 5, 9], list(range(20, 40))), ([3], [4])])]])
"""
        made = subprocess.run([sys.executable, "-c", code, str(self.folder)], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        first = eval(made[0])
        self.assertEqual([len(one) for one in first[0]], [9, 9])
        for other in map(eval, made[1:]):
            self.assertEqual(other[0], first[0])
            for one, two in zip(first[1], other[1]):
                self.assertAlmostEqual(one[0], two[0], delta=0.002)


@tiny.needs(*PACKAGES)
class Encoders(InFolder):
    @tiny.needs_data("data/sst2/dev.tsv")
    def test_classes_as_the_pipeline_has_them(self):
        from transformers import pipeline

        self.encoder("SequenceClassification", ["bad", "so-so", "good"], "logits")
        texts, engine = tiny.sst2_rows(60), self.engine()
        wanted = pipeline("text-classification", model=str(self.folder), top_k=None, device="cpu")(texts)
        logits = engine.ok("classify", sequences=engine.tokens(*texts, wrap=True))["logits"]
        self.assertEqual(engine.facts["labels"], ["bad", "so-so", "good"])
        for row, one in zip(logits, wanted):
            total = sum(math.exp(value) for value in row)
            for label in one:
                self.assertAlmostEqual(math.exp(row[engine.facts["labels"].index(label["label"])]) / total, label["score"], delta=1e-4)

    @tiny.needs_data("data/wnut17/emerging.dev.conll")
    def test_tags_as_the_pipeline_has_them(self):
        from transformers import pipeline

        labels = ["O", "B-person", "I-person"]
        self.encoder("TokenClassification", labels, "logits")
        texts, engine = tiny.wnut17_rows(40), self.engine()
        wanted = pipeline("token-classification", model=str(self.folder), ignore_labels=[], device="cpu")(texts)
        logits = engine.ok("tag", sequences=engine.tokens(*texts, wrap=True))["logits"]
        for row, one in zip(logits, wanted):
            self.assertEqual(len(row) - 2, len(one))  # [CLS] and [SEP]
            for values, token in zip(row[1:-1], one):
                self.assertAlmostEqual(math.exp(values[labels.index(token["entity"])]) / sum(map(math.exp, values)), token["score"], delta=1e-4)

    def test_vectors_are_means(self):
        import torch

        model = self.encoder("Model", ["a", "b"], "last_hidden_state")
        engine = self.engine()
        sequences = engine.tokens(*tiny.TEXT, wrap=True)
        for one, ids in zip(engine.ok("embed", sequences=sequences)["vectors"], sequences):
            with torch.no_grad():
                wanted = model(torch.tensor([ids])).last_hidden_state[0].mean(0).tolist()
            self.assertEqual(len(one), len(wanted))
            for left, right in zip(one, wanted):
                self.assertAlmostEqual(left, right, delta=1e-4)


@tiny.needs(*PACKAGES)
class Refusals(InFolder):
    def test_models_that_are_not_loaded(self):
        self.llama()
        engine = self.engine()
        self.assertIn("takes no adapter", engine.error("load", **{**engine.load, "adapter": {"path": str(self.folder), "merge": True}}))
        graph = (self.folder / "model.onnx").read_bytes()
        for data, words in ((graph[:len(graph) // 2], "no ONNX file"), (b"nonsense", "no ONNX file"), (b"", "no ONNX file")):
            (self.folder / "model.onnx").write_bytes(data)
            with self.subTest(words):
                self.assertIn(words, engine.error("load", **engine.load))
        (self.folder / "model.onnx").rename(self.folder / "a.onnx")
        (self.folder / "b.onnx").write_bytes(graph)
        self.assertIn("name one of its files a.onnx, b.onnx", engine.error("load", **engine.load))
        self.assertTrue(engine.ok("load", **{**engine.load, "model": str(self.folder / "b.onnx")})["parameters"])
        tiny.change_settings(self.folder, "config.json", architectures=["LlamaForSequenceClassification"])
        (self.folder / "tokenizer.json").unlink()
        self.assertIn("no tokenizer.json", engine.error("load", **{**engine.load, "model": str(self.folder / "b.onnx")}))

    def test_a_graph_with_inputs_that_are_not_known(self):
        import onnx

        self.llama()
        model = onnx.load(str(self.folder / "model.onnx"))
        model.graph.input.append(onnx.helper.make_tensor_value_info("pixel_values", 1, ["n"]))
        onnx.save(model, str(self.folder / "model.onnx"))
        self.assertIn("wants pixel_values", tiny.client_of(PROGRAM).ask("load", model=str(self.folder), precision="native", threads=1, context=9, streams=1).error["message"])


if __name__ == "__main__":
    unittest.main()
