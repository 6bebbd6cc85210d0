#!/usr/bin/env bash
# Runs Albumen from this checkout. No argument: the window. Arguments: the command line.
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

prepare_python "$root/packaging/requirements.lock"
if [ $# = 0 ]; then
    if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ]; then
        fail "there is no display here. On the command line, try: packaging/run.sh rank FOLDER (or --help)."
    fi
    prepare_system "${qt_libraries[@]}" "${x11_libraries[@]}"
fi
exec "$venv/bin/python" -P -m app "$@"
