# Sourced by the scripts beside it: makes the virtual environment of this checkout.
#
#   prepare_python LOCKFILE [MORE...]   -> .venv with exactly what the lock file names; more lock
#                                          files (.lock) or plain requirements (.txt) on top
#   prepare_system LIBRARY=PACKAGE...              -> Debian packages, where this user may install
#   prepare_programs PROGRAM=PACKAGE...            -> the same for what can be done without
#
# Everything is made on first use and found ready (a stamp file) afterwards. Nothing in .venv names
# the checkout's own place, so that a checkout which was moved starts without a network.

root=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)
venv=$root/.venv
# Settings for other Pythons would break this one.
unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX
export PYTHONNOUSERSITE=1

say() { printf 'albumen: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# The first Python that is new enough. Prints its path.
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        command -v "$candidate"
        return
    done
    return 1
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Runs a command; shows the end of what it says only where it fails.
quietly() {
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 8 "$log" >&2
        rm -f "$log"
        return 1
    fi
}

apt_install() {
    say "installing system packages: $*"
    # An update that fails for one source of many need not matter; the install tells.
    apt-get update -q >/dev/null 2>&1 || true
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@"
}

# Runs a function while no other process of this checkout installs; a second one waits.
alone() (
    if command -v flock >/dev/null; then
        exec 9>"$root/.venv.lock" || fail "the checkout $root can't be written to."
        flock -n 9 || { say "waiting for another process that installs here"; flock 9; }
    fi
    "$@" 9>&-
)

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

# Whether .venv belongs to a Python that is still there: the system's may have been upgraded.
venv_works() {
    local python
    [ -x "$venv/bin/python" ] || return 1
    python=$(basename -- "$(readlink -f -- "$venv/bin/python")")
    case $python in
    python3.*) [ -d "$venv/lib/$python/site-packages" ] ;;
    esac
}

# Whether .venv holds what was wanted at the last install.
is_ready() { [ "$(cat "$1" 2>/dev/null)" = "$2" ] && venv_works; }

prepare_python() {
    local lock=$1 stamp want
    want=$(cat -- "$@" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -d' ' -f1)
    stamp=$venv/albumen-$(basename "$lock" .lock).stamp
    is_ready "$stamp" "$want" || alone install_python "$stamp" "$want" "$@" || exit 1
}

pip_install() { "$venv/bin/python" -m pip --disable-pip-version-check install -q "$@"; }

install_python() {
    local stamp=$1 want=$2 lock=$3 extra
    shift 3
    is_ready "$stamp" "$want" && return
    venv_works && "$venv/bin/python" -c 'import pip' 2>/dev/null || make_venv
    say "installing Python packages into $venv (first use, some minutes) ..."
    quietly pip_install --no-deps --require-hashes -r "$lock" ||
        fail "the Python packages could not be installed (is there a network connection?)."
    for extra in "$@"; do
        case $extra in
        *.lock) quietly pip_install --no-deps --require-hashes -r "$extra" ;;
        *) quietly pip_install -r "$extra" ;;
        esac || fail "the packages in $extra could not be installed."
    done
    # The checkout becomes importable by a path file, relative to where that file lies.
    "$venv/bin/python" - "$root" <<'PYTHON' || fail "the environment could not be finished."
import os, pathlib, sys, sysconfig
site = sysconfig.get_path("purelib")
pathlib.Path(site, "albumen-checkout.pth").write_text(os.path.relpath(sys.argv[1], site) + "\n")
PYTHON
    echo "$want" >"$stamp"
}

# Installs the packages whose libraries the loader can't find.
prepare_system() {
    [ "$(uname -s)" = Linux ] || return 0
    local pair known ldconfig missing=()
    ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
    known=$("$ldconfig" -p 2>/dev/null) || return 0
    for pair in "$@"; do
        case $known in *"${pair%%=*}"*) ;; *) missing+=("${pair#*=}") ;; esac
    done
    [ ${#missing[@]} = 0 ] && return 0
    if may_install; then
        alone apt_install "${missing[@]}" ||
            fail "these system packages could not be installed: ${missing[*]}"
    else
        fail "these system libraries are missing, please install them (Debian's names): ${missing[*]}"
    fi
}

# Installs programs that some tests compare with, where this user may; those tests are skipped
# where they are missing.
prepare_programs() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    [ ${#missing[@]} = 0 ] || ! may_install && return 0
    alone apt_install "${missing[@]}" || say "going on without them."
}

has_display() {
    [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ]
}

# What Qt needs to draw at all, and what it needs on an X display.
qt_libraries=(
    libGL.so.1=libgl1 libEGL.so.1=libegl1 libxkbcommon.so.0=libxkbcommon0
    libglib-2.0.so.0=libglib2.0-0 libfontconfig.so.1=libfontconfig1 libdbus-1.so.3=libdbus-1-3
)
# What writes and checks the same kinds of files as this program does.
test_programs=(
    exiv2=exiv2 exiftool=libimage-exiftool-perl
    desktop-file-validate=desktop-file-utils appstreamcli=appstream
)
x11_libraries=(
    libxcb-cursor.so.0=libxcb-cursor0 libxcb-icccm.so.4=libxcb-icccm4
    libxcb-keysyms.so.1=libxcb-keysyms1 libxkbcommon-x11.so.0=libxkbcommon-x11-0
    libxcb-shape.so.0=libxcb-shape0 libxcb-image.so.0=libxcb-image0
    libxcb-render-util.so.0=libxcb-render-util0 libxcb-xinerama.so.0=libxcb-xinerama0
    libxcb-randr.so.0=libxcb-randr0 libxcb-xkb.so.1=libxcb-xkb1
)
