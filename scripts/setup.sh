#!/usr/bin/env bash
# Installs what building, running and testing need, on Debian 12, as root or with sudo. Safe to run again; takes
# well under a second when nothing is missing.
# usage: scripts/setup.sh [--fuzz] [--browser] [--vulkan]
#   --fuzz: also clang, for scripts/fuzz.sh
#   --browser: also Chromium, for the tests of the page
#   --vulkan: also what the preset `vulkan` is built and run with; Mesa's driver computes on the CPU where there is no GPU
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ cmake ninja-build ccache git ca-certificates python3 python3-venv
  libfmt-dev nlohmann-json3-dev libyaml-dev libexpected-dev libboost-math-dev libssl-dev libsqlite3-dev
  libicu-dev libcurl4-openssl-dev libcpp-httplib-dev libcli11-dev libeigen3-dev libgtest-dev libgmock-dev wordnet-base
  duktape-dev librsvg2-dev libfontconfig-dev pkg-config fonts-dejavu-core
)
# Another Node than Debian's, 18 or newer, will do as well.
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)
vulkan=no
for argument in "$@"; do
  case "$argument" in
    --fuzz) packages+=(clang) ;;
    --browser) packages+=(chromium) ;;
    --vulkan) packages+=(libvulkan-dev glslc spirv-headers mesa-vulkan-drivers); vulkan=yes ;;
    *) echo "setup: unknown argument $argument" >&2; exit 2 ;;
  esac
done
# Debian 12's own Vulkan headers are of 1.3.239, and ggml's back-end needs 1.3.272.
vulkan_least="1.3.272"
vulkan_suite="trixie"
vulkan_version="1.4.309.0-1"
vulkan_sha256="8d329d465e16168afff58b1bd0dd6db46aac2cc3f56054a481b25a04e90b345a"
llama_name="llama-cpp-python"
llama_version="0.3.36"
llama_sha256="832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "needs root to install: $*"
    say "run this script as root, or install sudo"
    exit 4
  fi
}

missing_packages() {
  local name
  for name in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s ' "$name"
  done
}

install_packages() {
  local missing
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  say "installing: $missing"
  as_root apt-get update -qq
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

cache="${XDG_CACHE_HOME:-$HOME/.cache}/bantam/src"
work=""  # a folder that goes when the script ends

begin_fetch() {
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.fetch-XXXXXX")
  trap 'rm -rf "$work"' EXIT
}

# What is whole takes its place: from, to.
end_fetch() {
  touch "$1/.complete"
  rm -rf "$2"
  mv "$1" "$2"
  rm -rf "$work"
  trap - EXIT
}

# The pinned llama.cpp source lies inside a Python source distribution; only its archive is fetched, nothing of it runs
# except the archive's own metadata step.
fetch_llama() {
  local target archive
  target="$cache/$llama_name-$llama_version"
  [ -f "$target/.complete" ] && return 0
  say "fetching $llama_name $llama_version (holds the llama.cpp source)"
  begin_fetch
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" download -q --disable-pip-version-check --no-deps --no-binary "$llama_name" \
    -d "$work" "$llama_name==$llama_version"
  archive=$(find "$work" -maxdepth 1 -name '*.tar.gz')
  if ! printf '%s  %s\n' "$llama_sha256" "$archive" | sha256sum -c --quiet - >&2; then
    say "the archive is not the pinned one; nothing was unpacked"
    exit 8
  fi
  mkdir "$work/tree"
  tar -xzf "$archive" -C "$work/tree" --strip-components=1
  end_fetch "$work/tree" "$target"
}

# What web/ is built with, as web/package-lock.json pins it; nothing of it runs but esbuild and TypeScript.
fetch_web() {
  local here lock target
  here="$PWD/web"
  lock=$(sha256sum "$here/package-lock.json" | cut -c1-16)
  target="$cache/web-$lock"
  [ -f "$target/.complete" ] && return 0
  say "fetching what web/ is built with"
  begin_fetch
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/"
  if ! (cd "$work" && npm ci --loglevel=error >&2); then
    say "npm could not fetch the packages of web/package-lock.json; is the registry reachable?"
    exit 4
  fi
  end_fetch "$work" "$target"
}

# Headers of a later Debian, from the mirror that apt already uses; only these files are unpacked, and nothing is installed.
fetch_vulkan_headers() {
  local target options archive
  dpkg --compare-versions "$(dpkg-query -W -f '${Version}' libvulkan-dev)" lt "$vulkan_least" || return 0
  target="$cache/vulkan-headers"
  [ -f "$target/.complete" ] && return 0
  say "fetching the Vulkan headers of libvulkan-dev $vulkan_version ($vulkan_suite)"
  begin_fetch
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/sources"
  # Without such a file, or with a mirror that has no such suite, no package comes, which is told below.
  sed "s/^Suites:.*/Suites: $vulkan_suite/" /etc/apt/sources.list.d/debian.sources > "$work/sources/later.sources" || true
  options=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$work/sources" -o "Dir::State::lists=$work/lists"
           -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=$(id -un)" -qq)
  apt-get "${options[@]}" update >/dev/null 2>&1 || true
  (cd "$work" && apt-get "${options[@]}" download "libvulkan-dev=$vulkan_version" >&2) || true
  archive=$(find "$work" -maxdepth 1 -name '*.deb')
  if [ -z "$archive" ] || ! printf '%s  %s\n' "$vulkan_sha256" "$archive" | sha256sum -c --quiet - >&2; then
    say "libvulkan-dev $vulkan_version is not to be had from this machine's Debian mirror: install Vulkan headers of"
    say "$vulkan_least or newer, and give their folder: cmake --preset vulkan -DVulkan_INCLUDE_DIR=DIR"
    exit 4
  fi
  mkdir "$work/tree"
  dpkg-deb -x "$archive" "$work/tree"
  end_fetch "$work/tree/usr" "$target"
}

install_packages
[ "$vulkan" = no ] || fetch_vulkan_headers
node_major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$node_major" -lt 18 ]; then
  say "node $(node --version) is too old: 18 or newer is needed to build web/"
  exit 4
fi
fetch_llama
fetch_web
