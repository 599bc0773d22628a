#!/usr/bin/env python3
"""Compares the rows that bantam reads from data files with those that the package datasets 5.2.0 gives lm-eval: made CSV, TSV,
JSON lines, JSON arrays and JSON documents with the rows behind a key.

usage: PYTHON scripts/data_campaign.py [--driver FILE] [--files N] [--seed N] [--show N] [--keep FOLDER]
       (PYTHON: of an environment with `pip install datasets==5.2.0`; no network)

Dates are compared as the text that a template prints. Exit status: 0 without differences, 1 where both give rows that differ
or ours refuses a file that datasets reads, 77 without datasets.
"""
import argparse
import collections
import csv
import datetime
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
try:
    import datasets
except ImportError as missing:
    print(f"data_campaign: {missing}", file=sys.stderr)
    sys.exit(77)
datasets.disable_progress_bars()
datasets.logging.set_verbosity_error()

ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    "int": ["0", "1", "-5", "42", "007", "+3", "9007199254740993", "12345678901234567890", "-0", " 8", "9 "],
    "small": ["0", "1", "2", "3"],
    "float": ["0.5", "1.0", "-2.25", "1e3", "1E-5", ".5", "5.", "inf", "-inf", "nan", "1e400", "3", "0.1", "1_000", "1,5", "-0.0", "100000000000000000000.0"],
    "bool": ["True", "False", "true", "false", "TRUE", "FALSE", "True ", "yes", "t", "0"],
    "null": ["", "NA", "null", "None", "N/A", "nan", "NaN", "-", "n/a", "NULL", "#N/A", "none", " ", "<NA>"],
    "date": ["2020-01-01", "2021-12-31", "2020-01-01 10:00", "2020-01-01T10:00:00", "2020-01-01T10:00:00Z", "01/02/2020", "2020-1-1", "2020-02-30", "2020-01-01T10:00:00.5",
             "2020-01-01 10:00:00+02:00", "10:30", "2020"],
    "json": ["42", "-7", "1.50", "null", "true", "[1, 2]", '{"a": 1.25}', "007", "1e3", " 7 ", "0.1", "3.14159265358979", "+3", ".5", "True", "12345678901234567890", "1 2", "5."],
    "text": ["a", "hello world", " lead", "trail ", 'q"q', "it's", "a,b", "a;b", "a\tb", "line\nbreak", "cr\r\nlf", "é", "日本", "\u00a0x\u2003", "x\\ny", "\\", '""', '"', "'", "#c", "=1+1", "0x1F", "1st", "x" * 50,
             "\u2028", "\u0085", "A", "(a)", "[1, 2]", "{'a': 1}", "None", "yes", "no"],
}


def cell(rng, kind):
    if rng.random() < 0.12:
        return rng.choice(KINDS["null"])
    if rng.random() < 0.05:
        return rng.choice(KINDS[rng.choice(list(KINDS))])
    return rng.choice(KINDS[kind])


def csv_file(rng, folder, number):
    separator, suffix = rng.choice([(",", "csv"), (",", "csv"), (",", "csv"), ("\t", "tsv"), (";", "csv"), ("|", "csv")])
    width = rng.randrange(1, 5)
    names = rng.sample(["q", "a", "date", "answer", "Q", "x y", "id", "é", "", " lead", "1", "Unnamed: 0", "q.1"], width)
    if rng.random() < 0.05 and width > 1:
        names[1] = names[0]
    kinds = [rng.choice(list(KINDS)) for _ in names]
    rows = [[cell(rng, kind) for kind in kinds] for _ in range(rng.randrange(1, 6))]
    if rng.random() < 0.06:
        row = rng.choice(rows)
        row.append("extra") if rng.random() < 0.5 else row.pop()
    out = io.StringIO()
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    end = rng.choice(["\n", "\n", "\r\n", "\r"] if rng.random() < 0.3 else ["\n"])
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=end)
    has_head = rng.random() < 0.9
    if has_head:
        writer.writerow(names)
    for row in rows:
        writer.writerow(row)
        if rng.random() < 0.04:
            out.write(rng.choice(["", "  ", '""', separator]) + end)
    text = out.getvalue()
    if rng.random() < 0.05:
        text = rng.choice(["", " "]) + end + text
    if rng.random() < 0.15:
        text = text[:-len(end)]
    if rng.random() < 0.08:
        text = text.replace('"', rng.choice(['', ' "', '"']), rng.randrange(3))
    data = text.encode()
    if rng.random() < 0.08:
        data = b"\xef\xbb\xbf" + data
    path = folder / f"f{number}.{suffix}"
    path.write_bytes(data)
    question, settings = {"file": str(path)}, {}
    if separator != "," or rng.random() < 0.1:
        settings[rng.choice(["sep", "delimiter"])] = separator
        question["separator"] = separator
    if not has_head:
        settings["column_names"] = names
        question["columns"] = names
    return path, "csv", question, settings


NUMBERS = [0, 1, -1, 7, 2**31, 2**53 + 1, 0.5, 1.0, 2.0, 1e300, 2**63 - 1, 2**63, 3.141592653589793, 1 / 3, 1e-12, 123456.123456789, 0.1, 2.675, 1e22]
TEXTS = KINDS["text"] + KINDS["date"] + KINDS["null"] + KINDS["int"] + KINDS["json"] + ["😀", "\u0000", "a\u202eb"]


def json_value(rng, kind, depth=2):
    if rng.random() < 0.1:
        return None
    if kind == "int":
        return rng.choice(NUMBERS[:6])
    if kind == "number":
        return rng.choice(NUMBERS)
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "date":
        return rng.choice(KINDS["date"][:6]) if rng.random() < 0.9 else rng.choice(TEXTS)
    if kind == "text":
        return rng.choice(TEXTS)
    if kind == "mixed":
        return json_value(rng, rng.choice(["int", "text", "bool", "number"]))
    if kind == "list":
        inner = rng.choice(["int", "text", "number", "date"])
        return [json_value(rng, inner) for _ in range(rng.randrange(4))]
    if kind == "lists" and depth:
        return [json_value(rng, rng.choice(["list", "object"]), depth - 1) for _ in range(rng.randrange(3))] if rng.random() < 0.5 else [[1, 2], [rng.choice([3, 4.5])]]
    keys = ["a", "b", "c"] if rng.random() < 0.7 else ["a", "b"]
    return {key: json_value(rng, rng.choice({"a": ["int"], "b": ["text"], "c": ["list", "number"]}[key]) if depth < 2 else {"a": "int", "b": "text", "c": "number"}[key], depth - 1) for key in keys}


def json_rows(rng, behind_field):
    dated = [] if behind_field else ["date", "created_at"]  # refused by name there
    names = rng.sample(["q", "a", "choices", "text", "é", "x y", "label", *dated], rng.randrange(1, 5))
    kinds = [rng.choice(["int", "number", "bool", "text", "text", "date", "list", "object", "lists", "mixed"]) for _ in names]
    drop = rng.random() < 0.25
    return [{name: json_value(rng, kind) for name, kind in zip(names, kinds) if not (drop and rng.random() < 0.2)}
            for _ in range(rng.randrange(1, 6))]


def json_file(rng, folder, number):
    shape = rng.choice(["lines", "lines", "lines", "array", "field"])
    rows = json_rows(rng, shape == "field")
    ascii_only = rng.random() < 0.5
    settings, question = {}, {}
    suffix = "json"
    if shape == "lines":
        end = rng.choice(["\n", "\n", "\n", "\r\n"])
        text = end.join(json.dumps(row, ensure_ascii=ascii_only) for row in rows) + rng.choice([end, ""])
        if rng.random() < 0.1:
            text = text.replace(end, end + rng.choice(["", " ", "\t"]) + end, 1)
        suffix = rng.choice(["jsonl", "jsonl", "json"])
    elif shape == "array":
        text = json.dumps(rows, ensure_ascii=ascii_only, indent=rng.choice([None, 2]))
    else:
        behind = rows
        if rng.random() < 0.3:
            names = list(rows[0])
            behind = {name: [row.get(name) for row in rows] for name in names}
        text = json.dumps({"version": 1, "data": behind, "n": [1]}, ensure_ascii=ascii_only)
        settings["field"] = question["field"] = "data"
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.05:
        data = b"\xef\xbb\xbf" + data
    path = folder / f"f{number}.{suffix}"
    path.write_bytes(data)
    question["file"] = str(path)
    return path, "json", question, settings


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return str(value)
    return value


def sorted_text(value):
    if isinstance(value, dict):
        if list(value) == ["float"]:
            return value["float"]
        return "{" + ", ".join(f"{key!r}: {sorted_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(sorted_text, value)) + "]"
    return repr(value)


def theirs(path, loader, settings, cache):
    try:
        made = datasets.load_dataset(loader, data_files={"test": str(path)}, cache_dir=str(cache), **settings)["test"]
        return [plain(row) for row in made], None
    except Exception as error:  # whatever it raises
        cause = error.__cause__ or error
        return None, f"{type(cause).__name__}: {str(cause)[:150]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--driver", default=str(ROOT / "build/dev/tests/rows_driver"))
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--keep", help="folder for the files")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    counts, refusals, shown = collections.Counter(), collections.Counter(), 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(exist_ok=True)
        made = [rng.choice([csv_file, json_file])(rng, folder, number) for number in range(options.files)]
        done = subprocess.run([options.driver], input="".join(json.dumps(question) + "\n" for _, _, question, _ in made),
                              capture_output=True, text=True, check=True)
        answers = [json.loads(line) for line in done.stdout.split("\n") if line]
        for (path, loader, question, settings), answer in zip(made, answers):
            rows, error = theirs(path, loader, settings, Path(temporary) / "cache")
            counts["files"] += 1
            if rows is None:
                verdict = "both refuse" if "error" in answer else "read here only"
            elif "error" in answer:
                verdict = "refused here only"
                if "fields where there are" in answer["error"]:
                    counts["ragged, refused here"] += 1
                    continue
                refusals[answer["error"].replace(str(path), "FILE")[:90]] += 1
            else:
                verdict = "equal" if sorted_text(answer["rows"]) == sorted_text(rows) else "DIFFERENT"
            counts[verdict] += 1
            if verdict in ("DIFFERENT", "refused here only", "read here only") and shown < options.show:
                shown += verdict != "read here only"
                print(f"{verdict}: {path.name} {settings}\n  file     {path.read_bytes()[:400]!r}\n  datasets {sorted_text(rows)[:500] if rows is not None else error}"
                      f"\n  here     {sorted_text(answer['rows'])[:500] if 'rows' in answer else answer['error']}")
    for reason, count in refusals.most_common(20):
        print(f"{count:5} refused here only: {reason}")
    print(", ".join(f"{name} {count}" for name, count in counts.items()))
    return 1 if counts["DIFFERENT"] or counts["refused here only"] else 0


if __name__ == "__main__":
    sys.exit(main())
