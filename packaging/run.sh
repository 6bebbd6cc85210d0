#!/usr/bin/env bash
# Runs Albumen from this checkout. No argument: the window. Arguments: the command line.
set -eu
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/environment.sh"

if [ $# = 0 ]; then
    has_display ||
        fail "there is no display here. On the command line, try: packaging/run.sh rank FOLDER (or --help)."
    prepare_system "${qt_libraries[@]}" "${x11_libraries[@]}"
fi
prepare_python "$root/packaging/requirements.lock"
exec "$venv/bin/python" -P -m app "$@"
