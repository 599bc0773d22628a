#!/usr/bin/env python3
"""Shows that two builds of bantam give the same results. For changes that must not change any.

usage: same_results.py BEFORE AFTER [--keep FOLDER] [--only NAME ...]
  BEFORE AFTER  the two binaries
  --keep        leave stores, caches and outputs in this folder
  --only        of the runs below, only these

1. Each binary measures every kind of cell but performance, with stores and a cache of its own. Cell keys and items must
   be the same bytes, records must be equal but for the measured values listed below.
2. AFTER reads the stores of BEFORE: analyze and export must write what BEFORE writes, and the same run must find
   nothing to do and leave every row as it is.
3. Differences of help pages and generated documents are printed. They do not count.

Set BANTAM_MINILM to the file that tests/support/minilm.py makes to have similarity, BERTScore and classification by an
encoder in it. The model in ../shared is left out, with a note, where it is missing. Takes about two minutes on two
idle cores.
Exit status: 0 when all results are the same, else 1.
"""
import argparse
import difflib
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import gguf_file  # noqa: E402

PROBE = ROOT.parent / "shared" / "models" / "probe" / "probe-f32.gguf"
ADAPTER = ROOT / "models" / "nano" / "nano-lora-beekeeper.gguf"
MINILM = Path(os.environ.get("BANTAM_MINILM", "minilm.gguf")).resolve()

# All that may differ between two runs of one binary; everything else must not.
MEASURED_IN_RECORDS = [
    ("started_at",), ("finished_at",),
    ("device", "memory", "available_bytes"), ("device", "disk", "free_bytes"),
    ("engine", "scoring", "seconds"),
    ("metrics", "answer_tokens_per_s"), ("metrics", "answer_latency_s"), ("metrics", "answer_memory_bytes"),
]
MEASURED_IN_ITEMS_OF_SIMILARITY = {"metrics": ("latency_s", "tokens_per_s"), "content": ("private_peak_bytes",)}

OWN_TASKS = [
    {"task": "own_choice", "output_type": "multiple_choice", "doc_to_text": "Question: {{question}}\nAnswer:",
     "doc_to_target": "label", "doc_to_choice": "choices", "num_fewshot": 1, "fewshot_split": "train",
     "dataset_kwargs": {"data_files": {"test": "nano_knowledge.jsonl", "train": "nano_knowledge_train.jsonl"}},
     "metric_list": [{"metric": name} for name in ("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "brier_score", "mcc")]},
    {"task": "own_word", "output_type": "loglikelihood", "doc_to_text": "{{passage}}\n{{question}}",
     "doc_to_target": " {{answer}}", "dataset_kwargs": {"data_files": {"test": "nano_qa.jsonl"}},
     "metric_list": [{"metric": "acc"}, {"metric": "perplexity"}]},
    {"task": "own_answer", "output_type": "generate_until", "doc_to_text": "{{passage}}\nQuestion: {{question}}\nAnswer:",
     "doc_to_target": "{{answer}}", "fewshot_split": "train",
     "dataset_kwargs": {"data_files": {"test": "nano_reading.jsonl", "train": "nano_reading_train.jsonl"}},
     "generation_kwargs": {"until": ["\n"], "max_gen_toks": 8},
     "metric_list": [{"metric": name} for name in ("exact_match", "rouge1", "bertscore", "embedding_cosine")]},
    {"group": "own_group", "task": ["own_choice", "nano_topic"], "metadata": {"version": 1},
     "aggregate_metric_list": [{"metric": "acc", "weight_by_size": True}]},
]
MOOD = {"task": "mood", "output_type": "multiple_choice", "doc_to_text": "{{text}}\nMood:", "doc_to_target": "label",
        "doc_to_choice": ["bad", "good"], "dataset_kwargs": {"data_files": {"test": "mood.jsonl"}},
        "metric_list": [{"metric": "acc"}], "metadata": {"classifier_text": "text"}}
MOOD_ROWS = ["A lovely film.", "Dull and far too long.", "The sea was calm.", "What a joy!", "I want my money back."]


def write_inputs(folder: Path) -> None:
    for source in (ROOT / "models" / "nano" / "tasks").glob("*.jsonl"):
        shutil.copy(source, folder)
    for task in [*OWN_TASKS, MOOD]:
        data = {} if "group" in task else {"dataset_path": "json", "test_split": "test"}
        (folder / f"{task.get('group') or task['task']}.yaml").write_text(json.dumps(data | task))
    (folder / "mood.jsonl").write_text("".join(json.dumps({"text": text, "label": i % 2}) + "\n"
                                               for i, text in enumerate(MOOD_ROWS)))
    (folder / "short.txt").write_text("Too short.")
    if MINILM.exists():
        # Two labels whose logits are one component of the encoder's first vector and its negative.
        model = gguf_file.read(MINILM.read_bytes())
        model.key("bert.classifier.output_labels", gguf_file.ARRAY, gguf_file.texts(["bad", "good"]))
        model.tensor("cls.output.weight", (384, 2), gguf_file.F32, struct.pack("<768f", 1.0, *[0.0] * 383, -1.0, *[0.0] * 383))
        model.tensor("cls.output.bias", (2,), gguf_file.F32, struct.pack("<2f", 0.0, 0.0))
        (folder / "classifier.gguf").write_bytes(model.bytes())


def runs(inputs: Path) -> dict:
    """Name of the store, and the arguments of `bantam run` that fill it."""
    own = ["--include-path", inputs]
    encoder = ["--embedding-model", MINILM] if MINILM.exists() else []
    nano = ["--models", "embedded:nano"]
    every_kind = ["--tasks", "accuracy", "fidelity", "similarity", "energy", "--fidelity-chunks", 4,
                  "--similarity-new-tokens", 16, *own, *encoder]
    scored = ["--tasks", "accuracy", "--accuracy-limit", 6]
    # Threads that wait for each other are slow where other programs want the cores; a few runs take all cores all the same.
    alone = ["--threads", 1]
    usual = ["--precisions", "fp16", "int8", "int4", *alone]
    own_names = ["own_group", "own_word", "own_answer"]
    nano_names = [path.stem for path in sorted((ROOT / "models" / "nano" / "tasks").glob("*.yaml"))]
    plans = {
        "nano": [*nano, *usual, *every_kind, "--accuracy-limit", 16, "--accuracy-tasks", *nano_names, *own_names],
        "answers": [*nano, "--precisions", "fp16", "Q2_K", "--tasks", "similarity", "--similarity-new-tokens", 8,
                    "--similarity-prompts", "Once upon a time, there was", "2 plus 3, and then"],
        "chat": [*nano, "--precisions", "fp16", "int4", *scored, "--accuracy-tasks", "own_choice", "own_answer", *own,
                 "--apply-chat-template", "--system-instruction", "Be brief.", "--num-fewshot", 2],
        "decided": [*nano, "--precisions", "fp16", "int8", "TQ1_0", "--tasks", "accuracy", "--accuracy-tasks", "nano_topic",
                    "--until-decided", 10],
        "adapter": ["--models", f"bees=embedded:nano+lora:{ADAPTER}@0.5", "--precisions", "fp16", "int4", *scored,
                    "--accuracy-tasks", "nano_text", *alone],
        "merged": ["--models", f"bees=embedded:nano+lora:{ADAPTER}@0.5", "--precisions", "fp16", "int4", *scored,
                   "--accuracy-tasks", "nano_text", "--lora-mode", "merge", *alone],
        "calibrated": [*nano, "--precisions", "fp16", "int4", "IQ2_S", "--tasks", "fidelity", "--fidelity-chunks", 2,
                       "--calibration-dataset", "embedded", "--num-calibration-samples", 2, *alone],
        "engine": [*nano, "--precisions", "fp16", *scored, "--accuracy-tasks", "nano_qa", "nano_topic", "--no-own-kernels",
                   "--cache-type-k", "q8_0", "--accuracy-batch-size", 3, "--accuracy-kv-cells", 1024],
        "failed": [*nano, "--precisions", "fp16", "MXFP4_MOE", "--tasks", "fidelity", "--fidelity-text", inputs / "short.txt"],
    }
    if PROBE.exists():
        plans["probe"] = ["--models", f"probe={PROBE}", *usual, *every_kind, "--accuracy-limit", 8, "--accuracy-tasks",
                          "nano_knowledge", "nano_qa", "nano_text", *own_names]
    if MINILM.exists():
        plans["classifier"] = ["--models", f"moods={inputs / 'classifier.gguf'}", "--precisions", "fp32", "int8", "--tasks",
                               "accuracy", "--accuracy-tasks", "mood", *own, *alone]
    return {name: [str(word) for word in words] for name, words in plans.items()}


def answers(inputs: Path) -> list:
    """Other commands whose output is a result."""
    return [
        ["models", "inspect", "embedded:nano", "--tensors", "-o", "json"],
        ["tasks", "list", "--all", "-o", "json"],
        ["tasks", "show", "nano_arithmetic", "--num-fewshot", "2", "--model", "embedded:nano", "-o", "json"],
        ["tasks", "show", "own_choice", "--include-path", str(inputs)],
        ["tasks", "validate", str(inputs)],
        ["tasks", "doctor", "embedded:nano", "--tasks", "nano_arithmetic", "nano_topic", "--limit", "4", "--threads", "1", "-o",
         "json"],
    ]


class Build:
    """One binary and the folder it works in."""

    def __init__(self, name: str, binary: str, folder: Path):
        self.name, self.binary, self.folder = name, str(Path(binary).resolve()), folder / name
        self.folder.mkdir()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "BANTAM_CACHE": str(self.folder / "cache"),
                    "LC_ALL": "C.UTF-8", "TERM": "dumb", "HF_HUB_OFFLINE": "1"}

    def __call__(self, *arguments, cwd=None) -> subprocess.CompletedProcess:
        done = subprocess.run([self.binary, *map(str, arguments)], cwd=cwd or self.folder, env=self.env, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        done.text = self.neutral(f"{done.stdout}{done.stderr}exit {done.returncode}\n")
        return done

    def run(self, name: str, arguments: list, folder=None) -> subprocess.CompletedProcess:
        return self("run", "--store", f"{name}.db", "--output-dir", f"{name}-files", *arguments, cwd=folder)

    def neutral(self, text: str) -> str:
        """Without its own folder and version."""
        return re.sub(r'"generator": ?"bantam [^"]*"', '"generator": "bantam"', text.replace(str(self.folder), "FOLDER"))


class Store:
    def __init__(self, path: Path, neutral=str):
        self.path, self.neutral = path, neutral

    def rows(self, query: str) -> list:
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def keys(self) -> list:
        return self.rows("select model, precision, task, key from cells order by 1, 2, 3, 4")

    def items(self) -> dict:
        found = self.rows("select model, precision, cells.task, items.task, doc_id, metrics, content from items join cells "
                          "on cells.id = items.cell order by 1, 2, 3, 4, 5")
        return {row[:5]: tuple(map(self.neutral, self.without_measured(*row))) for row in found}

    @staticmethod
    def without_measured(_, __, cell_task, *row):
        metrics, content = row[2:]
        if cell_task != "similarity":
            return metrics, content
        parts = {"metrics": json.loads(metrics), "content": json.loads(content)}
        for part, names in MEASURED_IN_ITEMS_OF_SIMILARITY.items():
            for name in names:
                parts[part].pop(name, None)
        return json.dumps(parts["metrics"]), json.dumps(parts["content"])

    def records(self) -> dict:
        found = self.rows("select model, precision, cells.task, attempt, record from attempts join cells "
                          "on cells.id = attempts.cell order by 1, 2, 3, 4")
        records = {}
        for *name, text in found:
            record = json.loads(self.neutral(text))
            for path in MEASURED_IN_RECORDS:
                parent = record
                for key in path[:-1]:
                    parent = parent.get(key, {})
                parent.pop(path[-1], None)
            records[tuple(name)] = record
        return records

    def everything(self) -> dict:
        order = {"meta": "name", "cells": "id", "attempts": "cell, attempt", "trials": "cell, attempt, position",
                 "items": "cell, task, doc_id"}
        return {table: self.rows(f"select * from {table} order by {columns}") for table, columns in order.items()}


def first_difference(one, other, path="") -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in one or key not in other:
                return f"{path}/{key}: only {'after' if key not in one else 'before'}"
            if one[key] != other[key]:
                return first_difference(one[key], other[key], f"{path}/{key}")
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other)):
            if a != b:
                return first_difference(a, b, f"{path}/{i}")
    if isinstance(one, str) and isinstance(other, str):
        at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
        one, other = one[max(0, at - 60):at + 100], other[max(0, at - 60):at + 100]
    return f"{path}: before {one!r}, after {other!r}"


class Comparison:
    def __init__(self):
        self.counts, self.bytes, self.differences = {}, 0, 0

    def count(self, what: str, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def same(self, what: str, one, other) -> None:
        self.bytes += len(one if isinstance(one, str) else json.dumps(one, default=str))
        if one != other:
            self.differences += 1
            print(f"DIFFERENT: {what}{first_difference(one, other)}"[:600], flush=True)

    def tables(self, what: str, one: dict, other: dict) -> None:
        self.same(f"{what}, names", list(map(str, one)), list(map(str, other)))
        for name in one.keys() & other.keys():
            told = name if isinstance(name, str) else " ".join(map(str, name))
            self.same(f"{what} {told} ", one[name], other[name])


def files_below(folder: Path) -> dict:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def measure_with_both(plans: dict, before: Build, after: Build, result: Comparison) -> None:
    for name, arguments in plans.items():
        began = time.monotonic()
        done = [build.run(name, arguments) for build in (before, after)]
        codes = [one.returncode for one in done]
        result.same(f"{name}, exit status", *codes)
        stores = [Store(build.folder / f"{name}.db", build.neutral) for build in (before, after)]
        if not all(store.path.exists() for store in stores):
            result.same(f"{name}: a run made no store: ", done[0].text, done[1].text)
            print(f"{name}: exit {codes}, no store\n{done[0].stderr}{done[1].stderr}")
            result.differences += 1
            continue
        keys, items, records = ([getattr(store, what)() for store in stores] for what in ("keys", "items", "records"))
        result.same(f"{name}, cell keys ", *keys)
        result.tables(f"{name}, item", *items)
        result.tables(f"{name}, record", *records)
        for what, found in (("cells", keys), ("items", items), ("records", records)):
            result.count(what, len(found[0]))
        outcomes = [record["status"] for record in records[0].values()]
        told = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in sorted(set(outcomes)))
        print(f"{name}: {len(keys[0])} cells ({told}), {len(items[0])} items, {time.monotonic() - began:.0f} s", flush=True)


def read_stores_of_before(plans: dict, before: Build, after: Build, result: Comparison) -> None:
    folder = before.folder.parent / "read-by-both"
    folder.mkdir()
    for name, arguments in plans.items():
        if not (before.folder / f"{name}.db").exists():
            continue
        shutil.copy(before.folder / f"{name}.db", folder)
        store = Store(folder / f"{name}.db")
        rows = store.everything()
        for form in (["table"], ["json"], ["json", "--items"], ["csv"], ["md"]):
            pages = [build("analyze", "--store", f"{name}.db", "-o", *form, cwd=folder).text for build in (before, after)]
            result.same(f"{name}, analyze -o {' '.join(form)} ", *pages)
            result.count("pages", 1)
        for command, flag in ((["analyze"], "--output-dir"), (["export", "lm-eval"], "--output-path")):
            written = []
            for build in (before, after):
                target = folder / f"{name}-{command[0]}-{build.name}"
                text = build(*command, "--store", f"{name}.db", flag, target, cwd=folder).text
                made = files_below(target) | {"on the terminal": text}
                written.append({path: build.neutral(content.replace(str(target), "TARGET")) for path, content in made.items()})
            result.tables(f"{name}, file of {command[0]}:", *written)
            result.count("files", len(written[0]) - 1)
        shutil.copytree(before.folder / f"{name}-files", folder / f"{name}-files")
        again = after.run(name, arguments, folder)
        result.same(f"{name}, rows after a second run ", rows, store.everything())
        result.count("stores run again", 1)
        if "nothing to do" not in again.stderr:
            result.differences += 1
            print(f"DIFFERENT: {name}, a second run finds work to do\n{again.stderr}")


def help_pages(build: Build) -> dict:
    pages, waiting = {}, [(), ("docs",), ("worker",)]
    while waiting:
        command = waiting.pop(0)
        pages[command] = build(*command, "--help").text
        section = re.search(r"^(?:SUB)?COMMANDS:\s*$(.*?)(?=^\S|\Z)", pages[command], re.M | re.S | re.I)
        names = re.findall(r"^  (\w[\w-]*)", section.group(1), re.M) if section else []
        waiting.extend((*command, name) for name in names)
    return {" ".join(("bantam", *command, "--help")): text for command, text in pages.items()}


def compare_pages(before: Build, after: Build) -> tuple:
    sides = []
    for build in (before, after):
        pages = help_pages(build)
        for page in ("metrics", "shapes", "suite"):
            pages[f"bantam docs {page}"] = build("docs", page).text
        sides.append(pages)
    different = 0
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        one, other = (side.get(name, "").splitlines() for side in sides)
        if one != other:
            different += 1
            print("\n".join(difflib.unified_diff(one, other, f"before: {name}", f"after: {name}", lineterm="", n=1)))
    return len(sides[0]), different


def compare(arguments, folder: Path) -> int:
    inputs = folder / "inputs"
    inputs.mkdir()
    write_inputs(inputs)
    before, after = Build("before", arguments.before, folder), Build("after", arguments.after, folder)
    plans = {name: words for name, words in runs(inputs).items() if not arguments.only or name in arguments.only}
    if not PROBE.exists():
        print("left out: the model in ../shared")
    if not MINILM.exists():
        print("left out: what needs an encoder (set BANTAM_MINILM)")
    result, began = Comparison(), time.monotonic()
    measure_with_both(plans, before, after, result)
    read_stores_of_before(plans, before, after, result)
    for command in answers(inputs):
        result.same(f"bantam {' '.join(command)} ", before(*command).text, after(*command).text)
        result.count("other answers", 1)
    pages, different = compare_pages(before, after)
    told = ", ".join(f"{number} {what}" for what, number in result.counts.items())
    print(f"compared: {told}; {result.bytes} bytes in {time.monotonic() - began:.0f} s")
    print(f"differences of results: {result.differences}")
    print(f"help pages and documents: {pages}, {different} of them different")
    return 1 if result.differences else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", nargs="+", default=[])
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True)
        return compare(arguments, arguments.keep.resolve())
    with tempfile.TemporaryDirectory(prefix="bantam-same-") as folder:
        return compare(arguments, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
