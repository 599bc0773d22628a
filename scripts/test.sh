#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: the checks of rooms and names, the fast tests of the rooms that
# need no llama.cpp under the sanitizers, then all tests of the release build. scripts/sanitize.sh runs all of our code
# under the sanitizers.
# usage: scripts/test.sh [--fast]     --fast: only the tests that need no llama.cpp, without sanitizers
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

scripts/build.sh asan-rooms
run_tests asan-rooms -L fast
scripts/build.sh release
run_tests release
