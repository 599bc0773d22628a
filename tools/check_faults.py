#!/usr/bin/env python3
"""Check tests/faults.tsv: each row of the list of faults is there, in order, and each test that it names exists.

usage: check_faults.py [--without-llama] [BUILD_FOLDER]     exit status 1 and one line per problem when there is one

Without a build folder only the rows are checked. --without-llama: the build has the rooms that need no llama.cpp; tests of
others are not looked for.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "tests" / "faults.tsv"
FAULTS = 90  # rows F1 to F90
CASES = 19  # cases A1 to A19, of which the last has parts: A19a, A19b, ...
WITHOUT_TEST = ("no feature yet: ", "not shown yet: ")


def read_rows(path: Path) -> list:
    """(line number, fields) of the lines that are no comment."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [(number, line.split("\t")) for number, line in lines if line and not line.startswith("#")]


def expected_names(parts: int) -> list:
    faults = [f"F{number}" for number in range(1, FAULTS + 1)]
    cases = [f"A{number}" for number in range(1, CASES)]
    letters = [chr(ord("a") + number % 26) for number in range(parts)]
    return faults + cases + [f"A{CASES}{'a' if number >= 26 else ''}{letter}" for number, letter in enumerate(letters)]


def problems_of_rows(rows: list) -> list:
    problems = []
    names = [fields[0] for _, fields in rows]
    parts = max(1, sum(bool(re.fullmatch(rf"A{CASES}[a-z]+", name)) for name in names))
    expected = expected_names(parts)
    problems += [f"{name}: missing" for name in expected if name not in names]
    problems += [f"{name}: not a row of the list, or there twice" for name in sorted(set(names))
                 if name not in expected or names.count(name) > 1]
    if not problems and names != expected:
        problems.append("the rows are not in order")
    for number, fields in rows:
        if len(fields) != 4 or not all(fields):
            problems.append(f"line {number}: needs four fields: row, what goes in, what it must get, tests")
    return problems


def tests_of(fields: list) -> list:
    return [] if fields[3].startswith(WITHOUT_TEST) else fields[3].split(" ")


def tests_of_build(folder: Path) -> set:
    done = subprocess.run(["ctest", "--test-dir", str(folder), "--show-only=json-v1"], capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout[done.stdout.index("{"):])
    return {test["name"].split("  # GetParam() = ")[0] for test in shown["tests"]}


def problems_of_tests(rows: list, built: set, only_built_rooms: bool) -> list:
    rooms = {name.split(".")[0] for name in built}
    problems = []
    for _, fields in rows:
        for test in tests_of(fields):
            if test in built or (only_built_rooms and test.split(".")[0] not in rooms):
                continue
            problems.append(f"{fields[0]}: no test {test}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-llama", action="store_true")
    parser.add_argument("build", nargs="?", type=Path)
    arguments = parser.parse_args()
    rows = read_rows(TABLE)
    problems = problems_of_rows(rows)
    if arguments.build and not problems:
        problems += problems_of_tests(rows, tests_of_build(arguments.build), arguments.without_llama)
    for problem in problems:
        print(f"{TABLE.name}: {problem}")
    shown = sum(bool(tests_of(fields)) for _, fields in rows if len(fields) == 4)
    print(f"{TABLE.name}: {len(rows)} rows, {shown} with tests, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
