#!/usr/bin/env python3
"""Checks `bantam export lm-eval` with lm-evaluation-harness itself: bantam and lm-eval score the same tasks of the oracle on
the same weights, and lm-eval's own functions read what bantam exported. Compared are the names of the files, the members
and their types at every depth, settings, versions, directions and counts, make_table's lines, the features that
`datasets` sees, and each sample of lm-eval's with its prompt, hashes, answers and scores.

usage: export_check.py PYTHON [--binary PATH] [--tasks NAME ...] [--limit N] [--long]
  PYTHON    a Python with lm_eval 0.4.13 and its [hf] extra
  --tasks   tasks of ../shared/oracle/lm_eval/tasks
  --limit   items of each task that lm-eval scores (bantam scores all)
  --long    every kind of task, generation and rolling windows included
Exit status: 0 when nothing differs, else 1 with a line for each difference.
"""
import argparse
import collections
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
ORACLE = SHARED / "oracle" / "lm_eval"
MODEL = SHARED / "models" / "probe"
SHORT = ["probe_sst2_extra", "probe_mmlu"]
LONG = SHORT + ["probe_hellaswag", "probe_winogrande", "probe_lambada", "probe_gsm8k", "probe_squad", "probe_squad_em",
                "probe_wikitext"]

# What an export may say otherwise than lm-eval's own process: path -> why.
MAY_DIFFER = {
    "config/model_args": "names and settings of another engine",
    "config/limit": "bantam scores all items",
    "config/random_seed": "no such seed is used", "config/numpy_seed": "no such seed is used",
    "config/torch_seed": "no such seed is used",
    "tokenizer_pad_token": "Transformers gives the end token where the model names none",
}


class Differences(list):
    def note(self, place, text):
        self.append(f"{place}: {text}")

    def same(self, place, ours, theirs):
        if ours != theirs:
            self.note(place, f"bantam has {ours!r:.120}, lm-eval {theirs!r:.120}")


def bantam(binary, folder, *arguments):
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "BANTAM_CACHE": str(folder / "cache"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run([binary, *map(str, arguments)], cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bantam {arguments[0]} failed:\n{done.stderr}")
    return done.stdout


def export(binary, folder, tasks):
    bantam(binary, folder, "run", "--models", f"probe={MODEL / 'probe-f32.gguf'}", "--precisions", "fp32", "--tasks", "accuracy",
           "--accuracy-tasks", " ".join(tasks), "--include-path", ORACLE / "tasks", "--threads", "1", "--cache-type-k", "f32",
           "--cache-type-v", "f32", "--flash-attn", "off", "-q")
    bantam(binary, folder, "export", "lm-eval", "--output-path", "ours")
    return folder / "ours"


def score_with_lm_eval(folder, tasks, limit):
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    os.chdir(ORACLE)  # where the tasks' relative paths start
    tracker = EvaluationTracker(output_path=str(folder / "theirs"))
    # gen_kwargs and fewshot_as_multiturn as lm-eval's command line passes them
    results = simple_evaluate(model="hf", model_args={"pretrained": str(MODEL), "dtype": "float32"}, tasks=tasks, device="cpu",
                              batch_size="1", limit=limit, log_samples=True, bootstrap_iters=10, evaluation_tracker=tracker,
                              gen_kwargs={}, fewshot_as_multiturn=None,
                              task_manager=TaskManager(include_path=str(ORACLE / "tasks")))
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for task in results["configs"]:
        tracker.save_results_samples(task_name=task, samples=samples[task])
    return folder / "theirs"


def files_of(folder, differences):
    """The results and, by task, the samples of the only model in a folder, found as lm-eval finds them."""
    from lm_eval.utils import get_file_datetime, get_file_task_name, get_latest_filename, get_results_filenames
    from lm_eval.utils import get_sample_results_filenames, sanitize_model_name

    names = [path.as_posix() for path in folder.rglob("*") if path.is_file()]
    latest = get_latest_filename(get_results_filenames(names))
    results = json.loads(Path(latest).read_text(encoding="utf-8"))
    differences.same("folder", Path(latest).parent.name, sanitize_model_name(results["model_name"]))
    samples = {}
    for name in get_sample_results_filenames(names):
        differences.same(name, get_file_datetime(Path(name).name), get_file_datetime(latest).replace(".json", ""))
        samples[get_file_task_name(Path(name).name)] = name
    return results, samples


def kind(value):
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def compare_members(ours, theirs, place, differences):
    """The same members of the same types, at every depth."""
    if place in MAY_DIFFER:
        return
    if kind(ours) != kind(theirs):
        differences.note(place, f"bantam has a {kind(ours)}, lm-eval a {kind(theirs)}")
    elif isinstance(ours, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            path = f"{place}/{key}".lstrip("/")
            if key not in theirs or key not in ours:
                differences.note(path, "only bantam has it" if key in ours else "only lm-eval has it")
            else:
                compare_members(ours[key], theirs[key], path, differences)


def without_run_facts(config):
    """A task's settings without what lm-eval adds of its own process, and without the source text of functions."""
    config = {key: value for key, value in config.items() if not key.startswith("process_")}
    config["metadata"] = {"version": config.get("metadata", {}).get("version")}
    config["fewshot_config"] = {k: v for k, v in config["fewshot_config"].items() if k != "process_docs"}
    return config


def compare_results(ours, theirs, differences):
    ours, theirs = dict(ours), dict(theirs)
    configs = ours.pop("configs"), theirs.pop("configs")
    hashes = ours.pop("task_hashes"), theirs.pop("task_hashes")  # over other numbers of items
    compare_members(ours, theirs, "", differences)
    for key in ("versions", "n-shot", "higher_is_better", "group_subtasks"):
        differences.same(key, ours[key], theirs[key])
    for key in ("tokenizer_eos_token", "tokenizer_bos_token", "eot_token_id", "max_length", "lm_eval_version"):
        differences.same(key, ours[key], theirs[key])
    differences.same("task_hashes", sorted(hashes[0]), sorted(hashes[1]))
    differences.same("configs", list(configs[0]), list(configs[1]))
    for task, config in configs[1].items():
        mine, other = without_run_facts(configs[0].get(task, {"fewshot_config": {}})), without_run_facts(config)
        differences.same(f"configs/{task}", sorted(mine), sorted(other))
        for key in mine.keys() & other.keys():
            differences.same(f"configs/{task}/{key}", mine[key], other[key])
        differences.same(f"n-samples/{task}", ours["n-samples"][task]["original"], theirs["n-samples"][task]["original"])
        differences.same(f"alias of {task}", ours["results"][task]["alias"], theirs["results"][task]["alias"])


def table_lines(results, column):
    """make_table's lines without the figures."""
    from lm_eval.utils import make_table

    return [[cell.strip() for cell in line.split("|")][1:7] for line in make_table(results, column).splitlines()[2:]]


def compare_tables(ours, theirs, differences):
    for column in ("results", "groups"):
        if column in theirs:
            differences.same(f"make_table {column}", table_lines(ours, column), table_lines(theirs, column))


def check_wandb_summary(results, differences):
    from lm_eval.loggers.wandb_logger import WandbLogger

    logger = object.__new__(WandbLogger)  # without its connection
    logger.post_init(results)
    logger._get_config()
    _, flat = logger._sanitize_results_dict()
    for task, scores in results["results"].items():
        for key, value in scores.items():
            if "," in key and not isinstance(value, str):
                differences.same(f"W&B {task}/{key}", flat.get(f"{task}/{key.removesuffix(',none')}"), value)


def near_tie(sample, output_type):
    if output_type != "multiple_choice":
        return False
    sums = sorted((float(answer[0]) for answer in sample["filtered_resps"]), reverse=True)
    return len(sums) > 1 and sums[0] - sums[1] < 2e-3


def compare_answers(place, ours, theirs, output_type, differences):
    if output_type == "generate_until":
        return differences.same(place, ours["resps"], theirs["resps"])
    for field in ("resps", "filtered_resps"):
        differences.same(f"{place} {field}", len(ours[field]), len(theirs[field]))
    for i, (mine, other) in enumerate(zip(ours["filtered_resps"], theirs["filtered_resps"])):
        differences.same(f"{place} answer {i}", (kind(mine), ours["resps"][i]), (kind(other), [mine]))
        rolling = output_type == "loglikelihood_rolling"
        if not math.isclose(float(mine if rolling else mine[0]), float(other if rolling else other[0]), rel_tol=1e-5, abs_tol=5e-3):
            differences.note(f"{place} answer {i}", f"{mine} and {other}")
        if not rolling:
            differences.same(f"{place} greedy {i}", mine[1], other[1])


def compare_samples(task, ours_file, theirs_file, output_type, differences):
    read = [[json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()] for name in (ours_file, theirs_file)]
    mine = {(sample["doc_id"], sample["filter"]): sample for sample in read[0]}
    compared = 0
    for other in read[1]:
        sample = mine.get((other["doc_id"], other["filter"]))
        place = f"{task} item {other['doc_id']} {other['filter']}"
        if sample is None:
            differences.note(place, "missing")
            continue
        compared += 1
        differences.same(f"{place} members", sorted(sample), sorted(other))
        for field in ("doc", "target", "arguments", "doc_hash", "prompt_hash", "target_hash"):
            differences.same(f"{place} {field}", sample[field], other[field])
        differences.same(f"{place} metrics", sorted(sample["metrics"]), sorted(other["metrics"]))
        compare_answers(place, sample, other, output_type, differences)
        for metric in other["metrics"]:
            compare_members(sample[metric], other[metric], f"{place} {metric}", differences)
            if isinstance(other[metric], float) and output_type in ("multiple_choice", "generate_until") and not near_tie(other, output_type):
                differences.same(f"{place} {metric}", sample[metric], other[metric])
    return compared


def compare_features(task, ours_file, theirs_file, differences):
    from datasets import load_dataset

    features = [load_dataset("json", data_files=name, split="train").features for name in (ours_file, theirs_file)]
    differences.same(f"{task} columns", sorted(features[0]), sorted(features[1]))
    for column in features[0].keys() & features[1].keys() - {"doc"}:
        differences.same(f"{task} column {column}", features[0][column], features[1][column])


def compare_with_oracle(results, differences):
    """The scores over all items, which lm-eval gave when the oracle was made."""
    with open(ORACLE / "expected.jsonl", encoding="utf-8") as lines:
        expected = [row for row in map(json.loads, lines) if row["kind"] == "aggregate" and row["task"] in results["results"]]
    for row in expected:
        found = results["results"][row["task"]]
        differences.same(f"{row['task']} items", found["sample_len"], row["n"])
        for key, value in row["metrics"].items():
            bootstrap = "_stderr," in key and key.split("_stderr,")[0] in ("perplexity", "f1", "mcc")
            near = 0.05 if bootstrap else 2e-4 if "perplexity" in key else 1e-6
            ours = found.get(key)
            if value is None:
                differences.same(f"{row['task']} {key}", ours, "N/A")
            elif not isinstance(ours, (int, float)) or not math.isclose(ours, value, rel_tol=near, abs_tol=1e-6):
                differences.note(f"{row['task']} {key}", f"{ours}, the oracle says {value}")
    return len(expected)


def check(arguments, folder):
    differences = Differences()
    ours_folder = export(arguments.binary, folder, arguments.tasks)
    ours, our_samples = files_of(ours_folder, differences)
    theirs, their_samples = files_of(score_with_lm_eval(folder, arguments.tasks, arguments.limit), differences)
    differences.same("tasks with samples", sorted(our_samples), sorted(their_samples))
    compare_results(ours, theirs, differences)
    compare_tables(ours, theirs, differences)
    check_wandb_summary(ours, differences)
    samples = collections.Counter()
    for task in our_samples.keys() & their_samples.keys():
        pair = our_samples[task], their_samples[task]
        samples[task] = compare_samples(task, *pair, theirs["configs"][task]["output_type"], differences)
        compare_features(task, *pair, differences)
    scored = compare_with_oracle(ours, differences)
    print("\n".join(differences))
    print(f"{len(differences)} differences: {len(samples)} tasks, {sum(samples.values())} samples of lm-eval's own run, "
          f"{scored} scores of tasks and groups in the oracle")
    return 1 if differences else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("python")
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "bantam"))
    parser.add_argument("--tasks", nargs="+")
    parser.add_argument("--limit", type=int, default=6)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    if not MODEL.exists() or not ORACLE.exists():
        sys.exit("the oracle is not here: ../shared is missing")
    if "BANTAM_EXPORT_CHECK" not in os.environ:
        environment = os.environ | {"BANTAM_EXPORT_CHECK": "1", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
        os.execve(arguments.python, [arguments.python, __file__, *sys.argv[1:]], environment)
    arguments.tasks = arguments.tasks or (LONG if arguments.long else SHORT)
    arguments.binary = os.path.abspath(arguments.binary)
    with tempfile.TemporaryDirectory(prefix="bantam-export-check-") as name:
        os.environ["HF_HOME"] = str(Path(name) / "hf")
        return check(arguments, Path(name))


if __name__ == "__main__":
    sys.exit(main())
