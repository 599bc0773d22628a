"""The byte-level BPE tokenizer: trained on the training text, stored as tokenizer.json."""
from __future__ import annotations

import itertools
import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from corpus import FULL, documents
from world import SEED, build_world

END_OF_TEXT, IM_START, IM_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = [END_OF_TEXT, IM_START, IM_END]
N_VOCAB = 1792
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def train_tokenizer(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    # The regular expression inside ByteLevel is GPT-2's, llama.cpp's pre-tokenizer "gpt-2".
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=N_VOCAB, special_tokens=[AddedToken(text, special=True) for text in SPECIAL],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("tokenizer.json"))
    world = build_world()
    stream = itertools.islice(documents(world, SEED, stages=[FULL]), 30000)
    texts = [text.replace(IM_START, "").replace(IM_END, "") for text in stream]
    # Names at the start of a line, and small numbers, shall be one token.
    texts += [str(number) for number in range(40)] * 200 + [f" {number}" for number in range(40)] * 200
    texts += [person.name for person in world.people] * 200
    tokenizer = train_tokenizer(texts)
    tokenizer.save(str(target), pretty=False)
    print(f"{tokenizer.get_vocab_size()} tokens, {target}")


if __name__ == "__main__":
    main()
