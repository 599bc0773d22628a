#!/usr/bin/env python3
"""Files that are compiled together (BANTAM_UNITY, cmake/unity_groups.txt) must not have functions of one name of their own: the
compiler refuses two that are alike, but of two with other parameters it takes the better one, without a word.
usage: tools/check_unity.py [--fix]     --fix: puts the later file of each pair into another group
"""
import collections
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GROUPS = ROOT / "cmake" / "unity_groups.txt"
# The name before the first bracket of a definition or declaration that begins in the first column.
FUNCTION = re.compile(r"^(?!using\b|namespace\b|struct\b|class\b|enum\b|static_assert\b|TEST|MATCHER|INSTANTIATE|BANTAM_)[A-Za-z_][\w:<>,&*\s.\[\]]*?[\s&*]([a-z_]\w*)\(")


def own_functions(path):
    """Names of functions in the anonymous namespaces of a file."""
    names = set()
    inside = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line == "namespace {":
            inside += 1
        elif line.startswith("}  // namespace") and not line.startswith("}  // namespace bantam") and inside:
            inside -= 1
        elif inside and (found := FUNCTION.match(line)):
            names.add(found.group(1))
    return names


def read_groups():
    groups = {}
    for line in GROUPS.read_text(encoding="utf-8").splitlines():
        if line.startswith("group"):
            number, *files = line.split()
            for file in files:
                groups[file] = int(number.removeprefix("group"))
    return groups


def targets():
    """Files that are compiled into one library or program."""
    all_of = collections.defaultdict(list)
    for top in ("src", "tests"):
        for path in sorted((ROOT / top).glob("*/**/*.cpp")):
            parts = path.relative_to(ROOT).parts
            if parts[1] in ("support", "fuzz", "golden") or path.name == "main.cpp":
                continue
            all_of[parts[:2]].append(path)
    return all_of.values()


def main():
    groups = read_groups()
    wrong = []
    for files in targets():
        taken = collections.defaultdict(dict)  # group -> name -> file
        for path in files:
            file = str(path.relative_to(ROOT))
            names = own_functions(path)
            group = groups.get(file, 1)
            clash = {name: taken[group][name] for name in names if name in taken[group]}
            if clash and "--fix" in sys.argv:
                group = next(number for number in range(1, 1000) if not any(name in taken[number] for name in names))
                groups[file] = group
                clash = {}
            for name, other in sorted(clash.items()):
                wrong.append(f"{file}: {name}() is also a function of {other}, and both are in group {group}")
            for name in names:
                taken[group].setdefault(name, file)
    for file in [file for file in groups if not (ROOT / file).exists()]:
        wrong.append(f"{GROUPS.name}: there is no file {file}")
    if "--fix" in sys.argv:
        head = [line for line in GROUPS.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        rows = [f"group{number} {file}" for file, number in sorted(groups.items(), key=lambda item: (item[1], item[0])) if number > 1]
        GROUPS.write_text("\n".join(head + rows) + "\n", encoding="utf-8")
        return 0
    for line in wrong:
        print(line)
    print("unity: ok" if not wrong else "put one of the two into another group of cmake/unity_groups.txt, or run tools/check_unity.py --fix")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
