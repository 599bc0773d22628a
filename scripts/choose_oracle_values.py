#!/usr/bin/env python3
"""Writes tests/data/oracle: the reference packages' expected values that every clone can test against, chosen from ../shared/oracle.

usage: choose_oracle_values.py [--from FOLDER] [--to FOLDER]

The same input gives the same files. All rows are taken where they are few or have totals of their own; of the others all edge
cases and a seeded choice of each source. Members that no test reads are left out, and so are the texts of DialogSum, whose licence
is non-commercial. README.md stays as it is.
"""
import argparse
import json
import random
import shutil
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST_ROW = 100_000  # bytes
MOST_BYTES = 3_000_000

# Rows of each source of texts; the edge cases are taken all.
TEXTS = {"truthfulqa": 15, "gsm8k": 15, "squad_perturbed": 6}
TEXT_FILES = ["rouge.jsonl", "sacrebleu_sentence.jsonl", "meteor.jsonl"]

# Members left out of files whose rows are all taken.
WHOLE_FILES = {
    "classification.jsonl": [],
    "gsm8k.jsonl": ["dataset_is_correct"],
    "ner.jsonl": ["tokens"],
    "ner_edge.jsonl": [],
    "porter_stem.jsonl": [],
    "squad_normalization.jsonl": [],
    "squad_v2.jsonl": ["question"],
    "stats_bootstrap.jsonl": [],
    "stats_early_stopping.jsonl": [],
    "stats_early_stopping_estimate.jsonl": [],
    "stats_holm.jsonl": [],
    "stats_mcnemar.jsonl": [],
    "stats_median_ci.jsonl": [],
    "stats_newcombe_paired.jsonl": [],
    "stats_percentiles.jsonl": [],
    "stats_proportion_ci.jsonl": [],
}
CONFIGURATIONS = ["gsm8k_config.json", "ner_scores.json", "sacrebleu_configs.json", "squad_v2_totals.json"]

# Items of each data file. Where examples are drawn at random, one item's follow from those before it: the first ones are taken.
ITEMS = {"arc_easy": 10, "boolq": 8, "gsm8k": 5, "hellaswag": 15, "lambada": 8, "lastword": 8, "longctx": 1, "mmlu_astronomy": 6,
         "mmlu_marketing": 6, "mmlu_us_foreign_policy": 6, "squad": 6, "sst2": 12, "wikitext": 5, "winogrande": 15}
DRAWN = {"arc_easy"}
LARGEST_ITEM = 6_000  # bytes of a row; the only long context is always taken

PROMPT_MEMBERS = ["kind", "task", "doc_id", "target", "context", "requests", "gold", "text", "until", "max_gen_toks"]
REQUEST_MEMBERS = ["context", "continuation"]
ANSWERS_PER_MODEL = {"gsm8k_scoring.jsonl": 20, "squad_scoring.jsonl": 40}


def read(path):
    # Not splitlines: texts hold other line ends.
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    path.write_bytes(text.encode("utf-8"))


def size_of(row):
    return len(json.dumps(row, ensure_ascii=False).encode("utf-8"))


def some(values, count, name):
    """`count` of the values by a generator that only the name decides, in their order."""
    chosen = set(random.Random(name).sample(range(len(values)), min(count, len(values))))
    return [value for place, value in enumerate(values) if place in chosen]


def only(row, members):
    return {member: row[member] for member in members if member in row}


def without(row, members):
    return {member: value for member, value in row.items() if member not in members}


def choose_texts(source, target):
    ids = defaultdict(list)
    for row in read(source / TEXT_FILES[0]):
        ids[row["source"]].append(row["id"])
    chosen = set(ids["edge"])
    for name, count in TEXTS.items():
        chosen.update(some(ids[name], count, name))
    for name in TEXT_FILES:
        write(target / name, [row for row in read(source / name) if row["id"] in chosen])
    corpora = read(source / "sacrebleu_corpus.jsonl")
    write(target / "sacrebleu_corpus.jsonl", [row for row in corpora if not row["id"].startswith("dialogsum")])


def choose_metrics(source, target):
    choose_texts(source, target)
    for name, left_out in WHOLE_FILES.items():
        rows = [without(row, left_out) for row in read(source / name)]
        write(target / name, [row for row in rows if size_of(row) <= LARGEST_ROW])
    for name in CONFIGURATIONS:
        shutil.copyfile(source / name, target / name)


def places_of_items(rows, name):
    if name in DRAWN:
        return list(range(ITEMS[name]))
    small = [place for place, row in enumerate(rows) if size_of(row) <= LARGEST_ITEM]
    return some(small or list(range(len(rows))), ITEMS[name], name)


def choose_items(source, target):
    """The items of every data file; returns the places that they had."""
    places = {}
    for path in sorted((source / "data").glob("*.jsonl")):
        rows = read(path)
        if path.stem in ITEMS:
            places[path.stem] = places_of_items(rows, path.stem)
            rows = [rows[place] for place in places[path.stem]]
        write(target / "data" / path.name, rows)
    return places


def data_of(task):
    """The data file that a task of the frozen run reads its items from."""
    name = task.removeprefix("probe_")
    return name if name in ITEMS else name.rsplit("_", 1)[0]


def choose_prompts(source, target):
    (target / "tasks").mkdir(parents=True, exist_ok=True)
    for path in sorted((source / "tasks").iterdir()):
        if path.is_file():
            shutil.copyfile(path, target / "tasks" / path.name)
    places = choose_items(source, target)
    records = []
    for record in read(source / "expected.jsonl"):
        if record["kind"] == "aggregate":
            records.append(only(record, ["kind", "level", "task", "num_fewshot"]))
            continue
        chosen = places[data_of(record["task"])]
        if record["doc_id"] not in chosen:
            continue
        record = only(record, PROMPT_MEMBERS)
        record["doc_id"] = chosen.index(record["doc_id"])
        if "requests" in record:
            record["requests"] = [only(request, REQUEST_MEMBERS) for request in record["requests"]]
        records.append(record)
    write(target / "expected.jsonl", records)


def choose_answers(source, target):
    for name, count in ANSWERS_PER_MODEL.items():
        by_model = defaultdict(list)
        for row in read(source / name):
            by_model[row["model"]].append(row)
        write(target / name, [row for model, rows in by_model.items() for row in some(rows, count, name + model)])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--from", dest="source", type=Path, default=ROOT.parent / "shared" / "oracle")
    arguments.add_argument("--to", dest="target", type=Path, default=ROOT / "tests" / "data" / "oracle")
    options = arguments.parse_args()
    if not options.source.is_dir():
        sys.exit(f"{options.source} is not here")
    for folder in ("metrics", "lm_eval"):
        shutil.rmtree(options.target / folder, ignore_errors=True)
    choose_metrics(options.source / "metrics", options.target / "metrics")
    choose_prompts(options.source / "lm_eval", options.target / "lm_eval")
    choose_answers(options.source / "lm_eval", options.target / "lm_eval")
    size = sum(path.stat().st_size for path in options.target.rglob("*") if path.is_file())
    print(f"{options.target}: {size:,} bytes")
    return 1 if size > MOST_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
