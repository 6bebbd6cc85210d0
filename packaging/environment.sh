# Sourced by the scripts beside it: makes the virtual environment of this checkout.
#
#   prepare_python LOCKFILE [EXTRA-REQUIREMENTS]   -> .venv with exactly what the lock file names
#   prepare_system PACKAGES...                     -> Debian packages, where this user may install
#
# Everything is made on first use and found ready (a stamp file) afterwards.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv

say() { printf 'albumen: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# The first Python that is new enough. Prints its path.
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        command -v "$candidate"
        return
    done
    return 1
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    local log
    log=$(mktemp)
    say "installing system packages: $*"
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

make_venv() {
    local python
    python=$(find_python) || fail "Python 3.11 or newer is needed (set PYTHON to its path)."
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian ships Python without it.
        local package
        package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
        may_install && apt_install "$package" ||
            fail "Python's venv module is missing: install the system package $package."
    fi
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "the virtual environment $venv could not be made."
}

prepare_python() {
    local lock=$1 extra=${2:-} stamp want
    want=$(cat "$@" <(echo "$root") | sha256sum | cut -d' ' -f1)
    stamp=$venv/albumen-$(basename "$lock" .lock).stamp
    [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
    # One process at a time; a second one waits and finds everything done.
    exec 9>"$root/.venv.lock"
    if command -v flock >/dev/null; then flock 9; fi
    [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
    [ -x "$venv/bin/python" ] && [ -x "$venv/bin/pip" ] || make_venv
    say "installing Python packages into $venv (first use, some minutes) ..."
    "$venv/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes -r "$lock" >&2 ||
        fail "the Python packages could not be installed (is there a network connection?)."
    if [ -n "$extra" ]; then
        "$venv/bin/pip" install -q --disable-pip-version-check -r "$extra" >&2 ||
            fail "the packages in $extra could not be installed."
    fi
    # The checkout itself becomes importable: a path file, so that edits need no new install.
    "$venv/bin/python" - "$root" <<'PYTHON' || fail "the environment could not be finished."
import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "albumen-checkout.pth").write_text(sys.argv[1] + "\n")
PYTHON
    echo "$want" >"$stamp"
    exec 9>&-
}

# prepare_system LIBRARY=PACKAGE...: installs the packages whose libraries the loader can't find.
prepare_system() {
    [ "$(uname -s)" = Linux ] || return 0
    local pair missing=() ldconfig
    ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
    local known
    known=$("$ldconfig" -p 2>/dev/null) || return 0
    for pair in "$@"; do
        case $known in *"${pair%%=*}"*) ;; *) missing+=("${pair#*=}") ;; esac
    done
    [ ${#missing[@]} = 0 ] && return 0
    if may_install; then
        apt_install "${missing[@]}" || fail "these system packages could not be installed: ${missing[*]}"
    else
        fail "these system libraries are missing, please install them (Debian's names): ${missing[*]}"
    fi
}

# What Qt needs to draw at all, and what it needs on an X display.
qt_libraries=(
    libGL.so.1=libgl1 libEGL.so.1=libegl1 libxkbcommon.so.0=libxkbcommon0
    libglib-2.0.so.0=libglib2.0-0 libfontconfig.so.1=libfontconfig1 libdbus-1.so.3=libdbus-1-3
)
x11_libraries=(
    libxcb-cursor.so.0=libxcb-cursor0 libxcb-icccm.so.4=libxcb-icccm4
    libxcb-keysyms.so.1=libxcb-keysyms1 libxkbcommon-x11.so.0=libxkbcommon-x11-0
    libxcb-shape.so.0=libxcb-shape0 libxcb-image.so.0=libxcb-image0
    libxcb-render-util.so.0=libxcb-render-util0 libxcb-xinerama.so.0=libxcb-xinerama0
    libxcb-randr.so.0=libxcb-randr0 libxcb-xkb.so.1=libxcb-xkb1
)
