#!/usr/bin/env python3
"""The engine program for Transformers against Transformers itself, on tiny random models."""
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

PROGRAM = "transformers_engine.py"
PROMPTS = ["The quick brown", "Once", "Paris is the capital of France, and", "a"]


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def engine(self, **members):
        return tiny.Engine(PROGRAM, self.folder, **{"precision": "fp32", **members})


def reference_greedy(model, ids, count, ends=True):
    """Tokens by Transformers' own generation."""
    import torch

    more = {"eos_token_id": 1} if ends else {"eos_token_id": None}
    made = model.generate(torch.tensor([ids]), max_new_tokens=count, do_sample=False, pad_token_id=1, attention_mask=torch.ones(1, len(ids)), **more)
    return made[0, len(ids):].tolist()


def reference_score(model, context, continuation):
    """By the definition: the logarithms of softmax at each place, one computation of the whole."""
    import torch

    with torch.no_grad():
        logits = model(torch.tensor([context + continuation])).logits[0].double()
    rows = torch.log_softmax(logits, -1)[len(context) - 1:-1]
    return [sum(rows[place, token].item() for place, token in enumerate(continuation)), rows.argmax(-1).tolist() == continuation]


@tiny.needs("torch", "transformers")
class Decoders(InFolder):
    def check_tokens(self, model):
        engine = self.engine()
        ids = [engine.tokens(text, wrap=True)[0] for text in PROMPTS]
        made, told = engine.generate([{"prompt": text} for text in PROMPTS], 24)
        for place, one in enumerate(ids):
            wanted = reference_greedy(model, one, 24)
            self.assertEqual(told[place], [token for token in wanted if token != 1])
            self.assertEqual(made[place]["finish"], "stop" if wanted[-1] == 1 else "length")
            self.assertEqual(made[place]["prompt_tokens"], one)
            alone, told_alone = engine.generate([{"tokens": one}], 24)
            self.assertEqual(told_alone[0], told[place])
            self.assertAlmostEqual(alone[0]["smallest_top2_gap"], made[place]["smallest_top2_gap"], 3)
            _, ignoring = engine.generate([{"tokens": one}], 24, ignore_eos=True)
            self.assertEqual(ignoring[0], reference_greedy(model, one, 24, ends=False))

    def check_scores(self, model):
        engine = self.engine()
        first, second, third, fourth = engine.tokens(*PROMPTS)
        greedy = reference_greedy(model, first, 5, ends=False)
        pairs = [(first, second), (second, third), (third, fourth), (first, greedy), (first, second), (first, second[:-1] + [7]), (fourth, third)]
        for made, pair in zip(engine.scores(*pairs), pairs):
            wanted = reference_score(model, *pair)
            self.assertAlmostEqual(made[0], wanted[0], delta=1e-4)
            self.assertEqual(made[1], wanted[1])
        self.assertTrue(engine.scores((first, greedy))[0][1])

    def test_tokens_of_llama(self):
        self.check_tokens(tiny.llama(self.folder))

    def test_tokens_of_gpt2(self):
        self.check_tokens(tiny.gpt2(self.folder))

    def test_scores_of_llama(self):
        self.check_scores(tiny.llama(self.folder))

    def test_scores_of_gpt2(self):
        self.check_scores(tiny.gpt2(self.folder))

    def test_an_end_is_not_told_and_streams_end_apart(self):
        import torch

        model = tiny.llama(self.folder)
        engine = self.engine()
        ids = engine.tokens(*PROMPTS)
        whole = [reference_greedy(model, one, 12, ends=False) for one in ids]
        end = whole[0][5]  # from now on this ends a sequence
        tiny.change_settings(self.folder, "generation_config.json", eos_token_id=[1, end])
        wanted = [one[:min([one.index(token) for token in (1, end) if token in one] + [12])] for one in whole]
        made, told = self.engine().generate([{"tokens": one} for one in ids], 12)
        self.assertEqual(told, wanted)
        self.assertEqual([one["finish"] for one in made], ["length" if len(one) == 12 else "stop" for one in wanted])
        self.assertGreater(len({len(one) for one in wanted}), 1)
        with torch.no_grad():
            rows = model(torch.tensor([ids[0] + whole[0][:len(wanted[0])]])).logits[0, len(ids[0]) - 1:].topk(2).values
        self.assertAlmostEqual(made[0]["smallest_top2_gap"], (rows[:, 0] - rows[:, 1]).min().item(), 3)

    def test_logits_that_do_not_fit_at_once(self):
        """The same scores in pieces of one column and in pieces of seven."""
        model = tiny.llama(self.folder)
        code = f"""
import sys
sys.path.insert(0, {str(tiny.ROOT / "engines")!r})
import transformers_engine, transformers_model
from protocol import Options
for columns, keeps in ((1, True), (7, True), (3, False)):
    transformers_model.LOGITS_AT_ONCE = columns * 330
    model = transformers_engine.load_model(Options(model=sys.argv[1], precision="fp32", threads=1, context=99, streams=1, adapter=None))
    model.keeps = model.keeps if keeps else None
    print(model.loglikelihood([([0, 5, 9], list(range(20, 40))), ([3] * 9, [4, 5, 6, 7])]))
"""
        made = subprocess.run([sys.executable, "-c", code, str(self.folder)], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        wanted = [reference_score(model, *one) for one in (([0, 5, 9], list(range(20, 40))), ([3] * 9, [4, 5, 6, 7]))]
        self.assertEqual(len(made), 3)
        for line in made:
            for one, other in zip(eval(line), wanted):
                self.assertAlmostEqual(one[0], other[0], delta=1e-4)

    def test_facts(self):
        model = tiny.llama(self.folder)
        facts = self.engine(precision="bf16").facts
        count = sum(one.numel() for one in model.parameters())
        wanted = {"architecture": "LlamaForCausalLM", "parameters": count, "vocabulary": model.config.vocab_size, "bos": 0, "eos": 1, "pad": 1, "adds_bos": True,
                  "bos_text": "<|bos|>", "eos_text": "<|eos|>", "context_train": 512, "chat_template": "{{ messages[0]['content'] }}",
                  "abilities": ["generate", "loglikelihood", "sample", "logits"]}
        self.assertEqual({name: facts.get(name) for name in wanted}, wanted)
        rotations = 8 // 2 * 4  # the table of frequencies stays float32
        self.assertEqual(facts["weight_bytes"] - 2 * count, rotations)
        self.assertEqual(facts["details"]["dtype"], "bfloat16")

    def test_special_tokens_in_texts(self):
        tiny.llama(self.folder)
        engine = self.engine()
        self.assertEqual(engine.tokens("a<|eos|>", special=True)[0][-1], 1)
        self.assertNotIn(1, engine.tokens("a<|eos|>")[0])
        self.assertEqual(engine.tokens("", "", wrap=True), [[0], [0]])
        self.assertEqual(engine.ok("detokenize", tokens=[[0, *engine.tokens("é a .")[0], 1]])["texts"], ["é a ."])

    def test_learned_positions_have_an_end(self):
        tiny.gpt2(self.folder)
        engine = self.engine()
        self.assertEqual(engine.facts["request_tokens"], 64)
        self.assertIn("64 is the longest request", engine.error("generate", requests=[{"tokens": [5] * 60}], max_new_tokens=6))
        _, told = engine.generate([{"tokens": [5] * 60}], 5, ignore_eos=True)
        self.assertEqual(len(told[0]), 5)

    def test_int8_is_near(self):
        model = tiny.llama(self.folder, initializer_range=0.1)
        engine = self.engine(precision="int8")
        self.assertIn("int8", engine.facts["details"]["weights"])
        self.assertLess(engine.facts["weight_bytes"], 0.75 * 4 * sum(one.numel() for one in model.parameters()))
        first, second = engine.tokens(*PROMPTS[:2])
        made, wanted = engine.scores((first, second), (first, second[:1])), reference_score(model, first, second)
        self.assertAlmostEqual(made[0][0], wanted[0], delta=0.1 * len(second))
        self.assertNotEqual(made[0][0], wanted[0])

    def test_an_int8_layer_by_the_bound_of_its_rounding(self):
        """Each rounding is off by half a step at most; a token's result does not depend on the others."""
        import torch
        import torch_int8

        torch.manual_seed(4)
        linear, values = torch.nn.Linear(48, 20), torch.randn(3, 5, 48) * torch.tensor([0.1, 1.0, 30.0])[:, None, None]
        layer = torch_int8.Int8Linear(linear)
        with torch.no_grad():
            made, wanted = layer(values), linear(values)
            alone = torch.stack([torch.stack([layer(token[None])[0] for token in row]) for row in values])
            steps = values.abs().amax(-1, keepdim=True) / 127
            weight_steps = linear.weight.abs().amax(1) / 127
            bound = values.abs().sum(-1, keepdim=True) * weight_steps / 2 + steps / 2 * linear.weight.abs().sum(1) + 48 * steps * weight_steps / 4
        self.assertTrue(((made - wanted).abs() <= bound + 1e-5).all())
        self.assertLess(((made - wanted) / bound).mean().abs().item(), 0.05)  # no rounding to one side
        self.assertTrue(torch.equal(made, alone))

    def test_a_model_with_convolutions(self):
        """Short prompts, alone and together, against whole sequences without a cache."""
        import torch

        model = tiny.lfm2(self.folder)
        prompts, engine = [[5], [6, 7], [8] * 9], self.engine()
        wanted = [list(one) for one in prompts]
        for one in wanted:
            with torch.no_grad():
                for _ in range(8):
                    one.append(model(torch.tensor([one]), use_cache=False).logits[0, -1].argmax().item())
        told = engine.generate([{"tokens": one} for one in prompts], 8, ignore_eos=True)[1]
        self.assertEqual([one + other for one, other in zip(prompts, told)], wanted)
        for one, other in zip(prompts, wanted):
            self.assertEqual(one + engine.generate([{"tokens": one}], 8, ignore_eos=True)[1][0], other)

    def test_rotation_as_transformers_5_writes_it(self):
        import json

        model = tiny.llama(self.folder)
        config = json.loads((self.folder / "config.json").read_text())
        del config["rope_theta"]
        config["rope_parameters"] = {"rope_theta": 5000.0, "rope_type": "default"}
        (self.folder / "config.json").write_text(json.dumps(config))
        pair = ([0, 9, 8, 7, 6, 5], [40, 41, 42])
        self.assertAlmostEqual(self.engine().scores(pair)[0][0], reference_score(model, *pair)[0], delta=1e-4)


@tiny.needs("torch", "transformers", "peft")
class Adapters(InFolder):
    def test_merged_and_beside(self):
        import peft
        import torch

        model = tiny.llama(self.folder)
        plain = reference_score(model, [0, 5], [6, 7])[0]
        torch.manual_seed(5)
        wrapped = peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=["q_proj", "down_proj"], init_lora_weights=False, task_type="CAUSAL_LM")).eval()
        path = self.folder / "adapter"
        wrapped.save_pretrained(str(path))
        wanted = reference_score(wrapped, [0, 5], [6, 7])[0]
        self.assertGreater(abs(plain - wanted), 0.1)
        for merge in (True, False):
            engine = self.engine(adapter={"path": str(path), "merge": merge})
            self.assertAlmostEqual(engine.scores(([0, 5], [6, 7]))[0][0], wanted, delta=1e-3)
            self.assertEqual(engine.facts["details"]["adapter"], "lora, merged" if merge else "lora, beside the weights")
        self.assertIn("merge it", engine.error("load", **{**engine.load, "precision": "int8"}))
        self.assertIn("no PEFT adapter", engine.error("load", **{**engine.load, "adapter": {"path": str(self.folder), "merge": False}}))
        tiny.change_settings(path, "adapter_config.json", target_modules=["q_proj", "down_proj", "o_proj"])
        self.assertIn("lacks tensors", engine.error("load", **engine.load))
        tiny.change_settings(path, "adapter_config.json", task_type="SEQ_CLS")
        self.assertIn("made for SEQ_CLS", engine.error("load", **engine.load))


@tiny.needs("torch", "transformers")
class Encoders(InFolder):
    @tiny.needs_data("data/sst2/dev.tsv")
    def test_classes_as_the_pipeline_has_them(self):
        from transformers import pipeline

        tiny.distilbert(self.folder, "SequenceClassification", ["bad", "so-so", "good"])
        texts, engine = tiny.sst2_rows(60), self.engine()
        wanted = pipeline("text-classification", model=str(self.folder), top_k=None, device="cpu")(texts)
        logits = engine.ok("classify", sequences=engine.tokens(*texts, wrap=True))["logits"]
        self.assertEqual(engine.facts["labels"], ["bad", "so-so", "good"])
        for row, one in zip(logits, wanted):
            total = sum(math.exp(value) for value in row)
            for label in one:
                self.assertAlmostEqual(math.exp(row[engine.facts["labels"].index(label["label"])]) / total, label["score"], delta=1e-5)

    @tiny.needs_data("data/wnut17/emerging.dev.conll")
    def test_tags_as_the_pipeline_has_them(self):
        from transformers import pipeline

        labels = ["O", "B-person", "I-person"]
        tiny.distilbert(self.folder, "TokenClassification", labels)
        texts, engine = tiny.wnut17_rows(40), self.engine()
        wanted = pipeline("token-classification", model=str(self.folder), ignore_labels=[], device="cpu")(texts)
        logits = engine.ok("tag", sequences=engine.tokens(*texts, wrap=True))["logits"]
        seen = set()
        for row, one in zip(logits, wanted):
            self.assertEqual(len(row) - 2, len(one))  # [CLS] and [SEP]
            for values, token in zip(row[1:-1], one):
                best = max(range(3), key=values.__getitem__)
                seen.add(labels[best])
                self.assertEqual(labels[best], token["entity"])
                self.assertAlmostEqual(math.exp(values[best]) / sum(map(math.exp, values)), token["score"], delta=1e-5)
        self.assertGreater(len(seen), 1)

    def vectors(self, model, texts, engine):
        """Hidden states of each text by the model itself."""
        import torch

        with torch.no_grad():
            return [model(torch.tensor([ids])).last_hidden_state[0] for ids in engine.tokens(*texts, wrap=True)]

    def check_vectors(self, model, pooled):
        engine = self.engine()
        made = engine.ok("embed", sequences=engine.tokens(*tiny.TEXT, wrap=True))["vectors"]
        for one, hidden in zip(made, self.vectors(model, tiny.TEXT, engine)):
            self.assertEqual(len(one), len(pooled(hidden)))
            for left, right in zip(one, pooled(hidden).tolist()):
                self.assertAlmostEqual(left, right, delta=1e-5)

    def test_vectors_are_means_unless_the_files_say_otherwise(self):
        import torch

        model = tiny.distilbert(self.folder, "Model", ["a", "b"])
        self.check_vectors(model, lambda hidden: hidden.mean(0))
        (self.folder / "1_Pooling").mkdir()
        tiny.change_settings(self.folder, "1_Pooling/config.json", pooling_mode_cls_token=True, pooling_mode_mean_tokens=False)
        self.check_vectors(model, lambda hidden: hidden[0])
        tiny.change_settings(self.folder, "1_Pooling/config.json", pooling_mode_max_tokens=True)
        self.check_vectors(model, lambda hidden: torch.cat([hidden[0], hidden.max(0).values]))

    def test_limits_of_a_sentence_model(self):
        tiny.distilbert(self.folder, "Model", ["a", "b"])
        tiny.change_settings(self.folder, "sentence_bert_config.json", max_seq_length=16)
        engine = self.engine()
        self.assertEqual(engine.facts["request_tokens"], 16)
        self.assertIn("16 is the longest", engine.error("embed", sequences=[[5] * 17]))
        (self.folder / "modules.json").write_text('[{"type": "sentence_transformers.models.Dense"}]')
        self.assertIn("a layer Dense", engine.error("load", **engine.load))


@tiny.needs("torch", "transformers")
class Refusals(InFolder):
    def test_models_that_are_not_loaded(self):
        tiny.llama(self.folder)
        engine = self.engine()
        (self.folder / "config.json").rename(self.folder / "kept.json")
        self.assertIn("no config.json", engine.error("load", **engine.load))
        for changed, words in (({"architectures": None}, "names no `architectures`"), ({"architectures": ["T5ForThings"]}, "none of the kinds"),
                               ({"is_encoder_decoder": True}, "an encoder and a decoder"), ({"num_hidden_layers": 3}, "are missing in its files"),
                               ({"quantization_config": {"quant_method": "gptq"}}, "quantized already")):
            (self.folder / "config.json").write_text((self.folder / "kept.json").read_text())
            tiny.change_settings(self.folder, "config.json", **changed)
            with self.subTest(words):
                self.assertIn(words, engine.error("load", **engine.load))

    def test_code_of_a_model_is_not_run(self):
        tiny.llama(self.folder)
        engine, proof = self.engine(), self.folder / "ran"
        tiny.change_settings(self.folder, "config.json", model_type="own", auto_map={"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"})
        (self.folder / "own.py").write_text(f"open({str(proof)!r}, 'w')\n")
        self.assertTrue(engine.error("load", **engine.load))
        self.assertFalse(proof.exists())


if __name__ == "__main__":
    unittest.main()
