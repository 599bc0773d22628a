#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: the checks of rooms, names, groups of files and faults, all tests
# under the address and undefined-behaviour sanitizers and those of code with threads under the thread sanitizer
# (scripts/sanitize.sh), then those of the release build, which users run, where optimization may matter: of the binary,
# the page, real models, and arithmetic.
# usage: scripts/test.sh [--fast]     --fast: only the tests that need no llama.cpp, without sanitizers
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = "--fast" ]; then scripts/setup.sh; else scripts/setup.sh --browser; fi
python3 tools/check_layers.py
python3 tools/check_names.py
python3 tools/check_unity.py
python3 tools/check_faults.py

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

scripts/sanitize.sh
scripts/build.sh release golden test_measure test_metric test_oracle test_real_models test_score test_stats
run_tests release -R '^(browser|golden|measure|metric|models|oracle|real_models|score|stats)\.'
