#!/usr/bin/env python3
"""How often a true difference is found: one file twice, one of them idles before each token by a known time.

usage: bench/true_difference.py [--plans N] [--seconds S] [--slower SHARE] [--bantam FILE] [-- FLAGS of `bantam run`]
  --plans N       plans [20]
  --seconds S     time budget of a plan [170]
  --slower SHARE  by how much the time per token is longer [0.03]
Prints each plan's verdict on the time per output token with its interval, and in how many plans the difference was found and
the interval held it: the known time by the other's time per token in the same plan.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(bantam, folder, arguments, drill=""):
    environment = dict(os.environ, BANTAM_DRILL=drill)
    done = subprocess.run([bantam, *arguments], cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode not in (0, 6):
        sys.exit(f"bantam {arguments[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def two_files(bantam, folder):
    run(bantam, folder, ["models", "quantize", "embedded:nano", "--precisions", "int8", "--output-dir", str(folder)])
    file = next(folder.rglob("*.gguf"))
    shutil.copyfile(file, folder / "a.gguf")
    shutil.copyfile(file, folder / "b.gguf")


def plan(bantam, folder, seconds, idle_us, flags):
    """The change of the time per token of b against a, and a's own time in this plan, in us."""
    for old in (folder / "bantam.db", folder / "outputs"):
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
    run(bantam, folder, ["run", "a=a.gguf", "b=b.gguf", "--precisions", "int8", "--tasks", "performance", "--scenarios",
                         "single_stream", "--max-new-tokens", "64", "--time-budget", str(seconds), "-q", *flags],
        f"idle_us/b.gguf={idle_us}")
    shown = json.loads(run(bantam, folder, ["compare", "a:int8", "b:int8", "-o", "json"]))
    record = json.loads(next((folder / "outputs" / "a").rglob("performance*.json")).read_text())
    own_us = record["metrics"].get("tpot_s", {}).get("value", 0) * 1e6
    return shown["changes"].get("tpot_s"), own_us


def tpot_us(bantam, folder, flags):
    run(bantam, folder, ["run", "a=a.gguf", "--precisions", "int8", "--tasks", "performance", "--scenarios", "single_stream",
                         "--max-new-tokens", "64", "--rounds", "4", "-q", *flags])
    record = json.loads(next((folder / "outputs").rglob("performance*.json")).read_text())
    return record["metrics"]["tpot_s"]["value"] * 1e6


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--plans", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=170)
    parser.add_argument("--slower", type=float, default=0.03)
    parser.add_argument("--bantam", default=str(Path(__file__).resolve().parents[1] / "build" / "release" / "bantam"))
    parser.add_argument("flags", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bantam = str(Path(options.bantam).resolve())
        two_files(bantam, folder)
        token_us = tpot_us(bantam, folder, options.flags)
        idle_us = options.slower * token_us
        print(f"{token_us:.1f} us per token; b idles {idle_us:.2f} us before each", flush=True)
        found = held = 0
        for number in range(1, options.plans + 1):
            begin = time.monotonic()
            change, own_us = plan(bantam, folder, options.seconds, f"{idle_us:.3f}", options.flags)
            took = time.monotonic() - begin
            if change is None or "interval" not in change or own_us <= 0:
                print(f"plan {number}: no interval, {took:.0f} s", flush=True)
                continue
            interval = change["interval"]
            low, high = (interval["low"], interval["high"]) if isinstance(interval, dict) else interval
            found += change["verdict"] == "worse"
            true = 1 + idle_us / own_us
            held += low <= true <= high
            print(f"plan {number}: {change['ratio']:.4f}x [{low:.4f}, {high:.4f}] {change['verdict']}, true {true:.4f}x, "
                  f"{change['rounds']} rounds, {took:.0f} s", flush=True)
        print(f"found in {found} of {options.plans} plans; the interval held the true difference in {held}")


if __name__ == "__main__":
    main()
