#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: the layer check, the fast tests under the sanitizers, then all
# tests of the release build.
# usage: scripts/test.sh [--fast]     --fast: only the tests that need no llama.cpp
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
python3 tools/check_layers.py
python3 tools/check_names.py

run_tests() {  # preset, ctest arguments...
  local preset="$1"
  shift
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
}

if [ "${1:-}" = "--fast" ]; then
  scripts/build.sh no-llama
  run_tests no-llama -L fast
  exit
fi

scripts/build.sh asan
run_tests asan -L fast
scripts/build.sh release
run_tests release
