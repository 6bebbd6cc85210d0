#!/usr/bin/env bash
# Runs every check and test. Arguments after the options go to pytest.
#   --train   also install PyTorch and run the training tests
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

extra=
if [ "${1:-}" = --train ]; then
    extra=$root/packaging/requirements-train.txt
    shift
fi
prepare_python "$root/packaging/requirements-dev.lock" $extra
prepare_system "${qt_libraries[@]}"
cd "$root"
bin=$venv/bin
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}

"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy"
"$bin/lint-imports"
exec "$bin/python" -P -m pytest "$@"
