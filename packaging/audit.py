"""Looks up what is locked among known vulnerabilities: python audit.py LOCKFILE...

Exit code 0: none is known, or the data can't be reached (it says so); 1: some are, and are listed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main(locks: list[Path]) -> int:
    """Entry point; gives the exit code."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--require-hashes", "--disable-pip"]
    worst = 0
    for lock in locks:
        done = subprocess.run(
            [*command, "-r", str(lock)], capture_output=True, text=True, check=False
        )
        try:
            dependencies = json.loads(done.stdout)["dependencies"]
        except (ValueError, KeyError):
            reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            print(f"{lock.name}: skipped, the data can't be reached ({reason})")
            continue
        worst = max(worst, report(lock.name, dependencies))
    return worst


def report(lock: str, dependencies: list[dict[str, object]]) -> int:
    """Tell of one lock file's packages, as pip-audit lists them; gives the exit code."""
    known = [d for d in dependencies if "skip_reason" not in d]
    if not known:
        print(f"{lock}: skipped, no data can be reached for any of {len(dependencies)} packages")
        return 0
    found = 0
    for dependency in known:
        for one in dependency.get("vulns") or ():  # type: ignore[attr-defined]
            found += 1
            fixed = ", ".join(one.get("fix_versions") or ()) or "no version yet"
            package = f"{dependency['name']} {dependency['version']}"
            print(f"{lock}: {package}: {one['id']}, fixed in {fixed}")
    print(
        f"{lock}: {len(known)} of {len(dependencies)} packages looked up, {found} vulnerabilities"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
