"""Made-up rows for any task of lm-eval's library, with Python functions or without (scripts/prompt_parity.py, scripts/score_parity.py)."""
import importlib.util
import random
import re
import sys
from pathlib import Path

import jinja2
from library_rows import RowMaker, known_row
from library_sides import FIELDS, example_count
from lm_eval.api.instance import Instance
from lm_eval.filters import build_filter_ensemble
from taskcode_rows import Fields, Missing, Search, TooLong, results_of, track, tracked, within

STANDIN = Path(__file__).resolve().parent.parent / "taskcode/standin/datasets"


def standin():
    """The stand-in for `datasets` under another name: it keeps tracked values, the package does not."""
    spec = importlib.util.spec_from_file_location("tracked_datasets", STANDIN / "__init__.py", submodule_search_locations=[str(STANDIN)])
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    track(made)
    return made


TRACKED = standin()


def functions_of(config):
    """The Python functions of a configuration, by their places."""
    found = {}

    def walk(value, key):
        if isinstance(value, dict):
            for name, one in value.items():
                walk(one, f"{key}.{name}" if key else name)
        elif isinstance(value, list):
            for number, one in enumerate(value):
                walk(one, f"{key}[{number}]")
        elif callable(value):
            found[key] = value

    walk(config, "")
    return found


def turns(folders, short):
    """The first form of each folder, then the second of each, ..."""
    names = list(folders)[::10] if short else list(folders)
    for place in range(max(map(len, folders.values()))):
        for name in names:
            if place < len(folders[name]):
                yield place, name, folders[name][place]


def missing_in(error, missed):
    """What a template or function lacks, as Missing; the error itself where it lacks nothing."""
    if isinstance(error, jinja2.UndefinedError):
        name = re.search(r"'([^']*)' is undefined|has no (?:attribute|element) '([^']*)'", str(error))
        if name and name[1]:
            return Missing((), name[1])
        return next((one for one in reversed(missed) if name and one.key == name[2]), error)
    return error


class Judge:
    """How far rows come: process_docs, the texts of an item, and with `scored` process_results."""

    def __init__(self, config, maker, rng, scored):
        self.config, self.maker, self.rng, self.search = config, maker, rng, None
        self.scored, self.filters = scored, []
        if scored and config.get("output_type") == "generate_until":
            for one in config.get("filter_list") or []:
                steps = [[step["function"], {key: value for key, value in step.items() if key != "function"}] for step in one["filter"]]
                self.filters.append(build_filter_ensemble(one["name"], steps))
        self.named = [config[key] for key in FIELDS if isinstance(config.get(key), str) and re.fullmatch(r"[^\W\d][\w ]{,40}", config[key])]
        self.heard = []

    def __call__(self, rows):
        read, self.heard, points, error = [], [], 0, None
        most = 2 + 4 * (5 + self.scored)
        Fields.missed = missed = []
        try:
            with within(2):
                made = [tracked(one, (), read, self.heard) for one in rows]
                docs = TRACKED.Dataset(made, list(rows[0]))
                process = self.config.get("process_docs")
                docs = process(docs) if callable(process) else docs
                if not len(docs):
                    raise ValueError("process_docs leaves no row")
                points += 1 + (len(docs) >= 2)
                for doc in [docs[number % len(docs)] for number in range(4)]:
                    for name in self.named:
                        if name not in doc and name not in rows[0]:
                            raise Missing((), name)
                    for step in self.steps(doc):
                        points += step
        except BaseException as wrong:
            if isinstance(wrong, KeyboardInterrupt):
                raise
            error = missing_in(wrong, missed)
        return points, most, error, read

    def steps(self, doc):
        task, values = self.maker.task, {}
        task.features = list(doc)
        if self.config.get("doc_to_choice") is not None:
            values["doc_to_choice"] = task.doc_to_choice(doc)
        yield 1
        values["doc_to_target"] = task.doc_to_target(doc)
        yield 1
        values["doc_to_text"] = task.doc_to_text(doc)
        yield 1
        choices = values.get("doc_to_choice")
        if choices is not None and not (isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices)):
            return
        yield 1
        if not self.maker.takes(doc):
            return
        yield 1
        if self.scored:
            text = self.search.text if self.search else lambda: "text"
            results = results_of(self.config.get("output_type"), doc, values, self.config, self.rng, text)
            for ensemble in self.filters:
                one = Instance("generate_until", doc, ("", {}), 0, metadata=("t", 0, 1))
                one.resps = list(results)
                ensemble.apply([one])
            if callable(self.config.get("process_results")):
                self.config["process_results"](doc, results)
            yield 1


def found_rows(config, rng, count, seconds, scored):
    """Rows of fields that the code asks for; None where none come to an end."""
    maker = RowMaker(config, rng)
    judge = Judge(config, maker, rng, scored)
    functions = [one for key, one in functions_of(config).items() if key.split(".")[0] in ("process_docs", "process_results", *FIELDS)]
    search = Search(judge, functions, rng, seconds)
    judge.search = search
    search.likely = {name: shape.constants for name, shape in maker.columns.shapes.items() if shape.constants}
    names = [] if callable(config.get("process_docs")) else list(maker.columns.shapes)
    start = {name: search.spec(name) for name in sorted({*search.optional, *names})}
    points, most, specs, error = search.best(start)
    good = []
    for _ in range(count * 8):
        row = search.row(specs)
        try:
            with within(2):
                if maker.is_good(row):
                    good.append(row)
        except (Exception, TooLong):
            pass
        if len(good) >= count:
            break
    if len(good) < 2 and points > 2:  # rows that are made of others, such as groups of them
        rows = search.rows(specs, count)
        if come_through(config, maker, rows):
            good = rows
    return good if len(good) >= 2 else None, error


def come_through(config, maker, rows):
    import datasets

    try:
        with within(2):
            docs = config["process_docs"](datasets.Dataset.from_list(rows)) if callable(config.get("process_docs")) else rows
            return len(docs) > 1 and all(maker.takes(doc) for doc in docs)
    except (Exception, TooLong):
        return False


def rows_for(config, seed, count, seconds=2, scored=False):
    """(rows to ask, rows on which lm-eval fails, rows for examples)."""
    pool = max(example_count(config), 2) + 3
    functions = {key.split(".")[0].split("[")[0] for key in functions_of(config)}
    error = None
    if any(known_row(one) for key, one in functions_of(config).items() if key != "process_results"):
        try:
            return RowMaker(config, random.Random(seed)).rows(count, pool)
        except Exception:
            pass
    if functions & {"process_docs", "fewshot_config", *FIELDS} or scored and functions & {"process_results", "filter_list"}:
        made, error = found_rows(config, random.Random(seed), count + pool, seconds, scored)
        if made:
            while len(made) < count + pool:
                made.append(made[len(made) % count])
            return made[:count], [], made[count:]
    try:
        return RowMaker(config, random.Random(seed)).rows(count, pool)
    except Exception:
        if error is not None:
            raise ValueError(f"no rows: {type(error).__name__}: {error}"[:200])
        raise
