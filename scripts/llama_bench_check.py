#!/usr/bin/env python3
"""Checks `bantam export llama-bench` with llama.cpp's own scripts/compare-llama-bench.py: a short run of the embedded model is
exported in each form, and the script compares it with the same tests of another build at twice the rate. Its table has to
have every test with both rates and a speedup of 2. Then llama-bench's own results, where they are given, are imported and
exported, and have to be what they were.

usage: llama_bench_check.py PYTHON [--binary PATH] [--script PATH] [--results FILE ...]
  PYTHON     a Python with GitPython and tabulate
  --script   compare-llama-bench.py [of the llama.cpp source that bantam was built from]
  --results  what llama-bench -o json, jsonl, csv or sql wrote
Exit status: 0 when nothing differs, else 1 with a line for each difference.
"""
import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMS = {"json": ".json", "jsonl": ".jsonl", "csv": ".csv", "sql": ".sqlite"}


def bantam(binary, folder, *arguments) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "BANTAM_CACHE": str(folder / "cache"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run([binary, *map(str, arguments)], cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"bantam {' '.join(map(str, arguments))} failed:\n{done.stderr}")
    return done.stdout


def compare_script() -> Path:
    cache = Path(os.environ.get("BANTAM_CACHE", Path.home() / ".cache" / "bantam"))
    found = sorted(cache.glob("src/*/vendor/llama.cpp/scripts/compare-llama-bench.py"))
    return found[-1] if found else Path("compare-llama-bench.py")


def other_build(build: str) -> str:
    """A build that is twice as fast. The script cuts names of builds down to the shortest."""
    return "0badc0de".ljust(len(build), "0")[:len(build)]


def read(path: Path, form: str) -> list:
    """The tests of a file, as objects."""
    text = path.read_text(encoding="utf-8")
    if form == "json":
        return json.loads(text)
    if form == "jsonl":
        return [json.loads(line) for line in text.splitlines()]
    if form == "csv":
        import csv
        return list(csv.DictReader(text.splitlines()))
    with sqlite3.connect(":memory:") as store:
        store.executescript(text)
        store.row_factory = sqlite3.Row
        return [dict(row) for row in store.execute("select * from llama_bench")]


def with_other_build(path: Path, form: str) -> list:
    """Files for the script: the tests, and the same of another build at twice the rate."""
    text = path.read_text(encoding="utf-8")
    tests = read(path, form)
    builds = {test["build_commit"] for test in tests}
    assert len(builds) == 1, builds
    build = builds.pop()
    faster_build = other_build(build)
    other = path.with_name("other" + FORMS[form])
    faster = [{**test, "build_commit": faster_build, "avg_ts": 2.0 * float(test["avg_ts"])} for test in tests]
    if form == "json":
        other.write_text(json.dumps(faster), encoding="utf-8")
        return [path, other]
    if form == "jsonl":
        other.write_text(text + "".join(json.dumps(test) + "\n" for test in faster), encoding="utf-8")
        return [other]
    if form == "csv":
        lines = text.splitlines()
        rates = [(test["avg_ts"], str(2.0 * float(test["avg_ts"]))) for test in tests]
        changed = [lines[0]]
        for line, (rate, faster_rate) in zip(lines[1:], rates):
            changed.append(line.replace(f'"{build}"', f'"{faster_build}"', 1).replace(f'"{rate}"', f'"{faster_rate}"', 1))
        other.write_text("\n".join(changed) + "\n", encoding="utf-8")
        return [path, other]
    with sqlite3.connect(other) as store:
        store.executescript(text)
        columns = [row[1] for row in store.execute("pragma table_info(llama_bench)")]
        chosen = ", ".join({"build_commit": f"'{faster_build}'", "avg_ts": "2.0 * avg_ts"}.get(name, name) for name in columns)
        store.execute(f"insert into llama_bench select {chosen} from llama_bench")
    store.close()
    return [other]


def name_of(test: dict) -> tuple:
    """Model and test, as the script's table has them."""
    model = test["model_type"]
    for long, short in ((" - Small", "_S"), (" - Medium", "_M"), (" - Large", "_L")):
        model = model.replace(long, short)
    prompt, generated, depth = (int(test[key]) for key in ("n_prompt", "n_gen", "n_depth"))
    name = f"pp{prompt}" if prompt else f"tg{generated}"
    return model, f"{name}@d{depth}" if depth else name


def check_form(options, folder: Path, form: str) -> list:
    path = folder / f"speed.{form}"
    bantam(options.binary, folder, "export", "llama-bench", "--format", form, "--output-path", path)
    tests = read(path, form)
    build = tests[0]["build_commit"]
    inputs = [part for file in with_other_build(path, form) for part in ("-i", str(file))]
    done = subprocess.run([options.python, str(options.script), "--tool", "llama-bench", "-b", build, "-c", other_build(build), *inputs],
                          cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return [f"{form}: the script failed: {done.stderr.strip().splitlines()[-1:]}"]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines() if line.startswith("|")]
    print(f"{form}:\n{done.stdout}")
    found = {(row[-5], row[-4]): row[-3:] for row in rows[2:]}
    differences = []
    for test in tests:
        rate = float(test["avg_ts"])
        wanted = [f"{rate:.2f}", f"{2.0 * rate:.2f}", "2.00"]
        if found.get(name_of(test)) != wanted:
            differences.append(f"{form}: {' '.join(name_of(test))} is {found.get(name_of(test))} in its table, wanted {wanted}")
    if len(found) != len(tests):
        differences.append(f"{form}: {len(tests)} tests, {len(found)} rows")
    return differences


def check_results(options, folder: Path, number: int, path: Path) -> list:
    """Results of llama-bench, imported and exported in the form they have."""
    form = {".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".sql": "sql"}[path.suffix]
    store = folder / f"results{number}.db"
    again = folder / f"results{number}{path.suffix}"
    bantam(options.binary, folder, "import", "llama-bench", path.resolve(), "--store", store)
    bantam(options.binary, folder, "export", "llama-bench", "--store", store, "--format", form, "--output-path", again)
    theirs, ours = read(path, form), read(again, form)
    if theirs == ours:
        same = path.read_bytes() == again.read_bytes()
        print(f"{path}: {len(theirs)} tests are equal{', to the byte' if same else ''}")
        return []
    return [f"{path}: test {i + 1} differs" for i, (one, other) in enumerate(zip(theirs, ours)) if one != other] or \
        [f"{path}: {len(theirs)} tests, {len(ours)} come back"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python")
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "bantam"))
    parser.add_argument("--script", type=Path, default=compare_script())
    parser.add_argument("--results", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    options.binary = str(Path(options.binary).resolve())
    differences = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bantam(options.binary, folder, "run", "--models", "embedded:nano", "--precisions", "fp16,int8", "--tasks", "performance",
               "--n-prompt", "32", "--n-gen", "8", "--batch-size", "1", "--num-warmup", "1", "--num-runs", "4",
               "--max-new-tokens", "4", "--max-disturbance", "1", "--max-drift", "10", "--quiet")
        for form in FORMS:
            differences += check_form(options, folder, form)
        for number, path in enumerate(options.results):
            differences += check_results(options, folder, number, path)
    for difference in differences:
        print(difference)
    print("nothing differs" if not differences else f"{len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
