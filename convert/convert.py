"""Runs llama.cpp's converter on a model folder, without ever running code that the folder brings.

    python convert.py SOURCE FOLDER TARGET OUTTYPE NAME [PRE_TOKENIZER]

SOURCE is llama.cpp's source tree. NAME becomes general.name when it is not empty. PRE_TOKENIZER is llama.cpp's name of the
rule that cuts text before BPE; without it the converter looks up the folder's tokenizer in its list.
"""
from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path


def forbid_folder_code() -> None:
    """The converter asks for trust_remote_code in places; here the answer is always no."""
    import transformers

    for loader in (transformers.AutoConfig, transformers.AutoTokenizer, transformers.AutoProcessor):
        original = loader.from_pretrained.__func__

        def from_pretrained(cls, *arguments, __original=original, **options):
            return __original(cls, *arguments, **{**options, "trust_remote_code": False})

        loader.from_pretrained = classmethod(from_pretrained)


def plain_gpt2(folder: Path) -> bool:
    """Whether tokenizer.json cuts text by GPT-2's own pattern, which its ByteLevel step stands for, and by nothing else."""
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    step = tokenizer.get("pre_tokenizer") or {}
    return (step.get("type") == "ByteLevel" and step.get("use_regex", True) and not step.get("add_prefix_space", True)
            and tokenizer.get("normalizer") is None)


def choose_pre_tokenizer(folder: Path, chosen: str) -> None:
    """The converter knows tokenizers by a hash of their output and refuses others."""
    from conversion.base import TextModel

    listed = TextModel.get_vocab_base_pre

    def get_vocab_base_pre(self, tokenizer) -> str:
        if chosen:
            return chosen
        try:
            return listed(self, tokenizer)
        except NotImplementedError:
            if plain_gpt2(folder):
                return "gpt-2"
            raise SystemExit("its pre-tokenizer is not in llama.cpp's list") from None

    TextModel.get_vocab_base_pre = get_vocab_base_pre


def main() -> None:
    source, folder, target, outtype, name, chosen = (sys.argv[1:] + [""])[:6]
    sys.path[:0] = [source, str(Path(source) / "gguf-py")]
    forbid_folder_code()
    choose_pre_tokenizer(Path(folder), chosen)
    script = str(Path(source) / "convert_hf_to_gguf.py")
    sys.argv = [script, folder, "--outfile", target, "--outtype", outtype] + (["--model-name", name] if name else [])
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
