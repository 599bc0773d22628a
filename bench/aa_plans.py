#!/usr/bin/env python3
"""How often equal things are called different: one model under two names, plan after plan.

usage: bench/aa_plans.py [--plans N] [--seconds S] [--busy SHARE] [--bantam FILE] [-- FLAGS of `bantam run`]
  --plans N      plans [30]
  --seconds S    time budget of a plan [50]
  --busy SHARE   a second program uses this share of one CPU meanwhile [0]
Prints each plan's verdicts, and per metric in how many plans the two were called different. There should be at most one in
twenty.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

METRICS = ["ttft_s", "tpot_s", "decode_tokens_per_s", "prefill_tokens_per_s", "e2e_latency_s", "output_tokens_per_s"]
BUSY = """
import os, time, sys
share = float(sys.argv[1])
parent = os.getppid()
while os.getppid() == parent:  # also when that one was killed
    end = time.perf_counter() + 0.05 * share
    while time.perf_counter() < end: pass
    time.sleep(0.05 * (1 - share))
"""


def plan(bantam, seconds, flags):
    """Per metric: was one called better? And how many rounds counted, and the outcomes."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [bantam, "run", "--models", "a=embedded:nano", "b=embedded:nano", "--precisions", "fp16", "--tasks",
             "performance", "--batch-size", "1", "--max-new-tokens", "64", "--time-budget", str(seconds), "-q", *flags],
            cwd=folder, capture_output=True, text=True)
        if run.returncode not in (0, 6):
            sys.exit(f"bantam run ended with {run.returncode}: {run.stderr}")
        shown = subprocess.run([bantam, "analyze", "-o", "json"], cwd=folder, capture_output=True, text=True, check=True)
        analysis = json.loads(shown.stdout)
        decided = {w["metric"] for w in analysis["winners"] if w["decided"]}
        records = [json.loads(p.read_text()) for p in Path(folder, "outputs").rglob("*performance*.json")]
        return decided & set(METRICS), [r["status"] for r in records], \
            [sum(not b.get("reasons") for b in r.get("task_info", {}).get("blocks", [])) for r in records]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--plans", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=50)
    parser.add_argument("--busy", type=float, default=0)
    parser.add_argument("--bantam", default=str(Path(__file__).resolve().parents[1] / "build" / "release" / "bantam"))
    parser.add_argument("flags", nargs="*")
    options = parser.parse_args()
    busy = subprocess.Popen([sys.executable, "-c", BUSY, str(options.busy)]) if options.busy > 0 else None
    called = Counter()
    try:
        for number in range(1, options.plans + 1):
            begin = time.monotonic()
            decided, outcomes, rounds = plan(options.bantam, options.seconds, options.flags)
            called.update(decided)
            print(f"plan {number}: {' '.join(outcomes)}, rounds that count {rounds}, {time.monotonic() - begin:.0f} s, "
                  f"called different: {' '.join(sorted(decided)) or 'none'}", flush=True)
    finally:
        if busy:
            busy.kill()
    for metric in METRICS:
        print(f"{metric}: called different in {called[metric]} of {options.plans} plans")


if __name__ == "__main__":
    main()
