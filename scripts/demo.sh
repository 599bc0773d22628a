#!/usr/bin/env bash
# From a fresh Debian 12 machine to the first result: installs what is missing, builds, measures the two embedded models at
# four precisions on five of their twelve tasks, and shows what was found: the answer, tables, and a page. Further arguments go
# to `bantam run`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release bantam
out="${BANTAM_DEMO_DIR:-build/demo}"
mkdir -p "$out"
build/release/bantam run --models embedded:nano embedded:pico --precisions fp16 int8 int4 Q2_K \
  --accuracy-tasks nano_arithmetic nano_sentiment nano_tagging nano_dialogue nano_reading \
  --max-seconds 5 --max-new-tokens 64 --batch-size 4 \
  --store "$out/bantam.db" --output-dir "$out/outputs" "$@"
build/release/bantam analyze --store "$out/bantam.db" --output-dir "$out/outputs"
# 6: it was measured, and does not decide.
build/release/bantam recommend --store "$out/bantam.db" || [ $? -eq 6 ]
build/release/bantam report --store "$out/bantam.db" --html "$out/report.html" --charts "$out/charts" >/dev/null
