"""One task of lm-eval's library on both sides, bantam's and lm-eval's (scripts/library_campaign.py, scripts/prompt_parity.py,
scripts/score_parity.py). Importing it ends the program with 77 where lm-eval is not installed."""
import argparse
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ["HF_HUB_OFFLINE"] = "1"
SEED = 1234
ENVIRONMENT = dict(os.environ)  # task modules may change it

try:
    import jinja2
    import lm_eval.tasks
    import numpy
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml
except ImportError as missing:
    print(f"{Path(sys.argv[0]).stem}: {missing}", file=sys.stderr)
    sys.exit(77)

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


def accepted_files(bantam, listed_before=None, *more):
    """The files of accepted tasks of lm-eval's own folder, and how many tasks it has. `listed_before`: what the command printed earlier."""
    if listed_before:
        listed = json.loads(listed_before.read_text())
    else:
        done = subprocess.run([bantam, "tasks", "list", "--all", "--include-path", str(TASKS), "-o", "json", *more],
                              capture_output=True, text=True, check=True)
        listed = json.loads(done.stdout)
    tasks = [one for one in listed if one["kind"] == "task" and str(one.get("file", "")).startswith(str(TASKS))]
    return sorted({one["file"] for one in tasks if "fault" not in one}), len(tasks)


# One task on both sides.

class Absent(types.ModuleType):
    """A module of which everything can be asked and nothing comes; names in capitals are classes, which others ask about."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return AbsentType(name, (), {}) if name[:1].isupper() else self

    def __call__(self, *_, **__):
        return self


class AbsentType(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(name)

    def __call__(cls, *_, **__):
        return Absent(cls.__name__)


def loaded(path, is_scored=False):
    """The configuration with its functions; of packages that are not installed, which only scoring needs, the names."""
    while not is_scored:
        try:
            return load_yaml(path, resolve_func=True)
        except ModuleNotFoundError as error:
            if not error.name or error.name in sys.modules:
                raise
            sys.modules[error.name] = Absent(error.name)
    return load_yaml(path, resolve_func=True)


def without_fetched_metrics():
    """Metrics that the package evaluate would fetch, of which prompts need nothing, are Absent."""
    import evaluate

    evaluate.load = lambda name, *_, **__: Absent(str(name))


def task_of(file, is_scored=False):
    """lm-eval's task of a file, as in a program of its own: with the seeds of simple_evaluate and modules that nothing has used before."""
    for name, module in list(sys.modules.items()):
        source = Path(getattr(module, "__file__", None) or "/")
        if source.is_relative_to(TASKS) and source.parent != TASKS:
            del sys.modules[name]
    random.seed(0)
    numpy.random.seed(1234)
    return ConfigurableTask(config=loaded(file, is_scored))


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


def theirs_item(task, number, chat=None, doc=None):
    """The texts of an item. `chat`: arguments of fewshot_context for conversations."""
    doc = task.task_docs[number] if doc is None else doc
    contexts = task.fewshot_context(doc, task.config.num_fewshot, gen_prefix=task.doc_to_prefix(doc), **(chat or {}))
    chosen = {key: chat[key] for key in ("apply_chat_template", "chat_template")} if chat else {}
    requests = task.construct_requests(doc, contexts, metadata=("t", number, 1), **chosen)
    return told(task, doc, contexts, requests if isinstance(requests, list) else [requests])


def told(task, doc, contexts, requests):
    made = {"contexts": contexts if isinstance(contexts, list) else [contexts], "target": plain(task.doc_to_target(doc))}
    if task.OUTPUT_TYPE == "loglikelihood_rolling":
        made["contexts"] = [requests[0].args[0]]
    if task.OUTPUT_TYPE in ("multiple_choice", "loglikelihood"):
        count = len(made["contexts"]) if task.multiple_input else None
        if task.OUTPUT_TYPE == "multiple_choice" and count is None:
            count = len(task.doc_to_choice(doc))
        made["continuations"] = [request.args[1] for request in requests[:count]]
    if task.OUTPUT_TYPE == "generate_until":
        made["asked"] = requests[0].args[1]
    return made


def theirs(file, shots, docs):
    """The items with each number of examples; None: the task's own."""
    try:
        task = task_of(file)
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


def ours(bantam, file, name, shots, docs, *more, env=None):
    items = []
    for number in range(docs):
        command = [bantam, "tasks", "show", name, "--include-path", str(file.parent), "--doc", str(number), "-o", "json", *more]
        command += [] if shots is None else ["--num-fewshot", str(shots)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="surrogateescape",
                              timeout=300, env={**ENVIRONMENT, **(env or {})})
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


def parity_parser(text):
    """The options that the comparisons over the library have in common."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bantam", default=str(ROOT / "build/dev/bantam"))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append")
    parser.add_argument("--list", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--times", action="store_true", help=argparse.SUPPRESS)
    return parser


def run_parity(campaign, arguments, out):
    """Ends with the status of campaign(arguments, folder).run(). What task code prints goes nowhere; `out` gets a file for what the campaign tells."""
    logging.disable(logging.CRITICAL)
    out.append(os.fdopen(os.dup(1), "w"))
    sys.stdout = open(os.devnull, "w")
    sys.stderr = sys.stdout if not arguments.times else sys.stderr
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as temporary:
        work = (arguments.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        os.environ["BANTAM_CACHE"] = str(Path(temporary) / "cache")
        datasets.config.HF_DATASETS_CACHE = Path(temporary) / "datasets"
        sys.exit(campaign(arguments, work).run())
