#!/usr/bin/env bash
# Writes the lock files anew from pyproject.toml. Without options versions only change where
# pyproject.toml asks for it.
#   --upgrade    take the newest versions that pyproject.toml allows
set -eu
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/environment.sh"

upgrade=()
[ "${1:-}" = --upgrade ] && upgrade=(--upgrade)
mkdir -p "$root/build"
venv=$root/build/maintain
prepare_python "$root/packaging/requirements-maintain.lock"
cd "$root/packaging"

# All platforms and Pythons from 3.11 on; hashes; nothing that names where packages come from.
lock() {
    local file=$1
    shift
    "$venv/bin/python" -m uv pip compile -q ../pyproject.toml --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-header ${upgrade[@]+"${upgrade[@]}"} "$@" -o "$file"
    say "$file: $(grep -c '==' "$file") packages"
}
lock requirements.lock
# The others must agree with what the program runs with.
lock requirements-dev.lock --extra dev -c requirements.lock
lock requirements-build.lock --extra build -c requirements.lock
lock requirements-archive.lock --extra archive -c requirements.lock
"$venv/bin/python" -c '
import sys, tomllib
extras = tomllib.load(open("../pyproject.toml", "rb"))["project"]["optional-dependencies"]
sys.stdout.write("\n".join(extras["maintain"]))' >"$root/build/maintain.in"
"$venv/bin/python" -m uv pip compile -q "$root/build/maintain.in" --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-header --no-annotate ${upgrade[@]+"${upgrade[@]}"} \
    -o requirements-maintain.lock
if grep -nE 'https?://' ./*.lock; then
    fail "a lock file names a place on the network."
fi
