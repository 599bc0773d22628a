#!/usr/bin/env python3
"""Times `bantam analyze` over a store with very many items, and the memory that it takes.

usage: analyze_items.py [--items N ...] [--cells C] [--repeats R] [--binary PATH] [--keep FOLDER]
  --items    items in the store, over all cells  [1000000 10000000]
  --cells    precisions of one model, each with the same task and as many items  [3]
  --repeats  runs of each store, in turn with `bantam --version`, which shows what starting costs  [3]

A store is made by `bantam import lm-eval` of one small result for each precision, which gives it tables and records. Its cells
are then filled with items by SQL, each with the checksums that bantam writes (the first 15 digits of the SHA-256 of a row's
values), so that a row costs what it costs in the store of a run. Prints wall time, CPU time and the peak of the resident set.
Goals: 1,000,000 items in 3 s and 300 MB, 10,000,000 in 25 s within the same memory. Timings gate nothing.
"""
import argparse
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRECISIONS = ["fp16", "int8", "int4", "Q5_K_M", "Q3_K_M", "Q2_K"]
TASK = "quiz"
DATE = "2026-01-31T10-20-30.000001"


def checksum(*values) -> int:
    """As the store's SQL function checksum() computes it."""
    text = "".join("n;" if value is None else f"i{value};" if isinstance(value, int) else f"t{len(value.encode())};{value}"
                   for value in values)
    return int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)


def small_result(folder: Path, items: int, right: int) -> Path:
    """A result of lm-eval without samples."""
    results = {
        "results": {TASK: {"alias": TASK, "sample_len": items, "acc,none": right / items, "acc_stderr,none": 0.001}},
        "group_subtasks": {},
        "configs": {TASK: {"task": TASK, "output_type": "multiple_choice", "num_fewshot": 0,
                           "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]}},
        "versions": {TASK: 1.0}, "n-shot": {TASK: 0}, "n-samples": {TASK: {"original": items, "effective": items}},
        "config": {"model": "hf", "model_args": "pretrained=org/tiny", "model_dtype": "torch.float16", "limit": None},
        "date": 1769854800.5, "lm_eval_version": "0.4.13", "model_source": "hf", "model_name": "org/tiny"}
    path = folder / f"results_{DATE}.json"
    path.write_text(json.dumps(results))
    return path


def is_right(cell: int, doc_id: int) -> bool:
    """Seven of ten; each further cell differs from the first in one of 50."""
    right = doc_id % 10 < 7
    return right if cell == 0 or (doc_id + cell) % 50 else not right


def rows_of(cell: int, place: int, items: int):
    content = json.dumps({"target": "0", "context": "x" * 80}, separators=(",", ":"))
    for doc_id in range(items):
        metrics = '{"acc":1.0}' if is_right(place, doc_id) else '{"acc":0.0}'
        row = checksum(cell, TASK, doc_id, metrics)
        yield cell, TASK, doc_id, metrics, row, content, checksum(row, content)


def make_store(binary: str, folder: Path, items: int, cells: int) -> Path:
    store = folder / f"items{items}.db"
    each = items // cells
    for place, precision in enumerate(PRECISIONS[:cells]):
        right = sum(is_right(place, doc_id) for doc_id in range(each))
        subprocess.run([binary, "import", "lm-eval", small_result(folder, each, right), "--store", store, "--precision", precision],
                       check=True, capture_output=True)
    database = sqlite3.connect(store)
    database.execute("pragma journal_mode = off")
    database.execute("pragma synchronous = off")
    for place, (cell,) in enumerate(database.execute("select id from cells order by id").fetchall()):
        database.executemany("insert into items (cell, task, doc_id, metrics, checksum, content, content_checksum) "
                             "values (?, ?, ?, ?, ?, ?, ?)", rows_of(cell, place, each))
    database.commit()
    database.execute("pragma journal_mode = wal")
    database.close()
    return store


def run(command: list) -> tuple:
    """Wall seconds, CPU seconds, peak of the resident set in MB, and what was printed."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}:\n{text}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, text  # the kernel counts in KiB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--cells", type=int, default=3, choices=range(2, len(PRECISIONS) + 1))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "bantam"))
    parser.add_argument("--keep", type=Path, help="make the stores here, and use those that are there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        stores = []
        for items in options.items:
            store = folder / f"items{items}.db"
            if not store.exists():
                make_store(options.binary, folder, items, options.cells)
            stores.append((items, store))
        print(f"{'items':>12}{'repeat':>8}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
        for repeat in range(options.repeats):
            wall, cpu, peak, _ = run([options.binary, "--version"])
            print(f"{'(start)':>12}{repeat:>8}{wall:>9.2f}{cpu:>9.2f}{peak:>9.0f}")
            for items, store in stores:
                wall, cpu, peak, text = run([options.binary, "analyze", "--store", store])
                if TASK not in text:
                    sys.exit(f"the page does not tell of {TASK}:\n{text}")
                print(f"{items:>12}{repeat:>8}{wall:>9.2f}{cpu:>9.2f}{peak:>9.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
