#!/usr/bin/env python3
"""Compares taskcode/run.py with lm-eval 0.4.13 and datasets over the Python functions of lm-eval's own task files.

usage: PYTHON scripts/taskcode_campaign.py [--alone PYTHON] [--every N [--from K]] [--only FOLDER]... [--seconds S] [--seed N] [--again REPORT] [--report FILE]
       (PYTHON: of an environment with `pip install lm-eval==0.4.13`; no network)
  --alone    a Python without packages, for what the stand-ins do alone [/usr/bin/python3]
  --every    take each Nth form [1], from form K on [0]
  --only     this folder of the library; may be repeated
  --seconds  to search for rows of a form [2]
  --again    only forms that this report says were not reached, fail on both sides or differ
  --report   add what was found to this file, a line of JSON for each form, the form of most tasks first

A form: output type, and of each function its name and the content of its file (and the folder, where the file asks for its own path).
The first task of each form is run, on rows with the fields that the code asks for. Compared are process_docs, doc_to_*, the variants for
examples, process_results, aggregations, metrics and filters, with values or the type of the error of each row; numbers after the
run within 1e-9. Functions that need a package are run a second time with the packages of PYTHON. Exit status: 0 without
differences, 1 with, 77 without lm-eval.
"""
import argparse
import collections
import hashlib
import json
import logging
import math
import os
import random
import re
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
if find_spec("lm_eval") is None:
    print("taskcode_campaign: lm-eval is not installed", file=sys.stderr)
    sys.exit(77)
TASKS = Path(find_spec("lm_eval").origin).parent / "tasks"
sys.path[:0] = [str(ROOT / "taskcode"), str(ROOT / "taskcode/standin"), str(ROOT / "scripts")]
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", PYTHONHASHSEED="0", OPENBLAS_NUM_THREADS="1")

import datasets  # noqa: E402  (the stand-in)
from datasets import kinds  # noqa: E402
from loading import FOLDERS, install, resolved  # noqa: E402
from taskcode_rows import Search, results_of, track, tracked, within  # noqa: E402
from values import encode  # noqa: E402

FIELDS = ("doc_to_text", "doc_to_choice", "doc_to_target", "doc_to_decontamination_query")
KEPT = ("output_type", "process_docs", *FIELDS, "process_results", "metric_list", "filter_list", "fewshot_config", "custom_dataset", "metadata",
        "dataset_kwargs", "test_split", "doc_to_image", "doc_to_audio", "class")
BEFORE = ("process_docs", "doc_to_text", "doc_to_target", "doc_to_choice", "fewshot_config", "doc_to_decontamination_query", "doc_to_image",
          "doc_to_audio", "custom_dataset")


# Task files.

class Marked(yaml.CSafeLoader if getattr(yaml, "__with_libyaml__", False) else yaml.SafeLoader):
    folder = None


def mark(loader, node):
    return {"$function": loader.construct_scalar(node), "folder": str(loader.folder)}


Marked.add_constructor("!function", mark)
READ = {}


def read(path):
    path = path.resolve()
    if path not in READ:
        loader = Marked(path.read_bytes())
        loader.folder = path.parent
        own, made = loader.get_single_data(), {}
        included = own.pop("include", None) or []
        for one in included if isinstance(included, list) else [included]:
            made.update({key: value for key, value in read(path.parent / one).items() if key != "task_list"})
        READ[path] = {**made, **own}
    return READ[path]


OUT = []


def tell(text):
    print(text, file=OUT[0], flush=True)


def functions_of(value, key=""):
    if isinstance(value, dict) and "$function" in value:
        yield key, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from functions_of(one, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from functions_of(one, f"{key}[{number}]")


class Form:
    def __init__(self, path, config):
        self.path, self.config, self.tasks = path, config, 0
        self.functions = [key for key, _ in functions_of(config)]
        self.alone, self.state = {}, {}  # function -> error without packages; function -> "agree" or why not


CONTENT = {}


CONTENT_ALONE, FOUND = {}, {}


def file_of(function):
    return Path(function["folder"]) / (function["$function"].rpartition(".")[0].replace(".", "/") + ".py")


def content_of(function):
    """(hash of the file, name); no name where it is a variant of another function (partial)."""
    name, path = function["$function"].rpartition(".")[2], file_of(function)
    if path not in CONTENT:
        data = path.read_bytes() if path.exists() else str(path).encode()
        CONTENT_ALONE[path] = hashlib.sha256(data).hexdigest()
        CONTENT[path] = hashlib.sha256(data + (str(path).encode() if b"__file__" in data else b"")).hexdigest(), data.decode()
    digest, text = CONTENT[path]
    alike = name not in text or re.search(rf"^{re.escape(name)} = partial\(", text, re.M)
    return digest, "*" if alike else name


def forms(only):
    """({key: form}, number of tasks with functions before the run, after it)."""
    found, before, after = {}, 0, 0
    for path in sorted(TASKS.rglob("*.yaml")):
        own = read(path)
        if "task" not in own or isinstance(own["task"], list) or only and path.relative_to(TASKS).parts[0] not in only:
            continue
        config = {key: own[key] for key in KEPT if key in own}
        if isinstance(own["task"], dict):
            config["class"] = own["task"]
        named = list(functions_of(config))
        if not named:
            continue
        key = (str(own.get("output_type")), *sorted((where, *content_of(one)) for where, one in named))
        form = found.setdefault(key, Form(path, config))
        form.tasks += 1
        before += any(where.split(".")[0] in BEFORE for where, _ in named)
        after += any(where.split("[")[0] in ("process_results", "metric_list", "filter_list") for where, _ in named)
    return found, before, after


# Rows, made in this process with the stand-ins.

track(datasets)


class Judge:
    """How far rows come through a form's functions."""

    def __init__(self, config, rng):
        self.config, self.rng, self.search = config, rng, None
        self.own = config.get("fewshot_config") or {}
        self.fields = [config.get(name) for name in FIELDS if callable(config.get(name))]
        self.fields += [self.own.get(name) for name in FIELDS[:3] if callable(self.own.get(name))]
        self.filters = [step for one in config.get("filter_list") or [] for step in one.get("filter") or []
                        if callable(step.get("function")) or callable(step.get("filter_fn"))]

    def __call__(self, rows):
        read, most = [], 2 * bool(rows) + 4 * (len(self.fields) + callable(self.config.get("process_results"))) + 4 * len(self.filters)
        self.heard = []
        made = [tracked(one, (), read, self.heard) for one in rows]
        points, error = 0, None
        try:
            with within(2):
                docs = datasets.Dataset(made, list(rows[0]))
                for function in (self.config.get("process_docs"), self.own.get("process_docs")):
                    if callable(function):
                        processed = function(docs)
                        docs = processed if function is self.config.get("process_docs") else docs
                points += 1 + (len(docs) >= 2)
                docs = (list(docs) * 4)[:4]
                for doc in docs:
                    values = {}
                    for function in self.fields:
                        values[getattr(function, "__name__", "")] = function(doc)
                        points += 1
                    if callable(self.config.get("process_results")):
                        text = self.search.text if self.search else lambda: "text"
                        self.config["process_results"](doc, results_of(self.config.get("output_type"), doc, values, self.config, self.rng, text))
                        points += 1
                for step in self.filters:
                    options = {key: value for key, value in step.items() if key != "function"}
                    made = step["filter_fn"] if callable(step.get("filter_fn")) else step["function"](**options).apply
                    list(made([["The answer is (A)."] for _ in docs], docs))
                    points += 4
        except BaseException as wrong:
            if isinstance(wrong, KeyboardInterrupt):
                raise
            error = wrong
        return points, most, error, read


def rows_for(form, arguments):
    """(rows, how far they come, of how far) for a form."""
    errors, rng = {}, random.Random(f"{arguments.seed} {form.path}")
    config = resolved(form.config, errors)
    judge = Judge(config, rng)
    functions = [one for one in (config.get("process_docs"), config.get("process_results"), *judge.fields) if callable(one)]
    search = Search(judge, functions, rng, arguments.seconds)
    judge.search = search
    alike = (form.config.get("output_type"), *sorted((where, CONTENT_ALONE[file_of(one)]) for where, one in functions_of(form.config)))
    points, most, specs, error = search.best(FOUND.get(alike))
    FOUND[alike] = specs
    for _ in range(30):
        rows = [one or {"id": number} for number, one in enumerate(search.rows(specs, 6))]  # rows without columns are no rows
        if judge(rows)[0] >= points:
            break
    try:
        columns = {name: kinds.column([row[name] for row in rows]) for name in rows[0]}
        rows = [dict(zip(columns, values)) for values in zip(*columns.values())] if columns else rows
    except ValueError:
        pass
    return rows, points, most, search, error


# The two sides.

class Side:
    """A process that answers JSON lines."""

    def __init__(self, command):
        self.command, self.process = command, None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def write(self, line):
        if self.process is None or self.process.poll() is not None:
            self.start()
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def line(self):
        text = self.process.stdout.readline()
        return json.loads(text) if text else None


class Ours(Side):
    def __init__(self, python):
        super().__init__([python, str(ROOT / "taskcode/run.py")])

    def start(self):
        super().start()
        hello = self.line()
        if not hello["ready"]:
            sys.exit(f"taskcode_campaign: {hello['error']['message']}")

    def ask(self, **request):
        """(lines, the last one)."""
        self.write(dict(request, id=1, task="t"))
        lines = []
        while True:
            line = self.line()
            if line is None:
                return lines, {"error": {"kind": "died"}}
            if line.get("done"):
                self.lacked = line.get("lacked", [])
                return lines, line
            lines.append(line)


def error_name(error):
    return error.get("type") or error["kind"]


class Run:
    """What the runner gave for a form, in the form of scripts/taskcode_real.py, and the job for that."""

    def __init__(self, side, form, rows, search, rng):
        self.side, self.form, self.rng, self.search = side, form, rng, search
        self.config, self.job, self.made, self.wrong, self.lacked = form.config, {"config": form.config}, {}, {}, []
        _, loaded = side.ask(op="load", config=form.config)
        self.load_errors = loaded.get("errors") if "error" not in loaded else {key: loaded["error"] for key in form.functions}
        for key, error in self.load_errors.items():
            self.wrong[key] = error
        if "error" not in loaded:
            self.before(rows)
            self.after()

        if side.lacked:
            self.lacked = side.lacked

    def is_function(self, key):
        return key in self.form.functions and key not in self.load_errors

    def prepared(self, name, request):
        lines, last = self.side.ask(op="prepare", **request)
        made = []
        for line in lines:
            one, errors = {"doc": line.get("doc")}, line.get("errors", {})
            for field in (*FIELDS, "doc_to_image", "doc_to_audio"):
                if field in line.get("values", {}):
                    one[field] = {"value": line["values"][field]}
                elif field in errors:
                    one[field] = {"error": error_name(errors[field])}
                    key = field if name == "rows" or f"fewshot_config.{field}" not in self.form.functions else f"fewshot_config.{field}"
                    self.wrong.setdefault(key, errors[field])
            made.append(one)
        self.made[name] = {"failed": error_name(last["error"]), "message": last["error"].get("message")} if "error" in last else made
        if "error" in last:
            key = {"rows": "custom_dataset" if request.get("rows") is None else "process_docs"}.get(name, "fewshot_config.process_docs")
            key = "fewshot_config.samples" if name == "examples" and request.get("rows") is None else key
            self.wrong.setdefault(key, last["error"])
        return [] if "error" in last else made

    def before(self, rows):
        custom = "custom_dataset" in self.form.functions
        self.job["rows"] = None if custom else rows
        request = {"split": self.config.get("test_split")} if custom else {"rows": rows}
        self.docs = self.prepared("rows", request)
        if any(key.startswith("fewshot_config") for key in self.form.functions):
            samples = "fewshot_config.samples" in self.form.functions
            self.job["examples"] = None if samples else rows
            self.prepared("examples", {"as": "examples", **({} if samples else {"rows": rows})})

    def after(self):
        from values import decode

        items = []
        for line in self.docs[:8]:
            values = {key: decode(line[key]["value"]) for key in FIELDS if "value" in line.get(key, {})}
            results = results_of(self.config.get("output_type"), decode(line["doc"]), values, self.config, self.rng, self.search.text)
            items.append({"doc": line["doc"], "results": encode(results), "values": values})
        scores = []
        if self.is_function("process_results") and items:
            scores = self.scored([{"doc": one["doc"], "results": one["results"]} for one in items])
        for number, entry in enumerate(self.config.get("metric_list") or []):
            self.metric(number, entry, items, scores)
        for place, one in enumerate(self.config.get("filter_list") or []):
            for step, _ in enumerate(one.get("filter") or []):
                if any(key.startswith(f"filter_list[{place}].filter[{step}]") for key in self.form.functions):
                    self.filter(place, step, items)

    def scored(self, items):
        self.job["items"] = items
        lines, last = self.side.ask(op="score", items=items)
        lines = lines if "error" not in last else lines + [{"error": last["error"]}] * (len(items) - len(lines))
        self.made["scores"] = [{"value": one["values"]} if "values" in one else {"error": error_name(one["error"])} for one in lines]
        for one in lines:
            if "error" in one:
                self.wrong.setdefault("process_results", one["error"])
        return [one["values"] for one in lines if "values" in one]

    def metric(self, number, entry, items, scores):
        function = self.is_function(f"metric_list[{number}].metric")
        gathered = []
        name = entry["metric"] if isinstance(entry["metric"], str) else None
        if function and "process_results" not in self.form.functions:
            asked = []
            for one in items:
                target = one["values"].get("doc_to_target", one["results"][0])
                asked.append({"reference": encode(target), "prediction": one["results"][0]})
            self.job.setdefault("metric", {})[str(number)] = asked
            lines, last = self.side.ask(op="metric", metric=number, items=asked)
            lines = lines if "error" not in last else [{"error": last["error"]}] * len(asked)
            self.made.setdefault("metrics", {})[str(number)] = [{"value": one["value"]} if "value" in one else {"error": error_name(one["error"])}
                                                                for one in lines]
            for one in lines:
                if "error" in one:
                    self.wrong.setdefault(f"metric_list[{number}].metric", one["error"])
            gathered = [one["value"] for one in lines if "value" in one]
        elif name and scores:
            gathered = [one[name] for one in scores if isinstance(one, dict) and name in one]
        elif name and items and self.config.get("output_type") == "multiple_choice":
            width = 4
            gathered = [encode((self.rng.randrange(width), self.rng.randrange(width))) for _ in range(12)]
        elif name and items:
            gathered = [encode((self.search.text(), self.search.text())) for _ in range(6)]
        if self.is_function(f"metric_list[{number}].aggregation") and gathered:
            self.job.setdefault("aggregate", {})[str(number)] = gathered
            _, last = self.side.ask(op="aggregate", metric=number, values=gathered)
            self.made.setdefault("aggregates", {})[str(number)] = {"value": last["value"]} if "value" in last else {"error": error_name(last["error"])}
            if "error" in last:
                self.wrong.setdefault(f"metric_list[{number}].aggregation", last["error"])

    def filter(self, place, step, items):
        docs = [one["doc"] for one in items]
        asked = {"filter": place, "step": step, "docs": docs, "resps": [one["results"][:1] for one in items]}
        self.job.setdefault("filters", []).append(asked)
        _, last = self.side.ask(op="filter", **asked)
        self.made.setdefault("filters", []).append({"value": last["resps"]} if "resps" in last else {"error": error_name(last["error"])})
        if "error" in last:
            self.wrong.setdefault(f"filter_list[{place}].filter[{step}]", last["error"])


# Comparison.

def equal(left, right, close):
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key], close) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b, close) for a, b in zip(left, right))
    if type(left) in (int, float) and type(right) in (int, float) and close:
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return type(left) is type(right) and left == right


def judged(form, run, theirs):
    """{function: (state, what)} with the states agree, both fail, differ, cannot run, not reached."""
    made, states = run.made, {}

    def state(key, own, other, close=False):
        if key not in form.functions or states.get(key, ("agree",))[0] in ("differ", "cannot run") or key in theirs["load_errors"]:
            return
        if own is None or other is None:
            states.setdefault(key, ("not reached", ""))
        elif equal(own, other, close):
            failed = isinstance(own, dict) and "error" in own
            if not failed or key not in states:
                states[key] = ("both fail", own["error"]) if failed else ("agree", "")
        elif isinstance(own, dict) and "error" in own and key in run.wrong and run.wrong[key]["kind"] in ("missing_package", "refused"):
            states[key] = ("cannot run", f"{run.wrong[key]['kind']}: {run.wrong[key].get('package') or run.wrong[key]['message']}")
        elif isinstance(own, dict) and isinstance(other, dict) and "error" in own and "error" in other:
            states.setdefault(key, ("both fail", f"{own['error']} / {other['error']}"))
        elif run.lacked:
            states[key] = ("cannot run", f"lacked: {run.lacked}")
        else:
            states[key] = ("differ", difference(own, other))

    if theirs.get("failed"):
        theirs = {"load_errors": {}, "rows": {"failed": theirs["failed"]}, "examples": {"failed": theirs["failed"]}}
    for key, error in run.load_errors.items():
        states[key] = ("cannot run", f"{error['kind']}: {error.get('package') or error['message']}") if key not in theirs["load_errors"] else \
                      ("both fail", f"load: {theirs['load_errors'][key]}")
    for key, error in theirs["load_errors"].items():
        states.setdefault(key, ("not reached", f"the other side cannot load it: {error}"))
    for part, prefix in (("rows", ""), ("examples", "fewshot_config.")):
        own, other = made.get(part), theirs.get(part)
        first = f"{prefix}samples" if f"{prefix}samples" in form.functions else "custom_dataset" if part == "rows" and "custom_dataset" in form.functions \
            else f"{prefix}process_docs"
        if isinstance(own, dict) or isinstance(other, dict):
            as_error = [{"error": one["failed"]} if isinstance(one, dict) else {"value": len(one or [])} for one in (own, other)]
            state(first, *as_error)
            continue
        if own and other is not None:
            state(first, [one["doc"] for one in own], [one["doc"] for one in other])
            for field in FIELDS:
                for left, right in zip(own, other):
                    state(f"{prefix}{field}", left.get(field), right.get(field))
        else:
            state(first, own, other)
    for left, right in zip(made.get("scores", []), theirs.get("scores", [])):
        state("process_results", left, right, True)
    for number in made.get("aggregates", {}):
        state(f"metric_list[{number}].aggregation", made["aggregates"][number], theirs.get("aggregates", {}).get(number), True)
    for number, values in made.get("metrics", {}).items():
        for left, right in zip(values, theirs.get("metrics", {}).get(number, [])):
            state(f"metric_list[{number}].metric", left, right, True)
    for asked, left, right in zip(run.job.get("filters", []), made.get("filters", []), theirs.get("filters", [])):
        for name in ("function", "filter_fn"):
            state(f"filter_list[{asked['filter']}].filter[{asked['step']}].{name}", left, right)
    for key in form.functions:
        states.setdefault(key, ("not reached", ""))
    return states


def difference(own, other):
    if isinstance(own, list) and isinstance(other, list):
        if len(own) != len(other):
            return f"{len(own)} instead of {len(other)} rows"
        return next(difference(a, b) for a, b in zip(own, other) if not equal(a, b, True))
    if isinstance(own, dict) and isinstance(other, dict) and own.keys() == other.keys():
        return next((f"{key}: {difference(own[key], other[key])}" for key in own if not equal(own[key], other[key], False)), "")
    return f"ours {own!a:.160}, lm-eval's {other!a:.160}"


def needs_package(run):
    return any(one["kind"] == "missing_package" for one in run.wrong.values()) or any("not installed" in one for one in run.lacked)


def campaign(arguments):
    found, before, after = forms(arguments.only)
    if arguments.again:
        lines = [json.loads(line) for line in arguments.again.read_text().splitlines()]
        wanted = {one["file"] for one in lines if {state for state, _ in one["states"].values()} & {"not reached", "both fail", "differ"}}
        found = {key: form for key, form in found.items() if str(form.path.relative_to(TASKS)) in wanted}
    chosen = sorted(found.values(), key=lambda one: -one.tasks)[arguments.first::arguments.every]
    tell(f"tasks with functions before the run: {before}, after it: {after}; forms: {len(found)}, taken: {len(chosen)}")
    alone, packages = Ours(arguments.alone), Ours(sys.executable)
    real = Side([sys.executable, str(ROOT / "scripts/taskcode_real.py")])
    for number, form in enumerate(chosen):
        try:
            FOLDERS.add(form.path.parent)
            rows, points, most, search, error = rows_for(form, arguments)
            form.reached, form.stopped = (points, most), repr(error)[:200] if error else None
            seed = f"{arguments.seed} {number}"
            run = Run(alone, form, rows, search, random.Random(seed))
            form.alone = {key: one for key, one in run.wrong.items() if one["kind"] in ("missing_package", "refused", "died", "timeout")}
            form.alone.update({one: {"kind": "lacked", "message": one} for one in run.lacked})
            if needs_package(run):
                run = Run(packages, form, rows, search, random.Random(seed))
            theirs = {"failed": "not asked"}  # programs of models are not run on that side either
            if not any("to start a" in one for one in run.lacked):
                real.write(run.job)
                theirs = real.line() or {"failed": "died"}
            form.state = judged(form, run, theirs)
            form.rows = rows
        except Exception as error:  # the campaign itself
            form.state = {key: ("not reached", f"campaign: {type(error).__name__}: {error}") for key in form.functions}
            form.reached, form.stopped, form.rows = (0, 0), repr(error)[:200], []
        if arguments.report:
            with arguments.report.open("a") as file:
                file.write(json.dumps({"file": str(form.path.relative_to(TASKS)), "tasks": form.tasks, "states": form.state, "alone": form.alone,
                                       "reached": form.reached, "stopped": form.stopped, "rows": form.rows}) + "\n")
        for key, (state, what) in form.state.items():
            if state in ("differ", "cannot run"):
                tell(f"{state}: {form.path.relative_to(TASKS)} ({form.tasks} tasks), {key}: {what}")
    return report(chosen)


def report(chosen):
    functions, tasks, alone_tasks, lacking = collections.Counter(), collections.Counter(), 0, collections.Counter()
    for form in chosen:
        states = [state for state, _ in form.state.values()]
        functions.update(states)
        worst = next(one for one in ("differ", "cannot run", "not reached", "both fail", "agree") if one in states)
        tasks[worst] += form.tasks
        alone_tasks += form.tasks * (not form.alone)
        for what in {error.get("package") or error["message"][:100] for error in form.alone.values()}:
            lacking[what] += form.tasks
    total = sum(functions.values())
    tell(f"{functions['agree'] + functions['both fail']} of {total} functions agree (on {functions['both fail']} both sides fail on every row); "
          f"{functions['differ']} differ, {functions['cannot run']} cannot run, {functions['not reached']} were not reached")
    tell("tasks by their worst function: " + ", ".join(f"{state} {count}" for state, count in tasks.most_common()))
    tell(f"tasks whose functions load and run with the stand-ins alone: {alone_tasks} of {sum(tasks.values())}")
    for name, count in lacking.most_common(40):
        tell(f"  not alone: {count} tasks: {name}")
    return 1 if functions["differ"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alone", default="/usr/bin/python3")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--only", action="append")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    install()
    OUT.append(os.fdopen(os.dup(1), "w"))
    sys.stdout = open(os.devnull, "w")  # task code prints
    FOLDERS.set_root(TASKS)
    sys.exit(campaign(arguments))


if __name__ == "__main__":
    main()
