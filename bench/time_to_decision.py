#!/usr/bin/env python3
"""How long it takes until two precisions are told apart, beside what 10 + 500 fixed runs of each would take.

usage: bench/time_to_decision.py [--model REF] [--precisions A B] [--interval R] [--budget S] [--bantam FILE] [-- FLAGS of `bantam run`]
  --model REF         [synthetic:qwen2.5-0.5b]
  --precisions A B    [int8 int4]
  --interval R        ratios are known to +-R when measuring ends [0.01]
  --budget S          of each precision, over all rounds: a tenth of it is one block [400]
Both files are made before the clock starts. The time of the fixed runs is 510 requests of each precision at the median time per
request that the run itself found, without loading: the least that they can take.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--model", default="synthetic:qwen2.5-0.5b")
    parser.add_argument("--precisions", nargs=2, default=["int8", "int4"])
    parser.add_argument("--interval", type=float, default=0.01)
    parser.add_argument("--budget", type=float, default=400)
    parser.add_argument("--bantam", default=str(Path(__file__).resolve().parents[1] / "build" / "release" / "bantam"))
    parser.add_argument("flags", nargs="*")
    options = parser.parse_args()
    bantam = str(Path(options.bantam).resolve())
    with tempfile.TemporaryDirectory() as folder:
        def call(*arguments):
            done = subprocess.run([bantam, *arguments], cwd=folder, capture_output=True, text=True)
            if done.returncode not in (0, 6):
                sys.exit(f"bantam {arguments[0]} ended with {done.returncode}: {done.stderr}")
            return done.stdout
        plan = ["run", f"m={options.model}", "--precisions", *options.precisions, "--tasks", "performance", "--scenarios",
                "single_stream", "--target-interval", str(options.interval), "--max-seconds", str(options.budget), "-q", *options.flags]
        call(*plan, "--rounds", "1", "--max-seconds", "1", "--store", "warm.db", "--output-dir", "warm")
        begin = time.monotonic()
        call(*plan)
        took = time.monotonic() - begin
        records = [json.loads(path.read_text()) for path in Path(folder, "outputs").rglob("performance*.json")]
        request_s = {r["precision"]: r["metrics"]["e2e_latency_s"]["value"] for r in records if r["status"] == "ok"}
        for record in records:
            ends = record.get("task_info", {}).get("scenarios", [])
            print(f"{record['precision']}: {record['status']}, {request_s.get(record['precision'], float('nan')):.3f} s per request; "
                  f"{ends[-1] if ends else ''}")
        if len(request_s) < 2:
            sys.exit("not both precisions have a figure")
        first, second = options.precisions
        shown = json.loads(call("compare", f"m:{first}", f"m:{second}", "-o", "json"))
        for metric in ("ttft_s", "tpot_s", "decode_tokens_per_s", "prefill_tokens_per_s", "e2e_latency_s"):
            change = shown["changes"].get(metric)
            if change:
                print(f"{metric}: {change['ratio']:.4f}x {change.get('interval')} {change['verdict']}, {change['rounds']} rounds")
        fixed = 510 * sum(request_s.values())
        print(f"decided after {took:.0f} s; 10 + 500 fixed runs of each take at least {fixed:.0f} s: {100 * took / fixed:.0f} %")


if __name__ == "__main__":
    main()
