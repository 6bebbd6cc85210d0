#!/usr/bin/env bash
# Builds the program that runs without Python: dist/albumen/ (PyInstaller, one folder), and tries
# it. Linux; what Windows and macOS need is said in packaging/bundle/README.md.
#   --deb     also dist/albumen_VERSION_ARCHITECTURE.deb
set -eu
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/environment.sh"

deb=
[ "${1:-}" = --deb ] && deb=yes

mkdir -p "$root/build"
venv=$root/build/venv # not the developers' .venv: only what the lock file names may come in
prepare_python "$root/packaging/requirements-build.lock"
prepare_system "${qt_libraries[@]}" "${x11_libraries[@]}"
command -v objdump >/dev/null || { may_install && apt_install binutils; } ||
    fail "PyInstaller needs objdump: install the system package binutils."

cd "$root"
export QT_QPA_PLATFORM=offscreen
python=("$venv/bin/python" -P)
say "rendering icons"
"${python[@]}" packaging/bundle/icons.py build/icons
say "collecting licences"
"${python[@]}" packaging/licences.py --bundle --out build/notices
say "building"
"${python[@]}" -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build/pyinstaller \
    packaging/bundle/albumen.spec
# Debug information that some packages ship; what patchelf has been at (*.libs) is left alone.
(cd dist/albumen/_internal && find libpython* python3.* exiv2 sqlalchemy PIL -name '*.so*' -type f \
    -exec strip --strip-debug {} +)
say "trying the built program"
"${python[@]}" packaging/bundle/try_bundle.py dist/albumen
du -sh dist/albumen >&2
if [ -n "$deb" ]; then
    packaging/debian/build_deb.sh dist/albumen
fi
