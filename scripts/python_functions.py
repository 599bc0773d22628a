#!/usr/bin/env python3
"""Hashes of Python functions that lm-eval's task files name, and the files of the package lm-eval 0.4.13 that share them.

usage: python_functions.py TASKS                    lists every known function (src/task/benchmarks) with its hash and its files
       python_functions.py TASKS --check            exits 1 where src/task/benchmarks lacks a hash of this list or has another
       python_functions.py FILE.py [FUNCTION]...    hashes of one file's functions
TASKS: the folder lm_eval/tasks of the package. Nothing is imported or run.

The hash is that of src/task/python_source.cpp: SHA-256 of the statements of the module that the function needs (itself, and what
it names, and what that names), in the file's order, without comments, and with blanks only where two words would run together.
"""
import argparse
import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Known function -> the file of the package that its counterpart was written from, the function's name there, and other files whose
# source differs but was read and does the same.
KNOWN = {
    "hellaswag.process_docs": ["hellaswag/utils.py:process_docs"],
    "wikitext.detokenizer": ["wikitext/preprocess_wikitext.py:wikitext_detokenizer"],
    "wikitext.process_results": ["wikitext/preprocess_wikitext.py:process_results"],
    "winogrande.doc_to_text": ["winogrande/preprocess_winogrande.py:doc_to_text"],
    "winogrande.doc_to_target": ["winogrande/preprocess_winogrande.py:doc_to_target"],
    "winogrande.doc_to_choice": ["winogrande/preprocess_winogrande.py:doc_to_choice"],
    "copa.doc_to_text": ["super_glue/copa/utils.py:doc_to_text"],
    "copa.doc_to_target": ["super_glue/copa/utils.py:doc_to_target"],
    "copa.doc_to_choice": ["super_glue/copa/utils.py:doc_to_choice"],
    "truthfulqa.process_docs_gen": ["truthfulqa/utils.py:process_docs_gen"],
    "truthfulqa.process_results_mc2": ["truthfulqa/utils.py:process_results_mc2"],
    "truthfulqa.process_results_gen": ["truthfulqa/utils.py:process_results_gen"],
    "drop.process_docs": ["drop/utils.py:process_docs"],
    "drop.process_results": ["drop/utils.py:process_results"],
    "coqa.doc_to_text": ["coqa/utils.py:doc_to_text"],
    "coqa.doc_to_target": ["coqa/utils.py:doc_to_target"],
    "coqa.process_results": ["coqa/utils.py:process_results"],
    "macro_f1_score": ["aradice/boolq/ENG/metrics.py:macro_f1_score", "kobest/utils.py:macro_f1_score"],
    "micro_f1_score": ["aradice/boolq/ENG/metrics.py:micro_f1_score"],
    "weighted_f1_score": ["aradice/boolq/ENG/metrics.py:weighted_f1_score",
                          "afrimmlu/direct/prompt_1/utils.py:weighted_f1_score"],
    "ifeval.process_results": ["ifeval/utils.py:process_results"],
    "ifeval.agg_inst_level_acc": ["ifeval/utils.py:agg_inst_level_acc"],
    "bigbench.filter_multiple_choice": ["bigbench/utils.py:filter_multiple_choice"],
    # Functions that a module puts into globals(): the hash is the module's.
    "global_mmlu.process_*": ["global_mmlu/full/am/utils.py:*", "global_mmlu/default/ar/utils.py:*"],
    "include.process_*": ["include/default/Albanian/utils.py:*"],
    "openai_mmmlu.process_*": ["openai-mmmlu/default/utils.py:*"],
}

W = "[A-Za-z0-9_\x80-\U0010ffff]"  # any byte beyond ASCII belongs to a word
WORD = re.compile(f"(?![0-9]){W}+")
CONTINUES = ("else", "elif", "except", "finally")


def is_word(char):
    return re.match(W, char) is not None


def logical_lines(text):
    """(indent, normal text, code words) of each line; blanks stand only between two words."""
    lines = []
    out, words, indent, depth, at = [], set(), 0, 0, 0
    at_begin, blank = True, False

    def end_line():
        nonlocal out, words
        if out:
            lines.append((indent, "".join(out), words))
        out, words = [], set()

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    while at < len(text):
        char = text[at]
        if at_begin:
            indent = 0
            while at < len(text) and text[at] in " \t\f":
                indent += 8 - indent % 8 if text[at] == "\t" else 1
                at += 1
            at_begin = False
            continue
        if char == "#":
            while at < len(text) and text[at] != "\n":
                at += 1
            continue
        if char == "\n":
            at += 1
            if depth > 0:
                blank = True
            else:
                end_line()
                at_begin, blank = True, False
            continue
        if char == "\\" and text[at + 1 : at + 2] == "\n":
            at += 2
            blank = True
            continue
        if char in " \t\f":
            at += 1
            blank = True
            continue
        piece, is_string, prefix = char, False, ""
        if char in "\"'":
            is_string = True
        elif is_word(char):
            end = at
            while end < len(text) and is_word(text[end]):
                end += 1
            piece = text[at:end]
            if text[end : end + 1] in ("'", '"') and piece.lower() in ("r", "b", "f", "u", "rb", "br", "fr", "rf"):
                is_string, prefix = True, piece
        if is_string:
            start = at + len(prefix)
            quote = text[start : start + 3] if text[start : start + 3] in ('"""', "'''") else text[start]
            end = start + len(quote)
            while end < len(text) and not text.startswith(quote, end):
                end += 2 if text[end] == "\\" else 1
            end = min(end + len(quote), len(text))
            piece = text[at:end]
            if "f" in prefix.lower():
                words.update(WORD.findall(piece))
        elif is_word(char):
            words.add(piece)
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(depth - 1, 0)
        if blank and out and is_word(out[-1][-1]) and is_word(piece[0]):
            out.append(" ")
        out.append(piece)
        blank = False
        at += len(piece)
    end_line()
    return lines


class Statement:
    def __init__(self):
        self.lines, self.words, self.binds = [], set(), set()
        self.loose = False  # no definition, import or plain assignment


def bound_names(line):
    match = re.match(f"(?:async )?(?:def|class) ({W}+)", line)
    if match:
        return {match[1]}
    match = re.match(f"import (.*)$|from(?!{W}).*?(?<!{W})import(?!{W}) ?(.*)$", line, re.DOTALL)
    if match:
        names = set()
        for part in (match[1] or match[2]).strip("()").split(","):
            name = part.rsplit(" as ", 1)[-1] if " as " in part else part.split(".")[0]
            if name:
                names.add(name)
        return names
    match = re.match(f"((?:{W}|,)+)(?::[^=]*)?=(?!=)", line, re.DOTALL)
    return {name for name in match[1].split(",") if name} if match else set()


def statements(text):
    made, decorated, levels = [], False, [0]
    for indent, line, words in logical_lines(text):
        while indent < levels[-1]:
            levels.pop()
        if indent > levels[-1]:
            levels.append(indent)
        top = len(levels) == 1
        goes_on = decorated or re.match(f"{W}*", line)[0] in CONTINUES
        if not made or (top and not goes_on):
            made.append(Statement())
        one = made[-1]
        if top:
            begins = not one.lines or decorated
            decorated = line.startswith("@")
            if begins and not decorated:
                one.binds = bound_names(line)
                one.loose = not one.binds
        if one.loose:
            one.binds |= bound_names(line)
        one.lines.append(f"{len(levels) - 1}:{line}\n")
        one.words |= words
    return made


def function_source(text, function):
    """None where the module does not bind the name; "*": all statements of a module that speaks of globals()."""
    all_statements = statements(text)
    if function == "*":
        speaks = any("globals" in one.words for one in all_statements)
        return "".join("".join(one.lines) for one in all_statements) if speaks else None
    chosen = {number for number, one in enumerate(all_statements) if "*" in one.binds}
    names, bound, grown = {function}, set(), True
    while grown:
        grown = False
        for number, one in enumerate(all_statements):
            if number not in chosen and (one.binds & names or (one.loose and one.words & bound)):
                chosen.add(number)
                names |= one.words
                bound |= one.binds
                grown = True
    if function not in bound:
        return None
    return "".join("".join(all_statements[number].lines) for number in sorted(chosen))


def function_hash(path, function):
    source = function_source(path.read_text(encoding="utf-8"), function)
    return None if source is None else hashlib.sha256(source.encode()).hexdigest()


def files_by_hash(tasks):
    found = {}
    for path in sorted(tasks.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for name in {name for one in statements(text) for name in one.binds} | {"*"}:
            source = function_source(text, name)
            if source is None:
                continue
            found.setdefault(hashlib.sha256(source.encode()).hexdigest(), []).append(
                f"{path.relative_to(tasks)}:{name}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("function", nargs="*")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.path.is_file():
        text = arguments.path.read_text(encoding="utf-8")
        names = arguments.function or sorted({name for one in statements(text) for name in one.binds})
        for name in names:
            print(function_hash(arguments.path, name), name)
        return 0
    found = files_by_hash(arguments.path)
    code = "".join(path.read_text() for path in sorted((ROOT / "src/task/benchmarks").glob("*.cpp")))
    lacking = 0
    for known, sources in KNOWN.items():
        print(known)
        for source in sources:
            file, name = source.rsplit(":", 1)
            digest = function_hash(arguments.path / file, name)
            lacking += digest not in code
            print(f"  {digest}\n    " + "\n    ".join(found[digest]))
    if arguments.check and lacking:
        print(f"{lacking} of these hashes are not in src/task/benchmarks", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
