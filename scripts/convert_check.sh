#!/usr/bin/env bash
# Installs the converter (gigabytes: see docs/commands/models-convert.md) and runs the tests that need it.
# usage: scripts/convert_check.sh [BUILD_FOLDER]      default: build/release
set -euo pipefail

build=$(cd "${1:-build/release}" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)

"$build/bantam" models convert --install-only --yes
BANTAM_BINARY="$build/bantam" python3 "$root/tests/golden/models/convert_test.py" -v
