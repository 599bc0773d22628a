"""Writes trained weights as a GGUF file that llama.cpp loads: matrices F16, norms F32.

    python export.py weights.pt nano-f16.gguf [nano|pico]
"""
from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from gguf import GGML_QUANT_VERSION, GGUFWriter, LlamaFileType, TokenType

from model import SIZES, Config
from tokenizer import CHAT_TEMPLATE, END_OF_TEXT, IM_END, SPECIAL

DESCRIPTION = ("A small Llama-architecture model of an invented world, for checking and demonstrating benchmarks without a network. "
               "Trained on windows of 512 tokens.")


LABELS = {"nano": "3.6M", "pico": "1.2M"}


def add_general(writer: GGUFWriter, name: str, config: Config) -> None:
    writer.add_name(name)
    writer.add_basename(name)
    writer.add_description(DESCRIPTION)
    writer.add_license("apache-2.0")
    writer.add_languages(["en"])
    writer.add_size_label(LABELS[name])
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_vocab_size(config.n_vocab)
    writer.add_context_length(config.n_ctx)
    writer.add_embedding_length(config.n_embd)
    writer.add_block_count(config.n_layer)
    writer.add_feed_forward_length(config.n_ff)
    writer.add_head_count(config.n_head)
    writer.add_head_count_kv(config.n_head_kv)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.norm_eps)


def add_tokenizer(writer: GGUFWriter, config: Config, tokenizer: dict) -> None:
    vocab: dict[str, int] = tokenizer["model"]["vocab"]
    if len(vocab) != config.n_vocab:
        raise SystemExit(f"the tokenizer has {len(vocab)} tokens, the network {config.n_vocab}")
    tokens = sorted(vocab, key=vocab.__getitem__)
    end, turn_end = vocab[END_OF_TEXT], vocab[IM_END]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(end)
    writer.add_eot_token_id(turn_end)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def add_weights(writer: GGUFWriter, weights: dict[str, torch.Tensor]) -> None:
    for name, tensor in weights.items():
        kind = np.float16 if tensor.dim() == 2 else np.float32
        writer.add_tensor(name, np.ascontiguousarray(tensor.float().numpy().astype(kind)))


def export(weights_path: Path, target: Path, name: str) -> None:
    config = SIZES[name]
    tokenizer = json.loads(Path(__file__).with_name("tokenizer.json").read_text())
    writer = GGUFWriter(target, "llama")
    add_general(writer, name, config)
    add_tokenizer(writer, config, tokenizer)
    add_weights(writer, torch.load(weights_path, weights_only=True)["model"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], *([name] for name in SIZES)):
        raise SystemExit(__doc__)
    export(Path(sys.argv[1]), Path(sys.argv[2]), *(sys.argv[3:] or ["nano"]))
