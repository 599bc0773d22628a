#!/usr/bin/env python3
"""Race bantam against llama-bench: same source, same build flags, same model, runs in turn on an otherwise idle machine.

usage: vs_llama_bench.py [--repeats N] [--prompt N] [--gen N] [--threads N] [--no-repack] MODEL.gguf...

Prints for each model the median rates of both and their ratio (ours / llama-bench's) from the repeats, each a pair of fresh
processes side by side, with its 95 % interval (Student's t on the logarithms): `pp` and `tg` are the same two
tests on both sides (tokens computed, no sampling); `request` rates are those of bantam's real requests (prompt text,
greedy sampling, decode after the prompt), beside llama-bench's test at the same depth, to see what a request costs more.
Builds the preset `peers` first. Exit status 1 when an interval lies below its bound as a whole: 0.99 for pp and tg, 0.97
for the decode rate of requests.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "peers"
BOUNDS = {"pp": 0.99, "tg": 0.99, "request decode": 0.97}
# Student's t, 97.5 %, by degrees of freedom.
T = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
     2.101, 2.093, 2.086]


def ratio_with_interval(pairs: list) -> tuple:
    """The geometric mean of the ratios with its 95 % interval; without one below two pairs."""
    logs = [math.log(ratio) for ratio in pairs]
    middle = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(middle), 0.0, math.inf
    half = T[min(len(logs) - 2, len(T) - 1)] * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def build() -> None:
    subprocess.run([ROOT / "scripts" / "build.sh", "peers", "bantam", "llama-bench"], check=True)


def llama_bench(model: str, options) -> dict:
    command = [BUILD / "bin" / "llama-bench", "-m", model, "-n", options.gen, "-t", options.threads,
               "-r", options.inner, "-o", "json", "-fa", "auto"]
    if options.no_repack:
        command += ["--no-repack", "1"]
    rates = {}
    for depth in (0, options.prompt):  # after the prompt, as a request decodes
        more = ["-d", depth, "-p", 0 if depth else options.prompt]
        done = subprocess.run([str(part) for part in command + more], capture_output=True, text=True, check=True)
        for row in json.loads(done.stdout):
            name = "pp" if row["n_prompt"] else "tg at depth" if depth else "tg"
            rates[name] = statistics.median(row["samples_ts"])
    return rates


def bantam(model: str, options) -> dict:
    words = " ".join(["word"] * options.prompt)
    with tempfile.TemporaryDirectory() as folder:
        command = [BUILD / "bantam", "run", "--quiet", "--models", f"m={os.path.abspath(model)}", "--precisions",
                   options.precision, "--tasks", "performance", "--batch-size", 1, "--num-warmup", 1, "--num-runs",
                   options.inner, "--n-prompt", options.prompt, "--n-gen", options.gen, "--max-new-tokens", options.gen,
                   "--prompt", words, "--threads", options.threads, "--store", f"{folder}/s.db", "--output-dir",
                   f"{folder}/out"]
        if options.no_repack:
            command.append("--no-repack")
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        record = json.loads((Path(folder) / "out" / "m" / f"m_{options.precision}" / "performance.json").read_text())
    metrics = record["metrics"]
    names = {"pp": "pp_tokens_per_s", "tg": "tg_tokens_per_s", "request prefill": "prefill_tokens_per_s",
             "request decode": "decode_tokens_per_s"}
    return {short: metrics[name]["value"] for short, name in names.items()}


def race(model: str, options) -> bool:
    ours, theirs = [], []
    for repeat in range(options.repeats):
        pair = [lambda: theirs.append(llama_bench(model, options)), lambda: ours.append(bantam(model, options))]
        for step in pair if repeat % 2 == 0 else reversed(pair):
            step()
    print(f"\n{model}  ({options.repeats} repeats of {options.inner} in turn, {options.threads} threads)")
    print(f"  {'test':<16}{'bantam tok/s':>14}{'llama-bench':>14}{'ratio':>9}{'low':>9}{'high':>9}")
    good = True
    for name in ("pp", "tg", "request prefill", "request decode"):
        peer = {"request prefill": "pp", "request decode": "tg at depth"}.get(name, name)
        pairs = [a[name] / b[peer] for a, b in zip(ours, theirs)]
        ratio, low, high = ratio_with_interval(pairs)
        left = statistics.median(a[name] for a in ours)
        right = statistics.median(b[peer] for b in theirs)
        print(f"  {name:<16}{left:>14.1f}{right:>14.1f}{ratio:>9.3f}{low:>9.3f}{high:>9.3f}")
        good = good and high >= BOUNDS.get(name, 0.0)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--inner", type=int, default=5, help="counted runs inside one process")
    parser.add_argument("--prompt", type=int, default=256)
    parser.add_argument("--gen", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", default="fp32", help="the precision of the files given")
    parser.add_argument("--no-repack", action="store_true")
    parser.add_argument("--no-build", action="store_true", help="take build/peers as it is")
    options = parser.parse_args()
    if not options.no_build:
        build()
    results = [race(model, options) for model in options.models]
    print(f"\nbounds: {BOUNDS}  {'met' if all(results) else 'NOT met'}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
