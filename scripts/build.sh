#!/usr/bin/env bash
# Installs what is missing and builds one preset (default: release) with the targets given (default: all of it).
# usage: scripts/build.sh [PRESET [TARGET...]]
set -euo pipefail
cd "$(dirname "$0")/.."
preset="${1:-release}"
[ $# -gt 0 ] && shift
scripts/setup.sh
# llama.cpp is compiled once for all presets, and precompiled headers may be cached, unless ccache is set up otherwise.
[ -n "$(ccache --get-config base_dir)" ] || export CCACHE_BASEDIR="$PWD"
[ -n "$(ccache --get-config sloppiness)" ] || export CCACHE_SLOPPINESS="pch_defines,time_macros"
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >&2
cmake --build "build/$preset" ${1:+--target "$@"} >&2
