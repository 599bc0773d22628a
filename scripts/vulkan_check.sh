#!/usr/bin/env bash
# Builds the preset `vulkan` and runs a model on its GPU; Mesa's driver, which computes on the CPU, will do.
# usage: scripts/vulkan_check.sh          the first build takes longer than the usual one: shaders are compiled as well
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --vulkan
[ -f build/vulkan/build.ninja ] || cmake --preset vulkan
cmake --build --preset vulkan --target bantam
export BANTAM_BINARY="$PWD/build/vulkan/bantam"
GGML_VK_VISIBLE_DEVICES=0 "$BANTAM_BINARY" device
exec python3 tests/golden/run/gpu_test.py
