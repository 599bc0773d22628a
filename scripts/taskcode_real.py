"""The functions of task files as lm-eval 0.4.13 and the package datasets run them: the other side of scripts/taskcode_campaign.py.

Reads jobs from standard input, a JSON object a line, and writes what the functions gave.
"""
import json
import os
import random
import signal
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "taskcode"))
OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import datasets  # noqa: E402
import lm_eval.api.filter  # noqa: E402
import lm_eval.filters  # noqa: E402
import numpy  # noqa: E402
from lm_eval.tasks._yaml_loader import _import_func_in_yml  # noqa: E402
from values import decode, encode  # noqa: E402

datasets.disable_progress_bars()
datasets.disable_caching()


class TooLong(BaseException):
    pass


def loaded(value, errors, key=""):
    if isinstance(value, dict) and "$function" in value:
        try:
            return _import_func_in_yml(value["$function"], Path(value["folder"]))
        except Exception as error:
            errors[key] = type(error).__name__
            return None
    if isinstance(value, dict):
        return {name: loaded(one, errors, f"{key}.{name}" if key else name) for name, one in value.items()}
    if isinstance(value, list):
        return [loaded(one, errors, f"{key}[{number}]") for number, one in enumerate(value)]
    return value


def attempt(function, *arguments):
    try:
        return {"value": encode(function(*arguments))}
    except Exception as error:
        return {"error": type(error).__name__}


def rows_of(config, rows, examples):
    own = config.get("fewshot_config") or {}
    if examples and callable(own.get("samples")):
        docs = list(own["samples"]())
    elif rows is None:
        made = config["custom_dataset"](**(config.get("metadata") or {}), **(config.get("dataset_kwargs") or {}))
        docs = made[config["test_split"]]
    else:
        docs = datasets.Dataset.from_list(rows)
        function = own.get("process_docs") if examples else config.get("process_docs")
        docs = function(docs) if callable(function) else docs
    for doc in docs:
        line = {"doc": encode(dict(doc))}
        fields = own if examples else config
        for name in ("doc_to_text", "doc_to_choice", "doc_to_target", "doc_to_decontamination_query"):
            function = fields.get(name) if callable(fields.get(name)) else config.get(name)
            if callable(function) and not (examples and name == "doc_to_decontamination_query"):
                line[name] = attempt(function, doc)
        yield line


def whole(config, rows, examples):
    try:
        return list(rows_of(config, rows, examples))
    except Exception as error:
        return {"failed": type(error).__name__}


def answer(job):
    config, errors, made = job["config"], {}, {}
    random.seed(0)
    config = loaded(config, errors)
    numpy.random.seed(1234)
    made["load_errors"] = errors
    if "rows" in job:
        made["rows"] = whole(config, job["rows"], False)
    if "examples" in job:
        made["examples"] = whole(config, job["examples"], True)
    if "items" in job:
        made["scores"] = [attempt(config["process_results"], decode(one["doc"]), decode(one["results"])) for one in job["items"]]
    for number, one in job.get("aggregate", {}).items():
        made.setdefault("aggregates", {})[number] = attempt(config["metric_list"][int(number)]["aggregation"], decode(one))
    for number, items in job.get("metric", {}).items():
        entry = config["metric_list"][int(number)]
        options = {key: one for key, one in entry.items() if key not in ("metric", "aggregation", "higher_is_better", "hf_evaluate")}

        def called(reference, prediction):
            try:
                return entry["metric"](references=[reference], predictions=[prediction], **options)
            except TypeError:
                return entry["metric"]([reference, prediction])

        made.setdefault("metrics", {})[number] = [attempt(called, decode(one["reference"]), decode(one["prediction"])) for one in items]
    for one in job.get("filters", []):
        step = config["filter_list"][one["filter"]]["filter"][one["step"]]
        options = {key: value for key, value in step.items() if key != "function"}
        ensemble = lm_eval.filters.build_filter_ensemble("x", [[step["function"], options]])
        made.setdefault("filters", []).append(attempt(lambda: [list(x) if not isinstance(x, (str, list)) else x for x in
                                                               partial(ensemble.filters[0])().apply(decode(one["resps"]), decode(one["docs"]))]))
    return made


def main():
    def end(*_):
        raise TooLong

    signal.signal(signal.SIGALRM, end)
    for line in sys.stdin:
        signal.alarm(60)
        try:
            made = answer(json.loads(line))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            made = {"failed": type(error).__name__, "message": str(error)[:300]}
        signal.alarm(0)
        OUT.write(json.dumps(made) + "\n")
        OUT.flush()


main()
