#!/usr/bin/env bash
# Tries the newest versions of everything that is locked: new lock files, licences, known
# vulnerabilities, every check and test. Where one of them fails, the old lock files come back.
#   --audit     only look for known vulnerabilities in what is locked now
#   --models    only rebuild the models from their public sources and compare with their cards
set -eu
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/environment.sh"

audit() (
    mkdir -p "$root/build"
    venv=$root/build/maintain
    prepare_python "$root/packaging/requirements-maintain.lock"
    "$venv/bin/python" -P "$root/packaging/audit.py" "$root"/packaging/requirements*.lock
)
models() (
    prepare_python "$root/packaging/requirements-dev.lock"
    "$venv/bin/python" "$root/packaging/build_models.py" --check
)
case "${1:-}" in
--audit) audit; exit ;;
--models) models; exit ;;
'') ;;
*) fail "unknown option $1; known are --audit and --models." ;;
esac

locks=("$root"/packaging/requirements*.lock)
kept=$(mktemp -d)
cp "${locks[@]}" "$kept/"
put_back() {
    cp "$kept"/*.lock "$root/packaging/"
    say "the old versions are back."
}
trap 'put_back' EXIT

"$root/packaging/lock.sh" --upgrade
for lock in "${locks[@]}"; do
    diff <(grep -E '^[A-Za-z0-9]' "$kept/$(basename "$lock")" | tr -d '\\') \
        <(grep -E '^[A-Za-z0-9]' "$lock" | tr -d '\\') | grep '^[<>]' |
        sed "s|^<|$(basename "$lock"): was|; s|^>|$(basename "$lock"): now|" || true
done
audit
"$root/packaging/test.sh"
"$venv/bin/python" -P "$root/packaging/licences.py" --check
trap - EXIT
rm -rf "$kept"
say "everything passes with the new versions; the lock files are ready to be committed."
