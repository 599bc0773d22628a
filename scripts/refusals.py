#!/usr/bin/env python3
"""How many tasks of lm-eval's own folder does bantam accept, and does every refusal say where and what would help?

usage: PYTHON scripts/refusals.py [--bantam FILE] [--list FILE] [--list-without-code FILE] [--work FOLDER]
       (PYTHON: of an environment with `pip install lm-eval==0.4.13`; some ten minutes)
  --bantam             the program [build/dev/bantam]
  --list               what `bantam tasks list --all --allow-task-code --include-path TASKS -o json` has printed, to be used again
  --list-without-code  the same without --allow-task-code
  --work               keep what the program printed here [a temporary folder]

`bantam tasks list` gives each task or group with its fault; `bantam tasks validate TASKS -o json` each problem with its hint. A refusal is
whole if it names a file with a line, of the task's file or of the Python file that asked, and the problem of the same words has a hint. Exit status: 0 if all are and, with code, 97 % of the
tasks and 200 folders, without 40 % of the tasks are accepted; 1 if not; 77 without lm-eval.
"""
import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if find_spec("lm_eval") is None:
    print("refusals: lm-eval is not installed", file=sys.stderr)
    sys.exit(77)
TASKS = Path(find_spec("lm_eval").origin).parent / "tasks"
PLACE = re.compile(r"^(/[^:]+): line \d+: |\([\w./-]+\.py:\d+\)|^/[^:]+, line \d+: ")


def printed(bantam, kept, *arguments):
    """What a command printed; a file that was kept stands for it."""
    if not kept.exists():
        done = subprocess.run([bantam, "tasks", *arguments, "-o", "json"], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            sys.exit(f"refusals: {done.stderr[-500:]}")
        kept.write_text(done.stdout)
    return json.loads(kept.read_text())


def kind_of(message):
    return re.sub(r"'[^']*'", "'X'", re.sub(r"^.*?: line \d+: ", "", message.replace(str(TASKS) + "/", "")))[:120]


def judged(label, listed, problems):
    """(accepted share, whole folders, refusals that are not whole)."""
    own = [one for one in listed if str(one.get("file", "")).startswith(str(TASKS))]
    folders = collections.defaultdict(list)
    for one in own:
        if one["kind"] == "task":
            folders[Path(one["file"]).relative_to(TASKS).parts[0]].append("fault" not in one)
    tasks = [taken for all_of in folders.values() for taken in all_of]
    whole = sum(all(all_of) for all_of in folders.values())
    print(f"{label}: {sum(tasks)} of {len(tasks)} tasks are accepted ({100 * sum(tasks) / len(tasks):.1f} %), {whole} of {len(folders)} folders whole")
    hints = {one["message"]: one.get("hint", "") for one in problems}
    refused = {one["fault"]: one.get("hint") or hints.get(one["fault"], "") for one in own if "fault" in one}
    both = {**hints, **refused}
    lacking = collections.Counter()
    for message, hint in both.items():
        if not PLACE.search(message):
            lacking["no file and line: " + kind_of(message)] += 1
        elif not hint:
            lacking["no remedy: " + kind_of(message)] += 1
    print(f"{label}: {len(both) - sum(lacking.values())} of {len(both)} different refusals name file, line and remedy "
          f"(of {sum('fault' in one for one in own)} tasks and groups, and {len(problems)} problems)")
    for kind, count in lacking.most_common():
        print(f"  {count}: {kind}")
    return sum(tasks) / len(tasks), whole, sum(lacking.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bantam", default=str(ROOT / "build/dev/bantam"))
    parser.add_argument("--list", type=Path)
    parser.add_argument("--list-without-code", type=Path)
    parser.add_argument("--work", type=Path)
    arguments = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for label, kept, flags, share, folders in (("with code", arguments.list, ["--allow-task-code"], 0.97, 200),
                                                   ("without code", arguments.list_without_code, [], 0.4, 0)):
            name = label.replace(" ", "_")
            listed = printed(arguments.bantam, kept or work / f"{name}_list.json", "list", "--all", "--include-path", str(TASKS), *flags)
            problems = printed(arguments.bantam, work / f"{name}_validate.json", "validate", str(TASKS), *flags)["problems"]
            accepted, whole, lacking = judged(label, listed, problems)
            wrong += accepted < share or whole < folders or lacking > 0
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
