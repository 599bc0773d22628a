#!/usr/bin/env python3
"""Check that what a name stands for is asked of its object, and the name itself is compared in one place only.

usage: check_names.py [SOURCE_FOLDER]     exit status 1 and one line per comparison when there is one

Compared means ==, != or a search (find, contains, starts_with, ends_with) with the name as a literal, whole or with a
filter behind a comma; a loop over a braced list with the name, or an array or set of texts with it; and for a kind of
cells ==, !=, case or a search with its enumerator. Writing a name as a key or as an argument is no comparison.
"""
import re
import sys
from pathlib import Path


def task_metrics(src: Path) -> set:
    """Names of the metrics of tasks: the first column of each TaskMetric's row."""
    names = set()
    for path in sorted((src / "metric").glob("*.cpp")):
        text = path.read_text(encoding="utf-8")
        for definition in re.finditer(r"constinit const TaskMetric \w+\s*\{\s*\.row\s*=\s*\{(?:\s*\.name\s*=)?\s*\"([^\"]+)\"", text):
            names.add(definition.group(1))
    return names


def cell_kinds(src: Path) -> set:
    """The names in the rows of the one table of cell kinds."""
    text = (src / "record/cell_kind.hpp").read_text(encoding="utf-8")
    return set(re.findall(r'CellKindRow\{\.kind = CellKind::\w+,\s*\.name = "(\w+)"', text))


def cell_kind_enumerators(src: Path) -> set:
    """The enumerators of record::CellKind."""
    text = (src / "record/cell_kind.hpp").read_text(encoding="utf-8")
    return {"CellKind::" + name for found in re.findall(r"enum class CellKind \{([^}]*)\}", text) for name in re.findall(r"\w+", found)}


def alternatives(names: set) -> str:
    return "(" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + ")"


def literals(names: set):
    """Patterns of comparisons with one of the names as a literal."""
    literal = '"' + alternatives(names) + r'(?:,[^"]*)?"'
    texts = r'\{\s*(?:"[^"]*",\s*)*' + literal + r'\s*(?:,\s*"[^"]*"\s*)*,?\s*\}'
    return [
        r"[=!]=\s*" + literal,
        literal + r"\s*[=!]=",
        r"\b(?:find|contains|starts_with|ends_with|count|compare)\(\s*" + literal + r"\s*[,)]",
        r"\bfor\s*\([^;{})]*:\s*" + texts,
        r"\b(?:array|to_array|set|unordered_set|initializer_list)\b(?:<[^;{}()]*>)?[\s\w]*[=(]?\s*" + texts,
        r"\[\]\s*=?\s*" + texts,
    ]


def enumerators(names: set):
    """Patterns of comparisons with one of the enumerators."""
    value = r"(?:\w+::)*" + alternatives(names) + r"\b"
    return [
        r"[=!]=\s*" + value,
        value + r"\s*[=!]=",
        r"\bcase\s+" + value,
        r"\b(?:find|count)\([^;(){}]*,\s*" + value,
    ]


# What is named: the names, how a comparison looks, and the files (under src/) where they may be compared.
KINDS = [
    ("metric", task_metrics, literals, r"metric/"),
    ("cell kind", cell_kinds, literals, r"record/cell_kind\."),
    ("cell kind", cell_kind_enumerators, enumerators, r"record/cell_kind\.|run/cell_kinds\.cpp"),
]


def comparisons(text: str, patterns: list):
    """(line number, name) of each comparison."""
    for pattern in patterns:
        for found in re.finditer(pattern, text):
            yield text.count("\n", 0, found.start(1)) + 1, found.group(1)


def breaches(src: Path):
    for kind, names_in, patterns_of, place in KINDS:
        names = names_in(src)
        if not names:
            yield f"{place}: no {kind} found; does this script still read their rows?"
            continue
        patterns = patterns_of(names)
        for path in sorted(p for p in src.rglob("*") if p.suffix in (".hpp", ".cpp")):
            name = path.relative_to(src).as_posix()
            if re.match(place, name):
                continue
            text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
            for line, compared in comparisons(text, patterns):
                yield f"{name}:{line}: compares with the {kind} '{compared}'; ask its object"


def main() -> int:
    default = Path(__file__).resolve().parent.parent / "src"
    found = list(breaches(Path(sys.argv[1]) if len(sys.argv) > 1 else default))
    for line in found:
        print(line)
    if not found:
        print("names: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
