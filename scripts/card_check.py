#!/usr/bin/env python3
"""Checks `bantam export card` with the hub's own library: reads the metadata of card.md and each file of .eval_results/ with
PyYAML and huggingface_hub, and lets the library write both again.

usage: card_check.py PYTHON [DIR ...] [--binary PATH]
  PYTHON  a Python with huggingface_hub (1.0 or later) and its PyYAML
  DIR     folders that `bantam export card` wrote [cards made here, one of them with names that are YAML and Markdown]
Exit status: 0 when nothing is refused or changed, else 1 with a line for each finding.
"""
import argparse
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "tests" / "golden" / "files" / "measured.sql"
NAMES = {"plain": "nano", "odd": "no: [x] | `y` <b> # 1e3 \u00e9\n---\nlicense: mit"}

READER = r'''
import datetime, json, re, sys
from pathlib import Path
import yaml
from huggingface_hub import ModelCard
import huggingface_hub as hub

folder, findings = Path(sys.argv[1]), []
text = (folder / "card.md").read_text(encoding="utf-8")
results = files = 0
if text.startswith("---\n"):
    metadata = yaml.safe_load(text.split("---\n")[1])
    card = ModelCard(text)
    again = card.data.to_dict()
    for key, value in metadata.items():
        if again.get(key) != value:
            findings.append(f"card.md: {key} is {again.get(key)!r} when huggingface_hub writes it, and {value!r} here")
    results = len(card.data.eval_results or [])
    here = sum(len(result["metrics"]) for model in metadata.get("model-index", []) for result in model["results"])
    if results != here:
        findings.append(f"card.md: huggingface_hub reads {results} results of {here}")
    if not isinstance(metadata, dict) or set(metadata) - {"base_model", "base_model_relation", "tags", "model-index"}:
        findings.append(f"card.md: members that are none of ours: {sorted(metadata)}")
parse = getattr(hub, "parse_eval_result_entries", None)
for path in sorted((folder / ".eval_results").glob("*.yaml")):
    files += 1
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in entries:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", entry["dataset"]["id"]):
            findings.append(f"{path.name}: {entry['dataset']['id']!r} is no data set of the hub")
        if not isinstance(entry["value"], (int, float)):
            findings.append(f"{path.name}: the value {entry['value']!r} is no number")
        try:
            datetime.datetime.fromisoformat(entry["date"].replace("Z", "+00:00"))
        except (AttributeError, ValueError):
            findings.append(f"{path.name}: {entry['date']!r} is no ISO date in a text")
    if parse is None:
        continue
    again = hub.eval_result_entries_to_yaml(parse(entries))
    if again != entries:
        findings.append(f"{path.name}: {again!r} when huggingface_hub writes it, and {entries!r} here")
print(json.dumps({"findings": findings, "results": results, "files": files, "hub": hub.__version__, "parsed": parse is not None}))
'''


def made_store(path: Path, model: str) -> None:
    """The store of the golden tests with rows of a data set of the hub, all of them scored, on files made of a repository."""
    with contextlib.closing(sqlite3.connect(path)) as store:
        store.executescript(MEASURED.read_text(encoding="utf-8"))
        for cell, attempt, text in store.execute("select cell, attempt, record from attempts").fetchall():
            record = json.loads(text)
            record["model"] = model
            record["reference"] = "hf:ada/nano"
            if record["precision"] != "fp16" and "model_info" in record:
                record["model_info"]["made_from"] = {"sha256": "0" * 64, "file_type": "F16"}
            for task in record.get("task_info", {}).get("tasks", []):
                task["config"].update(dataset_path="ada/topics", dataset_name=task["name"], dataset_kwargs={"revision": "v1"})
                task["rows"] = task["items"]
            store.execute("update attempts set record = ? where cell = ? and attempt = ?", (json.dumps(record), cell, attempt))
            store.execute("update cells set model = ? where id = ?", (model, cell))
        store.commit()


def made_cards(binary: Path, folder: Path) -> list:
    cards = []
    for name, model in NAMES.items():
        made_store(folder / f"{name}.db", model)
        cards.append(folder / name)
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "BANTAM_CACHE": str(folder / "cache"), "LC_ALL": "C.UTF-8"}
        done = subprocess.run([binary, "export", "card", "--store", folder / f"{name}.db", "--output-path", cards[-1],
                               "--source-url", "https://huggingface.co/ada/nano-GGUF"], env=environment, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bantam export card failed:\n{done.stderr}")
    return cards


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "bantam")
    arguments = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory(prefix="bantam-card-") as folder:
        for card in arguments.folders or made_cards(arguments.binary, Path(folder)):
            done = subprocess.run([arguments.python, "-c", READER, str(card)], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"{card.name}: cannot be read:\n{done.stderr}")
                found += 1
                continue
            read = json.loads(done.stdout.splitlines()[-1])
            for finding in read["findings"]:
                print(f"{card.name}: {finding}")
            found += len(read["findings"])
            entries = "" if read["parsed"] else " (this version has no reader of .eval_results)"
            print(f"{card.name}: {read['results']} results in the metadata, {read['files']} files of results, "
                  f"{len(read['findings'])} findings; huggingface_hub {read['hub']}{entries}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
