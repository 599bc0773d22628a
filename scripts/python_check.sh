#!/usr/bin/env bash
# Builds the wheel of the Python package, installs it in a fresh virtual environment with pandas, runs the package's tests
# there, and the notebook of docs/. Takes as long as a build of bantam.
# usage: scripts/python_check.sh [FOLDER]     FOLDER: where the wheel is left (default build/wheel)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
wheels="${1:-build/wheel}"
[ -n "$(ccache --get-config base_dir)" ] || export CCACHE_BASEDIR="$PWD"
[ -n "$(ccache --get-config sloppiness)" ] || export CCACHE_SLOPPINESS="pch_defines,time_macros"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip=("$work/venv/bin/pip" -q --disable-pip-version-check)
"${pip[@]}" wheel --no-deps -w "$wheels" .
"${pip[@]}" install pandas nbconvert ipykernel
"${pip[@]}" install --no-deps "$wheels"/bantam-*.whl
cd "$work"
unset BANTAM_BINARY PYTHONPATH
tests="$OLDPWD/tests/golden/python"
"$work/venv/bin/bantam" --version
# The program of the wheel, whatever is built here.
export BANTAM_BINARY
BANTAM_BINARY=$("$work/venv/bin/python" -c 'import bantam; print(bantam.binary())')
"$work/venv/bin/python" "$tests/package_test.py"
"$work/venv/bin/python" "$tests/scores_test.py"
PATH="$work/venv/bin:$PATH" "$work/venv/bin/jupyter" nbconvert --to notebook --execute --output "$work/ran.ipynb" "$OLDPWD/docs/python.ipynb"
echo "python_check: the wheel in $wheels passes its tests, and the notebook runs"
