#!/usr/bin/env python3
"""Writes tests/data/oracle/transformers/decoded_answers.jsonl: what decode() of Transformers gives for generated tokens.

Needs the PyPI package transformers 5.24.0. Each line is a tokenizer that is made here from a small vocabulary: its tokens with
their types and settings as a GGUF file holds them, and random and chosen lists of tokens with their text."""
import json
import random
import sys
from pathlib import Path

from transformers import GPT2Tokenizer, LlamaTokenizer

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
OUT = Path(__file__).resolve().parent.parent / "tests/data/oracle/transformers/decoded_answers.jsonl"
BYTES = [f"<0x{byte:02X}>" for byte in (0x09, 0x0A, 0x20, 0x41, 0xC3, 0xA9)]
PIECES = ["▁", "▁▁", "▁▁▁", "▁Yes", "▁no", "es", "▁t", ".", ",", "!", "▁.", "▁'", "s", "n't", "▁n't", "▁42", "4", "\u00e9t\u00e9"]
FIRST = ["<unk>", "<s>", "</s>", "<|assistant|>"]
BPE = ["Ġ", "ĠĠ", "ĠYes", "Ġno", "es", "Ċ", "Ġ.", "Ġ,", ".", "Ġ's", "Ġn't", "Ġ42", "4", "Ã©"]


def lists(count, seed):
    """Each token alone and behind a special one, and random lists."""
    rng = random.Random(seed)
    made = [[4 + i] for i in range(count - 4)]
    made += [[3, 4 + i] for i in range(3)] + [[1, 4, 3, 4], [3, 1, 3], []]
    for _ in range(120):
        made.append([rng.randrange(1, count) for _ in range(rng.randint(1, 6))])
    return made


def is_whole(tokens, vocabulary):
    """Where every run of byte tokens is UTF-8: what else becomes of them is told in the documentation."""
    run = b""
    for token in [*tokens, None]:
        name = vocabulary[token] if token is not None else ""
        if name.startswith("<0x"):
            run += bytes([int(name[3:5], 16)])
            continue
        if name in FIRST[1:]:
            continue  # left out before bytes are joined
        try:
            run.decode()
        except UnicodeDecodeError:
            return False
        run = b""
    return True


def line(name, model, tokens, types, tokenizer, settings, seed):
    cases = [case for case in lists(len(tokens), seed) if is_whole(case, tokens)]
    texts = [tokenizer.decode(case, skip_special_tokens=True) for case in cases]
    return {"name": name, "model": model, "tokens": tokens, "types": types, **settings,
            "cases": [{"tokens": case, "text": text} for case, text in zip(cases, texts)]}


def sentence_pieces(name, with_space, settings, seed):
    tokens = FIRST + BYTES + PIECES
    types = [UNKNOWN, CONTROL, CONTROL, CONTROL] + [BYTE] * len(BYTES) + [NORMAL] * len(PIECES)
    tokenizer = LlamaTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[], add_prefix_space=with_space,
                               extra_special_tokens=["<|assistant|>"])
    assert tokenizer.convert_tokens_to_ids(tokens) == list(range(len(tokens)))
    return line(name, "llama", tokens, types, tokenizer, settings, seed)


def byte_level(name, settings, seed):
    tokens = FIRST + BPE
    types = [CONTROL] * 4 + [NORMAL] * len(BPE)
    tokenizer = GPT2Tokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[], unk_token="<unk>", bos_token="<s>",
                              eos_token="</s>", add_prefix_space=True, extra_special_tokens=["<|assistant|>"],
                              clean_up_tokenization_spaces=True)
    assert tokenizer.convert_tokens_to_ids(tokens) == list(range(len(tokens)))
    return line(name, "gpt2", tokens, types, tokenizer, settings, seed)


def main():
    rows = [sentence_pieces("spm", True, {}, 1), sentence_pieces("spm_told", True, {"add_space_prefix": True}, 2),
            sentence_pieces("spm_without_space", False, {"add_space_prefix": False}, 3),
            byte_level("bpe", {}, 4), byte_level("bpe_told", {"add_space_prefix": True}, 5)]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
