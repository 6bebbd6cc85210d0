#!/usr/bin/env bash
# Runs every check and test. Arguments after the options go to pytest.
#   --train   also install PyTorch and Dask, and run the tests of training and of archives
set -eu
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/environment.sh"

extra=()
if [ "${1:-}" = --train ]; then
    extra=("$root/packaging/requirements-train.txt" "$root/packaging/requirements-archive.lock")
    shift
fi
prepare_python "$root/packaging/requirements-dev.lock" ${extra[@]+"${extra[@]}"}
prepare_system "${qt_libraries[@]}"
prepare_programs "${test_programs[@]}"
cd "$root"
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
# Modules, not the scripts in .venv/bin: those name the place the checkout had when it was made.
python=("$venv/bin/python" -P)

"${python[@]}" -m ruff check .
"${python[@]}" -m ruff format --check .
"${python[@]}" -m mypy
"${python[@]}" -c 'from importlinter.cli import lint_imports_command as main; main()'
# A process a core, up to four: each loads the models. (-n0 among the arguments: one alone.)
exec "${python[@]}" -m pytest -n auto --maxprocesses 4 --dist loadfile "$@"
