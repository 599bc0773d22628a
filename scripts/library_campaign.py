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
import inspect
import json
import logging
import os
import random
import re
import subprocess
import sys
import tempfile
import types
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
os.environ["HF_HUB_OFFLINE"] = "1"
SEED = 1234
ENVIRONMENT = dict(os.environ)  # task modules may change it

try:
    import jinja2
    import lm_eval.tasks
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml
except ImportError as missing:
    print(f"library_campaign: {missing}", file=sys.stderr)
    sys.exit(77)

from library_rows import RowMaker  # noqa: E402

TASKS = Path(lm_eval.tasks.__file__).parent
FIELDS = ("doc_to_text", "doc_to_target", "doc_to_choice")
SPLITS = ("training_split", "validation_split", "test_split", "fewshot_split")
LEXER = jinja2.Environment(keep_trailing_newline=True)
WORDS = set("if else elif endif for endfor in not and or is defined none range loop set namespace true false".split())


# Forms.

def code_of(value, rename=True):
    """The code of a template: no text, no constants, columns in their order."""
    if isinstance(value, (list, dict)):
        return f"{type(value).__name__} of {min(len(value), 6)}"
    if value is None or isinstance(value, int):
        return type(value).__name__
    if callable(value):
        return source_of(value)
    if str(value).startswith(str(TASKS)):
        return value
    names, out, before = {}, [], ""
    try:
        for _, kind, token in LEXER.lex(value):
            if kind in ("data", "whitespace") or kind.startswith(("comment", "linecomment")):
                continue
            if kind == "string":
                token = "S"
            elif kind.endswith(("_begin", "_end")):
                token = token.strip()
            elif kind == "name" and token not in WORDS and before not in (".", "|"):
                token = names.setdefault(token, f"n{len(names)}") if rename else token
            before = token
            out.append(token)
    except jinja2.TemplateSyntaxError:
        return value
    blanks = "".join("_" if text[:1].isspace() else "." for text in (value, value[::-1]))
    return f"{blanks} {' '.join(out)}" if out else "name" if re.fullmatch(r"\w+", value) else f"{blanks} text"


def source_of(function):
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return repr(function)


def form_of(path, config, long):
    own = config.get("fewshot_config") or {}
    texts = [str(config.get(key)) if long else code_of(config.get(key)) for key in FIELDS]
    texts += [code_of(config.get(key)) for key in ("description", "gen_prefix", "process_docs")]
    examples = sorted((key, value if key in ("sampler", "split") else code_of(value)) for key, value in own.items())
    pool = [key in config for key in SPLITS] + [config.get("fewshot_split") == config.get("test_split")]
    return (path.relative_to(TASKS).parts[0], *texts, str(config.get("output_type")), config.get("target_delimiter", " "),
            config.get("fewshot_delimiter", "\n\n"), str(examples), *pool, example_count(config))


def accepted_files(arguments):
    if arguments.list:
        listed = json.loads(arguments.list.read_text())
    else:
        done = subprocess.run([arguments.bantam, "tasks", "list", "--all", "--include-path", str(TASKS), "-o", "json"],
                              capture_output=True, text=True, check=True)
        listed = json.loads(done.stdout)
    tasks = [one for one in listed if one["kind"] == "task" and str(one.get("file", "")).startswith(str(TASKS))]
    return sorted({one["file"] for one in tasks if "fault" not in one}), len(tasks)


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
    files, all_tasks = accepted_files(arguments)
    forms = {}
    for path in map(Path, files):
        config = load_yaml(path, resolve_func=False)
        if isinstance(config.get("task"), str):
            forms.setdefault(form_of(path, config, arguments.long), path)
    print(f"tasks of the library: {all_tasks}; files of accepted ones: {len(files)}; forms: {len(forms)}", flush=True)
    return list(forms.values())[::8 if arguments.short else 1]


# One task on both sides.

class Absent(types.ModuleType):
    """A module of which everything can be asked and nothing comes."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_, **__):
        return self


def loaded(path):
    """The configuration with its functions; of packages that are not installed, which only scoring needs, the names."""
    while True:
        try:
            return load_yaml(path, resolve_func=True)
        except ModuleNotFoundError as error:
            if not error.name or error.name in sys.modules:
                raise
            sys.modules[error.name] = Absent(error.name)


def example_count(config):
    return config.get("num_fewshot") or 0


def write_case(folder, path, config, good, bad, pool):
    """task.yaml and a file of rows for each split; the split that is asked has the good and bad rows, the others examples."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = config.get("test_split") or config.get("validation_split")
    own = config.get("fewshot_config") or {}
    splits = [config[key] for key in SPLITS if config.get(key)] + ([own["split"]] if own.get("split") else [])
    examples = (own.get("split"), config.get("fewshot_split"), *(config.get(key) for key in SPLITS[:3]))
    asked_rows = good + (pool if next(filter(None, examples)) == asked else bad)
    files = {}
    for split in dict.fromkeys(splits):
        name = re.sub(r"\W", "_", split) + ".jsonl"
        lines = asked_rows if split == asked else pool
        (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), encoding="utf-8")
        files[split] = str(folder / name)
    name = config["task"]
    data = {"include": str(path), "task": name, "dataset_path": "json", "dataset_name": None,
            "dataset_kwargs": {"data_files": files}}
    (folder / "task.yaml").write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    return folder / "task.yaml", min(len(good) + 1, len(asked_rows))


def failure(error):
    return f"{type(error).__name__}: {error}"[:300]


def plain(value):
    """As JSON has it."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def theirs_item(task, number):
    doc = task.task_docs[number]
    contexts = task.fewshot_context(doc, task.config.num_fewshot, gen_prefix=task.doc_to_prefix(doc))
    requests = task.construct_requests(doc, contexts, metadata=("t", number, 1))
    made = {"contexts": contexts if isinstance(contexts, list) else [contexts], "target": plain(task.doc_to_target(doc))}
    if task.OUTPUT_TYPE == "loglikelihood_rolling":
        made["contexts"] = [requests.args[0]]
    if task.OUTPUT_TYPE in ("multiple_choice", "loglikelihood"):
        requests = requests if isinstance(requests, list) else [requests]
        count = len(made["contexts"]) if task.multiple_input else None
        if task.OUTPUT_TYPE == "multiple_choice" and count is None:
            count = len(task.doc_to_choice(doc))
        made["continuations"] = [request.args[1] for request in requests[:count]]
    return made


def theirs(file, shots, docs):
    """The items with each number of examples; None: the task's own."""
    try:
        task = ConfigurableTask(config=loaded(file))
    except Exception as error:  # whatever it is
        return {one: failure(error) for one in shots}
    own, all_items = task.config.num_fewshot, {}
    for one in shots:
        task.set_config(key="num_fewshot", value=own or 0 if one is None or own == 0 else one)
        task.set_fewshot_seed(SEED)
        items = []
        for number in range(docs):
            state = task.sampler.rnd.getstate() if hasattr(task, "sampler") else None
            try:
                items.append(theirs_item(task, number))
            except Exception as error:
                items.append({"error": failure(error)})
                if state is not None and task.config.num_fewshot:  # an item that fails draws its examples all the same
                    task.sampler.rnd.setstate(state)
                    try:
                        task.fewshot_context(task.task_docs[number], task.config.num_fewshot)
                    except Exception:
                        pass
        all_items[one] = items
    return all_items


def ours(bantam, file, name, shots, docs):
    items = []
    for number in range(docs):
        command = [bantam, "tasks", "show", name, "--include-path", str(file.parent), "--doc", str(number), "-o", "json"]
        command += [] if shots is None else ["--num-fewshot", str(shots)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="surrogateescape",
                              timeout=300, env=ENVIRONMENT)
        if done.returncode == 0:
            items.append(json.loads(done.stdout))
        else:
            items.append({"error": done.stderr.strip(), "code": done.returncode})
    return items


def compared(own, other):
    """None where an item is equal, else (kind, what differs)."""
    if "error" in own and "error" in other:
        return None
    if "error" in own:
        return "refused", own["error"].splitlines()[0] if own["error"] else f"exit {own['code']}"
    if "error" in other:
        return "lm-eval fails", other["error"]
    for key in ("contexts", "continuations", "target"):
        if key in other and own.get(key, []) != other[key]:
            if key == "contexts" and not own["contexts"] and own["output_type"] == "loglikelihood_rolling":
                continue
            return "different", f"{key}: {first_difference(own.get(key), other[key])}"
    return None


def first_difference(own, other):
    if isinstance(own, list) and isinstance(other, list) and len(own) == len(other):
        for left, right in zip(own, other):
            if left != right:
                return first_difference(left, right)
    if isinstance(own, str) and isinstance(other, str):
        at = next((i for i, (a, b) in enumerate(zip(own, other)) if a != b), min(len(own), len(other)))
        return f"at {at}: ours {own[max(at - 20, 0):at + 40]!a}, lm-eval's {other[max(at - 20, 0):at + 40]!a}"
    return f"ours {own!a:.200}, lm-eval's {other!a:.200}"


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
