"""What the runner does with a task's functions: rows before the run, values of answers after it (PROTOCOL.md)."""
import json
import random
import sys
from functools import partial
from pathlib import Path

from loading import FOLDERS, LACKED, MARK, TaskError, code_hash, described, in_words, lacked_by, resolved
from values import NotJson, decode, encode

FIELDS = ("doc_to_text", "doc_to_choice", "doc_to_target", "doc_to_decontamination_query", "doc_to_image", "doc_to_audio")
EXAMPLE_FIELDS = ("doc_to_text", "doc_to_choice", "doc_to_target")
BOOTSTRAPPED = ("median", "matthews_corrcoef", "f1_score", "perplexity", "bleu", "chrf", "ter", "nanmean")


class Task:
    def __init__(self, name, config):
        self.name, self.errors, self.folders = name, {}, set(folders_of(config))
        self.config = resolved(config, self.errors)
        if callable(self.config.get("class")) or "class" in self.errors:
            self.errors["class"] = {"kind": "refused", "message": "a task that is a Python class needs lm-eval itself"}
            self.config["class"] = None

    def get(self, key):
        """The value of a dotted key, such as fewshot_config.process_docs; TaskError where it could not be loaded."""
        if key in self.errors:
            raise TaskError(**self.errors[key])
        value = self.config
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def functions(self):
        found = []

        def walk(value, key):
            if callable(value):
                found.append(key)
            elif isinstance(value, dict):
                for name, one in value.items():
                    walk(one, f"{key}.{name}" if key else name)
            elif isinstance(value, list):
                for number, one in enumerate(value):
                    walk(one, f"{key}[{number}]")

        walk(self.config, "")
        return found


def folders_of(config):
    """The folders that a configuration's functions name."""
    inner = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    own = {Path(config["folder"]).resolve()} if isinstance(config, dict) and MARK in config else set()
    return own.union(*(folders_of(one) for one in inner))


class Operations:
    def __init__(self):
        self.tasks = {}

    def task(self, request):
        name = request.get("task")
        if name not in self.tasks:
            raise TaskError("bad_request", f"no task {name!r} was loaded")
        return self.tasks[name]

    def load(self, request):
        if request.get("tasks_root"):
            FOLDERS.set_root(request["tasks_root"])
        random.seed(0)  # lm-eval's seeds
        task = Task(request["task"], request["config"])
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(1234)
        self.tasks[task.name] = task
        yield {"functions": task.functions(), "errors": task.errors, "code": code_hash()}

    # Before the run.

    def prepare(self, request, lines):
        """A line for each row after process_docs, then how many there are."""
        task = self.task(request)
        rows = [json.loads(line) for line in lines] if lines is not None else decode(request.get("rows"))
        examples = request.get("as") == "examples"
        docs = self.processed(task, rows, examples, request)
        count, errors = 0, 0
        for doc in docs:
            made = self.of_row(task, doc, examples)
            errors += "errors" in made
            yield {"row": count, **made}
            count += 1
        yield {"rows": count, "rows_with_errors": errors, "code": code_hash()}

    @staticmethod
    def processed(task, rows, examples, request):
        samples = task.get("fewshot_config.samples") if examples and rows is None else None
        if callable(samples):
            return list(samples())
        if callable(task.get("custom_dataset")) and rows is None:
            made = task.get("custom_dataset")(**(task.get("metadata") or {}), **(task.get("dataset_kwargs") or {}))
            data = made[request["split"]]
        else:
            from datasets import Dataset

            data = Dataset.of_rows(rows or []) if hasattr(Dataset, "of_rows") else Dataset.from_list(rows or [])
        function = task.get("fewshot_config.process_docs" if examples else "process_docs")
        return function(data) if callable(function) else data

    @staticmethod
    def of_row(task, doc, examples):
        made, values, errors = {}, {}, {}
        try:
            made["doc"] = encode(dict(doc))
        except NotJson as reason:
            errors["doc"] = {"kind": "not_json", "message": str(reason)}
        fields = [(key, key) for key in FIELDS]
        if examples:
            fields = [(key, f"fewshot_config.{key}") for key in EXAMPLE_FIELDS] + [(key, key) for key in EXAMPLE_FIELDS]
        for name, key in fields:
            try:
                function = task.get(key)
                if callable(function) and name not in values and name not in errors:
                    values[name] = encode(function(doc))
            except NotJson as reason:
                errors[name] = {"kind": "not_json", "message": str(reason)}
            except Exception as error:
                errors[name] = described(error)
        if values:
            made["values"] = values
        if errors:
            made["errors"] = errors
        return made

    # After the run.

    def score(self, request):
        """process_results of one row, or of several (`items`)."""
        task = self.task(request)
        function = task.get("process_results")
        if not callable(function):
            raise TaskError("bad_request", "this task's process_results is no function")
        items = request["items"] if "items" in request else [request]
        for number, item in enumerate(items):
            try:
                results = self.results_of(task, item["results"])
                yield {"item": number, "values": encode(function(decode(item["doc"]), results))}
            except NotJson as reason:
                yield {"item": number, "error": {"kind": "not_json", "message": str(reason)}}
            except Exception as error:
                yield {"item": number, "error": described(error)}
        yield {"items": len(items)}

    @staticmethod
    def results_of(task, results):
        made = decode(results)
        if task.config.get("output_type") in ("multiple_choice", "loglikelihood"):
            return [tuple(one) if isinstance(one, list) else one for one in made]
        return made

    def metric(self, request):
        """A metric that is a function, for references and predictions, as lm-eval calls it for generated answers."""
        entry = self.entry(request)
        function = entry.get("metric")
        if not callable(function):
            raise TaskError("bad_request", "this metric is no function")
        options = {key: value for key, value in entry.items() if key not in ("metric", "aggregation", "higher_is_better", "hf_evaluate")}
        for number, item in enumerate(request["items"]):
            reference, prediction = decode(item["reference"]), decode(item["prediction"])
            try:
                try:
                    value = function(references=[reference], predictions=[prediction], **options)
                except TypeError:
                    value = function([reference, prediction])
                yield {"item": number, "name": getattr(function, "__name__", None), "value": encode(value)}
            except NotJson as reason:
                yield {"item": number, "error": {"kind": "not_json", "message": str(reason)}}
            except Exception as error:
                yield {"item": number, "error": described(error)}
        yield {"items": len(request["items"])}

    def entry(self, request):
        """The entry of metric_list, by number."""
        task, number = self.task(request), request.get("metric", 0)
        for key in (f"metric_list[{number}].aggregation", f"metric_list[{number}].metric"):
            if key in task.errors:
                raise TaskError(**task.errors[key])
        return task.config["metric_list"][number]

    def aggregate(self, request):
        function = self.entry(request).get("aggregation")
        if not callable(function):
            raise TaskError("bad_request", "this metric's aggregation is no function")
        from lm_eval.api import metrics

        stderr = "none"
        if function is metrics.mean:
            stderr = "mean"
        elif any(function is vars(metrics).get(name) for name in BOOTSTRAPPED):
            stderr = "bootstrap"
        yield {"value": encode(function(decode(request["values"]))), "stderr": stderr}

    def filter(self, request):
        """A filter that is a function or class: entry `step` of filter_list[`filter`]."""
        task = self.task(request)
        where = f"filter_list[{request.get('filter', 0)}].filter[{request.get('step', 0)}]"
        for key in ("function", "filter_fn"):
            if f"{where}.{key}" in task.errors:
                raise TaskError(**task.errors[f"{where}.{key}"])
        step = task.config["filter_list"][request.get("filter", 0)]["filter"][request.get("step", 0)]
        function, options = step["function"], {key: value for key, value in step.items() if key != "function"}
        answers, docs = decode(request["resps"]), decode(request["docs"])
        if function == "custom":
            made = options["filter_fn"](answers, docs)
        elif callable(function):
            made = partial(function, **options)().apply(answers, docs)
        else:
            raise TaskError("bad_request", f"the filter {function!r} is no function")
        yield {"resps": [encode(list(one) if not isinstance(one, (str, list)) else one) for one in made]}

    def hash(self, request):
        yield code_hash()


def answers(operations, request, lines):
    """The operation's lines. The last one holds an error of all, and what task code asked for in vain."""
    last, before = None, set(LACKED)
    for line in lines_of(operations, request, lines):
        if last is not None:
            yield last
        last = line
    task = operations.tasks.get(request.get("task"))
    asked = sorted({*(set(LACKED) - before), *(lacked_by(task.folders) if task else ())})
    yield {**last, **({"lacked": [in_words(one) for one in asked]} if asked else {})}


def lines_of(operations, request, lines):
    try:
        name = request.get("op")
        if name not in ("load", "prepare", "score", "metric", "aggregate", "filter", "hash"):
            raise TaskError("bad_request", f"no operation {name!r}")
        made = operations.prepare(request, lines) if name == "prepare" else getattr(operations, name)(request)
        last = None
        for line in made:
            if last is not None:
                yield last
            last = line
        yield {**(last or {}), "done": True}
    except NotJson as reason:
        yield {"done": True, "error": {"kind": "not_json", "message": str(reason)}}
    except (KeyError, IndexError, TypeError) as error:
        wrong = described(error)
        if "where" not in wrong:
            wrong = {"kind": "bad_request", "message": f"{type(error).__name__}: {error}"[:500]}
        yield {"done": True, "error": wrong}
    except SystemExit as error:
        yield {"done": True, "error": {"kind": "task_code", "type": "SystemExit", "message": str(error)[:500]}}
    except Exception as error:
        yield {"done": True, "error": described(error)}


__all__ = ["Operations", "answers"]
