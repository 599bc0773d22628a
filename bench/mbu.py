#!/usr/bin/env python3
"""Whether the bandwidth utilization that `bantam run --tasks resources` tells agrees with one that is computed by hand.

usage: bench/mbu.py [--model REF] [--precision P] [--bantam FILE]
  --model REF      [synthetic:llama-3.2-1b]
  --precision P    [int4]
By hand: the weights of the file, of which a token reads each one once (a table of embeddings that the output shares with the input
is read whole), and the KV cache half-way through the generation, times tokens per second, divided by the read bandwidth that `bantam
device --calibrate` measures with all threads.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--model", default="synthetic:llama-3.2-1b")
    parser.add_argument("--precision", default="int4")
    parser.add_argument("--bantam", default=str(Path(__file__).resolve().parents[1] / "build" / "release" / "bantam"))
    options = parser.parse_args()
    bantam = str(Path(options.bantam).resolve())
    with tempfile.TemporaryDirectory() as folder:
        def call(*arguments):
            done = subprocess.run([bantam, *arguments], cwd=folder, capture_output=True, text=True)
            if done.returncode not in (0, 1):
                sys.exit(f"bantam {arguments[0]} ended with {done.returncode}: {done.stderr}")
            return done.stdout
        rates = json.loads(call("device", "--calibrate", "-o", "json"))
        read = max(rate["read_bytes_per_s"] for rate in rates["threads"] if "read_bytes_per_s" in rate)
        call("run", f"m={options.model}", "--precisions", options.precision, "--tasks", "resources", "-q")
        (record,) = json.loads(call("analyze", "-o", "json"))["records"]
    resources = record["task_info"]["resources"]
    decode = resources["phases"]["decode"]
    told = record["metrics"].get("decode_mbu")
    if not told:
        sys.exit(f"there is no decode_mbu: {record['absent'].get('decode_mbu')}")
    weights = record["model_info"]["weight_bytes"]
    tokens_per_s = decode["steps"] / decode["wall_s"]
    by_hand = weights * tokens_per_s / read
    print(f"weights {weights / 1e9:.3f} GB, {tokens_per_s:.2f} tokens/s, read bandwidth {read / 1e9:.2f} GB/s")
    print(f"by hand {100 * by_hand:.1f} %, bantam says {100 * told['value']:.1f} % ({resources['machine']['decode']['bytes'] / 1e9:.3f} GB a token, "
          f"{resources['machine']['read_bytes_per_s'] / 1e9:.2f} GB/s)")
    print(f"verdict: {decode['verdict']['bound']}, {decode['verdict']['reason']}")
    difference = abs(by_hand - told["value"])
    print(f"{100 * difference:.1f} points apart")
    return 0 if difference <= 0.10 else 1


if __name__ == "__main__":
    sys.exit(main())
