#!/usr/bin/env python3
"""Check that what a name stands for is asked of its object, and the name itself is compared in one place only.

usage: check_names.py [SOURCE_FOLDER]     exit status 1 and one line per comparison when there is one

Compared means ==, != or a search (find, contains, starts_with, ends_with) with the name as a literal, whole or with a
filter behind a comma. Writing a name, as a key or in a list, is no comparison.
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
    return set(re.findall(r'CellKindRow\{CellKind::\w+, "(\w+)"', (src / "record/cell_kind.hpp").read_text(encoding="utf-8")))


# What is named: the names, and the files (under src/) where they may be compared.
KINDS = [
    ("metric", task_metrics, r"metric/"),
    ("cell kind", cell_kinds, r"record/cell_kind\."),
]

def comparisons(text: str, names: set):
    """(line number, name) of each comparison with one of the names."""
    literal = r'"(' + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r')(?:,[^"]*)?"'
    patterns = [
        r"[=!]=\s*" + literal,
        literal + r"\s*[=!]=",
        r"\b(?:find|contains|starts_with|ends_with|count|compare)\(\s*" + literal + r"\s*[,)]",
    ]
    for pattern in patterns:
        for found in re.finditer(pattern, text):
            yield text.count("\n", 0, found.start()) + 1, found.group(1)


def breaches(src: Path):
    for kind, names_in, place in KINDS:
        names = names_in(src)
        if not names:
            yield f"{place}: no {kind} found; does this script still read their rows?"
            continue
        for path in sorted(p for p in src.rglob("*") if p.suffix in (".hpp", ".cpp")):
            name = path.relative_to(src).as_posix()
            if re.match(place, name):
                continue
            text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
            for line, compared in comparisons(text, names):
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
