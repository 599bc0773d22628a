#!/usr/bin/env bash
# Installs what is missing, builds, and runs tests with sanitizers that watch all of our own code (llama.cpp is built
# once, without them): for addresses and undefined behaviour (preset asan) all tests but those of the page and those with
# the label `once` (tests/CMakeLists.txt), and for races (tsan) the tests of code with threads. Ends with the number of findings.
# usage: scripts/sanitize.sh [asan | tsan] [--long]     one of the two; without a name both
#        --long: also those with `once`, and whole runs of `bantam` and of real models for races
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
which=both
long=
for argument in "$@"; do
  case "$argument" in
    asan | tsan) which="$argument" ;;
    --long) long=yes ;;
    *) echo "sanitize: unknown argument $argument" >&2; exit 2 ;;
  esac
done

# What the sanitizers find goes here and not to stderr, which bantam reads from its workers and the tests read from bantam.
findings="$PWD/build/findings"
rm -rf "$findings"
mkdir -p "$findings"
export ASAN_OPTIONS="exitcode=99:log_path=$findings/address:detect_stack_use_after_return=1:allocator_may_return_null=1"
export LSAN_OPTIONS="suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS="exitcode=99:log_path=$findings/undefined:print_stacktrace=1"
export TSAN_OPTIONS="exitcode=99:log_path=$findings/thread:allocator_may_return_null=1:suppressions=$PWD/tests/support/tsan.supp"

# The thread sanitizer wants its addresses for itself; random places may collide with them. Not every container allows it.
fixed_places=()
if setarch -R true 2>/dev/null; then fixed_places=(setarch -R); fi

TIMEFORMAT="%lR (CPU: %lU)"
stage() {  # name, command...
  printf '\n== %s\n' "$1"
  shift
  time "$@"
}

run_tests() {  # preset, ctest arguments...
  local preset="$1"
  shift
  "${fixed_places[@]}" ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
}

# A refused allocation is no finding: the code under test has to cope with it.
show_findings() {
  local files
  mapfile -t files < <(grep -rlvE '^==[0-9]+==WARNING: [A-Za-z]+ failed to allocate' "$findings")
  [ "${#files[@]}" -eq 0 ] || tail -n +1 -v "${files[@]}"
  printf '\nfindings of the sanitizers: %d\n' "${#files[@]}"
  [ "${#files[@]}" -eq 0 ]
}

failed=0
if [ "$which" != tsan ]; then
  stage "asan: build" scripts/build.sh asan
  left_out="browser|once"
  [ -z "$long" ] || left_out=browser
  stage "asan: tests" run_tests asan -LE "$left_out" || failed=1
fi
if [ "$which" != asan ]; then
  rooms=(cache device energy engine job measure run serve served ${long:+real_models})
  stage "tsan: build" scripts/build.sh tsan "${rooms[@]/#/test_}" ${long:+golden}
  stage "tsan: tests of code with threads" run_tests tsan \
    -R "^(models\.minilm|($(IFS='|'; echo "${rooms[*]}"))\.${long:+|golden\.run_test\.})" || failed=1
fi
show_findings || failed=1
exit "$failed"
