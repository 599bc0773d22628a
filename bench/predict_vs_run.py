#!/usr/bin/env python3
"""Predict and run the same requests, and print both sides with their ratio. Needs an otherwise idle machine.

usage: predict_vs_run.py [--bantam BINARY] [--threads N] [--new-tokens N] [--precisions P...] [--quick] [MODEL...]

Models default to synthetic:qwen2.5-0.5b and synthetic:llama-3.2-1b, precisions to fp16 and int4. Exit status 1 when memory
is off by more than 5 %, or TTFT or tokens/s by more than 20 %. --quick: two runs each, for a first look.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEMORY_BOUND, SPEED_BOUND = 0.05, 0.20


def bantam(options, *arguments, cwd):
    command = [str(options.bantam), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    return done


def both_sides(options, folder):
    shared = ["--precisions", *options.precisions, "--max-new-tokens", options.new_tokens]
    if options.threads:
        shared += ["--threads", options.threads]
    predicted = bantam(options, "predict", *options.models, *shared, "--measure-again", "-o", "json", cwd=folder)
    sys.stderr.write(predicted.stderr)
    runs = ["--num-warmup", 1, "--num-runs", 2] if options.quick else []
    ran = bantam(options, "run", "--models", *options.models, *shared, "--tasks", "performance", *runs, cwd=folder)
    sys.stderr.write("\n".join(line for line in ran.stderr.splitlines() if "warning" in line) + "\n")
    records = json.loads(bantam(options, "analyze", "-o", "json", cwd=folder).stdout)["records"]
    return json.loads(predicted.stdout)["predictions"], {(r["model"], r["precision"]): r for r in records}


def pairs(prediction, metrics):
    """(what, unit, predicted, measured, bound); what was not measured is left out."""
    memory, single, batch = prediction["memory"], prediction.get("single_stream", {}), prediction.get("batch", {})
    mib = 2.0 ** 20
    rows = [("total and file / PSS peak", "MiB", memory["total_bytes"] + memory["file_evictable_bytes"], "pss_peak_bytes", mib, MEMORY_BOUND),
            ("private peak", "MiB", memory["private_bytes"], "private_peak_bytes", mib, MEMORY_BOUND),
            ("file", "MiB", memory["file_bytes"] + memory["file_evictable_bytes"], "weights_resident_bytes", mib, MEMORY_BOUND),
            ("KV cache", "MiB", memory["kv_bytes"], "engine_kv_bytes", mib, MEMORY_BOUND),
            ("compute reserved", "MiB", memory["reserved_compute_bytes"], "engine_compute_bytes", mib, MEMORY_BOUND),
            ("TTFT", "ms", single.get("ttft_s"), "ttft_s", 1e-3, SPEED_BOUND),
            ("decode", "tok/s", single.get("decode_tokens_per_s"), "decode_tokens_per_s", 1.0, SPEED_BOUND),
            ("batch TTFT", "ms", batch.get("ttft_s"), "batch_ttft_s", 1e-3, SPEED_BOUND),
            ("batch output", "tok/s", batch.get("output_tokens_per_s"), "batch_output_tokens_per_s", 1.0, SPEED_BOUND)]
    for what, unit, predicted, metric, scale, bound in rows:
        measured = metrics.get(metric, {}).get("value")
        if predicted is not None and measured is not None:
            yield what, unit, predicted / scale, measured / scale, bound


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", default=["synthetic:qwen2.5-0.5b", "synthetic:llama-3.2-1b"])
    parser.add_argument("--bantam", type=Path, default=ROOT / "build" / "release" / "bantam")
    parser.add_argument("--precisions", nargs="+", default=["fp16", "int4"])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    off = 0
    with tempfile.TemporaryDirectory() as folder:
        predictions, records = both_sides(options, folder)
    for prediction in predictions:
        record = records[prediction["model"], prediction["precision"]]
        print(f"{prediction['model']} {prediction['precision']}  ({record['status']})")
        for what, unit, predicted, measured, bound in pairs(prediction, record["metrics"]):
            ratio = predicted / measured
            is_off = abs(ratio - 1.0) > bound
            off += is_off
            print(f"  {what:<26}{predicted:>10.1f}{measured:>10.1f} {unit:<6}{ratio:>6.3f}{'  OFF' if is_off else ''}")
    print("columns: predicted, measured, predicted / measured")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
