#!/usr/bin/env python3
"""Are the scores that task code gives lm-eval 0.4.13's? Whole runs of bantam with made-up answers; then lm-eval scores the same answers.

usage: PYTHON scripts/score_parity.py [--bantam FILE] [--short | --long] [--tasks N] [--rows N] [--seed N] [--only TASK]... [--list FILE] [--work FOLDER]
       (PYTHON: of an environment with `pip install lm-eval==0.4.13`, and the packages that task code asks for; no network)
  --bantam   the program [build/dev/bantam]
  --short    a tenth of the tasks
  --long     every form of functions in the library instead of --tasks many
  --tasks    stop when so many are compared and every folder had its turn [60]
  --rows     rows of a task [8]
  --only     this task file of the library, as longbench/2wikimqa.yaml; may be repeated
  --list     what `bantam tasks list --all --allow-task-code --include-path TASKS -o json` has printed, which takes minutes
  --work     keep task files, rows, models and stores here [a temporary folder]

Taken are tasks with Python in process_results, filters, metrics or aggregations: one of each folder, then a second form of each, and so on.
`bantam run` asks a small model that was made for the task (scripts/scripted_model.py). It writes right answers in several forms, other
items' answers, an empty one, one in other scripts and a long one; of choices it gives chance likelihoods. lm_eval.evaluator.evaluate then gets the answers
and likelihoods that `bantam export jsonl --items` shows. Compared are the values of each item and of the task, within 1e-9.
Where lm-eval fails on an answer, another one is taken. A task on which both sides fail does not count.
Exit status: 0 without differences, 1 with, 77 without lm-eval.
"""
import collections
import inspect
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "taskcode")]
os.environ.update(TQDM_DISABLE="1", HF_DATASETS_OFFLINE="1", OPENBLAS_NUM_THREADS="1")

from library_sides import ENVIRONMENT, SEED, TASKS, accepted_files, failure, load_yaml, loaded, parity_parser, run_parity, task_of, write_case  # noqa: E402
from lm_eval import evaluator  # noqa: E402
from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.api.model import LM  # noqa: E402
from parity_rows import functions_of, rows_for, turns  # noqa: E402
from scripted_model import model  # noqa: E402
from taskcode_rows import TooLong, results_of  # noqa: E402
from values import decode  # noqa: E402

OUT = []
# lm-eval's item has (log-likelihood, words or bytes) where ours has the value of this text alone.
OF_A_TEXT = {"word_perplexity": lambda total, count: math.exp(-total / count), "byte_perplexity": lambda total, count: math.exp(-total / count),
             "bits_per_byte": lambda total, count: -total / count / math.log(2)}
PLACES = ("process_results", "filter_list", "metric", "aggregation")
AWKWARD = ["", "日本語 العربية 😀 e\u0301", "no idea, " * 200, "\\boxed{", " B", " 0"]


def starts_processes(config):
    """Whether task code runs programs of models: those are run on neither side."""
    sources = set()
    for function in functions_of(config).values():
        try:
            sources.add(inspect.getsource(inspect.getmodule(function)))
        except (OSError, TypeError):
            pass
    return any(re.search(r"\b(multiprocessing|subprocess)\b", one) for one in sources)


def tell(text):
    print(text, file=OUT[0], flush=True)


# Which tasks.

def code_behind(config):
    """The functions that score, by place; of the unresolved file."""
    found = []

    def walk(value, key):
        if isinstance(value, dict):
            for name, one in value.items():
                walk(one, f"{key}.{name}")
        elif isinstance(value, list):
            for one in value:
                walk(one, key)
        elif str(value).startswith(str(TASKS)):
            found.append((next(place for place in reversed(PLACES) if place in key), str(value)))

    for key in ("process_results", "metric_list", "filter_list"):
        walk(config.get(key), key)
    return sorted(set(found))


def forms(files):
    found = collections.defaultdict(dict)
    for path in map(Path, files):
        config = load_yaml(path, resolve_func=False)
        functions = code_behind(config)
        if functions and isinstance(config.get("task"), str):
            found[path.relative_to(TASKS).parts[0]].setdefault((config.get("output_type"), *functions), path)
    return {folder: list(paths.values()) for folder, paths in sorted(found.items())}


# lm-eval's side.

class Stored(LM):
    """Gives the answers and likelihoods that a run of bantam has stored."""

    def __init__(self, items):
        super().__init__()
        self.items, self.given = items, collections.Counter()

    def generate_until(self, requests):
        made = []
        for one in requests:
            answers = self.items[one.doc_id]["resps"]
            made.append(answers[self.given[one.doc_id] % len(answers)])
            self.given[one.doc_id] += 1
        return made

    def loglikelihood(self, requests):
        made = []
        for one in requests:
            item = self.items[one.doc_id]
            likelihoods = item.get("log_likelihoods", [item.get("log_likelihood")])
            greedy = item["is_greedy"] if isinstance(item["is_greedy"], list) else [item["is_greedy"]]
            likelihoods, greedy = likelihoods + item.get("unconditional", []), greedy + [False] * len(likelihoods)
            made.append((likelihoods[one.idx], greedy[one.idx]))
        return made

    def loglikelihood_rolling(self, requests):
        return [self.items[one.doc_id]["log_likelihood"] for one in requests]


def scored(task, doc, number, answer):
    """Values of all filters for an answer; an exception where lm-eval fails."""
    made = {}
    one = Instance("generate_until", doc, ("", {}), 0, metadata=("t", number, task.config.repeats))
    one.resps = [answer] * task.config.repeats
    for ensemble in task._filters:
        ensemble.apply([one])
        made[ensemble.name] = task.process_results(doc, [one.filtered_resps[ensemble.name]])
    return made


def worth(values):
    return sum(float(value) for one in values.values() for value in one.values() if isinstance(value, (int, float)) and value == value)


def candidates(task, doc, rng):
    values = {}
    for key in ("doc_to_target", "doc_to_choice"):
        try:
            values[key] = getattr(task, key)(doc)
        except Exception:
            pass
    if isinstance(values.get("doc_to_target"), int) and isinstance(values.get("doc_to_choice"), list):
        values["doc_to_target"] = values["doc_to_choice"][values["doc_to_target"]]
    made = [results_of("generate_until", doc, values, {}, rng, lambda: "the river 42")[0] for _ in range(12)]
    return [one if len(one.encode()) != 1 else f" {one}" for one in made]  # the model has a token for each single byte already


def answers_for(task, contexts, rng):
    """{context: answer}: right ones as far as some are found, others' and awkward ones."""
    chosen, begin = {}, time.monotonic()
    for number, doc in enumerate(task.task_docs):
        if number not in contexts or contexts[number] in chosen:
            continue
        tried, offered = [], candidates(task, doc, rng)
        if time.monotonic() - begin > 20:  # filters that take a second, programs that are run
            offered = offered[:2]
        for answer in offered + AWKWARD:
            try:
                tried.append((worth(scored(task, doc, number, answer)), answer))
            except Exception:
                pass
        if not tried:
            raise ValueError("lm-eval fails on every answer")
        best = max(tried, key=lambda one: one[0])[1]
        usable = {answer for _, answer in tried}
        others = [one for one in AWKWARD if one in usable]
        chosen[contexts[number]] = best if number % 2 == 0 or not others else others[number // 2 % len(others)]
    return chosen


# One task.

def close(left, right):
    """Within 1e-9; what is no number, equal."""
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(close, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(close(left[key], right[key]) for key in left)
    try:
        left, right = float(left), float(right)
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9) or left != left and right != right
    except (TypeError, ValueError):
        return left == right


def number_of(value):
    """numpy's numbers and arrays as Python's."""
    return value.tolist() if hasattr(value, "tolist") else value


class Case:
    def __init__(self, path, folder, arguments):
        self.path, self.folder, self.arguments = path, folder, arguments
        self.why, self.differences, self.values, self.seen = "", [], 0, set()

    def run(self, seed):
        warnings.simplefilter("ignore")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.rng = random.Random(f"{seed} {self.path.relative_to(TASKS)}")
        try:
            self.prepare(seed)
        except (Exception, SystemExit, TooLong) as error:
            self.why = failure(error)
            return "no rows"
        record, items = self.ours()
        try:
            theirs = self.theirs(items)
        except (Exception, SystemExit, TooLong) as error:
            theirs = failure(error)
        if isinstance(theirs, str) or record is None or record["status"] != "ok":
            said = self.said if record is None else record["status"] if record["status"] == "ok" else str(record.get("failure", {}).get("message"))[:300]
            self.why = f"lm-eval: {theirs if isinstance(theirs, str) else 'ok'}; bantam: {said}"
            if re.search(r"is not installed|needs the package|code wanted to|would fetch code", str(said)):
                return "package, process or network"
            if not items and (record is None or record["status"] != "ok"):  # lm-eval was not asked, as there are no answers
                return "bantam fails"
            return "both fail" if isinstance(theirs, str) and (record is None or record["status"] != "ok") else "differs"
        self.compare(record, items, theirs)
        return "differs" if self.differences else "equal"

    def prepare(self, seed):
        config = loaded(self.path, True)
        self.name = config["task"]
        if starts_processes(config):
            raise ValueError("its code starts processes")
        rows = rows_for(config, f"{seed} {self.path.relative_to(TASKS)}", self.arguments.rows, scored=True)
        self.file, _ = write_case(self.folder, self.path, load_yaml(self.path, resolve_func=False), rows[0], [], rows[2])
        self.task = self.new_task()
        self.task.build_all_requests()
        answers = {}
        if self.task.OUTPUT_TYPE == "generate_until":
            contexts = {one.doc_id: one.args[0] for one in self.task.instances}
            answers = answers_for(self.task, contexts, self.rng)
        (self.folder / "model.gguf").write_bytes(model(answers))
        self.answers = answers

    def new_task(self):
        task = task_of(self.file, True)
        task.set_config(key="num_fewshot", value=0)
        task.set_fewshot_seed(SEED)
        return task

    def bantam(self, *arguments):
        environment = {**ENVIRONMENT, "BANTAM_TASK_PYTHON": sys.executable, "BANTAM_CACHE": os.environ["BANTAM_CACHE"]}
        return subprocess.run([self.arguments.bantam, *arguments], capture_output=True, text=True, encoding="utf-8", errors="surrogateescape",
                              cwd=self.folder, env=environment, timeout=900)

    def ours(self):
        """(record, items); (None, {}) where there is none."""
        done = self.bantam("run", "scripted=model.gguf", "--precisions", "fp32", "--tasks", "accuracy", "--accuracy-tasks", self.name, "--include-path",
                           ".", "--allow-task-code", "--threads", "1", "--num-fewshot", "0", "--cache-type-k", "f32", "--cache-type-v", "f32", "--flash-attn",
                           "off", "--accuracy-kv-cells", "8192")
        self.said = (done.stdout + done.stderr).strip()[-400:]
        shown = self.bantam("export", "jsonl", "--output-path", "-", "--items")
        lines = [json.loads(line) for line in shown.stdout.splitlines() if line.startswith("{")]
        record = next((one["record"] for one in lines if one["kind"] == "record"), None)
        return record, {one["item"]["doc_id"]: one["item"] for one in lines if one["kind"] == "item"}

    def theirs(self, items):
        """(values of the task, values of the items by filter)."""
        task = self.new_task()
        side = Stored({number: one["content"] for number, one in items.items()})
        made = evaluator.evaluate(side, {self.name: task}, bootstrap_iters=0, log_samples=True, confirm_run_unsafe_code=True)
        return made["results"][self.name], made["samples"][self.name]

    def compare(self, record, items, theirs):
        results, samples = theirs
        several = len({one["filter"] for one in samples}) > 1  # of one filter bantam leaves the name out
        for key, value in results.items():
            name, _, place = key.partition(",")
            if not place or name.endswith("_stderr") or name in ("alias", "sample_len") or not isinstance(number_of(value), (int, float)):
                continue
            shown = record["metrics"].get(key if several else name, {}).get("value")
            self.values += 1
            if not close(math.nan if shown is None else shown, number_of(value)):
                self.differences.append(f"{key}: ours {shown}, lm-eval's {value} (absent: {record.get('absent', {}).get(name)})")
        if not self.values:
            self.differences.append(f"no value of the task: lm-eval's {str(results)[:200]}, ours {list(record['metrics'])}")
        for sample in samples:
            item, place = items[sample["doc_id"]], sample["filter"]
            for name in sample["metrics"]:
                key, value = f"{name},{place}" if several else name, number_of(sample[name])
                own = item["metrics"].get(key)
                if own is None:
                    own = decode(item["content"].get("code_values", {}).get(key))
                if isinstance(value, (int, float)):
                    self.seen.add(float(value))
                elif own is None or name == "f1":  # a pair that the metric adds up: the task's value shows it
                    continue
                elif name in OF_A_TEXT and not isinstance(own, (list, tuple)):
                    value = OF_A_TEXT[name](*value)
                self.values += 1
                if not close(own, value):
                    self.differences.append(f"item {sample['doc_id']}, {key}: ours {own!a:.200}, lm-eval's {value!a:.200}; answer {item['content'].get('resps')!a:.200}")


# All of them.

class Campaign:
    def __init__(self, arguments, work):
        self.arguments, self.work, self.number = arguments, work, 0
        self.counts, self.folders, self.places, self.values, self.mixed = collections.Counter(), set(), collections.Counter(), 0, 0

    def one(self, path):
        begin = time.monotonic()
        self.number += 1
        for attempt in range(2):
            case = Case(path, self.work / f"{self.number:04d}.{attempt}", self.arguments)
            try:
                state = case.run(f"{self.arguments.seed}.{attempt}")
            except (Exception, SystemExit, TooLong) as error:
                case.why, state = failure(error), "script fails"
            if state in ("equal", "differs") or time.monotonic() - begin > 6:
                break
        self.counts[state] += 1
        if state in ("equal", "differs"):
            self.folders.add(path.relative_to(TASKS).parts[0])
            self.places.update({place for place, _ in code_behind(load_yaml(path, resolve_func=False))} if state == "equal" else [])
            self.values += case.values
            self.mixed += len(case.seen) > 1
            if state == "differs" and not case.differences:
                case.differences.append(case.why)
        else:
            tell(f"{state}: {path.relative_to(TASKS)}: {case.why}")
        for what in case.differences[:4]:
            tell(f"different: {case.name} ({path.relative_to(TASKS)}, {self.number:04d}): {what}")
        if self.arguments.times:
            tell(f"{time.monotonic() - begin:.1f} s {state} {path.relative_to(TASKS)}: {case.values} values, {len(case.seen)} different ones")

    def run(self):
        arguments = self.arguments
        if arguments.only:
            for one in arguments.only:
                self.one(TASKS / one)
            return self.report(len({Path(one).parts[0] for one in arguments.only}))
        files, _ = accepted_files(arguments.bantam, arguments.list, "--allow-task-code")
        folders = forms(files)
        tell(f"folders with such tasks: {len(folders)}, forms: {sum(map(len, folders.values()))}")
        for place, _, path in turns(folders, arguments.short):
            if self.counts["equal"] + self.counts["differs"] >= arguments.tasks and place > 0 and not arguments.long:
                break
            self.one(path)
        return self.report(len(folders))

    def report(self, folders):
        counts, done = self.counts, self.counts["equal"] + self.counts["differs"]
        tell("not counted: " + (", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()) if kind not in ("equal", "differs")) or "none"))
        tell(f"values compared: {self.values}; tasks whose items get different values, as right and wrong answers do: {self.mixed}; code of the equal ones in: "
             + ", ".join(f"{place} {self.places[place]}" for place in PLACES))
        tell(f"{counts['equal']} of {done} tasks: all values equal lm-eval's within 1e-9 ({len(self.folders)} of {folders} folders)")
        return 1 if counts["differs"] or counts["script fails"] or not done else 0


def main():
    parser = parity_parser(__doc__)
    parser.add_argument("--rows", type=int, default=8)
    arguments = parser.parse_args()
    arguments.tasks = arguments.tasks or (6 if arguments.short else 60)
    run_parity(Campaign, arguments, OUT)


if __name__ == "__main__":
    main()
