#!/usr/bin/env python3
"""Measure the least memory of a model with and without repacking, beside the total that `bantam predict` names.

usage: min_memory.py [--bantam BINARY] [--precision P] [--threads N] [--new-tokens N] [--batch-size N] [MODEL...]

MODEL defaults to synthetic:llama-3.2-1b, the precision to int4. Limits are set where a control group was handed to bantam
(BANTAM_CGROUP, or systemd-run -p Delegate=yes); without one the figure is told from the pages that requests use. Exit status 1 when a prediction is
off by more than 5 %.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUND = 0.05
MIB = 2.0 ** 20


def bantam(options, *arguments, cwd):
    command = [str(options.bantam), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 1, 6):
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
    return done


def both_sides(options, model, repack, folder):
    shared = ["--precisions", options.precision, "--max-new-tokens", options.new_tokens, "--batch-size", options.batch_size, repack]
    if options.threads:
        shared += ["--threads", options.threads]
    # Rates are of no interest here: a budget above all machines, and what is not kept is measured.
    predicted = json.loads(bantam(options, "predict", model, *shared, "-o", "json", cwd=folder).stdout)["predictions"][0]
    bantam(options, "run", "--models", model, *shared, "--tasks", "performance", "--min-memory", "--num-warmup", 1,
           "--num-runs", 1, "--max-disturbance", 1, "--max-drift", 10, "--store", f"{folder}/{repack}.db", cwd=folder)
    (record,) = json.loads(bantam(options, "analyze", "--store", f"{folder}/{repack}.db", "-o", "json", cwd=folder).stdout)["records"]
    return predicted["memory"], record


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", default=["synthetic:llama-3.2-1b"])
    parser.add_argument("--bantam", type=Path, default=ROOT / "build" / "release" / "bantam")
    parser.add_argument("--precision", default="int4")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=1)
    options = parser.parse_args()
    off = 0
    print(f"{'model':<24}{'weights':<12}{'predicted':>10}{'measured':>10}  {'interval':<20}{'ratio':>6}{'PSS peak':>10}  method")
    for model in options.models:
        for repack in ("--repack", "--no-repack"):
            with tempfile.TemporaryDirectory() as folder:
                memory, record = both_sides(options, model, repack, folder)
            name = "repacked" if repack == "--repack" else "mapped"
            found = record["metrics"].get("min_memory_bytes")
            if found is None:
                print(f"{model:<24}{name:<12}absent: {record['absent'].get('min_memory_bytes')}")
                off += 1
                continue
            ratio = memory["total_bytes"] / found["value"]
            off += abs(ratio - 1.0) > BOUND
            interval = found.get("interval")
            between = f"{interval['low'] / MIB:.1f} ... {interval['high'] / MIB:.1f}" if interval else "pages used"
            pss = record["metrics"]["pss_peak_bytes"]["value"] / MIB
            print(f"{model:<24}{name:<12}{memory['total_bytes'] / MIB:>10.1f}{found['value'] / MIB:>10.1f}  {between:<20}{ratio:>6.3f}"
                  f"{pss:>10.1f}  {record['task_info']['min_memory']['method']}")
    print("in MiB; ratio: predicted / measured")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
