#!/usr/bin/env bash
# From a fresh Debian 12 machine to the first result: installs what is missing, builds, measures the embedded model at
# three precisions on five of its twelve tasks and shows what was found. Further arguments go to `bantam run`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release bantam
out="${BANTAM_DEMO_DIR:-build/demo}"
mkdir -p "$out"
build/release/bantam run --models embedded:nano --precisions fp16 int8 int4 \
  --accuracy-tasks nano_arithmetic nano_text nano_tagging nano_dialogue nano_reading \
  --max-seconds 8 --max-new-tokens 64 --batch-size 4 \
  --store "$out/bantam.db" --output-dir "$out/outputs" "$@"
build/release/bantam analyze --store "$out/bantam.db" --output-dir "$out/outputs"
