"""Tiny random models with tokenizers, made in a folder, in the Hugging Face layout; and an engine program to ask."""
import atexit
import base64
import importlib.util
import json
import os
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT / "engines"))
from conformance_client import Client  # noqa: E402

TEXT = ["The quick brown fox jumps over the lazy dog.", "Once upon a time there was a small boat on the sea, and a boy.",
        "Paris is the capital of France, and Rome that of Italy.", "a film that is neither good nor bad, but long", "0123456789 !?:;()'\"-"]
ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def needs(*packages):
    """Skips a class of tests where a package is not installed."""
    absent = [one for one in packages if importlib.util.find_spec(one) is None]
    return unittest.skipIf(absent, f"not installed for {sys.executable}: {', '.join(absent)}")


def needs_data(*names):
    absent = [one for one in names if not (SHARED / one).exists()]
    return unittest.skipIf(absent, f"not there: {', '.join(str(SHARED / one) for one in absent)}")


CLIENTS = {}  # running programs, which load one model after the other


def client_of(program):
    if program not in CLIENTS or CLIENTS[program].process.poll() is not None:
        CLIENTS[program] = Client([sys.executable, str(ROOT / "engines" / program)], 300)
        atexit.register(CLIENTS[program].kill)
    return CLIENTS[program]


class Engine:
    """An engine program with one model; the one that it had before is gone."""

    def __init__(self, program, model, **members):
        self.client = client_of(program)
        self.load = {"model": str(model), "precision": "native", "threads": 1, "context": 2048, "streams": 4, **members}
        self.facts = self.ok("load", **self.load)

    def ok(self, do, **members):
        return self.client.ask(do, **members).good()

    def error(self, do, **members):
        return self.client.ask(do, **members).error["message"]

    def tokens(self, *texts, **members):
        return self.ok("tokenize", texts=list(texts), **{"special": False, **members})["tokens"]

    def generate(self, requests, count, **members):
        """Answers, and the told tokens of each."""
        answer = self.client.ask("generate", requests=requests, max_new_tokens=count, **members)
        made = answer.good()["answers"]
        told = [[one["token"] for one in answer.events if one["event"] == "token" and one["request"] == number] for number in range(len(requests))]
        return made, told

    def extend(self, tokens, restart, logits=True):
        """Logits after each token, or the answer where none are asked for."""
        import numpy

        made = self.ok("extend", tokens=tokens, restart=restart, logits=logits)
        return numpy.frombuffer(base64.b64decode(made["logits"], validate=True), "<f4").reshape(len(tokens), -1) if logits else made

    def scores(self, *pairs):
        return self.ok("loglikelihood", requests=[{"context": one, "continuation": other} for one, other in pairs])["scores"]


def save_byte_tokenizer(folder):
    """Byte-level pieces, bos put first."""
    import tokenizers
    from tokenizers import decoders, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = tokenizers.Tokenizer(tokenizers.models.BPE())
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=["<|bos|>", "<|eos|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    inner.train_from_iterator(TEXT, trainer)
    inner.post_processor = processors.TemplateProcessing(single="<|bos|> $A", special_tokens=[("<|bos|>", 0)])
    made = PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<|bos|>", eos_token="<|eos|>", pad_token="<|eos|>")
    made.chat_template = "{{ messages[0]['content'] }}"
    made.save_pretrained(folder)
    return len(made)


def save_word_tokenizer(folder, length):
    """Word pieces between [CLS] and [SEP], in small letters."""
    from transformers import DistilBertTokenizerFast

    words = sorted({word for text in TEXT for word in text.lower().replace(",", " ").replace(".", " ").split() if word.isalpha() and len(word) > 1})
    signs = list("0123456789!?:;()'\"-.,&*#@/$%+=_`~<>|[]{}^\\")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *ALPHABET, *signs, *("##" + one for one in ALPHABET), *("##" + one for one in "0123456789")]
    path = Path(folder) / "vocab.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(vocabulary) + "\n")
    DistilBertTokenizerFast(str(path), do_lower_case=True, model_max_length=length).save_pretrained(folder)
    return len(vocabulary)


def llama(folder, **changed):
    """A decoder of 2 layers with 4 heads, 2 for keys and values."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    size = save_byte_tokenizer(folder)
    torch.manual_seed(1)
    values = {"vocab_size": size, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
              "max_position_embeddings": 512, "initializer_range": 0.4, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1, "rope_theta": 5000.0}
    model = LlamaForCausalLM(LlamaConfig(**{**values, **changed})).eval()
    model.save_pretrained(folder)
    return model


def gpt2(folder):
    """A decoder with learned positions."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    size = save_byte_tokenizer(folder)
    torch.manual_seed(2)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=size, n_positions=64, n_embd=32, n_layer=2, n_head=4, initializer_range=0.4, bos_token_id=0, eos_token_id=1)).eval()
    model.save_pretrained(folder)
    return model


def lfm2(folder):
    """A decoder with convolutions, which has a cache of its own kind."""
    import torch
    from transformers import Lfm2Config, Lfm2ForCausalLM

    size = save_byte_tokenizer(folder)
    torch.manual_seed(7)
    model = Lfm2ForCausalLM(Lfm2Config(vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=4, num_attention_heads=4,
                                       num_key_value_heads=2, full_attn_idxs=[1, 3], bos_token_id=0, eos_token_id=1, pad_token_id=1,
                                       initializer_range=0.3)).eval()
    model.save_pretrained(folder)
    return model


def distilbert(folder, head, labels):
    """An encoder of 2 layers: `head` is SequenceClassification, TokenClassification or Model."""
    import torch
    import transformers

    size = save_word_tokenizer(folder, 512)
    torch.manual_seed(3)
    config = transformers.DistilBertConfig(vocab_size=size, dim=32, hidden_dim=64, n_layers=2, n_heads=4, max_position_embeddings=512, initializer_range=0.3,
                                           pad_token_id=0, id2label=dict(enumerate(labels)), label2id={name: place for place, name in enumerate(labels)})
    model = getattr(transformers, "DistilBertModel" if head == "Model" else f"DistilBertFor{head}")(config).eval()
    model.save_pretrained(folder)
    return model


def sst2_rows(count):
    lines = (SHARED / "data/sst2/dev.tsv").read_text().splitlines()
    return [line.split("\t")[0] for line in lines[:count]]


def wnut17_rows(count):
    sentences = (SHARED / "data/wnut17/emerging.dev.conll").read_text(errors="replace").replace("\r", "").split("\n\n")
    return [" ".join(line.split("\t")[0] for line in one.splitlines() if line.strip()) for one in sentences[:count]]


def change_settings(folder, name, **values):
    path = Path(folder) / name
    path.write_text(json.dumps({**(json.loads(path.read_text()) if path.exists() else {}), **values}))
