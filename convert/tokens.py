"""Token ids of sample lines by a model folder's own tokenizer, as JSON: a list of lists.

    python tokens.py FOLDER LINES.json

Nothing is added to a line. tokenizer.json is read by the `tokenizers` library; without it tokenizer.model by SentencePiece.
"""
from __future__ import annotations

import json
import sys
from pathlib import Path


def ids_of(folder: Path, lines: list[str]) -> list[list[int]]:
    if (folder / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return [tokenizer.encode(line, add_special_tokens=False).ids for line in lines]
    from sentencepiece import SentencePieceProcessor

    return SentencePieceProcessor(model_file=str(folder / "tokenizer.model")).encode(lines)


if __name__ == "__main__":
    print(json.dumps(ids_of(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))))
