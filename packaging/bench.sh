#!/usr/bin/env bash
# Runs a benchmark: bench.sh NAME [--json] [options]. Without a name: lists what there is.
# A benchmark is a module of tests/benchmarks that can be run by itself (python -m).
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

folder=$root/tests/benchmarks
if [ $# = 0 ] || [ "${1#-}" != "$1" ]; then
    printf 'usage: bench.sh NAME [--json]\n' >&2
    for file in "$folder"/*.py; do
        # What can't be run by itself is a part of others.
        grep -q '^if __name__ == "__main__":' "$file" || continue
        printf '  %-12s %s\n' "$(basename "$file" .py)" "$(sed -n '1s/"""//gp' "$file")" >&2
    done
    exit 2
fi
name=$1
shift
[ -f "$folder/$name.py" ] || fail "there is no benchmark “$name”; bench.sh alone lists them."
prepare_python "$root/packaging/requirements-dev.lock"
prepare_system "${qt_libraries[@]}"
cd "$root"
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen} PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}
exec "$venv/bin/python" -P -m "tests.benchmarks.$name" "$@"
