#!/usr/bin/env bash
# Fuzzes the readers of untrusted files and streams with clang's libFuzzer, starting from tests/fuzz/corpus.
# usage: scripts/fuzz.sh [--long]      one minute a target; --long: one hour
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=60
[ "${1:-}" = "--long" ] && seconds=3600
scripts/setup.sh --fuzz
cmake --preset fuzz >&2
cmake --build --preset fuzz >&2
for target in gguf served yaml; do
  mkdir -p "build/fuzz/found/$target"
  "build/fuzz/tests/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/found/$target-" "build/fuzz/found/$target" "tests/fuzz/corpus/$target"
done
