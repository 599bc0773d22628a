#!/usr/bin/env python3
"""Files that are compiled together (BANTAM_UNITY, cmake/unity_groups.txt) must not have names of their own in common: of two functions
with other parameters the compiler takes the better one, without a word; what it refuses is told here before it is built.
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


TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)\b(?!;)")
CONSTANT = re.compile(r"^(?:static |inline )?const(?:expr)?\b.*?\b(k[A-Z]\w*)(?:\[\])?(?:\{| =|$)")


USING = re.compile(r"^using ([\w:]+)::([A-Z]\w*);")
ALIAS = re.compile(r"^using ([A-Z]\w*) = (.*)")


def own_names(path):
    """Names in the anonymous namespaces of a file, each with what it stands for: its own file, or what it is brought from."""
    names = {}
    inside = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line == "namespace {":
            inside += 1
        elif line.startswith("}  // namespace") and not line.startswith("}  // namespace bantam") and inside:
            inside -= 1
        elif inside:
            for kind in (TYPE, CONSTANT, FUNCTION):
                if found := kind.match(line):
                    names[found.group(1)] = str(path)
                    break
            if found := USING.match(line):
                names[found.group(2)] = found.group(1).removeprefix("::")
            elif found := ALIAS.match(line):
                names[found.group(1)] = found.group(2)
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
            names = own_names(path)
            group = groups.get(file, 1)
            clash = {name: taken[group][name][1] for name, of in names.items() if taken[group].get(name, (of,))[0] != of}
            if clash and "--fix" in sys.argv:
                group = next(number for number in range(1, 1000)
                             if all(taken[number].get(name, (of,))[0] == of for name, of in names.items()))
                groups[file] = group
                clash = {}
            for name, other in sorted(clash.items()):
                wrong.append(f"{file}: {name} is also a name of {other}, and both are in group {group}")
            for name, of in names.items():
                taken[group].setdefault(name, (of, file))
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
