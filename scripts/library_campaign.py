#!/usr/bin/env python3
"""Compares bantam's prompts with lm-eval 0.4.13's over lm-eval's own task files, on made-up awkward rows.

usage: PYTHON scripts/library_campaign.py [--bantam FILE] [--short | --long] [--rows N] [--seed N] [--only TASK]...
                                          [--list FILE] [--work FOLDER] [--jobs N]
       (PYTHON: of an environment with `pip install lm-eval==0.4.13`; no network)
  --bantam   the program [build/dev/bantam]
  --short    every eighth form, three rows: a minute or two
  --long     one task for each different text of the templates (some 1,100) instead of each form (some 280), ten rows
  --only     this task; may be repeated
  --list     what `bantam tasks list --all --include-path TASKS -o json` has printed, which takes a minute, to be used again
  --work     keep the task files, rows and answers here [a temporary folder]

A form: folder of the library, the code in the templates with columns renamed in their order and texts taken out (but blanks
at the ends), Python functions, the number of choices, output type, delimiters, splits and settings of examples. The first accepted task of each form is taken. Rows
have the columns that its templates and known functions name, of the types that their use asks for. Both sides read the
same JSON lines through a task file that includes the library's and names the data. Compared are contexts, continuations and
targets of all items, with the task's own number of examples and with two; an error on both sides is equal.
Exit status: 0 without differences, 1 with, 77 without lm-eval.
"""
import argparse
import collections
import concurrent.futures
import json
import logging
import random
import re
import sys
import tempfile
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from library_sides import (TASKS, accepted_files, compared, example_count, failure, form_of, load_yaml, loaded, ours, theirs,  # noqa: E402
                           write_case)
from library_rows import RowMaker  # noqa: E402


def chosen_tasks(arguments):
    """(name of the form, path) of the tasks to compare."""
    if arguments.only:
        wanted = {name: None for name in arguments.only}
        for path in sorted(TASKS.rglob("*.yaml")):
            found = re.search(r"^[\"']?task[\"']?: *['\"]?([^'\"\n]+)", path.read_text(errors="replace"), re.MULTILINE)
            name = found.group(1).strip() if found else ""
            if name in wanted and wanted[name] is None:
                wanted[name] = path
        missing = [name for name, path in wanted.items() if path is None]
        if missing:
            sys.exit(f"library_campaign: no task {', '.join(missing)}")
        return list(wanted.values())
    files, all_tasks = accepted_files(arguments.bantam, arguments.list)
    forms = {}
    for path in map(Path, files):
        config = load_yaml(path, resolve_func=False)
        if isinstance(config.get("task"), str):
            forms.setdefault(form_of(path, config, arguments.long), path)
    print(f"tasks of the library: {all_tasks}; files of accepted ones: {len(files)}; forms: {len(forms)}", flush=True)
    return list(forms.values())[::8 if arguments.short else 1]


class Case:
    """One task: rows are made for it, then both sides asked."""

    def __init__(self, path, folder, arguments):
        self.path, self.folder, self.arguments = path, folder, arguments
        self.name, self.file, self.rows, self.results = path.stem, None, 0, {}

    def prepare(self):
        config = loaded(self.path)
        self.name = config["task"]
        maker = RowMaker(config, random.Random(f"{self.arguments.seed} {self.name}"))
        rows = maker.rows(self.arguments.rows, max(example_count(config), 2) + 3)
        self.file, self.rows = write_case(self.folder, self.path, load_yaml(self.path, resolve_func=False), *rows)

    def run(self, executor):
        warnings.simplefilter("ignore")
        self.prepare()
        asked = {shots: executor.submit(ours, self.arguments.bantam, self.file, self.name, shots, self.rows)
                 for shots in (None, 2)}
        others = theirs(self.file, (None, 2), self.rows)
        for shots, answer in asked.items():
            self.results[shots] = self.judged(answer.result(), others[shots])

    def judged(self, own, other):
        """'equal', or the first difference of a kind."""
        if isinstance(other, str):  # the task itself failed
            if all("error" in item for item in own):
                return "both fail", f"{other} / {own[0]['error'].splitlines()[0]}"
            return "lm-eval fails", other
        found = [result for result in map(compared, own, other) if result]
        (self.folder / "found.json").write_text(json.dumps([own, other, found], ensure_ascii=True, indent=1))
        if all("error" in item for item in own) and not found:
            return "both fail", f"{other[0]['error']} / {own[0]['error'].splitlines()[0]}"
        for kind in ("different", "lm-eval fails", "refused"):
            for one in found:
                if one[0] == kind:
                    return one
        return "equal", sum("error" in item for item in own)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bantam", default=str(ROOT / "build/dev/bantam"))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append")
    parser.add_argument("--list", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    arguments.rows = arguments.rows or (3 if arguments.short else 10 if arguments.long else 6)
    logging.disable(logging.ERROR)
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as temporary:
        work = (arguments.work or Path(temporary)).resolve()
        datasets.config.HF_DATASETS_CACHE = Path(temporary) / "datasets"
        sys.exit(campaign(arguments, work))


def campaign(arguments, work):
    kinds = {None: collections.Counter(), 2: collections.Counter()}
    reasons, not_made, errors, items = collections.Counter(), [], 0, 0
    paths = chosen_tasks(arguments)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as executor:
        for number, path in enumerate(paths):
            case = Case(path, work / f"{number:04d}", arguments)
            try:
                case.run(executor)
            except Exception as error:
                not_made.append((path, failure(error)))
                continue
            for shots, (kind, what) in case.results.items():
                kinds[shots][kind] += 1
                items += case.rows
                if kind == "refused":
                    reasons[re.sub(r".*?: ", "", what, count=1)[:160]] += 1
                if kind == "equal":
                    errors += what
                else:
                    shown = "own shots" if shots is None else "two shots"
                    print(f"{kind}: {case.name} ({path.relative_to(TASKS)}, {number:04d}), {shown}: {what}", flush=True)
    for path, why in not_made:
        print(f"no rows: {path.relative_to(TASKS)}: {why}")
    print(f"forms: {len(paths)}, without rows: {len(not_made)}; items compared: {items}, of which both fail on {errors}")
    for shots, counts in kinds.items():
        print("with own shots:" if shots is None else "with two shots:",
              ", ".join(f"{kind} {counts[kind]}" for kind in ("equal", "both fail", "refused", "different", "lm-eval fails")))
    for reason, count in reasons.most_common():
        print(f"  refused {count}: {reason}")
    return 1 if any(counts["different"] + counts["lm-eval fails"] for counts in kinds.values()) or not_made else 0


if __name__ == "__main__":
    main()
