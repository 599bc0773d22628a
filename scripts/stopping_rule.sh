#!/usr/bin/env bash
# How often `--until-decided` comes to a wrong verdict, by simulation: prints the largest shares.
# usage: scripts/stopping_rule.sh [--long]     --long: the whole grid of docs/uncertainty.md, about a minute
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh no-llama test_stats
[ "${1:-}" = "--long" ] && export BANTAM_LONG=1
exec build/no-llama/tests/test_stats --gtest_filter='Sequential.ErrorsStay*'
