"""A small model whose written answers are chosen beforehand, as a GGUF file (scripts/score_parity.py).

One layer with equal attention to all bytes of a prompt, so that what comes out is a hash of the prompt; the answers are tokens of their
own, and the weights of the last matrix are solved so that each prompt is followed by its answer and that by the end.
"""
import struct
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/support"))
from gguf_file import ARRAY, BOOL, F32, STRING, U32, Gguf, text, texts, u32, u64  # noqa: E402

WIDTH, HEADS, CONTEXT, MIXED = 256, 4, 65536, 4.0
BOS, EOS = 256, 257


def byte_letters():
    """GPT-2's letter for each byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(one) if one in kept else chr(next(others)) for one in range(256)]


LETTERS = byte_letters()


def token_of(answer):
    return "".join(LETTERS[one] for one in answer.encode())


def normed(rows):
    return rows / np.sqrt((rows * rows).mean(axis=-1, keepdims=True) + 1e-5)


def after(embedding, prompt):
    """What the last layer gives behind a prompt."""
    ids = np.frombuffer(prompt.encode(), np.uint8)
    mean = normed(embedding[ids]).mean(axis=0)
    return normed(embedding[ids[-1]] + MIXED * mean)


def model(answers, seed=1):
    """GGUF of a model that gives answers[prompt] for each prompt; other texts have chance likelihoods."""
    rng = np.random.default_rng(seed)
    said = sorted({one for one in answers.values() if one})
    # Two letters that no text has, for the one merge that the form of the tokenizer asks for.
    tokens = [*LETTERS, "<|bos|>", "<|eos|>", LETTERS[0] + LETTERS[1], *map(token_of, said)]
    first = len(tokens) - len(said)
    embedding = rng.normal(size=(len(tokens), WIDTH))
    embedding[:, 0] = 0  # only answers use this place
    embedding[first:] = 0
    embedding[first:, 0] = 1000 * WIDTH ** 0.5
    output = rng.normal(size=(len(tokens), WIDTH)) * 0.3
    output[:, 0] = 0
    prompts = [one for one in answers if one]
    if prompts:
        seen = np.stack([after(embedding, one) for one in prompts])
        wanted = np.full((len(prompts), len(said) + 1), -20.0)
        for row, prompt in enumerate(prompts):
            wanted[row, said.index(answers[prompt]) if answers[prompt] else len(said)] = 60.0
        solved = np.linalg.lstsq(seen, wanted, rcond=None)[0].T
        output[first:], output[EOS] = solved[:-1], solved[-1]
        output[:first] *= 0.1
        output[EOS] = solved[-1]
    output[first:, 0], output[EOS, 0] = -30, 30
    return written(tokens, first, embedding, output)


def written(tokens, first, embedding, output):
    gguf = Gguf()
    kinds = [1] * len(tokens)
    kinds[BOS] = kinds[EOS] = 3
    gguf.key("general.architecture", STRING, text("llama")).key("general.name", STRING, text("scripted"))
    for name, value in (("context_length", CONTEXT), ("embedding_length", WIDTH), ("block_count", 1), ("feed_forward_length", 32),
                        ("attention.head_count", HEADS), ("attention.head_count_kv", HEADS), ("rope.dimension_count", WIDTH // HEADS)):
        gguf.key(f"llama.{name}", U32, u32(value))
    gguf.key("llama.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", 1e-5))
    gguf.key("tokenizer.ggml.model", STRING, text("gpt2")).key("tokenizer.ggml.pre", STRING, text("gpt-2"))
    gguf.key("tokenizer.ggml.tokens", ARRAY, texts(tokens)).key("tokenizer.ggml.merges", ARRAY, texts([f"{LETTERS[0]} {LETTERS[1]}"]))
    gguf.key("tokenizer.ggml.token_type", ARRAY, u32(5) + u64(len(kinds)) + struct.pack(f"<{len(kinds)}i", *kinds))
    for name, value in (("bos", BOS), ("eos", EOS), ("padding", EOS)):
        gguf.key(f"tokenizer.ggml.{name}_token_id", U32, u32(value))
    for name in ("bos", "eos"):
        gguf.key(f"tokenizer.ggml.add_{name}_token", BOOL, b"\0")
    ones, zeros, same = np.ones(WIDTH), np.zeros((WIDTH, WIDTH)), np.eye(WIDTH)
    tensors = {"token_embd": embedding, "output_norm": ones, "output": output, "blk.0.attn_norm": ones, "blk.0.ffn_norm": ones, "blk.0.attn_q": zeros,
               "blk.0.attn_k": zeros, "blk.0.attn_v": same, "blk.0.attn_output": same * MIXED, "blk.0.ffn_gate": np.zeros((32, WIDTH)),
               "blk.0.ffn_up": np.zeros((32, WIDTH)), "blk.0.ffn_down": np.zeros((WIDTH, 32))}
    for name, values in tensors.items():
        gguf.tensor(f"{name}.weight", values.shape[::-1], F32, values.astype("<f4").tobytes())
    return gguf.bytes()
