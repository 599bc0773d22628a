#!/usr/bin/env bash
# What the tool itself costs: the time of --help and of a run with nothing left to do, the size of the binary, and its time
# in each token and beside a worker, as `bantam audit` finds them.
# usage: bench/own_cost.sh [MODEL.gguf]      (default: the embedded model)
set -euo pipefail
cd "$(dirname "$0")/.."
model="${1:-embedded:nano}"
scripts/build.sh release bantam
binary=build/release/bantam
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

median_ms() {  # command...
  local i
  for i in 1 2 3 4 5 6 7 8 9; do
    local start end
    start=$(date +%s%N)
    "$@" >/dev/null 2>&1
    end=$(date +%s%N)
    echo $(((end - start) / 1000))
  done | sort -n | sed -n 5p | awk '{printf "%.1f ms\n", $1 / 1000}'
}

run=("$binary" run --models "m=$model" --precisions fp16 --tasks performance --num-runs 2 --max-new-tokens 8
  --batch-size 1 --store "$work/s.db" --output-dir "$work/out")
"${run[@]}" >/dev/null 2>&1
strip -o "$work/stripped" "$binary"
echo "bantam --help           $(median_ms "$binary" --help)   (median of 9)"
echo "run with nothing to do  $(median_ms "${run[@]}")   (median of 9)"
echo "binary, stripped        $(stat -c %s "$work/stripped" | awk '{printf "%.1f MB\n", $1 / 1e6}')"
echo
"$binary" audit "$model" --only clock,own_cost,watching -q || [ $? = 1 ]  # 1: one could not tell
